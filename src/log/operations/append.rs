//! Appending: the head is read, the segments are added and the head is written in one transaction.

use super::ids::Recollection;
use super::{done, get_head, head_of, put_head};
use crate::log::batch::Batch;
use crate::log::head::{Appended, Head, IDEMPOTENCE_WINDOW, RecentIds, Sequenced};
use crate::log::segment::Segment;
use crate::log::store::{Access, Answers, Before, Operation, Request, Scope, Step, Table};
use crate::{Error, Result, Uuid};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What an append has stored.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) head: Head,
    pub(crate) appended: Appended,
    pub(crate) segments: Vec<Arc<Segment>>,
    /// The ids that it has looked at, up to the head before it.
    pub(crate) recent: Option<RecentIds>,
    /// Whether it is known that it hadn't been stored before, though its caller didn't ask.
    pub(crate) was_new: bool,
}

/// What is known of whether something may be stored already of which nobody was told.
#[derive(Debug)]
pub(crate) struct Doubt {
    pub(crate) is_there: bool,
    /// The last number that the log had when it was known what had become of all that was appended here.
    pub(crate) settled: u64,
    /// How often something was left behind here: what is being appended may have been left behind, too.
    pub(crate) partings: Arc<AtomicU64>,
}

/// Appends a batch.
///
/// Mostly it bets that the head is what it was when it was last seen: then reading it, adding the segments and writing it
/// are asked for together, and nothing is committed before the first says so. If another handle was faster, all is undone,
/// and done again with the real head.
#[derive(Debug)]
pub(crate) struct Append {
    log: Uuid,
    batch: Batch,
    /// Whether its caller asks for its ids to be looked up.
    asks_ids: bool,
    partings: Arc<AtomicU64>,
    partings_before: u64,
    /// The head that it bets on.
    bet: Option<Head>,
    /// The newest ids, as far as they are known already.
    known: Option<RecentIds>,
    /// Whether it may be stored already, without the caller's asking for its ids; and the last number before which it can't be.
    in_doubt: bool,
    settled: u64,
    stage: Stage,
    /// What the transaction has stored if it is made.
    written: Option<Written>,
}

#[derive(Debug)]
enum Stage {
    Head,
    Ids(Head, Recollection),
}

impl Append {
    /// `seen` is the head when it was last seen, `known` the newest ids as far as they are known.
    pub(crate) fn new(seen: Head, batch: Batch, known: Option<RecentIds>, doubt: Doubt) -> Append {
        let Doubt { is_there, settled, partings } = doubt;
        let bet = Some(seen).filter(|head| head.check(&batch).is_ok() && !batch.is_empty());
        Append {
            log: seen.incarnation,
            asks_ids: batch.checks_ids,
            batch,
            in_doubt: is_there,
            settled,
            partings_before: partings.load(Ordering::Relaxed),
            partings,
            bet,
            known,
            stage: Stage::Head,
            written: None,
        }
    }

    /// What was stored.
    pub(crate) fn written(self) -> Result<Written> {
        self.written.ok_or_else(Error::unfinished)
    }

    /// How many of the newest ids to know at least. What is in doubt may be further back than others would look.
    fn window(&self, head: &Head) -> u64 {
        let since = head.last.saturating_sub(self.settled);
        if self.in_doubt { IDEMPOTENCE_WINDOW.max(since) } else { IDEMPOTENCE_WINDOW }
    }

    /// Numbers these events after `head`, and stores them.
    fn write(
        &mut self,
        batch: Batch,
        head: Head,
        recent: Option<RecentIds>,
    ) -> Result<Vec<Request>> {
        let Sequenced { segments, head, appended } = head.sequence(batch, recent.as_ref())?;
        let segments: Vec<Arc<Segment>> = segments.into_iter().map(Arc::new).collect();
        let mut writes = Vec::new();
        for segment in &segments {
            let (first, bytes) = (segment.first(), segment.bytes().clone());
            writes.push(Request::Add(Table::Segments, first.into(), bytes));
        }
        if !segments.is_empty() {
            writes.push(put_head(&head));
        }
        let was_new = !self.asks_ids && !segments.is_empty();
        self.written = Some(Written { head, appended, segments, recent, was_new });
        Ok(writes)
    }
}

impl Operation for Append {
    fn begin(&mut self, before: Before) -> Result<Step> {
        // What was numbered was not stored after all, or perhaps.
        if let Some(written) = self.written.take()
            && self.batch.is_empty()
        {
            self.batch.put_back(&written.segments);
        }
        let was_left = self.partings.load(Ordering::Relaxed) != self.partings_before;
        self.in_doubt |= before == Before::InDoubt || was_left;
        self.batch.checks_ids |= self.in_doubt;
        self.stage = Stage::Head;
        let mut requests = vec![get_head()];
        if let Some(head) = self.bet.filter(|_| !self.batch.checks_ids) {
            let events = self.batch.take_events();
            requests.extend(self.write(events, head, None)?);
        }
        Ok(Step::Ask(requests))
    }

    fn scope(&self) -> Scope {
        let tables: &[Table] = match self.batch.checks_ids {
            true => &[Table::Meta, Table::Segments, Table::Ids],
            false => &[Table::Meta, Table::Segments],
        };
        let access = if self.batch.strict { Access::WriteStrict } else { Access::Write };
        Scope { tables, access }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        let (head, recent) = match &mut self.stage {
            Stage::Head => {
                let head = head_of(self.log, &mut found)?;
                if self.written.is_some() {
                    return Ok(if self.bet.take() == Some(head) { done() } else { Step::Again });
                }
                let window = self.window(&head);
                let fits =
                    |known: &RecentIds| known.last() == head.last && known.window() >= window;
                match self.known.take().filter(fits) {
                    _ if !self.batch.checks_ids => (head, None),
                    Some(known) => (head, Some(known)),
                    None => {
                        let (recollection, requests) = Recollection::of(&head, window);
                        self.stage = Stage::Ids(head, recollection);
                        return Ok(Step::Ask(requests));
                    }
                }
            }
            Stage::Ids(head, recollection) => match recollection.go_on(&mut found)? {
                Ok(recent) => (*head, Some(recent)),
                Err(request) => return Ok(Step::Ask(vec![request])),
            },
        };
        let batch = self.batch.clone();
        Ok(Step::Commit(self.write(batch, head, recent)?))
    }
}
