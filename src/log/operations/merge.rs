//! Merging: small neighbouring segments become one, so that a log that is written one event at a time
//! reads as fast as one that is written in bulk.
//!
//! The newest segments are *loose*; all before them are settled, and never written again. Once the
//! loose ones are enough for a full segment they are merged and settled; and before that, whenever
//! many of them are tiny, these become one that is still loose. So an event is rewritten at most twice,
//! and a log has few segments however short it is.

use super::segments::{Located, Run, end_of_gap, next_after, sound_from};
use super::{ask_for_head, done, head_of, put_head};
use crate::log::head::Head;
use crate::log::segment::{Columns, MAX_EVENTS, MAX_TEXT_BYTES, Segment};
use crate::log::store::{
    Access, Answers, Before, Bytes, Keys, Operation, Request, Scope, Step, Table,
};
use crate::{Result, SeqNo, Uuid};
use std::sync::Arc;

/// How many bytes of loose segments are merged at once.
const STEP_BYTES: u64 = 8 << 20;

/// Loose segments of fewer events are tiny; as many of them become one.
const TINY: u64 = 64;

/// At least so many segments are looked at, however large their average is.
const FEWEST: u64 = 64;

/// Merges the first of the loose segments. One that is damaged stays as it is, and is passed over.
#[derive(Debug)]
pub(crate) struct Merge {
    pub(crate) head: Head,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    Floor(Run),
    Segments,
    Gap,
}

impl Merge {
    pub(crate) fn of(log: Uuid) -> Merge {
        Merge { head: Head::new(log), stage: Stage::Head }
    }

    fn merge(&mut self, records: &[Bytes]) -> Result<Step> {
        let start = self.head.settled + 1;
        let loose = sound_from(records, start);
        if loose.is_empty() {
            self.stage = Stage::Gap;
            return Ok(Step::Ask(vec![next_after(start, self.head.last)]));
        }
        let mut writes = Vec::new();
        for Replacement { first, last, segment } in self.head.merge(&loose)? {
            let replaced = Keys::Numbers(first.get(), last.get());
            writes.push(Request::Delete(Table::Segments, replaced));
            writes.push(Request::Add(Table::Segments, first.into(), segment.bytes().clone()));
        }
        Ok(self.commit(writes))
    }

    fn commit(&mut self, mut writes: Vec<Request>) -> Step {
        writes.push(put_head(&self.head));
        Step::Commit(writes)
    }
}

impl Operation for Merge {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        self.stage = Stage::Head;
        ask_for_head()
    }

    fn scope(&self) -> Scope {
        Scope { tables: &[Table::Meta, Table::Segments], access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        match self.stage {
            Stage::Head => {
                self.head = head_of(self.head.incarnation, &mut found)?;
                let Some(limit) = self.head.merge_count() else {
                    return Ok(done());
                };
                let (at, to) = (self.head.settled + 1, self.head.last);
                let run = Run { table: Table::Segments, at, to, limit };
                self.stage = Stage::Floor(run);
                Ok(Step::Ask(run.ask()))
            }
            Stage::Floor(run) => match run.locate(&mut found)? {
                Located::Records(records) => self.merge(&records),
                Located::Ask(request) => {
                    self.stage = Stage::Segments;
                    Ok(Step::Ask(vec![request]))
                }
            },
            Stage::Segments => self.merge(&found.values()?),
            Stage::Gap => {
                self.head.pass_over(end_of_gap(&mut found, self.head.last)?);
                Ok(self.commit(Vec::new()))
            }
        }
    }
}

/// Segments that one other takes the place of.
#[derive(Debug)]
struct Replacement {
    first: SeqNo,
    last: SeqNo,
    segment: Segment,
}

impl Head {
    /// How many of the loose segments to look at now, `None` if there is nothing to merge.
    pub(crate) fn merge_count(&self) -> Option<u32> {
        let enough = self.last - self.settled >= MAX_EVENTS as u64
            || self.loose_bytes >= 2 * MAX_TEXT_BYTES as u64;
        let average = self.loose_bytes.checked_div(self.loose_segments)?.max(1);
        (enough && self.loose_segments > 1 || self.has_many_tiny())
            .then_some((STEP_BYTES / average).clamp(FEWEST, 4 * MAX_EVENTS as u64) as u32)
    }

