//! What the npm package's TypeScript calls. Private: nobody else sees these classes.
//!
//! Nothing here waits: what has to be stored or found is a [`Call`], which the package's stores run.

mod batch;
mod cursor;

use super::call::{Call, bytes};
use super::error::to_js;
use super::{WebEnv, convert};
use crate::env::Env;
use crate::log::store::{Key, MemoryStore, Table};
use crate::log::{self, Chunk, CursorChange, CursorMove, Ledger, Looked, Reader, Retention, Start};
use crate::{Error, Query, Result, SeqNo};
use batch::Batch;
use cursor::Cursor;
use js_sys::{Array, Float64Array, Uint8Array};
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// An open log.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Log {
    ledger: Ledger,
    /// Where it is, if that is in memory.
    memory: Option<MemoryStore>,
}

#[wasm_bindgen]
impl Log {
    /// A log in memory.
    pub fn memory() -> Log {
        let (ledger, store) = Ledger::in_memory(&WebEnv);
        Log { ledger, memory: Some(store) }
    }

    /// Opens the log in a store, and makes one if there is none: a call that gives a `Log`.
    pub fn open() -> Call {
        Call::new(Ledger::opening(&WebEnv), |done| {
            Ok(Log { ledger: Ledger::opened(done)?, memory: None }.into())
        })
    }

    /// Runs a call of a log in memory.
    pub fn run(&self, call: &mut Call) -> Result<(), JsValue> {
        let store = self.memory.as_ref().ok_or_else(|| Error::storage("the log isn't in memory"));
        store.and_then(|store| store.run_now(call.operation())).map_err(to_js)
    }

