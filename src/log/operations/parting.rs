//! Parting: what somebody publishes who has no time left is written blind, and numbered by whoever looks next.
//!
//! # Invariants
//!
//! - A record is numbered and deleted in one transaction, so its events are stored once, by whomever.
//! - Who wrote it may have appended its events as well, before or after: their ids tell. A record says after which number
//!   that can have been, so that it doesn't matter how long it lies there; unless its event was trimmed meanwhile, and 10,000
//!   have come after it.

use super::ids::Recollection;
use super::{done, get_head, head_of, put_head};
use crate::log::batch::Batch;
use crate::log::head::{Head, IDEMPOTENCE_WINDOW, RecentIds, Sequenced};
use crate::log::segment::{Checksum, Segment};
use crate::log::store::{
    Access, Answers, Before, Bytes, Key, Keys, Operation, Request, Scan, Scope, Step, Table, Want,
};
use crate::{Error, Result, SeqNo, Uuid};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// How many records are numbered in one transaction.
const AT_ONCE: u32 = 16;

/// What somebody leaves behind: a checksum of what follows; which log it is for; the last number before which its events can't
/// be stored; the last number that the log has to have, and one more, 0 for no condition; and the events as segments.
pub(crate) fn encode(batch: Batch, log: Uuid, after: u64) -> Result<Bytes> {
    let condition = batch.expected_last.map_or(0, |last| last + 1);
    let mut content = log.into_bytes().to_vec();
    content.extend([after, condition].map(u64::to_le_bytes).as_flattened());
    for draft in batch.into_drafts()? {
        content.extend(draft.seal(SeqNo::FIRST, i64::MIN).as_bytes());
    }
    let mut bytes = Checksum::new().update(&content).value().to_le_bytes().to_vec();
    bytes.extend(content);
    Ok(Arc::new(bytes))
}

/// What somebody has left behind.
struct Left {
    log: Uuid,
    after: u64,
    /// Its ids are looked up.
    batch: Batch,
}

/// Reads what [`encode`] wrote.
fn decode(bytes: &[u8]) -> Option<Left> {
    let (checksum, content) = bytes.split_first_chunk::<8>()?;
    if Checksum::new().update(content).value() != u64::from_le_bytes(*checksum) {
        return None;
    }
    let (log, content) = content.split_first_chunk::<16>()?;
    let (after, content) = content.split_first_chunk::<8>()?;
    let (condition, mut rest) = content.split_first_chunk::<8>()?;
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let (segment, behind) = rest.split_at_checked(Segment::length(rest)?)?;
        segments.push(Arc::new(Segment::decode(segment.to_vec()).ok()?));
        rest = behind;
    }
    let mut batch = Batch::default().idempotent();
    batch.expected_last = u64::from_le_bytes(*condition).checked_sub(1);
    batch.put_back(&segments);
    let (log, after) = (Uuid::from_bytes(*log), u64::from_le_bytes(*after));
    Some(Left { log, after, batch })
}

/// Looks at the head, and numbers what was left behind.
#[derive(Debug)]
pub(crate) struct Adopt {
    pub(crate) head: Head,
    /// The segments that were made of it.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// What of it can't be stored, and why.
    pub(crate) refused: Vec<Error>,
    /// Whether more may have been stored than is known here.
    pub(crate) in_doubt: bool,
    /// What the transaction makes that is going on, and what it refuses.
    made: (Vec<Arc<Segment>>, Vec<(Key, Error)>),
    /// What was refused by transactions that may have been made: if its record is still there, they weren't.
    doubtful: Vec<(Key, Error)>,
    /// What was left behind elsewhere than in the table.
    elsewhere: Vec<(Key, Bytes)>,
    /// What is to be numbered: keys, and what is under them.
    records: Vec<(Key, Bytes)>,
    stage: Stage,
}

/// What is asked for.
#[derive(Debug)]
enum Stage {
    /// Whether there is anything, without keeping others from writing.
    Look,
    Records,
    Ids(Recollection),
}

impl Adopt {
    pub(crate) fn new(log: Uuid, elsewhere: Vec<(Key, Bytes)>) -> Adopt {
        let (head, stage, records) = (Head::new(log), Stage::Look, Vec::new());
        let (segments, refused, made, doubtful) = Default::default();
        Adopt {
            head,
            segments,
            refused,
            in_doubt: false,
            made,
            doubtful,
            elsewhere,
            records,
            stage,
        }
    }

