//! The calls of a log, each an operation and what is concluded from it.

use super::ledger::{Ledger, finished};
use crate::log::batch::Batch;
use crate::log::consumer::{ConsumerInfo, Cursor, CursorMove};
use crate::log::head::{Appended, Head};
use crate::log::operations::{
    Adopt, Append, DeleteCursor, Doubt, FindStart, FindSurplus, Index, ListCursors, Look, Merge,
    MoveCursors, Read, Trim, encode_parting,
};
use crate::log::reading::{Page, Query, Reader, Start};
use crate::log::retention::{Retention, Surplus};
use crate::log::segment::split_time;
use crate::log::store::{Bytes, Key, Operation};
use crate::log::stored::Looked;
use crate::{Env, Result, SeekPosition, SeqNo, Timestamp};
use std::sync::atomic::Ordering;

/// A call of the log: an operation, and what is concluded from it once it was run.
pub(crate) struct Call<T> {
    pub(crate) operation: Box<dyn Operation>,
    pub(crate) conclude: fn(&Ledger, Box<dyn Operation>) -> Result<T>,
}

/// The calls, each a transaction or several.
impl Ledger {
    pub(crate) fn appending(&self, batch: Batch) -> Call<Appended> {
        let mut seen = self.seen();
        let known = if batch.checks_ids { seen.recent.take() } else { None };
        let (is_there, settled) = (seen.in_doubt, seen.settled);
        let doubt = Doubt { is_there, settled, partings: self.partings() };
        let append = Append::new(seen.head, batch, known, doubt);
        Call {
            operation: Box::new(append),
            conclude: |log, done| Ok(log.appended(finished::<Append>(done)?.written()?)),
        }
    }

    /// The record by which a batch is [left behind](super::StoredLog::part), and its key.
    pub(crate) fn leave(&self, batch: Batch, env: &dyn Env) -> Result<(Key, Bytes)> {
        let now = split_time(env.now()).0;
        let mut seen = self.seen();
        // Who leaves later comes later, and what one leaves keeps its order.
        seen.parted = now.max(seen.parted + 1);
        let key = Key::from(&*format!("{:015}-{}", seen.parted, env.new_id()));
        let record = encode_parting(batch, self.id(), seen.settled)?;
        seen.in_doubt = true;
        drop(seen);
        self.partings().fetch_add(1, Ordering::Relaxed);
        Ok((key, record))
    }

    /// Numbers what was [left behind](super::StoredLog::part), also what is elsewhere than in the store.
    pub(crate) fn adopting(&self, elsewhere: Vec<(Key, Bytes)>) -> Call<Looked> {
        Call {
            operation: Box::new(Adopt::new(self.id(), elsewhere)),
            conclude: |log, done| {
                let Adopt { head, segments, refused, in_doubt, .. } = *finished::<Adopt>(done)?;
                if segments.is_empty() {
                    log.note(head);
                } else {
                    log.announce(head, &segments, None);
                }
                if in_doubt {
                    log.wake();
                }
                let has_adopted = in_doubt || !segments.is_empty();
                Ok(Looked { bounds: head.bounds(), has_adopted, refused })
            },
        }
    }

    /// Looks at the head.
    pub(crate) fn looking(&self) -> Call<Head> {
        Call {
            operation: Box::new(Look::at(self.id())),
            conclude: |log, done| Ok(log.note(finished::<Look>(done)?.head)),
        }
    }

    pub(crate) fn trimming(&self, before: SeqNo) -> Call<Head> {
        Call {
            operation: Box::new(Trim::new(self.id(), before)),
            conclude: |log, done| Ok(log.note(finished::<Trim>(done)?.head)),
        }
    }

    /// Merges segments, or else writes a chapter, as far as what was last seen asks for it.
    pub(crate) fn merging(&self) -> Option<Call<Head>> {
        let head = self.seen().head;
        if head.merge_count().is_some() {
            return Some(Call {
                operation: Box::new(Merge::of(self.id())),
                conclude: |log, done| Ok(log.note(finished::<Merge>(done)?.head)),
            });
        }
        head.needs_chapter().then(|| Call {
            operation: Box::new(Index::of(self.id())),
            conclude: |log, done| Ok(log.note(finished::<Index>(done)?.head)),
        })
    }

    pub(crate) fn reading(&self, query: &Query) -> Call<Page> {
        let seen = self.seen();
        Call {
            operation: Box::new(Read::new(seen.head, query, seen.start)),
            conclude: |log, done| {
                let read = finished::<Read>(done)?;
                let mut seen = log.seen();
                (seen.head, seen.start) = (read.head, read.start);
                read.page()
            },
        }
    }

    pub(crate) fn starting(&self, start: Start) -> Call<Cursor> {
        Call {
            operation: Box::new(FindStart::new(self.id(), start)),
            conclude: |log, done| {
                let find = finished::<FindStart>(done)?;
                log.note(find.head);
                find.started()
            },
        }
    }

    pub(super) fn finding(&self, time: Timestamp) -> Call<Option<SeqNo>> {
        let position = SeekPosition::Time(time);
        let start = Start { reader: Reader::Nameless, position, seen: None };
        Call {
            operation: Box::new(FindStart::new(self.id(), start)),
            conclude: |log, done| {
                let find = finished::<FindStart>(done)?;
                let last = log.note(find.head).last;
                Ok(Some(find.started()?.next).filter(|found| found.get() <= last))
            },
        }
    }

    pub(crate) fn moving(&self, moves: Vec<CursorMove>) -> Call<Vec<Result<Cursor>>> {
        Call {
            operation: Box::new(MoveCursors::of(self.id(), moves)),
            conclude: |log, done| {
                let moved = finished::<MoveCursors>(done)?;
                log.note(moved.head);
                Ok(moved.outcomes)
            },
        }
    }

    pub(crate) fn listing(&self) -> Call<Vec<ConsumerInfo>> {
        Call {
            operation: Box::new(ListCursors::of(self.id())),
            conclude: |_, done| Ok(finished::<ListCursors>(done)?.consumers),
        }
    }

    pub(crate) fn deleting(&self, consumer: &str) -> Call<bool> {
        Call {
            operation: Box::new(DeleteCursor::of(self.id(), consumer)),
            conclude: |_, done| Ok(finished::<DeleteCursor>(done)?.was_there),
        }
    }

    pub(crate) fn exceeding(&self, retention: &Retention, now: Timestamp) -> Call<Option<Surplus>> {
        Call {
            operation: Box::new(FindSurplus::new(self.id(), retention.limits(now))),
            conclude: |_, done| Ok(finished::<FindSurplus>(done)?.surplus),
        }
    }
}
