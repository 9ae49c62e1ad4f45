//! [`Ledger`]: what a handle knows of its log, wherever that is stored. It makes calls, concludes them, and tells of commits.

use crate::log::commits::{CommitSender, Commits, Notice};
use crate::log::head::{Appended, HEAD, Head, IDEMPOTENCE_WINDOW, RecentIds};
use crate::log::operations::{Open, Written};
use crate::log::segment::Segment;
use crate::log::store::{Key, MemoryStore, Operation, Table};
use crate::{Env, Error, Result, SeqNo, Uuid};
use std::any::Any;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a handle knows of its log. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<Inner>);

struct Inner {
    id: Uuid,
    commits: CommitSender,
    seen: Mutex<Seen>,
    /// How often something was left behind.
    partings: Arc<AtomicU64>,
}

/// How the log was when it was last looked at.
pub(super) struct Seen {
    /// What the next append bets on.
    pub(super) head: Head,
    /// Where the segment starts that follows the last page: who reads page by page goes on there, and
    /// needn't look for the start of the segment.
    pub(super) start: Option<SeqNo>,
    /// The newest ids, once somebody has asked for them.
    pub(super) recent: Option<RecentIds>,
    /// Whether an append has failed that may be stored all the same: then the next ones look for their ids, until one finds
    /// that it is new.
    pub(super) in_doubt: bool,
    /// What other handles should be told of the last append.
    pub(super) notice: Option<Notice>,
    /// The last number that the log had when it was known what had become of all that was appended here.
    pub(super) settled: u64,
    /// When the last batch was left behind, in milliseconds since the epoch.
    pub(super) parted: i64,
}

impl Ledger {
    /// That of a log with this head.
    fn of(head: Head) -> Ledger {
        let seen = Mutex::new(Seen {
            head,
            start: None,
            recent: None,
            in_doubt: false,
            notice: None,
            settled: head.last,
            parted: 0,
        });
        let (id, commits) = (head.incarnation, CommitSender::new());
        Ledger(Arc::new(Inner { id, commits, seen, partings: Arc::default() }))
    }

    /// That of an empty log in memory, and where this is.
    pub(crate) fn in_memory(env: &dyn Env) -> (Ledger, MemoryStore) {
        let head = Head::new(env.new_id());
        let store = MemoryStore::of(Table::Meta, Key::from(HEAD), head.to_bytes());
        (Ledger::of(head), store)
    }

    /// Opens the log in a store, and makes one if there is none.
    pub(crate) fn opening(env: &dyn Env) -> Box<dyn Operation> {
        Box::new(Open::or_make(env.new_id()))
    }

    /// Concludes [`opening`](Self::opening).
    pub(crate) fn opened(done: Box<dyn Operation>) -> Result<Ledger> {
        Ok(Ledger::of(finished::<Open>(done)?.head))
    }

    /// Which log this is.
    pub(crate) fn id(&self) -> Uuid {
        self.0.id
    }

    /// Listens to the commits from now on.
    pub(crate) fn listen(&self) -> Commits {
        self.0.commits.listen()
    }

    /// Makes subscriptions read on: somebody else may have appended.
    pub(crate) fn wake(&self) {
        self.0.commits.wake();
    }

    /// What other handles of this log should be told of the last append, [sealed](Notice::seal). Once.
    pub(crate) fn take_notice(&self) -> Option<Vec<u8>> {
        let notice = self.seen().notice.take()?;
        Some(notice.seal(self.0.id))
    }

    /// Takes note of what another handle has told, and tells the subscriptions. `None` if it isn't a notice of this log.
    pub(crate) fn hear(&self, notice: &[u8]) -> Option<Notice> {
        let notice = Notice::open(notice, self.0.id)?;
        match notice.segment() {
            Some(segment) => self.0.commits.announce(segment),
            None => self.wake(),
        }
        Some(notice)
    }

    /// The last number that was seen in the log.
    #[cfg(all(feature = "bindings", target_arch = "wasm32"))]
    pub(crate) fn last_seen(&self) -> u64 {
        self.seen().head.last
    }

    /// Whether small segments should be merged, by what was last seen.
    pub(crate) fn needs_merge(&self) -> bool {
        self.seen().head.merge_count().is_some()
    }

    /// Whether what helps reading should be brought up to date, by what was last seen. That can wait until nobody reads.
    pub(crate) fn needs_index(&self) -> bool {
        self.seen().head.needs_chapter()
    }

    /// Ends every subscription.
    pub(crate) fn close(&self) {
        self.0.commits.close();
    }

    /// Takes note that a call has failed that may have been made all the same.
    pub(crate) fn doubt(&self) {
        self.seen().in_doubt = true;
    }

    pub(super) fn partings(&self) -> Arc<AtomicU64> {
        self.0.partings.clone()
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        // No code that runs under the lock leaves it half changed.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a head, and gives it back.
    pub(super) fn note(&self, head: Head) -> Head {
        self.seen().head = head;
        head
    }

    /// Takes note of segments that are durable, and tells the subscriptions. `recent` are the newest ids before them, if they
    /// are known.
    pub(super) fn announce(
        &self,
        head: Head,
        segments: &[Arc<Segment>],
        recent: Option<RecentIds>,
    ) {
        let mut seen = self.seen();
        seen.head = head;
        // A window that was larger, for what was in doubt, isn't needed again.
        let found = recent.filter(|found| found.window() == IDEMPOTENCE_WINDOW);
        seen.recent = found.or(seen.recent.take()).and_then(|mut recent| {
            for segment in segments {
                if recent.last() + 1 != segment.first().get() {
                    return None;
                }
                recent.push(segment);
            }
            Some(recent)
        });
        seen.notice = Notice::of(segments);
        drop(seen);
        for segment in segments {
            self.0.commits.announce(segment);
        }
    }

    /// Concludes an append.
    pub(super) fn appended(&self, written: Written) -> Appended {
        let Written { head, appended, segments, recent, was_new } = written;
        self.announce(head, &segments, recent);
        let mut seen = self.seen();
        seen.in_doubt &= !was_new;
        if !seen.in_doubt {
            seen.settled = head.last;
        }
        drop(seen);
        if segments.is_empty() {
            // They were stored before, perhaps without anybody being told.
            self.wake();
        }
        appended
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({})", self.0.id)
    }
}

/// The operation that was run.
pub(super) fn finished<O: Operation>(operation: Box<dyn Operation>) -> Result<Box<O>> {
    let operation: Box<dyn Any> = operation;
    operation.downcast().map_err(|_| Error::unfinished())
}