    /// Which log this is, as text.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> JsValue {
        convert::id_text(self.ledger.id())
    }

    /// Appends a batch. Resolves to the first new number; if ids are checked, followed by each event's.
    pub fn append(
        &self,
        batch: Batch,
        expected: f64,
        check_ids: bool,
        strict: bool,
    ) -> Result<Call, JsValue> {
        let batch = batch.finish(expected, check_ids, strict).map_err(to_js)?;
        Ok(self.call(self.ledger.appending(batch), move |appended| {
            // What isn't looked up is new, unless it is found after a failure of which nobody was told.
            let first = appended.seq_nos.first().copied().filter(|_| !check_ids);
            let first = number(appended.first_new.or(first));
            let each = appended.seq_nos.iter().filter(|_| check_ids).map(|n| n.get() as f64);
            numbers(std::iter::once(first).chain(each).collect())
        }))
    }

    /// What leaves a batch behind for whoever looks next: the table, the key and the bytes of a record.
    pub fn leave(&self, batch: Batch, expected: f64, strict: bool) -> Result<Array, JsValue> {
        let batch = batch.finish(expected, true, strict).map_err(to_js)?;
        let (key, record) = self.ledger.leave(batch, &WebEnv).map_err(to_js)?;
        let record = Uint8Array::from(record.as_slice());
        Ok(Array::of3(&JsValue::from(Table::Parting as u8), &Call::key(&key), &record))
    }

    /// Looks at the log, and numbers what others have left behind, also in these records, which are kept elsewhere. Resolves
    /// to an array: the first number and the last, 0 for none, whether something was numbered, and an error for each that
    /// can't be.
    pub fn look(&self, keys: &Array, records: &Array) -> Call {
        let records = records.iter().map(|record| bytes(&record));
        let keys = convert::strings(keys).into_iter().map(|key| Key::from(&*key));
        self.call(self.ledger.adopting(keys.zip(records).collect()), |looked| {
            let Looked { bounds, has_adopted, refused } = looked;
            let [first, last] = [bounds.first, bounds.last].map(|n| JsValue::from(number(n)));
            let found = Array::of3(&first, &last, &has_adopted.into());
            for error in refused {
                found.push(&to_js(error));
            }
            found.into()
        })
    }

    /// The first and the last number, 0 for none.
    pub fn bounds(&self) -> Call {
        self.call(self.ledger.looking(), |head| {
            let bounds = head.bounds();
            numbers(vec![number(bounds.first), number(bounds.last)])
        })
    }

    /// A page of at most `limit` events that match: where the next one starts, 0 if the range is read, and chunks.
    pub fn read(
        &self,
        from: f64,
        to: f64,
        limit: f64,
        reverse: bool,
        filter: &JsValue,
    ) -> Result<Call, JsValue> {
        let query = || {
            Ok(Query {
                from: convert::whole(from)?.max(1),
                to: convert::whole(to.min(SeqNo::MAX.get() as f64))?,
                limit: convert::whole(limit)? as usize,
                filter: convert::filter(filter)?,
                reverse,
            })
        };
        Ok(self.call(self.ledger.reading(&query().map_err(to_js)?), |page| {
            let found = Array::of1(&JsValue::from(number(page.resume)));
            for chunk in &page.chunks {
                found.push(&convert::chunk(chunk));
            }
            found.into()
        }))
    }

    /// How much is stored: events, bytes, segments, the first number and the last, 0 for none.
    pub fn stats(&self) -> Call {
        self.call(self.ledger.looking(), |head| {
            let stats = head.stats();
            let [events, bytes, segments] =
                [stats.events, stats.bytes, stats.segments].map(|n| n as f64);
            let (first, last) = (number(stats.bounds.first), number(stats.bounds.last));
            numbers(vec![events, bytes, segments, first, last])
        })
    }

    /// What is beyond these limits, -1 for none: `undefined`, or the number to trim before, the consumers that would lose
    /// events, and whether all that may go is too old.
    pub fn surplus(&self, max_events: f64, max_bytes: f64, max_age: f64) -> Call {
        let limit = |n: f64| (n >= 0.0).then_some(n as u64);
        let retention = Retention {
            max_events: limit(max_events),
            max_bytes: limit(max_bytes),
            max_age: limit(max_age).map(Duration::from_millis),
        };
        self.call(self.ledger.exceeding(&retention, WebEnv.now()), |surplus| {
            surplus.map_or(JsValue::UNDEFINED, |surplus| {
                let overtaken: Array = surplus.overtaken.iter().map(convert::consumer).collect();
                let before = JsValue::from(surplus.before.get() as f64);
                Array::of3(&before, &overtaken, &surplus.is_all_too_old.into()).into()
            })
        })
    }

    /// Forgets whole segments before a number. Resolves to the first number that is left, 0 for none.
    pub fn trim(&self, before: f64) -> Result<Call, JsValue> {
        let before = convert::seq_no(before).map_err(to_js)?;
        Ok(self.call(self.ledger.trimming(before), |head| number(head.bounds().first).into()))
    }

    /// Stored events, then live ones; the latest is what comes after `seen`. With a holder the consumer is claimed, and a
    /// new one starts at the position, any other where it is. Resolves to a `Cursor`.
    pub fn subscribe(
        &self,
        consumer: Option<String>,
        holder: Option<String>,
        position: &JsValue,
        filter: &JsValue,
        skip_trimmed: bool,
        seen: f64,
    ) -> Result<Call, JsValue> {
        let start = || {
            let reader = match (consumer, holder) {
                (None, _) => Reader::Nameless,
                (Some(consumer), None) => Reader::Consumer(consumer),
                (Some(consumer), Some(holder)) => {
                    Reader::Claiming { consumer, holder: convert::id(&holder)? }
                }
            };
            let seen = Some(convert::whole(seen)?);
            let position = convert::position(position)?;
            Ok((Start { reader, position, seen }, convert::filter(filter)?))
        };
        let (start, filter) = start().map_err(to_js)?;
        let is_claiming = matches!(start.reader, Reader::Claiming { .. });
        // Listening begins before anything is read, so that no commit falls between the two.
        let commits = self.ledger.listen();
        let log = self.ledger.clone();
        Ok(self.call(self.ledger.starting(start), move |started| {
            let epoch = started.claim.filter(|_| is_claiming).map_or(0, |claim| claim.epoch);
            Cursor::new(log, commits, started.next, filter, skip_trimmed, epoch).into()
        }))
    }

    /// Gives a claim up.
    pub fn release(&self, consumer: String, epoch: f64, holder: &str) -> Result<Call, JsValue> {
        let claim = convert::claim(epoch, holder).map_err(to_js)?;
        let change = CursorChange::Release(claim);
        Ok(self.call(self.ledger.moving(vec![CursorMove { consumer, change }]), |outcomes| {
            outcomes.into_iter().find_map(Result::err).map_or(JsValue::UNDEFINED, to_js)
        }))
    }

    /// Acknowledges for each consumer everything up to the number beside it, in one transaction, under
    /// the claim beside it if the epoch isn't 0. Resolves to an array: for each an error, or `undefined`.
    pub fn ack(
        &self,
        consumers: &Array,
        seq_nos: &[f64],
        epochs: &[f64],
        holders: &Array,
    ) -> Result<Call, JsValue> {
        let (consumers, holders) = (convert::strings(consumers), convert::strings(holders));
        let mut moves = Vec::new();
        for ((consumer, seq_no), (epoch, holder)) in
            consumers.into_iter().zip(seq_nos).zip(epochs.iter().zip(holders))
        {
            let seq_no = convert::seq_no(*seq_no).map_err(to_js)?;
            let change = if *epoch > 0.0 {
                CursorChange::AckUnder(convert::claim(*epoch, &holder).map_err(to_js)?, seq_no)
            } else {
                CursorChange::Ack(seq_no)
            };
            moves.push(CursorMove { consumer, change });
        }
        Ok(self.call(self.ledger.moving(moves), |outcomes| {
            let error = |outcome: Result<_>| outcome.err().map_or(JsValue::UNDEFINED, to_js);
            outcomes.into_iter().map(error).collect::<Array>().into()
        }))
    }

    /// Sets where the consumer goes on.
    pub fn seek(&self, consumer: String, position: &JsValue) -> Result<Call, JsValue> {
        let position = convert::position(position).map_err(to_js)?;
        let start = Start { reader: Reader::NextTime(consumer), position, seen: None };
        Ok(self.call(self.ledger.starting(start), |_| JsValue::UNDEFINED))
    }

    /// The consumers.
    pub fn consumers(&self) -> Call {
        self.call(self.ledger.listing(), |consumers| {
            consumers.iter().map(convert::consumer).collect::<Array>().into()
        })
    }

    /// Forgets a consumer.
    #[wasm_bindgen(js_name = deleteConsumer)]
    pub fn delete_consumer(&self, consumer: &str) -> Call {
        self.call(self.ledger.deleting(consumer), JsValue::from)
    }

    /// Whether small segments should be merged.
    #[wasm_bindgen(js_name = needsMerge)]
    pub fn needs_merge(&self) -> bool {
        self.ledger.needs_merge()
    }

    /// Whether `merge` would write a chapter, if nothing is to be merged.
    #[wasm_bindgen(js_name = needsChapter)]
    pub fn needs_chapter(&self) -> bool {
        self.ledger.needs_index()
    }

    /// Does a part of what `needsMerge` and `needsChapter` say: `undefined` if they say nothing.
    pub fn merge(&self) -> Option<Call> {
        self.ledger.merging().map(|call| self.call(call, |_| JsValue::UNDEFINED))
    }

    /// Takes note that a call has failed that may have been made all the same.
    pub fn doubt(&self) {
        self.ledger.doubt();
    }

    /// Makes cursors read on: another tab may have appended.
    pub fn wake(&self) {
        self.ledger.wake();
    }

    /// What other tabs should be told of the last append, once.
    #[wasm_bindgen(js_name = takeNotice)]
    pub fn take_notice(&self) -> Option<Vec<u8>> {
        self.ledger.take_notice()
    }

    /// Tells cursors what another tab has told: `undefined` if it isn't a notice of this log, else the
    /// first and the last number, and the events as a chunk if it has them and they are wanted.
    pub fn hear(&self, notice: &[u8], wants_events: bool) -> JsValue {
        let Some(notice) = self.ledger.hear(notice) else {
            return JsValue::UNDEFINED;
        };
        let [first, last] = [notice.first(), notice.last()].map(|n| JsValue::from(n.get() as f64));
        let segment = notice.segment().filter(|_| wants_events);
        let chunk = segment.map_or(JsValue::UNDEFINED, |segment| {
            convert::chunk(&Chunk { segment: segment.clone(), rows: segment.rows().collect() })
        });
        Array::of3(&first, &last, &chunk).into()
    }

    /// Ends every cursor.
    pub fn close(&self) {
        self.ledger.close();
    }
}

