//! Finding a time in a log without reading it.
//!
//! Times needn't grow along a log: tabs and clocks differ. But each segment stores the latest time up
//! to its end, and that does grow, so the first segment that reaches a time is found by halving.

use crate::log::head::Head;
use crate::log::operations::segments::{floor, judge, key, look_at, scan, scan_back, sound};
use crate::log::segment::{Segment, split_time};
use crate::log::store::{Answers, Request, Table, Want};
use crate::{Result, SeqNo, Timestamp};

/// How many segments are read at once to look at each time in them.
const READ_AT_ONCE: u32 = 2;

/// Finds the first stored event at or after a time: a part of an operation.
#[derive(Debug)]
pub(super) struct Search {
    head: Head,
    time: (i64, u32),
    /// The numbers among which the segment is that reaches the time, if there is one.
    low: u64,
    high: u64,
    /// Where the first segment begins that is known to reach it.
    reached: Option<u64>,
    stage: Stage,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// What holds the number in the middle.
    Middle,
    /// What follows something that can't be read, whose events begin with the number.
    Behind(u64),
    /// The segments from the number on, to look at each time.
    Events(u64),
    /// What is in the place of an event that can't be read.
    Damage(u64),
}

/// How a search goes on.
pub(super) enum Found {
    Ask(Vec<Request>),
    /// The number, or none.
    At(Option<SeqNo>),
}

impl Search {
    pub(super) fn of(time: Timestamp, head: Head) -> (Search, Found) {
        let (time, low, high) = (split_time(time), head.first, head.last);
        let mut search = Search { head, time, low, high, reached: None, stage: Stage::Middle };
        let begin = search.halve();
        (search, begin)
    }

    fn middle(&self) -> u64 {
        self.low + (self.high - self.low) / 2
    }

    fn halve(&mut self) -> Found {
        if self.low <= self.high {
            self.stage = Stage::Middle;
            let middle = self.middle();
            let held = scan_back(Table::Segments, 0, middle, 1, Want::Values);
            return Found::Ask(vec![floor(Table::Segments, middle), held]);
        }
        match self.reached {
            None => Found::At(None),
            Some(number) => self.look_at_events(number),
        }
    }

    /// The segment that was found has the event, unless what reached the time was trimmed before it.
    fn look_at_events(&mut self, from: u64) -> Found {
        if from > self.head.last {
            return Found::At(None);
        }
        self.stage = Stage::Events(from);
        let to = self.head.last;
        Found::Ask(vec![scan(Table::Segments, from, to, READ_AT_ONCE, Want::Values)])
    }

    /// Goes on with what was found.
    pub(super) fn go_on(&mut self, found: &mut Answers) -> Result<Found> {
        match self.stage {
            Stage::Middle => {
                let (begins, records) = (key(found)?, found.values()?);
                let middle = self.middle();
                match records.first().and_then(|record| sound(record, middle)) {
                    Some(segment) => Ok(self.judge_half(segment.first().get(), &segment)),
                    None => {
                        let begins = begins.unwrap_or(middle);
                        Ok(self.look_behind(begins.max(self.head.first), begins))
                    }
                }
            }
            Stage::Behind(start) => {
                let (begins, records) = (key(found)?, found.values()?);
                let segment =
                    records.first().and_then(|record| Segment::decode(record.clone()).ok());
                match (segment, begins) {
                    (Some(segment), _) => Ok(self.judge_half(start, &segment)),
                    (None, Some(begins)) => Ok(self.look_behind(start, begins)),
                    // What can't be read may be what is looked for: then reading from there tells of it.
                    (None, None) => Ok(self.reach(start)),
                }
            }
            Stage::Events(from) => {
                let mut next = from;
                for record in found.values()? {
                    let segment = Segment::decode(record).ok();
                    let Some(segment) = segment.filter(|segment| segment.first().get() == next)
                    else {
                        break;
                    };
                    let time =
                        |row| (segment.millis(&row), segment.nanos(&row).unwrap_or_default());
                    if let Some(index) = segment.rows().position(|row| time(row) >= self.time) {
                        return Ok(Found::At(segment.first().plus(index as u64)));
                    }
                    next = segment.last().get() + 1;
                }
                if next > from {
                    return Ok(self.look_at_events(next));
                }
                self.stage = Stage::Damage(from);
                Ok(Found::Ask(look_at(from, self.head.last)))
            }
            Stage::Damage(at) => {
                judge(found, at, self.head.first, self.head.last)?;
                Ok(Found::At(None))
            }
        }
    }

    /// Goes on with one half, by the first segment from the middle on that can be read. `start` is where that begins, or
    /// what can't be read before it.
    fn judge_half(&mut self, start: u64, segment: &Segment) -> Found {
        if segment.latest() >= self.time.0 {
            return self.reach(start);
        }
        self.low = segment.last().get() + 1;
        self.halve()
    }

    fn reach(&mut self, start: u64) -> Found {
        self.high = start.min(self.middle()) - 1;
        self.reached = Some(start);
        self.halve()
    }

    fn look_behind(&mut self, start: u64, begins: u64) -> Found {
        self.stage = Stage::Behind(start);
        let next = |want| scan(Table::Segments, begins + 1, self.head.last, 1, want);
        Found::Ask(vec![next(Want::Keys), next(Want::Values)])
    }
}
