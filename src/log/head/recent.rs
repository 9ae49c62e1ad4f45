//! [`RecentIds`]: the window in which an envelope's id is known, so that appending it again changes nothing.

use crate::SeqNo;
use crate::log::batch::Batch;
use crate::log::segment::Segment;
use std::collections::{BinaryHeap, VecDeque};

/// How many of the newest events the window has at least.
pub const IDEMPOTENCE_WINDOW: u64 = 10_000;

/// The ids of the newest events, a run for each segment.
///
/// # Invariants
///
/// - The runs are in the order of the log. They follow each other without a gap, but for what is damaged.
/// - They cover the window or all events, and no segment more than that takes.
#[derive(Clone, Debug)]
pub(crate) struct RecentIds {
    runs: VecDeque<(SeqNo, Vec<[u8; 16]>)>,
    count: u64,
    window: u64,
}

impl Default for RecentIds {
    /// Those of [`IDEMPOTENCE_WINDOW`] events.
    fn default() -> Self {
        RecentIds::of_newest(IDEMPOTENCE_WINDOW)
    }
}

/// What the log knows of an event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    New,
    /// It is stored under this number.
    Stored(SeqNo),
    /// An event of the same batch, at this index, has it.
    Repeated(usize),
}

impl RecentIds {
    /// Those of so many events, none yet.
    pub(crate) fn of_newest(window: u64) -> RecentIds {
        RecentIds { runs: VecDeque::new(), count: 0, window }
    }

    /// How many of the newest events it has at least.
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    /// The last number that the window has.
    pub(crate) fn last(&self) -> u64 {
        self.runs.back().map_or(0, |(first, ids)| first.get() + ids.len() as u64 - 1)
    }

    /// Adds the segment after the last one.
    pub(crate) fn push(&mut self, segment: &Segment) {
        self.push_run(segment.first(), segment.ids().to_vec());
    }

    pub(crate) fn push_run(&mut self, first: SeqNo, ids: Vec<[u8; 16]>) {
        self.count += ids.len() as u64;
        self.runs.push_back((first, ids));
        while let Some((_, oldest)) = self.runs.front()
            && self.count - oldest.len() as u64 >= self.window
        {
            self.count -= oldest.len() as u64;
            self.runs.pop_front();
        }
    }

    /// What is known of each event of `batch`.
    pub(crate) fn look_up(&self, batch: &Batch) -> Vec<Known> {
        // A heap's sorting is a tenth of the code of `sort_unstable`, which every page would load.
        let wanted: BinaryHeap<(&[u8; 16], usize)> = batch.ids().zip(0..).collect();
        let mut wanted = wanted.into_sorted_vec();
        let mut known = vec![Known::New; wanted.len()];
        for same in wanted.chunk_by(|a, b| a.0 == b.0) {
            for (_, row) in &same[1..] {
                known[*row] = Known::Repeated(same[0].1);
            }
        }
        wanted.dedup_by_key(|(id, _)| *id);
        for (first, ids) in &self.runs {
            for (id, offset) in ids.iter().zip(0..) {
                if let Ok(found) = wanted.binary_search_by_key(&id, |(id, _)| id)
                    && let Some(seq_no) = first.plus(offset)
                {
                    known[wanted[found].1] = Known::Stored(seq_no);
                }
            }
        }
        known
    }
}
