//! [`Transaction`]: does what an operation asks for, by requests that are chained by callbacks, and waits for the end.
//!
//! Only the transaction's `complete` means durable, only its `abort` means undone; a request's
//! success means neither. If the connection closes first, nothing more may be told, and only the log knows what is stored.

use super::listen;
use super::records::{bytes_to_js, key_from_js, key_to_js, range, size};
use crate::log::store::{
    Access, Answers, Before, Found, Keys, Operation, Request, Scan, Step, Table, Want,
};
use crate::web::convert::bytes;
use crate::web::error::from_idb;
use crate::{Error, Result};
use futures::channel::oneshot;
use gloo_events::EventListener;
use js_sys::Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    EventTarget, IdbCursorDirection, IdbCursorWithValue, IdbDatabase, IdbObjectStore, IdbRequest,
    IdbTransaction,
};

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

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum End {
    /// It is durable, and the operation is done.
    Done,
    /// It is durable, or undone if the operation wanted that; and another one follows.
    GoesOn(Before),
    /// It was undone, because the operation has failed with this.
    Refused(Error),
    /// The platform has failed it, and may have made it all the same.
    Failed(Error),
}

/// What the platform tells of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
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
    /// Out while it goes on, and once it is done.
    operation: RefCell<Option<Box<dyn Operation>>>,
    /// Whether another one follows.
    goes_on: Cell<bool>,
    /// Why it is undone, if it is.
    undone: RefCell<Option<End>>,
}

/// What is done with a request's result.
type Then = Box<dyn FnOnce(&Transaction, JsValue) -> Result<()>>;

impl Transaction {
    /// [`IDBDatabase.transaction()`](https://developer.mozilla.org/docs/Web/API/IDBDatabase/transaction)
    ///
    /// # Errors
    ///
    /// What the platform throws: `InvalidStateError` if the connection is gone.
    pub(super) fn begin(
        database: &IdbDatabase,
        tables: &[Table],
        access: Access,
    ) -> Result<Transaction, JsValue> {
        let stores: Array = tables.iter().map(|table| JsValue::from(table.name())).collect();
        let (mode, durability) = match access {
            Access::Read => ("readonly", "default"),
            Access::Write => ("readwrite", "relaxed"),
            Access::WriteStrict => ("readwrite", "strict"),
        };
        let options = js_sys::Object::new();
        js_sys::Reflect::set(&options, &"durability".into(), &durability.into())?;
        let raw = database
            .unchecked_ref::<DatabaseWithOptions>()
            .transaction_with_options(&stores, mode, &options)?;
        let (listeners, operation, goes_on, undone) = Default::default();
        Ok(Transaction(Rc::new(State { raw, listeners, operation, goes_on, undone })))
    }

    /// Does what `operation` asks for, which begins so, and waits for the end. Gives the operation back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the transaction, if it isn't committing already.
    pub(super) async fn run(
        self,
        operation: Box<dyn Operation>,
        begin: Step,
    ) -> Result<(Box<dyn Operation>, End)> {
        let (sender, ended) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let database = self.0.raw.db();
        let ends: [(&EventTarget, _, _); 3] = [
            (&self.0.raw, "complete", Told::Completed),
            (&self.0.raw, "abort", Told::Aborted),
            (&database, "close", Told::Unknown),
        ];
        for (target, event, told) in ends {
            let sender = sender.clone();
            self.keep(listen::once(target, event, move |_| {
                let sender = sender.borrow_mut().take();
                // Nobody waits any more: then nobody wants to know.
                let _ = sender.map(|sender| sender.send(told));
            }));
        }
        let mut end = EndOnDrop { transaction: self, ended: false };
        let transaction = &end.transaction;
        transaction.0.operation.replace(Some(operation));
        transaction.advance(Ok(begin));
        let told = ended.await.unwrap_or(Told::Unknown);
        end.ended = told != Told::Unknown;
        let transaction = &end.transaction;
        let operation = transaction.0.operation.take().ok_or_else(Error::unfinished)?;
        let undone = transaction.0.undone.take();
        let end = match (undone, told) {
            (None, Told::Completed) if transaction.0.goes_on.get() => {
                End::GoesOn(Before::Committed)
            }
            (None, Told::Completed) => End::Done,
            (Some(end), _) => end,
            (None, _) => {
                let thrown = transaction.0.raw.error();
                End::Failed(from_idb(
                    "the transaction",
                    thrown.map_or(JsValue::UNDEFINED, JsValue::from),
                ))
            }
        };
        Ok((operation, end))
    }

    /// Makes writes, and commits without waiting for what becomes of them.
    pub(super) fn write(&self, writes: Vec<Request>) -> Result<()> {
        for write in writes {
            self.issue(write)?;
        }
        self.commit();
        Ok(())
    }

