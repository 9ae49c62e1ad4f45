//! The decoder of segments: it takes any bytes, and what it accepts can be read, written and read again.

use super::{events, store};
use everbus::log::Segment;
use everbus::{Batch, EventKind};

pub fn check(input: &[u8]) {
    let decoded = [Some(input.to_vec()), sealed(input)].map(|bytes| Segment::decode(bytes?).ok());
    for segment in decoded.into_iter().flatten() {
        let numbers: Vec<u64> =
            segment.envelopes().filter_map(|e| e.seq_no).map(u64::from).collect();
        assert!(numbers.into_iter().eq(segment.first().get()..=segment.last().get()));

        let read = events(std::slice::from_ref(&segment));
        let links = read.iter().filter(|e| e.event.event_kind() == EventKind::Link).count();
        assert_eq!(&segment.as_bytes()[44..48], &(links as u32).to_le_bytes());
        // Only a writer at fault stores what no batch takes, such as a meta that is no object.
        let Ok(batch) = Batch::of(&read) else { continue };
        let written = store(batch);
        assert_eq!(events(&written), read);
        let decoded: Vec<Segment> = written
            .iter()
            .map(|segment| Segment::decode(segment.as_bytes().to_vec()).expect("it was written"))
            .collect();
        assert_eq!(decoded, written);
        assert_eq!(store(Batch::of(&read).expect("it was valid before")), written);
    }
}

/// The bytes with what no mutation finds set right, as FORMAT.md describes it: magic, version, length and checksum.
fn sealed(input: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = input.to_vec();
    bytes.get_mut(..72)?;
    let length = u32::try_from(bytes.len()).ok()?;
    bytes[..6].copy_from_slice(b"evbs\x01\x00");
    bytes[32..36].copy_from_slice(&length.to_le_bytes());
    let checksum = checksum(&bytes).to_le_bytes();
    bytes[8..16].copy_from_slice(&checksum);
    Some(bytes)
}

fn checksum(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    };
    let words = bytes[32..].chunks(8).chain([&bytes[..8], &bytes[16..24], &bytes[24..32]]);
    words.map(word).fold(0x6576_6572_6275_7331, |hash: u64, word| {
        let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    })
}
