//! [`StoredLog`]: the log over any store.

mod calls;

pub(crate) use calls::Call;
use calls::finished;

use super::EventLog;
use super::batch::Batch;
use super::commits::{CommitSender, Commits, Notice};
use super::consumer::{ConsumerInfo, Cursor, CursorMove};
use super::head::{Appended, Bounds, HEAD, Head, IDEMPOTENCE_WINDOW, RecentIds, Stats};
use super::operations::{Open, Written};
use super::reading::{Page, Query, Start};
use super::retention::{Retention, Surplus};
use super::segment::Segment;
use super::store::{Key, MemoryStore, Operation, Store, Table};
use crate::platform::{BoxFuture, Callback};
use crate::{Env, Error, Result, SeqNo, Timestamp, Uuid};
use async_trait::async_trait;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A log over a [`Store`]. Clones are the same one.
///
/// # Examples
///
/// ```
/// use everbus::log::store::MemoryStore;
/// use everbus::{EventLog, StoredLog, env};
///
/// # futures::executor::block_on(async {
/// let log = StoredLog::open(MemoryStore::default(), &*env::system()).await?;
/// assert_eq!(log.last_seq_no().await?, None);
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct StoredLog(Arc<Inner>);

struct Inner {
    id: Uuid,
    store: Arc<dyn Store>,
    commits: CommitSender,
    seen: Mutex<Seen>,
    /// How often something was left behind.
    partings: Arc<AtomicU64>,
}

/// What [`StoredLog::look`] has seen.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The first and the last number.
    pub bounds: Bounds,
    /// Whether something was numbered that was left behind.
    pub has_adopted: bool,
    /// What was left behind and can't be stored, and why: a condition that isn't met, for instance.
    pub refused: Vec<Error>,
}

/// What a handle knows of its log: how it was when it was last looked at.
struct Seen {
    /// What the next append bets on.
    head: Head,
    /// Where the segment starts that follows the last page: who reads page by page goes on there, and
    /// needn't look for the start of the segment.
    start: Option<SeqNo>,
    /// The newest ids, once somebody has asked for them.
    recent: Option<RecentIds>,
    /// Whether an append has failed that may be stored all the same: then the next ones look for their ids, until one finds
    /// that it is new.
    in_doubt: bool,
    /// What other handles should be told of the last append.
    notice: Option<Notice>,
    /// The last number that the log had when it was known what had become of all that was appended here.
    settled: u64,
    /// When the last batch was left behind, in milliseconds since the epoch.
    parted: i64,
    /// Why the log is closed, once it is.
    closed: Option<Error>,
    /// Whom to tell if that comes from outside.
    on_closed: Option<Callback<Error>>,
}

impl StoredLog {
    /// Opens the log in this store, and makes one if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if it can't be read, [`Error::Unsupported`] if a newer version has written it, and whatever the store
    /// reports.
    pub async fn open(store: impl Store + 'static, env: &dyn Env) -> Result<StoredLog> {
        let store: Arc<dyn Store> = Arc::new(store);
        let opened = store.run(Box::new(Open::or_make(env.new_id()))).await?;
        Ok(StoredLog::over(store, finished::<Open>(opened)?.head))
    }

    /// An empty log in memory: the same segments and the same semantics as a stored one, but gone with its last handle.
    pub fn in_memory(env: &dyn Env) -> StoredLog {
        let head = Head::new(env.new_id());
        StoredLog::over(
            Arc::new(MemoryStore::of(Table::Meta, Key::from(HEAD), head.to_bytes())),
            head,
        )
    }

    fn over(store: Arc<dyn Store>, head: Head) -> StoredLog {
        let seen = Mutex::new(Seen {
            head,
            start: None,
            recent: None,
            in_doubt: false,
            notice: None,
            settled: head.last,
            parted: 0,
            closed: None,
            on_closed: None,
        });
        let (id, commits) = (head.incarnation, CommitSender::new());
        let log = StoredLog(Arc::new(Inner { id, store, commits, seen, partings: Arc::default() }));
        let inner = Arc::downgrade(&log.0);
        log.0.store.on_closed(Box::new(move |error| {
            if let Some(inner) = inner.upgrade() {
                StoredLog(inner).end(error);
            }
        }));
        log
    }

    /// Which log this is: one that was deleted and made again is another. Who keeps a number to go on at
    /// ([`SeekPosition::Sequence`](crate::SeekPosition::Sequence)) keeps this beside it, as a number of another log means nothing.
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// Listens to the commits from now on.
    pub(crate) fn listen(&self) -> Commits {
        self.0.commits.listen()
    }

    /// Makes subscriptions read on: somebody else may have appended.
    pub fn wake(&self) {
        self.0.commits.wake();
    }

    /// What other handles of this log should be told of the last append, [sealed](Notice::seal). Once.
    pub fn take_notice(&self) -> Option<Vec<u8>> {
        let notice = self.seen().notice.take()?;
        Some(notice.seal(self.0.id))
    }

