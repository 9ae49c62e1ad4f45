//! [`RecentIds`]: the window in which an envelope's id is known, so that appending it again changes nothing.
//!
//! Its ids are those of stored segments; those of events that were trimmed while they were among the newest are in records
//! of their own, so that what is known doesn't depend on what was forgotten.

use super::segments::{Located, Run, scan};
use crate::log::batch::Batch;
use crate::log::head::Head;
use crate::log::segment::{Checksum, Segment};
use crate::log::store::{Answers, Bytes, Key, Request, Table, Want};
use crate::{Error, Result, SeqNo};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

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

    fn push_run(&mut self, first: SeqNo, ids: Vec<[u8; 16]>) {
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

/// Reads the newest ids.
#[derive(Debug)]
pub(super) struct Recollection {
    recent: RecentIds,
    /// The stored segments that may hold some.
    segments: Option<Run>,
    /// Whether these are being looked for from where they begin.
    is_located: bool,
}

impl Recollection {
    /// Reads the ids of at least the newest `window` events of a log with this head: by the answers to these requests.
    pub(super) fn of(head: &Head, window: u64) -> (Recollection, Vec<Request>) {
        let start = head.last.saturating_sub(window - 1).max(1);
        let mut requests = vec![scan(Table::Ids, 0, head.last, u32::MAX, Want::Values)];
        let (table, at, to) = (Table::Segments, start.max(head.first), head.last);
        let segments = Some(Run { table, at, to, limit: u32::MAX }).filter(|run| run.at <= run.to);
        requests.extend(segments.into_iter().flat_map(Run::ask));
        let recent = RecentIds::of_newest(window);
        (Recollection { recent, segments, is_located: false }, requests)
    }

    /// The ids; or what is still to be answered.
    pub(super) fn go_on(&mut self, found: &mut Answers) -> Result<Result<RecentIds, Request>> {
        if !self.is_located {
            for record in found.values()? {
                // Those that are damaged are lost: such events may be appended again.
                if let Some((first, ids)) = read_trimmed(&record) {
                    self.recent.push_run(first, ids);
                }
            }
        }
        let records = match self.segments {
            None => Vec::new(),
            Some(_) if self.is_located => found.values()?,
            Some(run) => match run.locate(found)? {
                Located::Records(records) => records,
                Located::Ask(request) => {
                    self.is_located = true;
                    return Ok(Err(request));
                }
            },
        };
        for record in &records {
            match Segment::decode(record.clone()) {
                Ok(segment) => self.recent.push(&segment),
                Err(Error::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(std::mem::replace(&mut self.recent, RecentIds::of_newest(1))))
    }
}

/// Keeps the ids of a segment that is about to be trimmed.
pub(super) fn keep_trimmed(segment: &Segment) -> Request {
    let mut content = segment.first().get().to_le_bytes().to_vec();
    content.extend(segment.ids().as_flattened());
    let mut bytes = Checksum::new().update(&content).value().to_le_bytes().to_vec();
    bytes.extend(content);
    Request::Put(Table::Ids, Key::from(segment.first()), Arc::new(bytes))
}

/// Reads what [`keep_trimmed`] kept.
fn read_trimmed(bytes: &Bytes) -> Option<(SeqNo, Vec<[u8; 16]>)> {
    let (checksum, content) = bytes.split_first_chunk::<8>()?;
    if Checksum::new().update(content).value() != u64::from_le_bytes(*checksum) {
        return None;
    }
    let (first, ids) = content.split_first_chunk::<8>()?;
    Some((SeqNo::new(u64::from_le_bytes(*first)).ok()?, ids.as_chunks().0.to_vec()))
}
