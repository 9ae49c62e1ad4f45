//! [`Transaction`]: requests that are chained by callbacks, and one wait for the end.
//!
//! Only the transaction's `complete` means durable, only its `abort` means undone; a request's
//! success means neither. A callback that fails aborts the transaction, which then fails with that.
//! If the connection closes first, nothing more may be told, and only the log knows what is stored.

use super::listen;
use crate::web::error::from_idb;
use crate::{Error, Result};
use futures::channel::oneshot;
use gloo_events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction};

#[wasm_bindgen]
extern "C" {
    /// [`IDBDatabase`](https://developer.mozilla.org/docs/Web/API/IDBDatabase), for the one method
    /// whose options web-sys doesn't have.
    #[wasm_bindgen(extends = IdbDatabase, js_name = IDBDatabase)]
    type DatabaseWithOptions;

    /// [`transaction()`](https://developer.mozilla.org/docs/Web/API/IDBDatabase/transaction)
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with_options(
        this: &DatabaseWithOptions,
        stores: &JsValue,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// What a transaction may do, and how durable its end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    /// Survives a crash of the tab or the browser.
    Write,
    /// Also survives a power cut, where the engine can promise it.
    WriteStrict,
}

/// What follows on a request's success.
type Next = Box<dyn FnOnce(&Transaction, JsValue) -> Result<()>>;

/// What a transaction begins with.
pub(super) type Issue = Box<dyn FnOnce(&Transaction) -> Result<()>>;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Completed,
    Aborted,
    /// Its connection was closed by the platform. Not every engine tells more: WebKit forgets to tell
    /// that a transaction was aborted which hadn't started.
    Unknown,
}

/// A transaction that is open. Clones are the same one.
#[derive(Clone)]
pub(super) struct Transaction(Rc<State>);

struct State {
    raw: IdbTransaction,
    listeners: RefCell<Vec<EventListener>>,
    failure: RefCell<Option<Error>>,
}

impl Transaction {
    /// [`IDBDatabase.transaction()`](https://developer.mozilla.org/docs/Web/API/IDBDatabase/transaction)
    ///
    /// # Errors
    ///
    /// What the platform throws: `InvalidStateError` if the connection is gone.
    pub(super) fn begin(
        database: &IdbDatabase,
        stores: &[&str],
        mode: Mode,
    ) -> Result<Transaction, JsValue> {
        let stores: js_sys::Array = stores.iter().map(|store| JsValue::from(*store)).collect();
        let (access, durability) = match mode {
            Mode::Read => ("readonly", "default"),
            Mode::Write => ("readwrite", "relaxed"),
            Mode::WriteStrict => ("readwrite", "strict"),
        };
        let options = js_sys::Object::new();
        js_sys::Reflect::set(&options, &"durability".into(), &durability.into())?;
        let raw = database
            .unchecked_ref::<DatabaseWithOptions>()
            .transaction_with_options(&stores, access, &options)?;
        let state = State { raw, listeners: RefCell::default(), failure: RefCell::default() };
        Ok(Transaction(Rc::new(state)))
    }

    /// Issues the first requests and waits for the end: `Ok` is the transaction's `complete`.
    ///
    /// # Errors
    ///
    /// What `issue` or a callback failed with, or the platform's reason for the abort. After an
    /// [`Error::Storage`] it may be stored all the same.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the transaction, if it isn't committing already.
    pub(super) async fn run(self, issue: Issue) -> Result<()> {
        let (sender, ended) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let database = self.0.raw.db();
        let ends: [(&EventTarget, _, _); 3] = [
            (&self.0.raw, "complete", End::Completed),
            (&self.0.raw, "abort", End::Aborted),
            (&database, "close", End::Unknown),
        ];
        for (target, event, end) in ends {
            let sender = sender.clone();
            self.keep(listen::once(target, event, move |_| {
                let sender = sender.borrow_mut().take();
                // Nobody waits any more: then nobody wants to know.
                let _ = sender.map(|sender| sender.send(end));
            }));
        }
        let mut end = EndOnDrop { transaction: self, ended: false };
        let transaction = &end.transaction;
        if let Err(error) = issue(transaction) {
            transaction.fail(error);
        }
        let known = ended.await.unwrap_or(End::Unknown);
        end.ended = known != End::Unknown;
        if known == End::Completed {
            return Ok(());
        }
        let transaction = &end.transaction;
        let failure = transaction.0.failure.borrow_mut().take();
        Err(failure.unwrap_or_else(|| {
            let thrown = transaction.0.raw.error();
            from_idb("the transaction", thrown.map_or(JsValue::UNDEFINED, JsValue::from))
        }))
    }

    /// Calls `next` with the result of `request` when it has succeeded. A failed request aborts the transaction.
    pub(super) fn then(
        &self,
        request: Result<IdbRequest, JsValue>,
        next: impl FnOnce(&Transaction, JsValue) -> Result<()> + 'static,
    ) -> Result<()> {
        self.then_boxed(request, Box::new(next))
    }

    fn then_boxed(&self, request: Result<IdbRequest, JsValue>, next: Next) -> Result<()> {
        let request = request.map_err(|thrown| from_idb("a request", thrown))?;
        let (transaction, source) = (self.clone(), request.clone());
        self.keep(listen::once(&request, "success", move |_| {
            let result = source.result().map_err(|thrown| from_idb("a request", thrown));
            if let Err(error) = result.and_then(|value| next(&transaction, value)) {
                transaction.fail(error);
            }
        }));
        Ok(())
    }

    /// Issues a request whose result doesn't matter: its failure aborts the transaction.
    pub(super) fn issue(&self, request: Result<IdbRequest, JsValue>) -> Result<()> {
        request.map(drop).map_err(|thrown| from_idb("a request", thrown))
    }

    /// [`IDBTransaction.objectStore()`](https://developer.mozilla.org/docs/Web/API/IDBTransaction/objectStore)
    pub(super) fn store(&self, name: &str) -> Result<IdbObjectStore> {
        self.0.raw.object_store(name).map_err(|thrown| from_idb("finding the store", thrown))
    }

    /// Commits without waiting for the results of the last requests, which saves a round trip.
    ///
    /// [`IDBTransaction.commit()`](https://developer.mozilla.org/docs/Web/API/IDBTransaction/commit)
    #[expect(deprecated, reason = "web-sys calls it so; the standard and the browsers don't")]
    pub(super) fn commit(&self) {
        // Without it the transaction commits by itself when nothing is left to do.
        let _ = self.0.raw.commit();
    }

    fn fail(&self, error: Error) {
        self.0.failure.borrow_mut().get_or_insert(error);
        // Fails only if the transaction has ended already.
        let _ = self.0.raw.abort();
    }

    fn keep(&self, listener: EventListener) {
        self.0.listeners.borrow_mut().push(listener);
    }
}

/// Ends a transaction that nobody waits for any more, and lets go of its callbacks, which hold it.
struct EndOnDrop {
    transaction: Transaction,
    ended: bool,
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let listeners = self.transaction.0.listeners.take();
        drop(listeners);
        if !self.ended {
            // Fails only if it is committing already: then it is made whole.
            let _ = self.transaction.0.raw.abort();
        }
    }
}
