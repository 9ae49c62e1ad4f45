//! Segments by the numbers of their events, and those that are not what was written: changed, shortened, replaced or
//! removed from outside.
//!
//! Which events can't be read is known from the keys of the segments around them, and from the end of
//! the one before, whatever is left of the damaged one.

use crate::log::segment::Segment;
use crate::log::store::{Answers, Bytes, Key, Keys, Request, Scan, Table, Want};
use crate::{Error, Result, SeqNo};
use std::sync::Arc;

/// The number that a key is.
pub(super) fn number(key: &Key) -> Result<u64> {
    match key {
        Key::Number(number) => Ok(*number),
        Key::Text(_) => Err(Error::corrupt("a record has a name where it should have a number")),
    }
}

/// Records that begin from one number to another, the first ones.
pub(super) fn scan(table: Table, from: u64, to: u64, limit: u32, want: Want) -> Request {
    let keys = Keys::Numbers(from, to);
    Request::Scan(Scan { table, keys, reverse: false, limit, want })
}

/// The same, but the last ones, the largest first.
pub(super) fn scan_back(table: Table, from: u64, to: u64, limit: u32, want: Want) -> Request {
    let keys = Keys::Numbers(from, to);
    Request::Scan(Scan { table, keys, reverse: true, limit, want })
}

/// Where the record begins that holds `at`.
pub(super) fn floor(table: Table, at: u64) -> Request {
    scan_back(table, 0, at, 1, Want::Keys)
}

/// Takes the answer to a request for one key.
pub(super) fn key(found: &mut Answers) -> Result<Option<u64>> {
    found.keys()?.first().map(number).transpose()
}

/// Records from the one that holds `at` to the one that holds `to`, at most so many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) table: Table,
    pub(super) at: u64,
    pub(super) to: u64,
    pub(super) limit: u32,
}

/// What a [`Run`] has found.
pub(super) enum Located {
    Records(Vec<Bytes>),
    /// They begin before: the records are the answer to this.
    Ask(Request),
}

impl Run {
    /// Records from the first that begins at or after `at`.
    pub(super) fn starting(self) -> Request {
        scan(self.table, self.at, self.to, self.limit, Want::Values)
    }

    /// Where they begin, and those from `at` on: mostly a reader goes on where a record begins, and needs no second look.
    pub(super) fn ask(self) -> Vec<Request> {
        vec![floor(self.table, self.at), self.starting()]
    }

    /// Takes the answers to [`ask`](Self::ask).
    pub(super) fn locate(self, found: &mut Answers) -> Result<Located> {
        let (begins, records) = (key(found)?, found.values()?);
        match begins.filter(|begins| *begins < self.at && self.at <= self.to) {
            Some(at) => Ok(Located::Ask(Run { at, ..self }.starting())),
            None => Ok(Located::Records(records)),
        }
    }
}

/// The segment that this record is, if it can be read and holds the event `at`.
pub(super) fn sound(record: &Bytes, at: u64) -> Option<Segment> {
    Segment::decode(record.clone()).ok().filter(|segment| holds(segment, at))
}

/// The segments of these records, up to the first that can't be read or doesn't follow the one before.
pub(super) fn sound_from(records: &[Bytes], at: u64) -> Vec<Arc<Segment>> {
    let mut segments: Vec<Arc<Segment>> = Vec::new();
    let mut next = at;
    for record in records {
        let Some(segment) = sound(record, next) else { break };
        next = segment.last().get() + 1;
        segments.push(Arc::new(segment));
    }
    segments
}

fn holds(segment: &Segment, at: u64) -> bool {
    (segment.first().get()..=segment.last().get()).contains(&at)
}

/// Where the first segment begins after `at`, in a log that ends at `last`.
pub(super) fn next_after(at: u64, last: u64) -> Request {
    scan(Table::Segments, at + 1, last, 1, Want::Keys)
}

/// Takes the answer to [`next_after`]: the last number before that segment.
pub(super) fn end_of_gap(found: &mut Answers, last: u64) -> Result<u64> {
    Ok(key(found)?.map_or(last, |next| next - 1))
}

/// What there is where the event `at` should be: the answers to this are for [`judge`].
pub(super) fn look_at(at: u64, last: u64) -> Vec<Request> {
    let held = scan_back(Table::Segments, 0, at, 1, Want::Values);
    vec![next_after(at, last), floor(Table::Segments, at), held]
}

/// Judges what is stored where the event `at` should be, in a log that goes from `begin` to `last`.
///
/// # Errors
///
/// [`Error::Corrupt`] with the events that can't be read; [`Error::Unsupported`] if a newer everbus wrote them. None if
/// it is sound after all.
pub(super) fn judge(found: &mut Answers, at: u64, begin: u64, last: u64) -> Result<()> {
    let end = end_of_gap(found, last)?;
    let (begins, held) = (key(found)?, found.values()?);
    let (Some(begins), Some(held)) = (begins, held.first()) else {
        return Err(unreadable(begin, end, "a segment is missing"));
    };
    match Segment::decode(held.clone()) {
        Ok(segment) if holds(&segment, at) => Ok(()),
        Ok(segment) if segment.first().get() == begins && segment.last().get() < at => {
            let start = segment.last().get() + 1;
            Err(unreadable(start.max(begin), end, "a segment is missing"))
        }
        Ok(_) => Err(unreadable(begins.max(begin), end, "a stored segment is another one")),
        Err(Error::Corrupt { message, .. }) => Err(unreadable(begins.max(begin), end, &message)),
        Err(error) => Err(error),
    }
}

fn unreadable(first: u64, last: u64, why: &str) -> Error {
    let message = format!("events {first} to {last} can't be read: {why}; go on behind them");
    Error::Corrupt { message, events: SeqNo::new(first).ok().zip(SeqNo::new(last).ok()) }
}