    /// Whether it is the same one.
    pub(super) fn is(&self, other: &Transaction) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Undoes it, unless it is committing, and has its operation begin anew.
    pub(super) fn interrupt(&self) {
        if self.0.raw.abort().is_ok() {
            self.0.undone.borrow_mut().get_or_insert(End::GoesOn(Before::Undone));
        }
    }

    fn advance(&self, step: Result<Step>) {
        let failed = match step {
            Ok(Step::Ask(requests)) => self.ask(requests),
            Ok(Step::Commit(writes)) => self.write(writes),
            Ok(Step::Next(writes)) => {
                self.0.goes_on.set(true);
                self.write(writes)
            }
            Ok(Step::Again) => return self.undo(End::GoesOn(Before::Undone)),
            Err(error) => return self.undo(End::Refused(error)),
        };
        if let Err(error) = failed {
            self.undo(End::Failed(error));
        }
    }

    /// Goes on, if all that was asked for is answered.
    fn go_on(&self, answers: &Answering) {
        let Some(found) = answers.complete() else { return };
        // Out of its place while it runs, so that nothing is borrowed while requests are made.
        let Some(mut operation) = self.0.operation.take() else { return };
        let step = operation.go_on(Answers::from(found));
        self.0.operation.replace(Some(operation));
        self.advance(step);
    }

    /// Makes requests at once, and goes on when all of those are answered that read.
    fn ask(&self, requests: Vec<Request>) -> Result<()> {
        let answers = Answering(Rc::new(RefCell::new(Vec::new())));
        for request in requests {
            match request {
                Request::Scan(scan) if scan.keys.is_empty() => {
                    let place = answers.reserve();
                    answers.fill(place, nothing(scan.want));
                }
                Request::Get(table, key) => {
                    let (get, answers) =
                        (self.store(table)?.get(&key_to_js(&key)), answers.clone());
                    let place = answers.reserve();
                    self.then(
                        get,
                        Box::new(move |transaction, value| {
                            let value = (!value.is_undefined()).then(|| bytes(&value));
                            answers.fill(place, Found::Value(value));
                            transaction.go_on(&answers);
                            Ok(())
                        }),
                    )?;
                }
                Request::Scan(scan) => self.scan(&scan, &answers)?,
                write => self.issue(write)?,
            }
        }
        self.go_on(&answers);
        Ok(())
    }

    /// Looks at records.
    fn scan(&self, scan: &Scan, answers: &Answering) -> Result<()> {
        let Scan { table, ref keys, reverse, limit, want } = *scan;
        let (store, range, place) = (self.store(table)?, range(keys)?, answers.reserve());
        let answers = answers.clone();
        let gathered: Then = Box::new(move |transaction, found| {
            answers.fill(place, gather(want, &found)?);
            transaction.go_on(&answers);
            Ok(())
        });
        if reverse {
            let direction = IdbCursorDirection::Prev;
            let walk = match want {
                Want::Keys => store.open_key_cursor_with_range_and_direction(&range, direction),
                _ => store.open_cursor_with_range_and_direction(&range, direction),
            };
            return self.walk(walk.map_err(failed)?, want, limit, Array::new(), gathered);
        }
        match want {
            Want::Keys => self.then(store.get_all_keys_with_key_and_limit(&range, limit), gathered),
            Want::Values => self.then(store.get_all_with_key_and_limit(&range, limit), gathered),
            Want::Sizes => {
                let keys = store.get_all_keys_with_key_and_limit(&range, limit);
                let values = store.get_all_with_key_and_limit(&range, limit);
                self.then(
                    keys,
                    Box::new(move |transaction, keys| {
                        transaction.then(
                            values,
                            Box::new(move |transaction, values| {
                                let keys = array(&keys).iter();
                                let pairs = keys
                                    .zip(array(&values).iter())
                                    .map(|(k, v)| Array::of2(&k, &v));
                                gathered(transaction, pairs.collect::<Array>().into())
                            }),
                        )
                    }),
                )
            }
        }
    }

    /// Looks at records one after the other, from where a cursor is.
    fn walk(
        &self,
        request: IdbRequest,
        want: Want,
        left: u32,
        found: Array,
        gathered: Then,
    ) -> Result<()> {
        let walking = request.clone();
        self.then(
            Ok(request),
            Box::new(move |transaction, cursor| {
                if cursor.is_null_or_undefined() {
                    return gathered(transaction, found.into());
                }
                let cursor: IdbCursorWithValue = cursor.unchecked_into();
                let key = cursor.key().map_err(failed)?;
                found.push(&match want {
                    Want::Keys => key,
                    Want::Values => cursor.value().map_err(failed)?,
                    Want::Sizes => Array::of2(&key, &cursor.value().map_err(failed)?).into(),
                });
                if left <= 1 {
                    return gathered(transaction, found.into());
                }
                transaction.walk(walking, want, left - 1, found, gathered)?;
                cursor.continue_().map_err(failed)
            }),
        )
    }

