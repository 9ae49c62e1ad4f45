//! What the npm package's TypeScript calls. Private: nobody else sees these classes.
//!
//! Methods take `&self` and return promises: state that changes is behind shared handles, so a second
//! call while one runs is safe.

mod batch;

use super::error::to_js;
use super::idb::{self, IndexedDbLog};
use super::{WebEnv, convert};
use crate::consumer::{CursorChange, CursorMove};
use crate::env::Env;
use crate::log::{Chunk, EventLog, Retention};
use crate::platform::BoxFuture;
use crate::{MemoryLog, Query, Result, SeqNo, Subscription};
use batch::Batch;
use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Array, Function, Promise};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// An open log.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Log(Backend);

#[derive(Clone, Debug)]
enum Backend {
    Memory(MemoryLog),
    IndexedDb(IndexedDbLog),
}

#[wasm_bindgen]
impl Log {
    /// A log in memory.
    pub fn memory() -> Log {
        Log(Backend::Memory(MemoryLog::new(&WebEnv)))
    }

    /// A log in IndexedDB. `on_closed` gets the error if the log is closed for good from outside.
    #[wasm_bindgen(js_name = indexeddb)]
    pub fn indexed_db(name: String, on_closed: Function) -> Promise {
        promise(async move {
            let log = IndexedDbLog::open(&name, move |error| {
                // What the package's callback throws has nowhere to go.
                let _ = on_closed.call1(&JsValue::NULL, &to_js(error));
            });
            Ok(Log(Backend::IndexedDb(log.await?)).into())
        })
    }

    /// Appends a batch. Resolves to the first new number; if ids are checked, followed by each event's.
    pub fn append(&self, batch: Batch, expected: f64, check_ids: bool, strict: bool) -> Promise {
        let log = self.log();
        promise(async move {
            let batch = batch.finish(expected, check_ids, strict)?;
            let appended = log.append_batch(batch).await?;
            // What isn't looked up is new, unless it is found after a failure of which nobody was told.
            let first = appended.seq_nos.first().copied().filter(|_| !check_ids);
            let first = appended.first_new.or(first).map_or(0.0, |n| n.get() as f64);
            let each = appended.seq_nos.iter().filter(|_| check_ids).map(|n| n.get() as f64);
            let numbers: Vec<f64> = std::iter::once(first).chain(each).collect();
            Ok(js_sys::Float64Array::from(numbers.as_slice()).into())
        })
    }

    /// The first and the last number, 0 for none.
    pub fn bounds(&self) -> Promise {
        let log = self.log();
        promise(async move {
            let bounds = log.bounds().await?;
            let numbers = [bounds.first, bounds.last].map(|n| n.map_or(0.0, |n| n.get() as f64));
            Ok(js_sys::Float64Array::from(numbers.as_slice()).into())
        })
    }

    /// At most `limit` events that match, as chunks.
    /// With `one_page` no more than the first page that has any.
    pub fn read(
        &self,
        from: f64,
        to: f64,
        limit: f64,
        reverse: bool,
        filter: JsValue,
        one_page: bool,
    ) -> Promise {
        let log = self.log();
        promise(async move {
            let mut query = Query {
                from: convert::whole(from)?.max(1),
                to: convert::whole(to.min(SeqNo::MAX.get() as f64))?,
                limit: convert::whole(limit)? as usize,
                filter: convert::filter(&filter)?,
                reverse,
            };
            let chunks = Array::new();
            while query.limit > 0 && !(one_page && chunks.length() > 0) {
                let page = log.read(&query).await?;
                for chunk in &page.chunks {
                    query.limit = query.limit.saturating_sub(chunk.len());
                    chunks.push(&convert::chunk(chunk));
                }
                match page.resume {
                    Some(resume) if query.reverse => query.to = resume.get(),
                    Some(resume) => query.from = resume.get(),
                    None => break,
                }
            }
            Ok(chunks.into())
        })
    }

    /// How much is stored: events, bytes, segments, the first number and the last, 0 for none.
    pub fn stats(&self) -> Promise {
        let log = self.log();
        promise(async move {
            let stats = log.stats().await?;
            let bound = |n: Option<SeqNo>| n.map_or(0, SeqNo::get);
            let (first, last) = (bound(stats.bounds.first), bound(stats.bounds.last));
            let numbers =
                [stats.events, stats.bytes, stats.segments, first, last].map(|n| n as f64);
            Ok(js_sys::Float64Array::from(numbers.as_slice()).into())
        })
    }

    /// What is beyond these limits, -1 for none: `undefined`, or the number to trim before and the
    /// consumers that would lose events.
    pub fn surplus(&self, max_events: f64, max_bytes: f64, max_age: f64) -> Promise {
        let log = self.log();
        promise(async move {
            let limit = |n: f64| (n >= 0.0).then_some(n as u64);
            let retention = Retention {
                max_events: limit(max_events),
                max_bytes: limit(max_bytes),
                max_age: limit(max_age).map(Duration::from_millis),
            };
            let surplus = log.surplus(&retention, WebEnv.now()).await?;
            Ok(surplus.map_or(JsValue::UNDEFINED, |surplus| {
                let overtaken: Array = surplus.overtaken.iter().map(convert::consumer).collect();
                Array::of2(&JsValue::from(surplus.before.get() as f64), &overtaken).into()
            }))
        })
    }

