//! Merging: small neighbouring segments become one, so that a log that is written one event at a time
//! reads as fast as one that is written in bulk.
//!
//! The newest segments are *loose*; all before them are settled, and never written again. Once the
//! loose ones are enough for a full segment they are merged, so an event is rewritten at most once.

use super::head::Head;
use super::segment::{Columns, MAX_EVENTS, MAX_TEXT_BYTES, Segment};
use crate::{Result, SeqNo};

/// How many bytes of loose segments are merged at once.
const STEP_BYTES: u64 = 8 << 20;

/// At least so many segments are looked at, however large their average is.
const FEWEST: u64 = 64;

/// Segments that one other takes the place of.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(crate) first: SeqNo,
    pub(crate) last: SeqNo,
    pub(crate) segment: Segment,
}

impl Head {
    /// How many of the loose segments to look at now, `None` if they are not enough for a full one.
    pub(crate) fn merge_count(&self) -> Option<u32> {
        let enough = self.last - self.settled >= MAX_EVENTS as u64
            || self.loose_bytes >= 2 * MAX_TEXT_BYTES as u64;
        let average = self.loose_bytes.checked_div(self.loose_segments)?.max(1);
        (enough && self.loose_segments > 1)
            .then_some((STEP_BYTES / average).clamp(FEWEST, 4 * MAX_EVENTS as u64) as u32)
    }

    /// Merges the loose segments, as far as they fill segments; the rest stays loose. These are the
    /// first of them: if there are more, something is always merged. Returns what to replace; the head
    /// is then as it will be.
    pub(crate) fn merge<'a>(
        &mut self,
        loose: impl IntoIterator<Item = &'a Segment>,
    ) -> Result<Vec<Replacement>> {
        let settled = self.settled;
        let mut replacements = Vec::new();
        let mut run: Vec<&Segment> = Vec::new();
        for segment in loose {
            if !fits(&run, segment) {
                replacements.extend(self.settle(&run)?);
                run.clear();
            }
            run.push(segment);
            if events(&run) >= MAX_EVENTS {
                replacements.extend(self.settle(&run)?);
                run.clear();
            }
        }
        let are_all = run.last().is_none_or(|segment| segment.last().get() == self.last);
        if self.settled == settled && !are_all {
            replacements.extend(self.settle(&run)?);
        }
        Ok(replacements)
    }

    /// Leaves a loose segment that can't be read, and ends at this number, as it is.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn pass_over(&mut self, last: u64) {
        let average = self.loose_bytes.checked_div(self.loose_segments).unwrap_or_default();
        self.settled = last;
        self.unindexed_segments += 1;
        self.loose_segments = self.loose_segments.saturating_sub(1);
        self.loose_bytes = self.loose_bytes.saturating_sub(average);
    }

    /// Makes a run of loose segments one, which is settled.
    fn settle(&mut self, run: &[&Segment]) -> Result<Option<Replacement>> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Ok(None);
        };
        let bytes: u64 = run.iter().map(|segment| segment.as_bytes().len() as u64).sum();
        self.settled = last.last().get();
        self.unindexed_segments += 1;
        self.loose_segments = self.loose_segments.saturating_sub(run.len() as u64);
        self.loose_bytes = self.loose_bytes.saturating_sub(bytes);
        if run.len() == 1 {
            return Ok(None);
        }
        let mut columns = Columns::default();
        for envelope in run.iter().flat_map(|segment| segment.envelopes()) {
            columns.push(&envelope)?;
        }
        let segment = columns.encode()?.seal(first.first(), last.latest());
        self.segments = (self.segments + 1).saturating_sub(run.len() as u64);
        self.bytes = (self.bytes + segment.as_bytes().len() as u64).saturating_sub(bytes);
        Ok(Some(Replacement { first: first.first(), last: last.last(), segment }))
    }
}

fn fits(run: &[&Segment], segment: &Segment) -> bool {
    let bytes: usize = run.iter().map(|segment| segment.text_bytes()).sum();
    events(run) + segment.len() <= MAX_EVENTS
        && (run.is_empty() || bytes + segment.text_bytes() <= MAX_TEXT_BYTES)
}

fn events(run: &[&Segment]) -> usize {
    run.iter().map(|segment| segment.len()).sum()
}
