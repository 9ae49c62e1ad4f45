//! Forgetting the oldest segments: whole ones, in one transaction with the head.
//!
//! Only keys and sizes count, not contents, so that a damaged segment can be forgotten like any other; but the ids of the
//! newest events stay known.

use super::ids::keep_trimmed;
use super::segments::{floor, key, number, scan};
use super::{ask_for_head, done, head_of, put_head};
use crate::log::head::{Head, IDEMPOTENCE_WINDOW};
use crate::log::segment::{MAX_EVENTS, Segment};
use crate::log::store::{
    Access, Answers, Before, Keys, Operation, Request, Scope, Step, Table, Want,
};
use crate::{Result, SeqNo, Uuid};

/// How many bytes of segments are counted out at once, about, and how many segments.
const STEP_BYTES: u64 = 8 << 20;
const FEWEST: u64 = 16;
const MOST: u64 = 1000;
/// How many segments are read at once for their ids.
const READ_AT_ONCE: u32 = 16;

/// Forgets the segments that end before a number.
#[derive(Debug)]
pub(crate) struct Trim {
    pub(crate) head: Head,
    before: SeqNo,
    stage: Stage,
    /// Where the first segment begins that is left.
    left: u64,
    writes: Vec<Request>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    /// Which segment holds the number.
    Floor,
    /// How large these many segments are that go.
    Sizes(u32),
    /// What they hold, as far as their ids have to be known further on.
    Ids,
    /// Which other records are only about what is gone.
    Rest,
}

impl Trim {
    pub(crate) fn new(log: Uuid, before: SeqNo) -> Trim {
        let (head, stage, writes) = (Head::new(log), Stage::Head, Vec::new());
        Trim { head, before, stage, left: 0, writes }
    }

    /// Counts segments out that go, from this number on.
    fn count_out(&mut self, from: u64) -> Step {
        let average = (self.head.bytes / self.head.segments.max(1)).max(1);
        let limit = (STEP_BYTES / average).clamp(FEWEST, MOST) as u32;
        self.stage = Stage::Sizes(limit);
        Step::Ask(vec![scan(Table::Segments, from, self.left - 1, limit, Want::Sizes)])
    }

    /// Keeps the ids of what goes, from this number on.
    fn keep_ids(&mut self, from: u64) -> Step {
        self.stage = Stage::Ids;
        Step::Ask(vec![scan(Table::Segments, from, self.left - 1, READ_AT_ONCE, Want::Values)])
    }

    /// The number from which on ids have to be known.
    fn oldest_known(&self) -> u64 {
        self.head.last.saturating_sub(IDEMPOTENCE_WINDOW - 1).max(1)
    }

    fn look_for_rest(&mut self) -> Step {
        self.stage = Stage::Rest;
        Step::Ask(vec![floor(Table::Chapters, self.left), floor(Table::Ids, self.oldest_known())])
    }
}

impl Operation for Trim {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        self.stage = Stage::Head;
        self.writes.clear();
        ask_for_head()
    }

    fn scope(&self) -> Scope {
        let tables = &[Table::Meta, Table::Segments, Table::Chapters, Table::Ids];
        Scope { tables, access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        match self.stage {
            Stage::Head => {
                self.head = head_of(self.head.incarnation, &mut found)?;
                self.head.check_trim(self.before)?;
                // The segment that holds the number stays: the last one that begins at it or before.
                self.stage = Stage::Floor;
                Ok(Step::Ask(vec![floor(Table::Segments, self.before.get())]))
            }
            Stage::Floor => {
                let floor = key(&mut found)?.unwrap_or_default();
                let is_all = self.before.get() > self.head.last;
                self.left = if is_all { self.head.last + 1 } else { floor };
                Ok(if self.left > self.head.first { self.count_out(0) } else { done() })
            }
            Stage::Sizes(limit) => {
                let sizes = found.sizes()?;
                for (key, bytes) in &sizes {
                    self.head.forget(number(key)?, *bytes);
                }
                if let Some((last, _)) = sizes.last()
                    && sizes.len() == limit as usize
                {
                    return Ok(self.count_out(number(last)? + 1));
                }
                let oldest = self.oldest_known();
                if oldest >= self.left {
                    return Ok(self.look_for_rest());
                }
                // The segment that holds the oldest one may begin before it, but by less than a full one.
                Ok(self.keep_ids(oldest.saturating_sub(MAX_EVENTS as u64 - 1)))
            }
            Stage::Ids => {
                let records = found.values()?;
                let mut next = None;
                for record in &records {
                    let Ok(segment) = Segment::decode(record.clone()) else { continue };
                    next = segment.last().next();
                    if segment.last().get() >= self.oldest_known() {
                        self.writes.push(keep_trimmed(&segment));
                    }
                }
                match next {
                    Some(next) if records.len() == READ_AT_ONCE as usize => {
                        Ok(self.keep_ids(next.get()))
                    }
                    _ => Ok(self.look_for_rest()),
                }
            }
            Stage::Rest => {
                let mut writes = std::mem::take(&mut self.writes);
                writes.push(Request::Delete(Table::Segments, Keys::Numbers(0, self.left - 1)));
                // Of what begins last before a number something may be left.
                for table in [Table::Chapters, Table::Ids] {
                    let begins = key(&mut found)?.unwrap_or_default();
                    writes.push(Request::Delete(table, Keys::Numbers(0, begins.saturating_sub(1))));
                }
                self.head.start_at(self.left);
                writes.push(put_head(&self.head));
                Ok(Step::Commit(writes))
            }
        }
    }
}