    /// Takes note of what another handle has told, and tells the subscriptions. `None` if it isn't a notice of this log.
    pub fn hear(&self, notice: &[u8]) -> Option<Notice> {
        let notice = Notice::open(notice, self.0.id)?;
        match notice.segment() {
            Some(segment) => self.0.commits.announce(segment),
            None => self.wake(),
        }
        Some(notice)
    }

    /// Undoes what is running, and does it anew once this process runs on: it is about to stand still, and others would wait.
    pub fn interrupt(&self) {
        self.0.store.interrupt();
    }

    /// The last number that was seen in the log.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn last_seen(&self) -> u64 {
        self.seen().head.last
    }

    /// Whether small segments should be merged, by what was last seen.
    pub fn needs_merge(&self) -> bool {
        self.seen().head.merge_count().is_some()
    }

    /// Whether what helps reading should be brought up to date, by what was last seen. That can wait until nobody reads.
    pub fn needs_index(&self) -> bool {
        self.seen().head.needs_chapter()
    }

    /// Gives the store free, ends every subscription, and refuses every later call, on all clones.
    pub fn close(&self) {
        self.close_for(Error::closed());
    }

    /// Whom to tell, once, if it is closed for good from outside: if its store is deleted, for instance.
    pub fn on_closed(&self, tell: Callback<Error>) {
        self.seen().on_closed = Some(tell);
    }

    /// Closes it for good, and tells so.
    fn end(&self, error: Error) {
        if let Some(tell) = self.close_for(error.clone()) {
            tell(error);
        }
    }

    /// Closes it for this reason, unless it is closed. Returns who hasn't been told.
    fn close_for(&self, error: Error) -> Option<Callback<Error>> {
        let mut seen = self.seen();
        seen.closed.get_or_insert(error);
        let untold = seen.on_closed.take();
        drop(seen);
        self.0.store.close();
        self.0.commits.close();
        untold
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // No code that runs under the lock leaves it half changed.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call.
    pub(crate) async fn make<T>(&self, call: Call<T>) -> Result<T> {
        let operation = self.run(call.operation).await?;
        (call.conclude)(self, operation)
    }

    /// Runs an operation.
    pub(crate) fn run(
        &self,
        operation: Box<dyn Operation>,
    ) -> BoxFuture<'static, Result<Box<dyn Operation>>> {
        let log = self.clone();
        Box::pin(async move {
            let closed = log.seen().closed.clone();
            if let Some(error) = closed {
                return Err(error);
            }
            let result = log.0.store.run(operation).await;
            match &result {
                Err(error @ Error::Closed(_)) => log.end(error.clone()),
                Err(Error::Storage { .. } | Error::Unavailable { .. }) => {
                    log.seen().in_doubt = true
                }
                _ => {}
            }
            result
        })
    }

    /// Takes note of a head, and gives it back.
    fn note(&self, head: Head) -> Head {
        self.seen().head = head;
        head
    }

    /// Takes note of segments that are durable, and tells the subscriptions. `recent` are the newest ids before them, if they
    /// are known.
    fn announce(&self, head: Head, segments: &[Arc<Segment>], recent: Option<RecentIds>) {
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
    fn appended(&self, written: Written) -> Appended {
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

impl Default for StoredLog {
    /// An empty log in memory, with the platform's own clock and randomness.
    fn default() -> Self {
        StoredLog::in_memory(&*crate::env::system())
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
impl EventLog for StoredLog {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        self.make(self.appending(batch)).await
    }

    async fn bounds(&self) -> Result<Bounds> {
        Ok(self.make(self.looking()).await?.bounds())
    }

    async fn stats(&self) -> Result<Stats> {
        Ok(self.make(self.looking()).await?.stats())
    }

    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        Ok(self.make(self.trimming(before)).await?.bounds())
    }

    async fn merge(&self) -> Result<bool> {
        if let Some(call) = self.merging() {
            self.make(call).await?;
        }
        Ok(self.merging().is_some())
    }

    async fn read(&self, query: &Query) -> Result<Page> {
        self.make(self.reading(query)).await
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        self.make(self.moving(moves)).await
    }

    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        self.make(self.listing()).await
    }

    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        self.make(self.deleting(consumer)).await
    }

    async fn surplus(&self, retention: &Retention, now: Timestamp) -> Result<Option<Surplus>> {
        self.make(self.exceeding(retention, now)).await
    }

    async fn start(&self, start: Start) -> Result<Cursor> {
        self.make(self.starting(start)).await
    }

    async fn find_time(&self, time: Timestamp) -> Result<Option<SeqNo>> {
        self.make(self.finding(time)).await
    }

    fn is_immediate(&self) -> bool {
        self.0.store.is_immediate()
    }

    fn commits(&self) -> Commits {
        self.listen()
    }

    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

impl fmt::Debug for StoredLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredLog({:?})", self.0.store)
    }
}
