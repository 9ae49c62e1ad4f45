//! Segments that are not what was written: changed, shortened, replaced or removed from outside.
//!
//! Which events can't be read is known from the keys of the segments around them, and from the end of
//! the one before, whatever is left of the damaged one. Nothing is written over it.

use super::log::{IndexedDbLog, Slot};
use super::read::range;
use super::transaction::{Mode, Transaction};
use super::{META, SEGMENTS, records};
use crate::log::{Head, Segment};
use crate::web::error::from_idb;
use crate::{Error, Result, SeqNo};
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursor, IdbCursorDirection, IdbCursorWithValue};

/// The segment that this record is, if it can be read and holds the event `at`.
pub(super) fn sound(record: &JsValue, at: u64) -> Option<Segment> {
    records::segment_from_js(record).ok().filter(|segment| holds(segment, at))
}

/// The segments of these records, up to the first that can't be read or doesn't follow the one before.
pub(super) fn sound_from(records: &[JsValue], at: u64) -> Vec<Arc<Segment>> {
    let mut next = Some(at);
    let segments = records.iter().map_while(|record| {
        let segment = sound(record, next?)?;
        next = segment.last().next().map(SeqNo::get);
        Some(Arc::new(segment))
    });
    segments.collect()
}

fn holds(segment: &Segment, at: u64) -> bool {
    (segment.first().get()..=segment.last().get()).contains(&at)
}

impl IndexedDbLog {
    /// Looks at what is stored where the event `at` should be.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] with the events that can't be read; [`Error::Unsupported`] if a newer everbus
    /// wrote them. None if it is sound after all, or has been trimmed meanwhile.
    pub(super) async fn check_damage(&self, at: u64) -> Result<()> {
        let work = move |tx: &Transaction, head: Head, result: Slot<()>| {
            if !(head.first..=head.last).contains(&at) {
                result.replace(Some(()));
                return Ok(());
            }
            end_of_gap(tx, at, head.last, move |tx, end| {
                let store = tx.store(SEGMENTS)?;
                let up_to = range(None, at)?;
                let floor =
                    store.open_cursor_with_range_and_direction(&up_to, IdbCursorDirection::Prev);
                tx.then(floor, move |_, cursor| {
                    check(&cursor, at, head.first, end)?;
                    result.replace(Some(()));
                    Ok(())
                })
            })
        };
        self.transact(&[META, SEGMENTS], Mode::Read, work).await
    }
}

/// The last number before the first segment that begins after `at`, or before the log's end.
pub(super) fn end_of_gap(
    tx: &Transaction,
    at: u64,
    last: u64,
    next: impl FnOnce(&Transaction, u64) -> Result<()> + 'static,
) -> Result<()> {
    if at >= last {
        return next(tx, last);
    }
    let behind = range(Some(&JsValue::from((at + 1) as f64)), last)?;
    tx.then(tx.store(SEGMENTS)?.open_key_cursor_with_range(&behind), move |tx, cursor| {
        let key = key(&cursor)?;
        next(tx, key.map_or(last, |key| key - 1))
    })
}

/// Judges the record that a cursor found at or before `at`, of a log that begins at `first`.
fn check(cursor: &JsValue, at: u64, first: u64, end: u64) -> Result<()> {
    let Some(found) = key(cursor)? else {
        return Err(corrupt(first, end, "a segment is missing"));
    };
    let cursor: &IdbCursorWithValue = cursor.unchecked_ref();
    let value = cursor.value().map_err(|thrown| from_idb("reading a segment", thrown))?;
    match records::segment_from_js(&value) {
        Ok(segment) if holds(&segment, at) => Ok(()),
        Ok(segment) if segment.first().get() == found && segment.last().get() < at => {
            let start = segment.last().get() + 1;
            Err(corrupt(start.max(first), end, "a segment is missing"))
        }
        Ok(_) => Err(corrupt(found.max(first), end, "a stored segment is another one")),
        Err(Error::Corrupt { message, .. }) => Err(corrupt(found.max(first), end, &message)),
        Err(error) => Err(error),
    }
}

fn corrupt(first: u64, last: u64, why: &str) -> Error {
    let message = format!("events {first} to {last} can't be read: {why}; go on behind them");
    Error::Corrupt { message, events: SeqNo::new(first).ok().zip(SeqNo::new(last).ok()) }
}

/// The key that a cursor is at, if it found one.
fn key(cursor: &JsValue) -> Result<Option<u64>> {
    let Some(cursor) = cursor.dyn_ref::<IdbCursor>() else {
        return Ok(None);
    };
    let key = cursor.key().map_err(|thrown| from_idb("reading a key", thrown))?;
    Ok(key.as_f64().map(|key| key as u64))
}
