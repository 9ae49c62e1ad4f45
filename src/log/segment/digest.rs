//! The digest of a segment's ids: a Bloom filter, so that a reader skips a segment in which an id isn't.
//!
//! Twelve bits an id and six probes: about one segment in 270 is read for nothing, and a digest has
//! a hundredth of its segment's bytes.

use uuid::Uuid;

const BITS_PER_ID: usize = 12;
const PROBES: u64 = 6;

/// A digest that will take `ids` ids, as its words: at least one.
pub(super) fn empty(ids: usize) -> Vec<u64> {
    vec![0; (ids * BITS_PER_ID).div_ceil(64).max(1)]
}

/// Adds `id`.
pub(super) fn insert(words: &mut [u64], id: &[u8; 16]) {
    let bits = words.len() as u64 * 64;
    for bit in probes(id, bits) {
        if let Some(word) = words.get_mut((bit / 64) as usize) {
            *word |= 1 << (bit % 64);
        }
    }
}

/// Whether `id` may have been added. The words are little-endian bytes, as stored.
pub(super) fn may_contain(words: &[u8], id: Uuid) -> bool {
    let bits = words.len() as u64 * 8;
    probes(id.as_bytes(), bits)
        .all(|bit| words.get((bit / 8) as usize).is_some_and(|byte| byte & (1 << (bit % 8)) != 0))
}

/// The bits of `id` among `bits`, of which there are fewer than 2^32.
fn probes(id: &[u8; 16], bits: u64) -> impl Iterator<Item = u64> {
    let id = u128::from_le_bytes(*id);
    let mut hash = (id as u64) ^ ((id >> 64) as u64).rotate_left(29);
    for _ in 0..2 {
        hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    let step = hash.rotate_left(32) | 1;
    // The upper half of each probe, scaled to the number of bits.
    (0..PROBES).map(move |i| ((hash.wrapping_add(i.wrapping_mul(step)) >> 32) * bits) >> 32)
}