    /// Settles what is doubtful by the records that are still there.
    fn settle(&mut self, keys: &[Key]) {
        let is_there =
            |key: &Key| keys.contains(key) || self.elsewhere.iter().any(|(there, _)| there == key);
        for (key, error) in std::mem::take(&mut self.doubtful) {
            if !is_there(&key) {
                self.refused.push(error);
            }
        }
    }

    /// Numbers the records, but for those of their events that are stored already.
    fn number(&mut self, mut recent: RecentIds) -> Step {
        let mut writes = Vec::new();
        for (key, bytes) in std::mem::take(&mut self.records) {
            writes.push(Request::Delete(Table::Parting, Keys::One(key.clone())));
            let what =
                || Error::corrupt("what a page has published as it left is damaged, and lost");
            let numbered = match decode(&bytes).ok_or_else(what) {
                // The log that it was for was deleted.
                Ok(left) if left.log != self.head.incarnation => continue,
                Ok(left) => self.head.sequence(left.batch, Some(&recent)),
                Err(error) => Err(error),
            };
            match numbered {
                Ok(Sequenced { segments, head, .. }) => {
                    self.head = head;
                    for segment in segments {
                        recent.push(&segment);
                        let (first, bytes) = (segment.first(), segment.bytes().clone());
                        writes.push(Request::Add(Table::Segments, first.into(), bytes));
                        self.made.0.push(Arc::new(segment));
                    }
                }
                Err(error) => self.made.1.push((key, error)),
            }
        }
        writes.push(put_head(&self.head));
        Step::Next(writes)
    }
}

fn records(limit: u32, want: Want) -> Request {
    let (table, keys) = (Table::Parting, Keys::All);
    Request::Scan(Scan { table, keys, reverse: false, limit, want })
}

impl Operation for Adopt {
    fn begin(&mut self, before: Before) -> Result<Step> {
        let (segments, refused) = std::mem::take(&mut self.made);
        match before {
            Before::Committed => {
                self.segments.extend(segments);
                self.refused.extend(refused.into_iter().map(|(_, error)| error));
                self.elsewhere.clear();
            }
            Before::InDoubt => {
                self.in_doubt = true;
                self.doubtful.extend(refused);
            }
            Before::Nothing | Before::Undone => {}
        }
        if let Stage::Look = self.stage {
            return Ok(Step::Ask(vec![get_head(), records(1, Want::Keys)]));
        }
        self.stage = Stage::Records;
        let records = |want| records(AT_ONCE, want);
        Ok(Step::Ask(vec![get_head(), records(Want::Keys), records(Want::Values)]))
    }

    fn scope(&self) -> Scope {
        match self.stage {
            Stage::Look => Scope { tables: &[Table::Meta, Table::Parting], access: Access::Read },
            Stage::Records | Stage::Ids(_) => {
                let tables = &[Table::Meta, Table::Segments, Table::Ids, Table::Parting];
                Scope { tables, access: Access::Write }
            }
        }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        if let Stage::Ids(recollection) = &mut self.stage {
            return Ok(match recollection.go_on(&mut found)? {
                Ok(recent) => self.number(recent),
                Err(request) => Step::Ask(vec![request]),
            });
        }
        self.head = head_of(self.head.incarnation, &mut found)?;
        let keys = found.keys()?;
        self.settle(&keys);
        if keys.is_empty() && self.elsewhere.is_empty() {
            return Ok(done());
        }
        if let Stage::Look = self.stage {
            self.stage = Stage::Records;
            return Ok(Step::Again);
        }
        let all = keys.into_iter().zip(found.values()?).chain(self.elsewhere.clone());
        // In the order in which it was left behind.
        self.records = all.collect::<BinaryHeap<_>>().into_sorted_vec();
        let after = self.records.iter().filter_map(|(_, bytes)| Some(decode(bytes)?.after)).min();
        let since = self.head.last.saturating_sub(after.unwrap_or(self.head.last));
        let (recollection, requests) = Recollection::of(&self.head, since.max(IDEMPOTENCE_WINDOW));
        self.stage = Stage::Ids(recollection);
        Ok(Step::Ask(requests))
    }
}
