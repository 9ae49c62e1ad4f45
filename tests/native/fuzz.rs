//! The fuzzed promises, without a fuzzer: over the kept corpus, and over mutations of it.
//!
//! `FUZZ_SEED=n` draws other mutations and `FUZZ_ROUNDS=n` more of them; `scripts/fuzz` searches in earnest.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "for the fuzzers this is a crate")]
mod targets;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Of the log, whose one input is many operations, far fewer.
const ROUNDS: usize = 20_000;

#[test]
fn stored_segments() {
    run("segment", targets::segment::check, ROUNDS);
}

#[test]
fn the_wire() {
    run("envelope", targets::envelope::check, ROUNDS);
}

#[test]
fn filters() {
    run("filter", targets::filter::check, ROUNDS);
}

#[test]
fn logs() {
    run("log", targets::log::check, ROUNDS / 200);
}

fn run(target: &str, check: fn(&[u8]), rounds: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = folder.read_dir().expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    let read = |path| std::fs::read(path).expect("it can be read");
    let corpus: Vec<Vec<u8>> = paths.iter().map(read).collect();
    assert!(!corpus.is_empty());
    for (path, input) in paths.iter().zip(&corpus) {
        let _told = Told(path.display());
        check(input);
    }

    let seed = setting("FUZZ_SEED").unwrap_or(1);
    let mut random = Random(seed);
    for round in 0..setting("FUZZ_ROUNDS").unwrap_or(rounds) {
        let mut input = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(4) {
            random.mutate(&mut input, &corpus);
        }
        let _told = Told(format!("FUZZ_SEED={seed}, round {round}: {}", input.escape_ascii()));
        check(&input);
    }
}

pub(crate) fn setting<T: FromStr<Err: fmt::Debug>>(name: &str) -> Option<T> {
    std::env::var(name).ok().map(|value| value.parse().expect("it is a number"))
}

/// Says what was being tried when a check panics.
pub(crate) struct Told<T: fmt::Display>(pub(crate) T);

impl<T: fmt::Display> Drop for Told<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this input broke a promise: {}", self.0);
        }
    }
}

/// The same numbers for the same seed, by splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Changes a byte or a word, cuts, repeats, or takes a piece of another input.
    fn mutate(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(16)).min(input.len());
        match self.below(6) {
            0 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << self.below(8)),
            1 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.next() as u8),
            2 => {
                let word = [0, 1, 0xff, 0x7f, u64::MAX, 1 << 32][self.below(6)].to_le_bytes();
                let length = (input.len() - at).min(1 << self.below(4));
                input[at..at + length].copy_from_slice(&word[..length]);
            }
            3 => drop(input.drain(at..end)),
            4 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            _ => {
                let other = &corpus[self.below(corpus.len())];
                let from = self.below(other.len() + 1);
                let piece = other[from..].iter().take(self.below(64)).copied();
                input.splice(at..end, piece);
            }
        }
    }
}