    /// Makes a request that writes: its failure aborts the transaction.
    fn issue(&self, request: Request) -> Result<()> {
        let made = match request {
            Request::Put(table, key, value) => {
                self.store(table)?.put_with_key(&bytes_to_js(&value), &key_to_js(&key))
            }
            Request::Add(table, key, value) => {
                self.store(table)?.add_with_key(&bytes_to_js(&value), &key_to_js(&key))
            }
            Request::Delete(table, keys) if !keys.is_empty() => {
                let (store, range) = (self.store(table)?, range(&keys)?);
                if keys == Keys::All { store.clear() } else { store.delete(&range) }
            }
            _ => return Ok(()),
        };
        made.map(drop).map_err(failed)
    }

    /// Calls `then` with the result of `request` when it has succeeded. A failed request aborts the transaction.
    fn then(&self, request: Result<IdbRequest, JsValue>, then: Then) -> Result<()> {
        let request = request.map_err(failed)?;
        let (transaction, source) = (self.clone(), request.clone());
        self.keep(listen::once(&request, "success", move |_| {
            let result = source.result().map_err(failed);
            if let Err(error) = result.and_then(|value| then(&transaction, value)) {
                transaction.undo(End::Failed(error));
            }
        }));
        Ok(())
    }

    /// [`IDBTransaction.objectStore()`](https://developer.mozilla.org/docs/Web/API/IDBTransaction/objectStore)
    fn store(&self, table: Table) -> Result<IdbObjectStore> {
        self.0.raw.object_store(table.name()).map_err(|thrown| from_idb("finding a table", thrown))
    }

    /// Commits without waiting for the results of the last requests, which saves a round trip.
    ///
    /// [`IDBTransaction.commit()`](https://developer.mozilla.org/docs/Web/API/IDBTransaction/commit)
    #[expect(deprecated, reason = "web-sys calls it so; the standard and the browsers don't")]
    fn commit(&self) {
        // Without it the transaction commits by itself when nothing is left to do.
        let _ = self.0.raw.commit();
    }

    fn undo(&self, why: End) {
        self.0.undone.borrow_mut().get_or_insert(why);
        // Fails only if the transaction has ended already.
        let _ = self.0.raw.abort();
    }

    fn keep(&self, listener: EventListener) {
        self.0.listeners.borrow_mut().push(listener);
    }
}

/// The answers to the requests of a step, as they come.
#[derive(Clone)]
struct Answering(Rc<RefCell<Vec<Option<Found>>>>);

impl Answering {
    /// Keeps a place for another answer.
    fn reserve(&self) -> usize {
        let mut answers = self.0.borrow_mut();
        answers.push(None);
        answers.len() - 1
    }

    fn fill(&self, place: usize, found: Found) {
        if let Some(answer) = self.0.borrow_mut().get_mut(place) {
            *answer = Some(found);
        }
    }

    /// All of them, once they are there.
    fn complete(&self) -> Option<Vec<Found>> {
        let mut answers = self.0.borrow_mut();
        let is_complete = answers.iter().all(Option::is_some);
        is_complete.then(|| std::mem::take(&mut *answers).into_iter().flatten().collect())
    }
}

fn nothing(want: Want) -> Found {
    match want {
        Want::Keys => Found::Keys(Vec::new()),
        Want::Sizes => Found::Sizes(Vec::new()),
        Want::Values => Found::Values(Vec::new()),
    }
}

/// What a scan found: an array of keys, of values, or of both in pairs.
fn gather(want: Want, found: &JsValue) -> Result<Found> {
    let found = array(found).iter();
    Ok(match want {
        Want::Keys => Found::Keys(found.map(|key| key_from_js(&key)).collect::<Result<_>>()?),
        Want::Values => Found::Values(found.map(|value| bytes(&value)).collect()),
        Want::Sizes => {
            let sized = |pair: JsValue| {
                let pair = array(&pair);
                Ok((key_from_js(&pair.get(0))?, size(&pair.get(1))))
            };
            Found::Sizes(found.map(sized).collect::<Result<_>>()?)
        }
    })
}

fn array(value: &JsValue) -> &Array {
    value.unchecked_ref()
}

fn failed(thrown: JsValue) -> Error {
    from_idb("a request", thrown)
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
