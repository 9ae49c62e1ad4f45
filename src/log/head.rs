//! [`Head`]: where a log begins and ends.

mod recent;
mod sequence;

pub use recent::IDEMPOTENCE_WINDOW;
pub(super) use recent::{Known, RecentIds};
pub(super) use sequence::Sequenced;

use super::segment::{Checksum, Segment};
use super::store::Bytes;
use crate::{Error, Result, SeqNo};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// The first and the last number of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The first stored event's number, `None` if nothing is stored.
    pub first: Option<SeqNo>,
    /// The last assigned number, `None` if none ever was.
    pub last: Option<SeqNo>,
}

impl Bounds {
    /// The end of the log for somebody who has seen it up to a number: what follows that, or the first that
    /// is left of it.
    pub(crate) fn after(self, seen: u64) -> Result<SeqNo> {
        let end = SeqNo::new(self.last.map_or(0, SeqNo::get) + 1)?;
        Ok(end.min(self.first.unwrap_or(end).max(SeqNo::new(seen + 1)?)))
    }
}

/// How much a log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// How many events are stored.
    pub events: u64,
    /// How many segments they are in.
    pub segments: u64,
    /// How many bytes these have.
    pub bytes: u64,
    /// The first and the last number.
    pub bounds: Bounds,
}

/// What an append did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The number of the first event that is new, `None` if the log knew them all.
    pub first_new: Option<SeqNo>,
    /// The number of each event of the batch, in order: the first one's for an id that is known.
    pub seq_nos: Vec<SeqNo>,
}

/// The key of the head.
pub(crate) const HEAD: &str = "head";

/// The record from which the next number comes. Read and written in the transaction of each append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Which log this is: a log that is created again under the same name gets another.
    pub(crate) incarnation: Uuid,
    /// The first stored number, or the next one if nothing is stored.
    pub(crate) first: u64,
    /// The last assigned number, 0 if none ever was.
    pub(crate) last: u64,
    /// The latest time of all events so far, in milliseconds since the epoch; `i64::MIN` if none ever was.
    pub(crate) latest: i64,
    /// How many segments are stored, and their bytes.
    pub(crate) segments: u64,
    pub(crate) bytes: u64,
    /// The last number of the segments that are never written again; those after it are loose.
    pub(crate) settled: u64,
    /// How many segments are loose, and their bytes.
    pub(crate) loose_segments: u64,
    pub(crate) loose_bytes: u64,
    /// The last number that chapters cover, and how many settled segments come after it.
    pub(crate) indexed: u64,
    pub(crate) unindexed_segments: u64,
    /// The highest epoch that a claim of any consumer has had: it outlives the consumers.
    pub(crate) epoch: u64,
    /// What else holds of the log: nothing yet. One bit each, so that who doesn't know one refuses the log.
    pub(crate) flags: u64,
}

/// So few loose segments before a full one stay as they are: a burst makes them, and merging would
/// read what came after them for nothing.
const FEW: u64 = 2;

impl Head {
    pub(crate) fn new(incarnation: Uuid) -> Head {
        Head {
            incarnation,
            first: 1,
            last: 0,
            latest: i64::MIN,
            segments: 0,
            bytes: 0,
            settled: 0,
            loose_segments: 0,
            loose_bytes: 0,
            indexed: 0,
            unindexed_segments: 0,
            epoch: 0,
            flags: 0,
        }
    }

