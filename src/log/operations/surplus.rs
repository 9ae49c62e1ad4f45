//! What is beyond a retention: found by the head and by keys, by the sizes of the oldest segments, and by their own times.

use super::cursors::{all, infos};
use super::segments::{floor, key, number, scan};
use super::{ask_for_head, done, head_of};
use crate::log::head::Head;
use crate::log::retention::{Limits, Surplus};
use crate::log::segment::Segment;
use crate::log::store::{Access, Answers, Before, Operation, Scope, Step, Table, Want};
use crate::{ConsumerInfo, Result, SeqNo, Uuid};

/// How many segments are looked at once, at first and later on.
const FEW: u32 = 1;
const MANY: u32 = 16;

/// Finds what is beyond limits.
#[derive(Debug)]
pub(crate) struct FindSurplus {
    head: Head,
    limits: Limits,
    stage: Stage,
    /// Where the segment begins that holds the newest event: it always stays.
    newest: u64,
    /// Where the first segment begins that isn't too much, and the first that isn't too old.
    before: u64,
    young: u64,
    consumers: Vec<ConsumerInfo>,
    pub(crate) surplus: Option<Surplus>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    /// Where segments begin, and the consumers.
    Bounds,
    /// The sizes of segments; with them so many bytes are stored.
    Sizes(u64),
    /// So many segments.
    Times(u32),
}

/// What the times of a segment's events say of it.
enum Age {
    TooOld,
    Young,
    /// Nothing: all of them are still to come, by a clock that was ahead, or it can't be read.
    Unknown,
}

impl FindSurplus {
    pub(crate) fn new(log: Uuid, limits: Limits) -> FindSurplus {
        let (head, stage, consumers) = (Head::new(log), Stage::Head, Vec::new());
        let (newest, before, young) = (0, 0, 0);
        FindSurplus { head, limits, stage, newest, before, young, consumers, surplus: None }
    }

    fn is_too_much(&self, bytes: u64) -> bool {
        self.limits.bytes.is_some_and(|most| bytes > most)
    }

    /// Looks at the sizes of the segments from this number on: with them so many bytes are stored.
    fn look_at_sizes(&mut self, from: u64, bytes: u64) -> Step {
        self.stage = Stage::Sizes(bytes);
        Step::Ask(vec![scan(Table::Segments, from, self.newest - 1, MANY, Want::Sizes)])
    }

    /// Looks at the times of the segments from this number on.
    fn look_at_times(&mut self, from: u64, limit: u32) -> Step {
        if self.limits.times.is_none() || from >= self.newest {
            return self.finish();
        }
        self.stage = Stage::Times(limit);
        let scan = |want| scan(Table::Segments, from, self.newest - 1, limit, want);
        Step::Ask(vec![scan(Want::Keys), scan(Want::Values)])
    }

    fn finish(&mut self) -> Step {
        let before = self.before.max(self.young).min(self.newest);
        let is_all_too_old = self.young >= self.newest;
        if let Ok(before) = SeqNo::new(before)
            && before.get() > self.head.first
        {
            let mut overtaken = std::mem::take(&mut self.consumers);
            overtaken
                .retain(|consumer| consumer.last_acked.map_or(0, SeqNo::get) + 1 < before.get());
            self.surplus = Some(Surplus { before, overtaken, is_all_too_old });
        }
        done()
    }

    fn age(&self, segment: Option<&Segment>) -> Age {
        let (Some(segment), Some((oldest, now))) = (segment, self.limits.times) else {
            return Age::Unknown;
        };
        let times = || segment.rows().map(|row| segment.millis(&row));
        if times().any(|time| (oldest..=now).contains(&time)) {
            Age::Young
        } else if times().any(|time| time < oldest) {
            Age::TooOld
        } else {
            Age::Unknown
        }
    }
}

impl Operation for FindSurplus {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        (self.stage, self.surplus) = (Stage::Head, None);
        ask_for_head()
    }

    fn scope(&self) -> Scope {
        let tables = &[Table::Meta, Table::Segments, Table::Consumers];
        Scope { tables, access: Access::Read }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        match self.stage {
            Stage::Head => {
                self.head = head_of(self.head.incarnation, &mut found)?;
                let Head { first, last, .. } = self.head;
                if first > last {
                    return Ok(done());
                }
                let kept = self.limits.events.map_or(first, |most| (last + 1).saturating_sub(most));
                let [names, records] = all();
                self.stage = Stage::Bounds;
                let begins = |at: u64| floor(Table::Segments, at.max(first));
                Ok(Step::Ask(vec![begins(last), begins(kept), names, records]))
            }
            Stage::Bounds => {
                self.newest = key(&mut found)?.unwrap_or(self.head.last);
                self.before = key(&mut found)?.unwrap_or(self.head.first);
                self.young = 0;
                // Who has a damaged position can't be told of what it loses.
                let consumers = infos(&mut found, self.head.bounds())?;
                self.consumers = consumers.into_iter().flatten().collect();
                if self.is_too_much(self.head.bytes) {
                    return Ok(self.look_at_sizes(self.head.first, self.head.bytes));
                }
                Ok(self.look_at_times(self.before, FEW))
            }
            Stage::Sizes(mut bytes) => {
                let sizes = found.sizes()?;
                for (key, size) in &sizes {
                    if !self.is_too_much(bytes) {
                        self.before = self.before.max(number(key)?);
                        return Ok(self.look_at_times(self.before, FEW));
                    }
                    bytes = bytes.saturating_sub(*size);
                }
                match sizes.last() {
                    Some((last, _)) if sizes.len() == MANY as usize => {
                        Ok(self.look_at_sizes(number(last)? + 1, bytes))
                    }
                    _ => {
                        self.before = self.newest;
                        Ok(self.finish())
                    }
                }
            }
            Stage::Times(limit) => {
                let (keys, records) = (found.keys()?, found.values()?);
                for record in &records {
                    let segment = Segment::decode(record.clone()).ok();
                    match self.age(segment.as_ref()) {
                        Age::Young => return Ok(self.finish()),
                        Age::TooOld => {
                            self.young = segment.map_or(self.young, |s| s.last().get() + 1);
                        }
                        Age::Unknown => {}
                    }
                }
                match keys.last() {
                    Some(last) if keys.len() == limit as usize => {
                        Ok(self.look_at_times(number(last)? + 1, MANY))
                    }
                    _ => Ok(self.finish()),
                }
            }
        }
    }
}
