//! [`StoredLog`]: the log over any store.

mod calls;
mod ledger;

pub(crate) use calls::Call;
pub(crate) use ledger::Ledger;

use super::EventLog;
use super::batch::Batch;
use super::commits::{Commits, Notice};
use super::consumer::{ConsumerInfo, Cursor, CursorMove};
use super::head::{Appended, Bounds, Stats};
use super::reading::{Page, Query, Start};
use super::retention::{Retention, Surplus};
use super::store::{Request, Store, Table};
use crate::platform::Callback;
use crate::{Env, Error, Result, SeqNo, Timestamp, Uuid};
use async_trait::async_trait;
use std::fmt;
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
    ledger: Ledger,
    store: Arc<dyn Store>,
    closing: Mutex<Closing>,
}

/// The end of a log.
#[derive(Default)]
struct Closing {
    /// Why it is closed, once it is.
    closed: Option<Error>,
    /// Whom to tell if that comes from outside.
    on_closed: Option<Callback<Error>>,
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

impl StoredLog {
    /// Opens the log in this store, and makes one if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if it can't be read, [`Error::Unsupported`] if a newer version has written it, and whatever the store
    /// reports.
    pub async fn open(store: impl Store + 'static, env: &dyn Env) -> Result<StoredLog> {
        let store: Arc<dyn Store> = Arc::new(store);
        let opened = store.run(Ledger::opening(env)).await?;
        Ok(StoredLog::over(store, Ledger::opened(opened)?))
    }

    /// An empty log in memory: the same segments and the same semantics as a stored one, but gone with its last handle.
    pub fn in_memory(env: &dyn Env) -> StoredLog {
        let (ledger, store) = Ledger::in_memory(env);
        StoredLog::over(Arc::new(store), ledger)
    }

    fn over(store: Arc<dyn Store>, ledger: Ledger) -> StoredLog {
        let log = StoredLog(Arc::new(Inner { ledger, store, closing: Mutex::default() }));
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
        self.0.ledger.id()
    }

    /// Makes subscriptions read on: somebody else may have appended.
    pub fn wake(&self) {
        self.0.ledger.wake();
    }

    /// What other handles of this log should be told of the last append, [sealed](Notice::seal). Once.
    pub fn take_notice(&self) -> Option<Vec<u8>> {
        self.0.ledger.take_notice()
    }

    /// Takes note of what another handle has told, and tells the subscriptions. `None` if it isn't a notice of this log.
    pub fn hear(&self, notice: &[u8]) -> Option<Notice> {
        self.0.ledger.hear(notice)
    }

    /// Whether small segments should be merged, by what was last seen.
    pub fn needs_merge(&self) -> bool {
        self.0.ledger.needs_merge()
    }

    /// Whether what helps reading should be brought up to date, by what was last seen. That can wait until nobody reads.
    pub fn needs_index(&self) -> bool {
        self.0.ledger.needs_index()
    }

    /// Leaves a batch behind that there is no time to append: whoever opens this log next and [looks](Self::look) numbers it, and
    /// nobody twice. It may be appended as well, if its ids are looked up.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if the store has no need of it, [`Error::Closed`], [`Error::Storage`] if it can't be reached at the
    /// moment.
    pub fn part(&self, batch: Batch, env: &dyn Env) -> Result<()> {
        let (key, record) = self.0.ledger.leave(batch, env)?;
        self.0.store.write_blind(vec![Request::Add(Table::Parting, key, record)])
    }

    /// Looks at the log, and numbers what was [left behind](Self::part).
    ///
    /// # Errors
    ///
    /// As [`EventLog::bounds`] and [`EventLog::append_batch`].
    ///
    /// # Cancel safety
    ///
    /// What was left behind is then numbered or not, and told of to nobody.
    pub async fn look(&self) -> Result<Looked> {
        self.make(self.0.ledger.adopting(Vec::new())).await
    }

    /// Undoes what is running, and does it anew once this process runs on: it is about to stand still, and others would wait.
    pub fn interrupt(&self) {
        self.0.store.interrupt();
    }

    /// Gives the store free, ends every subscription, and refuses every later call, on all clones.
    pub fn close(&self) {
        self.close_for(Error::closed());
    }

    /// Whom to tell, once, if it is closed for good from outside: if its store is deleted, for instance.
    pub fn on_closed(&self, tell: Callback<Error>) {
        self.closing().on_closed = Some(tell);
    }

    /// Closes it for good, and tells so.
    fn end(&self, error: Error) {
        if let Some(tell) = self.close_for(error.clone()) {
            tell(error);
        }
    }

    /// Closes it for this reason, unless it is closed. Returns who hasn't been told.
    fn close_for(&self, error: Error) -> Option<Callback<Error>> {
        let mut closing = self.closing();
        closing.closed.get_or_insert(error);
        let untold = closing.on_closed.take();
        drop(closing);
        self.0.store.close();
        self.0.ledger.close();
        untold
    }

    fn closing(&self) -> MutexGuard<'_, Closing> {
        // No code that runs under the lock leaves it half changed.
        self.0.closing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call.
    async fn make<T>(&self, call: Call<T>) -> Result<T> {
        let closed = self.closing().closed.clone();
        if let Some(error) = closed {
            return Err(error);
        }
        let ledger = &self.0.ledger;
        let operation = match self.0.store.run(call.operation).await {
            Ok(operation) => operation,
            Err(error) => {
                match &error {
                    Error::Closed(_) => self.end(error.clone()),
                    Error::Storage { .. } | Error::Unavailable { .. } => ledger.doubt(),
                    _ => {}
                }
                return Err(error);
            }
        };
        (call.conclude)(ledger, operation)
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
        self.make(self.0.ledger.appending(batch)).await
    }

    async fn bounds(&self) -> Result<Bounds> {
        Ok(self.make(self.0.ledger.looking()).await?.bounds())
    }

    async fn stats(&self) -> Result<Stats> {
        Ok(self.make(self.0.ledger.looking()).await?.stats())
    }

    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        Ok(self.make(self.0.ledger.trimming(before)).await?.bounds())
    }

    async fn merge(&self) -> Result<bool> {
        if let Some(call) = self.0.ledger.merging() {
            self.make(call).await?;
        }
        Ok(self.0.ledger.merging().is_some())
    }

    async fn read(&self, query: &Query) -> Result<Page> {
        self.make(self.0.ledger.reading(query)).await
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        self.make(self.0.ledger.moving(moves)).await
    }

    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        self.make(self.0.ledger.listing()).await
    }

    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        self.make(self.0.ledger.deleting(consumer)).await
    }

    async fn surplus(&self, retention: &Retention, now: Timestamp) -> Result<Option<Surplus>> {
        self.make(self.0.ledger.exceeding(retention, now)).await
    }

    async fn start(&self, start: Start) -> Result<Cursor> {
        self.make(self.0.ledger.starting(start)).await
    }

    async fn find_time(&self, time: Timestamp) -> Result<Option<SeqNo>> {
        self.make(self.0.ledger.finding(time)).await
    }

    fn is_immediate(&self) -> bool {
        self.0.store.is_immediate()
    }

    fn commits(&self) -> Commits {
        self.0.ledger.listen()
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
