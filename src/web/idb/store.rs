//! [`IndexedDbStore`]: runs operations on a connection, and opens another one when the platform has dropped it.

use super::connection::{Connection, Lost};
use super::rotation;
use super::transaction::{End, Transaction};
use crate::log::store::{Access, Before, Operation, Request, Scope, Step, Store, Table};
use crate::platform::Callback;
use crate::web::error::{exception_name, from_idb};
use crate::{Error, Result};
use async_trait::async_trait;
use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;

/// How long to wait before another try, in milliseconds. A platform that closes connections, to clear a
/// site's data, may refuse new ones or close them, too, until it is done.
const PAUSES: [u32; 3] = [0, 100, 500];

/// A database in IndexedDB. Clones are the same one.
///
/// It is opened by the first operation, and made if it isn't there. A log in it is a
/// [`StoredLog`](crate::StoredLog).
#[derive(Clone)]
pub struct IndexedDbStore(Rc<Inner>);

struct Inner {
    name: String,
    connection: RefCell<Option<Connection>>,
    /// Whether it was open before: then it has to be there.
    was_open: Cell<bool>,
    /// What is running: none of it for long.
    running: RefCell<Vec<Transaction>>,
    /// Whether nothing is to be begun, because the page is about to stand still.
    is_interrupted: Cell<bool>,
    /// Whether the platform has failed the last operation for good: the next one is tried only once.
    is_failing: Cell<bool>,
    /// Why it is closed, once it is.
    closed: RefCell<Option<Error>>,
    on_closed: RefCell<Option<Callback<Error>>>,
}

impl IndexedDbStore {
    /// The database of the log `name`. Nothing is opened yet.
    pub fn new(name: &str) -> IndexedDbStore {
        IndexedDbStore(Rc::new(Inner {
            name: name.into(),
            connection: RefCell::default(),
            was_open: Cell::default(),
            running: RefCell::default(),
            is_interrupted: Cell::default(),
            is_failing: Cell::default(),
            closed: RefCell::default(),
            on_closed: RefCell::default(),
        }))
    }

    fn lost(&self, lost: Lost) {
        match lost {
            Lost::Disconnected => self.disconnect(),
            Lost::Deleted => drop(self.end(Error::deleted())),
            Lost::Upgraded => {
                drop(self.end(Error::Closed(
                    "a newer version of everbus took the log over: reload".into(),
                )))
            }
        }
    }

    /// The next operation opens the database again.
    fn disconnect(&self) {
        let connection = self.0.connection.take();
        drop(connection);
    }

    /// Closes it for good, and tells so once. Gives the error back.
    fn end(&self, error: Error) -> Error {
        if self.0.closed.borrow().is_none() {
            self.0.closed.replace(Some(error.clone()));
            self.disconnect();
            let told = self.0.on_closed.take();
            if let Some(told) = told {
                told(error.clone());
            }
        }
        error
    }

