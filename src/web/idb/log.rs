//! [`IndexedDbLog`]: the log's operations, each in one transaction.
//!
//! # Invariants
//!
//! - An append reads the head, adds its segments and writes the head in one read-write transaction.
//!   The database serialises these, whichever tab they come from, so numbers are dense without a leader.
//! - A segment is added, never put: two appends that believed in one number would abort, not overwrite.

mod append;

use super::connection::{Connection, Lost};
use super::transaction::{Issue, Mode, Transaction};
use super::{
    CHAPTERS, CONSUMERS, HEAD, META, SEGMENTS, chapters, consumers, merge, records, rotation, trim,
};
use crate::consumer::{ConsumerInfo, Cursor, CursorMove};
use crate::log::{
    Appended, Batch, Bounds, CommitSender, Commits, EventLog, Head, Notice, Page, Query, RecentIds,
    Stats,
};
use crate::web::error::{exception_name, from_idb};
use crate::{Error, Result, SeqNo, Uuid};
use async_trait::async_trait;
use gloo_timers::future::TimeoutFuture;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// How long to wait before another try, in milliseconds. A platform that closes connections, to clear a
/// site's data, may refuse new ones or close them, too, until it is done.
const PAUSES: [u32; 3] = [0, 100, 500];

/// A log in IndexedDB. Clones are the same one.
#[derive(Clone)]
pub struct IndexedDbLog(Rc<Inner>);

struct Inner {
    name: String,
    connection: RefCell<Option<Connection>>,
    /// Which log this is: one that somebody deleted and made again is another.
    incarnation: Cell<Option<Uuid>>,
    /// The head when it was last seen: what the next append expects to find.
    head: Cell<Option<Head>>,
    /// Where the segment starts that follows the last page: who reads page by page goes on there, and
    /// needn't look for the start of the segment.
    start: Cell<Option<SeqNo>>,
    /// Why the log is closed, once it is.
    closed: RefCell<Option<Error>>,
    on_closed: Box<dyn Fn(Error)>,
    commits: CommitSender,
    /// What other tabs should be told of the last append.
    notice: RefCell<Option<Notice>>,
    /// Whether the platform has failed an append, which may be stored all the same: then the next ones
    /// look for their ids, until one finds that it is new.
    in_doubt: Cell<bool>,
    /// The newest ids, once somebody has asked for them.
    recent: RefCell<Option<RecentIds>>,
}

impl IndexedDbLog {
    /// Opens the log `name`, and makes it if it isn't there. `on_closed` is called if it is closed
    /// for good from outside.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`], [`Error::Blocked`], [`Error::Unsupported`], [`Error::Corrupt`], [`Error::Storage`].
    pub async fn open(name: &str, on_closed: impl Fn(Error) + 'static) -> Result<IndexedDbLog> {
        let log = IndexedDbLog(Rc::new(Inner {
            name: name.into(),
            connection: RefCell::default(),
            incarnation: Cell::default(),
            head: Cell::default(),
            start: Cell::default(),
            closed: RefCell::default(),
            on_closed: Box::new(on_closed),
            commits: CommitSender::new(),
            notice: RefCell::default(),
            in_doubt: Cell::default(),
            recent: RefCell::default(),
        }));
        log.bounds().await?;
        // Not before: the platform would read the head after it.
        rotation::once();
        Ok(log)
    }

    /// Makes subscriptions read on: another tab may have appended.
    pub fn wake(&self) {
        self.0.commits.wake();
    }

    /// What other tabs should be told of the last append, sealed. Once.
    pub(in crate::web) fn take_notice(&self) -> Option<Vec<u8>> {
        let notice = self.0.notice.take()?;
        Some(notice.seal(self.0.incarnation.get()?))
    }

    /// Takes note of what another tab has told, and tells the subscriptions. `None` if it isn't a
    /// notice of this log.
    pub(in crate::web) fn hear(&self, notice: &[u8]) -> Option<Notice> {
        let notice = Notice::open(notice, self.0.incarnation.get()?)?;
        match notice.segment() {
            Some(segment) => self.0.commits.announce(segment),
            None => self.wake(),
        }
        Some(notice)
    }

    /// Whether small segments should be merged, by what was last seen.
    pub(in crate::web) fn needs_merge(&self) -> bool {
        self.seen_head().is_some_and(|head| head.merge_count().is_some())
    }

    /// Whether another chapter is due, by what was last seen.
    pub(in crate::web) fn needs_chapter(&self) -> bool {
        self.seen_head().is_some_and(|head| head.needs_chapter())
    }