    /// Forgets whole segments before a number. Resolves to the first number that is left, 0 for none.
    pub fn trim(&self, before: f64) -> Promise {
        let log = self.log();
        promise(async move {
            let bounds = log.trim(convert::seq_no(before)?).await?;
            Ok(JsValue::from(bounds.first.map_or(0.0, |n| n.get() as f64)))
        })
    }

    /// Stored events, then live ones; the latest is what comes after `seen`. Resolves to a `Cursor`.
    pub fn subscribe(
        &self,
        consumer: Option<String>,
        position: JsValue,
        filter: JsValue,
        skip_trimmed: bool,
        seen: f64,
    ) -> Promise {
        let log = self.log();
        promise(async move {
            let (position, filter) = (convert::position(&position)?, convert::filter(&filter)?);
            let (consumer, seen) = (consumer.as_deref(), Some(convert::whole(seen)?));
            let opened = Subscription::open_after(log, consumer, position, filter, seen).await?;
            let subscription = if skip_trimmed { opened.skipping_trimmed() } else { opened };
            Ok(Cursor::new(subscription).into())
        })
    }

    /// Claims the consumer, and gives stored events, then live ones; a new consumer's latest is what comes
    /// after `seen`. Resolves to a `Cursor`.
    #[wasm_bindgen(js_name = takeOver)]
    pub fn take_over(
        &self,
        consumer: String,
        holder: String,
        position: JsValue,
        filter: JsValue,
        skip_trimmed: bool,
        seen: f64,
    ) -> Promise {
        let log = self.log();
        promise(async move {
            let (position, filter) = (convert::position(&position)?, convert::filter(&filter)?);
            let (holder, seen) = (convert::id(&holder)?, Some(convert::whole(seen)?));
            let opened =
                Subscription::take_over_after(log, &consumer, holder, position, filter, seen);
            let opened = opened.await?;
            let subscription = if skip_trimmed { opened.skipping_trimmed() } else { opened };
            Ok(Cursor::new(subscription).into())
        })
    }