    /// The record: a checksum of what follows, which log it is, and the numbers.
    pub(crate) fn to_bytes(self) -> Bytes {
        let mut fields = self.incarnation.into_bytes().to_vec();
        fields.extend(self.numbers().into_iter().flat_map(u64::to_le_bytes));
        let mut bytes = Checksum::new().update(&fields).value().to_le_bytes().to_vec();
        bytes.extend(fields);
        Arc::new(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) made, also that of the first version, which ended before the epoch.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`], and [`Error::Unsupported`] if it has a flag that isn't known here.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Head> {
        let head = Head::read(bytes).filter(|head| {
            (1..=head.last + 1).contains(&head.first)
                && head.indexed <= head.settled
                && head.settled <= head.last
        });
        let head = head.ok_or_else(Head::damaged)?;
        if head.flags != 0 {
            const NEWER: &str = "a newer version of everbus has written the log: update everbus";
            return Err(Error::Unsupported(NEWER.into()));
        }
        Ok(head)
    }

    pub(crate) fn damaged() -> Error {
        Error::corrupt(
            "the log's head is damaged, so nothing can be read or appended: delete the log to start anew",
        )
    }

    fn numbers(self) -> [u64; 12] {
        [
            self.first,
            self.last,
            self.latest.cast_unsigned(),
            self.segments,
            self.bytes,
            self.settled,
            self.loose_segments,
            self.loose_bytes,
            self.indexed,
            self.unindexed_segments,
            self.epoch,
            self.flags,
        ]
    }

    fn read(bytes: &[u8]) -> Option<Head> {
        let (checksum, fields) = bytes.split_first_chunk::<8>()?;
        if Checksum::new().update(fields).value() != u64::from_le_bytes(*checksum) {
            return None;
        }
        let (incarnation, numbers) = fields.split_first_chunk::<16>()?;
        let (numbers, []) = numbers.as_chunks::<8>() else {
            return None;
        };
        if !matches!(numbers.len(), 10 | 12) {
            return None;
        }
        let mut numbers = numbers.iter().map(|number| u64::from_le_bytes(*number));
        let mut next = || numbers.next().unwrap_or_default();
        Some(Head {
            incarnation: Uuid::from_bytes(*incarnation),
            first: next(),
            last: next(),
            latest: next().cast_signed(),
            segments: next(),
            bytes: next(),
            settled: next(),
            loose_segments: next(),
            loose_bytes: next(),
            indexed: next(),
            unindexed_segments: next(),
            epoch: next(),
            flags: next(),
        })
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let first = if self.first <= self.last { SeqNo::new(self.first).ok() } else { None };
        Bounds { first, last: SeqNo::new(self.last).ok() }
    }

    pub(crate) fn stats(&self) -> Stats {
        let Head { segments, bytes, .. } = *self;
        Stats { events: self.last + 1 - self.first, segments, bytes, bounds: self.bounds() }
    }

    /// Refuses to trim beyond the end.
    pub(crate) fn check_trim(&self, before: SeqNo) -> Result<()> {
        if before.get() > self.last + 1 {
            return Err(Error::past_the_end(before, self.last));
        }
        Ok(())
    }

    /// Notes that the segment of so many bytes that begins with this number is forgotten.
    pub(crate) fn forget(&mut self, first: u64, bytes: u64) {
        self.segments = self.segments.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        if first > self.settled {
            self.loose_segments = self.loose_segments.saturating_sub(1);
            self.loose_bytes = self.loose_bytes.saturating_sub(bytes);
        } else if first > self.indexed {
            self.unindexed_segments = self.unindexed_segments.saturating_sub(1);
        }
    }

    /// Notes that everything before this number has been forgotten. If it is all, then nothing is left
    /// even where a damaged log had other sums.
    pub(crate) fn start_at(&mut self, first: u64) {
        self.first = first;
        self.settled = self.settled.max(first - 1);
        self.indexed = self.indexed.max(first - 1);
        if first > self.last {
            (self.segments, self.bytes) = (0, 0);
            (self.loose_segments, self.loose_bytes) = (0, 0);
            self.unindexed_segments = 0;
        }
    }

    /// Notes that a segment is added at the end.
    fn extend(&mut self, segment: &Segment) {
        let bytes = segment.as_bytes().len() as u64;
        self.last = segment.last().get();
        self.latest = segment.latest();
        self.segments += 1;
        self.bytes += bytes;
        if self.loose_segments <= FEW && segment.is_full() {
            self.settled = self.last;
            self.unindexed_segments += self.loose_segments + 1;
            (self.loose_segments, self.loose_bytes) = (0, 0);
        } else {
            self.loose_segments += 1;
            self.loose_bytes += bytes;
        }
    }
}