    /// The head when it was last seen.
    pub(super) fn seen_head(&self) -> Option<Head> {
        self.0.head.get()
    }

    /// Whether a segment starts at `number`, when it was last seen.
    pub(super) fn is_start(&self, number: u64) -> bool {
        self.0.start.get().is_some_and(|start| start.get() == number)
    }

    /// Notes where a segment starts, or that it isn't known; returns whether it was.
    pub(super) fn note_start(&self, start: Option<SeqNo>) -> bool {
        self.0.start.replace(start).is_some()
    }

    /// Gives the database free, ends every subscription, and refuses every later call.
    pub fn close(&self) {
        self.close_with(Error::closed());
    }

    fn close_with(&self, error: Error) {
        self.0.closed.borrow_mut().get_or_insert(error);
        let connection = self.0.connection.take();
        drop(connection);
        self.0.commits.close();
    }

    fn lost(&self, lost: Lost) {
        match lost {
            Lost::Disconnected => {
                // The next call opens the database again.
                let connection = self.0.connection.take();
                drop(connection);
            }
            Lost::Deleted => drop(self.end(Error::deleted())),
            Lost::Upgraded => {
                drop(self.end(Error::Closed(
                    "a newer version of everbus took the log over: reload".into(),
                )))
            }
        }
    }

    /// Closes the log for good, and tells so once. Gives the error back.
    fn end(&self, error: Error) -> Error {
        if self.0.closed.borrow().is_none() {
            self.close_with(error.clone());
            (self.0.on_closed)(error.clone());
        }
        error
    }

    /// Begins a transaction, on a new connection if the platform has dropped the old one.
    pub(super) async fn begin(&self, stores: &[&str], mode: Mode) -> Result<Transaction> {
        if let Some(error) = self.0.closed.borrow().as_ref() {
            return Err(error.clone());
        }
        let begin_on_open = || {
            let connection = self.0.connection.borrow();
            connection.as_ref().map(|open| Transaction::begin(open.database(), stores, mode))
        };
        match begin_on_open() {
            Some(Ok(transaction)) => return Ok(transaction),
            Some(Err(thrown)) if exception_name(&thrown) != "InvalidStateError" => {
                return Err(from_idb("beginning a transaction", thrown));
            }
            _ => {}
        }
        let inner: Weak<Inner> = Rc::downgrade(&self.0);
        let on_lost = move |lost| {
            if let Some(inner) = inner.upgrade() {
                IndexedDbLog(inner).lost(lost);
            }
        };
        // Once a log was seen, only that one will do.
        let is_new = self.0.incarnation.get().is_none();
        let connection = match Connection::open(&self.0.name, is_new, on_lost).await {
            Ok(connection) => connection,
            Err(error @ (Error::Closed(_) | Error::Unsupported(_))) if !is_new => {
                return Err(self.end(error));
            }
            Err(error) => return Err(error),
        };
        if let Some(error) = self.0.closed.borrow().as_ref() {
            return Err(error.clone());
        }
        // Another call may have opened it meanwhile, too. Closing that connection would have WebKit forget
        // to tell that a transaction on it was aborted which hadn't started.
        if let Some(Ok(transaction)) = begin_on_open() {
            return Ok(transaction);
        }
        let begun = Transaction::begin(connection.database(), stores, mode);
        let old = self.0.connection.replace(Some(connection));
        drop(old);
        begun.map_err(|thrown| from_idb("beginning a transaction", thrown))
    }

    /// Reads the head, and makes sure that it is still this log's.
    pub(super) fn with_head(
        &self,
        tx: &Transaction,
        next: impl FnOnce(&Transaction, Head) -> Result<()> + 'static,
    ) -> Result<()> {
        self.with_head_boxed(tx, Box::new(next))
    }

    fn with_head_boxed(&self, tx: &Transaction, next: Next) -> Result<()> {
        let log = self.clone();
        tx.then(tx.store(META)?.get(&JsValue::from(HEAD)), move |tx, value| {
            let head = records::head_from_js(&value)?;
            let incarnation = log.0.incarnation.get().unwrap_or(head.incarnation);
            if incarnation != head.incarnation {
                return Err(log.end(Error::deleted()));
            }
            log.0.incarnation.set(Some(incarnation));
            log.0.head.set(Some(head));
            next(tx, head)
        })
    }