impl Log {
    fn call<T: 'static>(
        &self,
        call: log::Call<T>,
        convert: impl FnOnce(T) -> JsValue + 'static,
    ) -> Call {
        let (ledger, conclude) = (self.ledger.clone(), call.conclude);
        Call::new(call.operation, move |done| conclude(&ledger, done).map(convert))
    }
}

fn number(number: Option<SeqNo>) -> f64 {
    number.map_or(0.0, |n| n.get() as f64)
}

fn numbers(numbers: Vec<f64>) -> JsValue {
    Float64Array::from(numbers.as_slice()).into()
}

/// The names of the tables that a store has, in the order of their codes.
#[wasm_bindgen(js_name = tableNames)]
pub fn table_names() -> Array {
    Table::ALL.iter().map(|table| JsValue::from(table.name())).collect()
}

/// The record of a consumer's position; `undefined` if it can't be one. The epoch is 0 if there never was a claim.
#[wasm_bindgen(js_name = consumerRecord)]
pub fn consumer_record(
    next: f64,
    epoch: f64,
    holder: &str,
    is_held: bool,
    is_new: bool,
) -> Option<Vec<u8>> {
    let next = convert::seq_no(next).ok()?;
    let claim = if epoch > 0.0 { Some(convert::claim(epoch, holder).ok()?) } else { None };
    Some(log::Cursor { next, claim, is_held, is_new }.to_bytes().to_vec())
}

/// The module's memory.
#[wasm_bindgen(js_name = moduleMemory)]
pub fn module_memory() -> JsValue {
    wasm_bindgen::memory()
}