    /// Whether tiny segments should become one: there are so many more than merging them would leave.
    fn has_many_tiny(&self) -> bool {
        self.loose_segments.saturating_sub((self.last - self.settled) / TINY) >= TINY
    }

    /// Merges the loose segments, as far as they fill segments; the rest stays loose. These are the
    /// first of them: if there are more, something is always merged. Returns what to replace; the head
    /// is then as it will be.
    fn merge(&mut self, loose: &[Arc<Segment>]) -> Result<Vec<Replacement>> {
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
        let end = run.last().map_or(self.settled, |segment| segment.last().get());
        let are_all = end == self.last;
        if are_all {
            // A damaged log has other sums: merging has to come to an end there, too.
            self.loose_segments = run.len() as u64;
            self.loose_bytes = run.iter().map(|segment| segment.as_bytes().len() as u64).sum();
        }
        if self.settled == settled && !are_all {
            replacements.extend(self.settle(&run)?);
        } else if are_all && self.has_many_tiny() {
            let is_tiny = |segment: &&Segment| (segment.len() as u64) < TINY;
            for tiny in run.chunk_by(|a, b| is_tiny(a) && is_tiny(b)) {
                replacements.extend(self.replace(tiny)?);
            }
        }
        Ok(replacements)
    }

    /// Leaves a loose segment that can't be read, and ends at this number, as it is.
    fn pass_over(&mut self, last: u64) {
        let average = self.loose_bytes.checked_div(self.loose_segments).unwrap_or_default();
        self.settled = last;
        self.unindexed_segments += 1;
        self.loose_segments = self.loose_segments.saturating_sub(1);
        self.loose_bytes = self.loose_bytes.saturating_sub(average);
    }

    /// Makes a run of loose segments one, which is settled.
    fn settle(&mut self, run: &[&Segment]) -> Result<Option<Replacement>> {
        let Some(last) = run.last() else {
            return Ok(None);
        };
        let replacement = self.replace(run)?;
        let settled = replacement.as_ref().map_or(*last, |replacement| &replacement.segment);
        self.settled = last.last().get();
        self.unindexed_segments += 1;
        self.loose_segments = self.loose_segments.saturating_sub(1);
        self.loose_bytes = self.loose_bytes.saturating_sub(settled.as_bytes().len() as u64);
        Ok(replacement)
    }

    /// Makes a run of loose segments one, which is still loose; nothing if it is one already.
    fn replace(&mut self, run: &[&Segment]) -> Result<Option<Replacement>> {
        let [first, .., last] = run else {
            return Ok(None);
        };
        let mut columns = Columns::default();
        for entry in run.iter().flat_map(|segment| segment.entries()) {
            columns.push_entry(entry)?;
        }
        let segment = columns.encode()?.seal(first.first(), last.latest());
        let fewer = run.len() as u64 - 1;
        let before: u64 = run.iter().map(|segment| segment.as_bytes().len() as u64).sum();
        let after = segment.as_bytes().len() as u64;
        for segments in [&mut self.segments, &mut self.loose_segments] {
            *segments = segments.saturating_sub(fewer);
        }
        for bytes in [&mut self.bytes, &mut self.loose_bytes] {
            *bytes = (*bytes + after).saturating_sub(before);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityEvent, EventEnvelope, Uuid};

    /// Segments that were removed from outside are still counted.
    #[test]
    fn merging_comes_to_an_end_in_a_damaged_log() -> Result<()> {
        let mut columns = Columns::default();
        let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id: Uuid::nil() };
        columns.push(&EventEnvelope::new(event.into(), &*crate::env::system()))?;
        let only = Arc::new(columns.encode()?.seal(SeqNo::FIRST, i64::MIN));
        let loose_bytes = only.as_bytes().len() as u64;
        let mut head = Head { last: 1, loose_segments: 70, loose_bytes, ..Head::new(Uuid::nil()) };
        assert!(head.merge_count().is_some());
        assert!(head.merge(&[only])?.is_empty());
        assert_eq!((head.merge_count(), head.loose_segments), (None, 1));
        Ok(())
    }
}