    /// Gives a claim up.
    pub fn release(&self, consumer: String, epoch: f64, holder: String) -> Promise {
        let log = self.log();
        promise(async move {
            let change = CursorChange::Release(convert::claim(epoch, &holder)?);
            log.move_cursor(&consumer, change).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Acknowledges for each consumer everything up to the number beside it, in one transaction, under
    /// the claim beside it if the epoch isn't 0. Resolves to an array: for each an error, or `undefined`.
    pub fn ack(
        &self,
        consumers: &Array,
        seq_nos: Vec<f64>,
        epochs: Vec<f64>,
        holders: &Array,
    ) -> Promise {
        let log = self.log();
        let (consumers, holders) = (convert::strings(consumers), convert::strings(holders));
        promise(async move {
            let moves: Result<_> = consumers
                .into_iter()
                .zip(seq_nos)
                .zip(epochs.into_iter().zip(holders))
                .map(|((consumer, seq_no), (epoch, holder))| {
                    let seq_no = convert::seq_no(seq_no)?;
                    let change = if epoch > 0.0 {
                        CursorChange::AckUnder(convert::claim(epoch, &holder)?, seq_no)
                    } else {
                        CursorChange::Ack(seq_no)
                    };
                    Ok(CursorMove { consumer, change })
                })
                .collect();
            let outcomes = log.move_cursors(moves?).await?;
            let errors =
                outcomes.into_iter().map(|outcome| outcome.err().map_or(JsValue::UNDEFINED, to_js));
            Ok(errors.collect::<Array>().into())
        })
    }

    /// Sets where the consumer goes on.
    pub fn seek(&self, consumer: String, position: JsValue) -> Promise {
        let log = self.log();
        promise(async move {
            log.seek(&consumer, convert::position(&position)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The consumers.
    pub fn consumers(&self) -> Promise {
        let log = self.log();
        promise(async move {
            let consumers: Array = log.consumers().await?.iter().map(convert::consumer).collect();
            Ok(consumers.into())
        })
    }

    /// Forgets a consumer.
    #[wasm_bindgen(js_name = deleteConsumer)]
    pub fn delete_consumer(&self, consumer: String) -> Promise {
        let log = self.log();
        promise(async move { Ok(JsValue::from(log.delete_consumer(&consumer).await?)) })
    }

    /// Whether small segments should be merged.
    #[wasm_bindgen(js_name = needsMerge)]
    pub fn needs_merge(&self) -> bool {
        match &self.0 {
            Backend::Memory(log) => log.needs_merge(),
            Backend::IndexedDb(log) => log.needs_merge(),
        }
    }

    /// Whether `merge` would write a chapter, if nothing is to be merged.
    #[wasm_bindgen(js_name = needsChapter)]
    pub fn needs_chapter(&self) -> bool {
        match &self.0 {
            Backend::Memory(_) => false,
            Backend::IndexedDb(log) => log.needs_chapter(),
        }
    }

    /// Merges small segments; resolves to whether there is more to do.
    pub fn merge(&self) -> Promise {
        let log = self.log();
        promise(async move { Ok(JsValue::from(log.merge().await?)) })
    }

    /// Makes cursors read on: another tab may have appended. Nobody else appends to a log in memory.
    pub fn wake(&self) {
        if let Backend::IndexedDb(log) = &self.0 {
            log.wake();
        }
    }

    /// What other tabs should be told of the last append, once; nothing for a log in memory.
    #[wasm_bindgen(js_name = takeNotice)]
    pub fn take_notice(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Backend::Memory(_) => None,
            Backend::IndexedDb(log) => log.take_notice(),
        }
    }

    /// Tells cursors what another tab has told: `undefined` if it isn't a notice of this log, else the
    /// first and the last number, and the events as a chunk if it has them and they are wanted.
    pub fn hear(&self, notice: &[u8], wants_events: bool) -> JsValue {
        let Backend::IndexedDb(log) = &self.0 else {
            return JsValue::UNDEFINED;
        };
        let Some(notice) = log.hear(notice) else {
            return JsValue::UNDEFINED;
        };
        let [first, last] = [notice.first(), notice.last()].map(|n| JsValue::from(n.get() as f64));
        let segment = notice.segment().filter(|_| wants_events);
        let chunk = segment.map_or(JsValue::UNDEFINED, |segment| {
            convert::chunk(&Chunk { segment: segment.clone(), rows: segment.rows().collect() })
        });
        Array::of3(&first, &last, &chunk).into()
    }

    /// Gives the storage free and ends every cursor.
    pub fn close(&self) {
        match &self.0 {
            Backend::Memory(log) => log.close(),
            Backend::IndexedDb(log) => log.close(),
        }
    }

    fn log(&self) -> Arc<dyn EventLog> {
        match &self.0 {
            Backend::Memory(log) => log.handle(),
            Backend::IndexedDb(log) => log.handle(),
        }
    }
}

/// A subscription to a log.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cursor(Rc<CursorState>);

#[derive(Debug)]
struct CursorState {
    epoch: u64,
    /// Out while a call to `next` is running.
    subscription: RefCell<Option<Subscription>>,
    closed: RefCell<Option<oneshot::Receiver<()>>>,
    close: RefCell<Option<oneshot::Sender<()>>>,
}

impl Cursor {
    fn new(subscription: Subscription) -> Cursor {
        let (close, closed) = oneshot::channel();
        Cursor(Rc::new(CursorState {
            epoch: subscription.claim().map_or(0, |claim| claim.epoch),
            subscription: RefCell::new(Some(subscription)),
            closed: RefCell::new(Some(closed)),
            close: RefCell::new(Some(close)),
        }))
    }
}

#[wasm_bindgen]
impl Cursor {
    /// The epoch of its claim, 0 if it isn't exclusive.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.0.epoch as f64
    }

    /// The next events that match, as a chunk; `undefined` once the cursor or the log is closed.
    pub fn next(&self) -> Promise {
        let state = self.0.clone();
        promise(async move {
            let taken = (state.subscription.take(), state.closed.take());
            let (Some(mut subscription), Some(mut closed)) = taken else {
                return Ok(JsValue::UNDEFINED);
            };
            let chunk = match select(pin!(subscription.next_chunk()), &mut closed).await {
                Either::Left((chunk, _)) => chunk.transpose()?,
                Either::Right(_) => return Ok(JsValue::UNDEFINED),
            };
            state.subscription.replace(Some(subscription));
            state.closed.replace(Some(closed));
            Ok(chunk.as_ref().map_or(JsValue::UNDEFINED, convert::chunk))
        })
    }

    /// Ends the subscription.
    pub fn close(&self) {
        let close = self.0.close.take();
        let subscription = self.0.subscription.take();
        drop((close, subscription));
    }
}

/// Deletes the log `name` in IndexedDB.
#[wasm_bindgen(js_name = deleteLog)]
pub fn delete_log(name: String) -> Promise {
    promise(async move { idb::delete(&name).await.map(|()| JsValue::UNDEFINED) })
}

/// The module's memory.
#[wasm_bindgen(js_name = moduleMemory)]
pub fn module_memory() -> JsValue {
    wasm_bindgen::memory()
}

fn promise(future: impl Future<Output = Result<JsValue>> + 'static) -> Promise {
    boxed_promise(Box::pin(future))
}

/// One piece of glue for all of them: futures of eleven types would bring eleven.
fn boxed_promise(future: BoxFuture<'static, Result<JsValue>>) -> Promise {
    future_to_promise(async move { future.await.map_err(to_js) })
}