    fn check(&self) -> Result<()> {
        self.0.closed.borrow().as_ref().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// A transaction on the connection that is open; `None` if there is none, or the platform has dropped it.
    fn begin_on_open(&self, scope: Scope) -> Result<Option<Transaction>> {
        self.check()?;
        let connection = self.0.connection.borrow();
        let Some(open) = connection.as_ref() else { return Ok(None) };
        match Transaction::begin(open.database(), scope.tables, scope.access) {
            Ok(transaction) => Ok(Some(transaction)),
            Err(thrown) if exception_name(&thrown) == "InvalidStateError" => Ok(None),
            Err(thrown) => Err(begun(thrown)),
        }
    }

    /// Runs an operation in a transaction that has begun.
    async fn run_in(
        &self,
        transaction: Transaction,
        operation: Box<dyn Operation>,
        begin: Step,
    ) -> Result<(Box<dyn Operation>, End)> {
        self.0.running.borrow_mut().push(transaction.clone());
        let run = transaction.clone().run(operation, begin).await;
        self.0.running.borrow_mut().retain(|running| !running.is(&transaction));
        run
    }

    /// Begins a transaction, on a new connection if the platform has dropped the old one.
    async fn begin(&self, scope: Scope) -> Result<Transaction> {
        while self.0.is_interrupted.get() {
            TimeoutFuture::new(0).await;
        }
        if let Some(transaction) = self.begin_on_open(scope)? {
            return Ok(transaction);
        }
        let inner: Weak<Inner> = Rc::downgrade(&self.0);
        let on_lost = move |lost| {
            if let Some(inner) = inner.upgrade() {
                IndexedDbStore(inner).lost(lost);
            }
        };
        let is_new = !self.0.was_open.get();
        let connection = match Connection::open(&self.0.name, is_new, on_lost).await {
            Ok(connection) => connection,
            Err(error @ (Error::Closed(_) | Error::Unsupported(_))) if !is_new => {
                return Err(self.end(error));
            }
            Err(error) => return Err(error),
        };
        // Another call may have opened it meanwhile, too. Closing that connection would have WebKit forget
        // to tell that a transaction on it was aborted which hadn't started.
        if let Some(transaction) = self.begin_on_open(scope)? {
            return Ok(transaction);
        }
        let transaction = Transaction::begin(connection.database(), scope.tables, scope.access);
        let old = self.0.connection.replace(Some(connection));
        drop(old);
        transaction.map_err(begun)
    }

    /// Whether to try again what the platform has failed so often before; waits until it is time to.
    async fn may_try_again(&self, error: &Error, failures: usize) -> bool {
        let is_platforms = match error {
            Error::Storage { .. } => true,
            // What refuses to open at first mostly does so for good.
            Error::Unavailable { .. } => self.0.was_open.get(),
            _ => false,
        };
        if !is_platforms || self.0.is_failing.get() {
            return false;
        }
        let pause = PAUSES.get(failures);
        match pause {
            None => self.0.is_failing.set(true),
            Some(0) => {}
            Some(&pause) => TimeoutFuture::new(pause).await,
        }
        pause.is_some()
    }
}

fn begun(thrown: JsValue) -> Error {
    from_idb("beginning a transaction", thrown)
}

#[async_trait(?Send)]
impl Store for IndexedDbStore {
    async fn run(&self, mut operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        let (mut failures, mut before) = (0, Before::Nothing);
        loop {
            let begin = operation.begin(before)?;
            let error = match self.begin(operation.scope()).await {
                Ok(transaction) => {
                    let (given_back, end) = self.run_in(transaction, operation, begin).await?;
                    operation = given_back;
                    match end {
                        End::Done => break,
                        End::GoesOn(ended) => {
                            before = ended;
                            continue;
                        }
                        End::Refused(error) => return Err(error),
                        End::Failed(error) => {
                            let may_be_made = matches!(error, Error::Storage { .. });
                            before = if may_be_made { Before::InDoubt } else { Before::Undone };
                            error
                        }
                    }
                }
                Err(error) => {
                    // Nothing was begun; what was in doubt before still is.
                    if before != Before::InDoubt {
                        before = Before::Undone;
                    }
                    error
                }
            };
            if !self.may_try_again(&error, failures).await {
                return Err(error);
            }
            failures += 1;
        }
        self.0.is_failing.set(false);
        if !self.0.was_open.replace(true) {
            // Not before: the platform would answer the first operation after it.
            rotation::once();
        } else if operation.scope().access != Access::Read {
            rotation::done().await;
        }
        Ok(operation)
    }

    fn write_blind(&self, writes: Vec<Request>) -> Result<()> {
        let scope = Scope { tables: &[Table::Parting], access: Access::Write };
        match self.begin_on_open(scope)? {
            Some(transaction) => transaction.write(writes),
            None => Err(Error::storage("the database isn't open at the moment")),
        }
    }

    fn interrupt(&self) {
        self.0.is_interrupted.set(true);
        let running = self.0.running.borrow().clone();
        for transaction in running {
            transaction.interrupt();
        }
        // No timer runs before the page does.
        let store = self.clone();
        Timeout::new(0, move || store.0.is_interrupted.set(false)).forget();
    }

    fn on_closed(&self, tell: Callback<Error>) {
        self.0.on_closed.replace(Some(tell));
    }

    fn close(&self) {
        self.0.on_closed.take();
        self.end(Error::closed());
    }
}

impl fmt::Debug for IndexedDbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexedDbStore({})", self.0.name)
    }
}