    /// Runs one transaction that reads the head and gives something back, and may be done again. If the
    /// platform fails it, it is tried again: the connection may have been closed under it.
    pub(super) async fn transact<T: 'static>(
        &self,
        stores: &[&str],
        mode: Mode,
        work: impl FnOnce(&Transaction, Head, Slot<T>) -> Result<()> + Clone + 'static,
    ) -> Result<T> {
        let slot: Slot<T> = Rc::default();
        let result = slot.clone();
        let work = move |tx: &Transaction, head| work.clone()(tx, head, result.clone());
        self.run_again(stores, mode, Rc::new(work)).await?;
        taken(slot)
    }

    async fn run_again(&self, stores: &[&str], mode: Mode, work: Rc<Work>) -> Result<()> {
        let mut failures = 0;
        loop {
            let (log, work) = (self.clone(), work.clone());
            let issue = move |tx: &Transaction| log.with_head(tx, move |tx, head| work(tx, head));
            match self.run(stores, mode, Box::new(issue)).await {
                Err(error) if self.may_try_again(&error, failures).await => failures += 1,
                result => return result,
            }
        }
    }

    /// Whether to try again what the platform has failed so often before; waits until it is time to.
    pub(super) async fn may_try_again(&self, error: &Error, failures: usize) -> bool {
        let is_platforms = match error {
            Error::Storage { .. } => true,
            // What refuses to open at first mostly does so for good.
            Error::Unavailable { .. } => self.0.incarnation.get().is_some(),
            _ => false,
        };
        let pause = PAUSES.get(failures).filter(|_| is_platforms);
        if let Some(&pause) = pause.filter(|&&pause| pause > 0) {
            TimeoutFuture::new(pause).await;
        }
        pause.is_some()
    }

    async fn run(&self, stores: &[&str], mode: Mode, issue: Issue) -> Result<()> {
        self.begin(stores, mode).await?.run(issue).await?;
        if mode != Mode::Read {
            rotation::done().await;
        }
        Ok(())
    }
}

/// What follows once the head was read.
type Next = Box<dyn FnOnce(&Transaction, Head) -> Result<()>>;

/// What a transaction does with the head, and may do again.
type Work = dyn Fn(&Transaction, Head) -> Result<()>;

/// Where a transaction's callbacks leave what it is for.
pub(super) type Slot<T> = Rc<RefCell<Option<T>>>;

fn taken<T>(slot: Slot<T>) -> Result<T> {
    let missing =
        || Error::Storage { message: "the transaction has no result".into(), cause: None };
    slot.take().ok_or_else(missing)
}

#[async_trait(?Send)]
impl EventLog for IndexedDbLog {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        self.append_all(batch).await
    }

    async fn bounds(&self) -> Result<Bounds> {
        let work = |_: &Transaction, head: Head, result: Slot<Bounds>| {
            result.replace(Some(head.bounds()));
            Ok(())
        };
        self.transact(&[META], Mode::Read, work).await
    }

    async fn stats(&self) -> Result<Stats> {
        let work = |_: &Transaction, head: Head, result: Slot<Stats>| {
            result.replace(Some(head.stats()));
            Ok(())
        };
        self.transact(&[META], Mode::Read, work).await
    }

    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        let work = move |tx: &Transaction, head: Head, result: Slot<Bounds>| {
            head.check_trim(before)?;
            trim::trim(tx, head, before, result)
        };
        self.transact(&[META, SEGMENTS, CHAPTERS], Mode::Write, work).await
    }

    async fn merge(&self) -> Result<bool> {
        if !self.needs_merge() && !self.needs_chapter() {
            return Ok(false);
        }
        let work = |tx: &Transaction, head: Head, result: Slot<Head>| {
            if head.merge_count().is_none() && head.needs_chapter() {
                return chapters::write(tx, head, result);
            }
            merge::merge(tx, head, result)
        };
        let head = self.transact(&[META, SEGMENTS, CHAPTERS], Mode::Write, work).await?;
        self.0.head.set(Some(head));
        Ok(head.merge_count().is_some() || head.needs_chapter())
    }

    async fn read(&self, query: &Query) -> Result<Page> {
        self.read_page(query).await
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        let work = move |tx: &Transaction, head: Head, result: Slot<Vec<Result<Cursor>>>| {
            consumers::apply(tx, head.bounds(), moves.into_iter(), Vec::new(), result)
        };
        self.transact(&[META, CONSUMERS], Mode::Write, work).await
    }

    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        self.transact(&[META, CONSUMERS], Mode::Read, consumers::list).await
    }

    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        let name = JsValue::from(consumer);
        let work = move |tx: &Transaction, _: Head, result| consumers::delete(tx, name, result);
        self.transact(&[META, CONSUMERS], Mode::Write, work).await
    }

    fn commits(&self) -> Commits {
        self.0.commits.listen()
    }

    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

impl fmt::Debug for IndexedDbLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexedDbLog({})", self.0.name)
    }
}
