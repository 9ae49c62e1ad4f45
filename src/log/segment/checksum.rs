//! The checksum of what is stored: 64 bits, eight bytes a step.
//!
//! Each step `h = (h ^ word) * ODD; h ^= h >> 32` is a bijection of `h` for a given word and of the
//! word for a given `h`, so a change within one word always changes the result.

/// The running hash of a sequence of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checksum(u64);

const START: u64 = 0x6576_6572_6275_7331;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Checksum {
    pub(crate) fn new() -> Checksum {
        Checksum(START)
    }

    /// Goes on with `bytes`; a last word that isn't full is filled with zeros.
    pub(crate) fn update(self, bytes: &[u8]) -> Checksum {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut hash = words.iter().fold(self, |hash, word| hash.word(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            hash = hash.word(u64::from_le_bytes(last));
        }
        hash
    }

    pub(crate) fn word(self, word: u64) -> Checksum {
        let mixed = (self.0 ^ word).wrapping_mul(ODD);
        Checksum(mixed ^ (mixed >> 32))
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }
}
