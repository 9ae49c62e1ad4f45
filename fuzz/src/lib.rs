//! What is fuzzed: each module's `check` takes any bytes, and panics if a promise is broken.
//!
//! `scripts/fuzz` runs them under libFuzzer; `cargo test` runs them over the kept corpus and some
//! mutations of it (`tests/native/fuzz.rs` includes this file).

pub mod envelope;
pub mod filter;
pub mod log;
pub mod segment;

use everbus::log::{Commit, Segment};
use everbus::{Batch, EventEnvelope, EventLog, StoredLog};
use futures::executor::block_on;

/// The segments that a batch is stored as.
fn store(batch: Batch) -> Vec<Segment> {
    let log = StoredLog::default();
    let mut commits = log.commits();
    block_on(async {
        log.append_batch(batch).await.expect("a log in memory takes what is valid");
        log.close();
        let mut segments = Vec::new();
        while let Ok(Commit::Stored(segment)) = commits.recv().await {
            segments.push(Segment::clone(&segment));
        }
        segments
    })
}

/// The events of segments, without their numbers.
fn events(segments: &[Segment]) -> Vec<EventEnvelope> {
    let envelopes = segments.iter().flat_map(|segment| segment.envelopes());
    envelopes.map(|envelope| EventEnvelope { seq_no: None, ..envelope }).collect()
}
