//! Reading the newest ids: those of stored segments, and those of events that were trimmed while they were among the newest,
//! which are in records of their own, so that what is known doesn't depend on what was forgotten.

use super::segments::{Located, Run, scan};
use crate::log::head::{Head, RecentIds};
use crate::log::segment::{Checksum, Segment};
use crate::log::store::{Answers, Bytes, Key, Request, Table, Want};
use crate::{Error, Result, SeqNo};
use std::sync::Arc;

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
