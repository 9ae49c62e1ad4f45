//! Forgetting the oldest segments: whole ones, in one transaction with the head.
//!
//! Only keys count, not contents, so that a damaged segment can be forgotten like any other.

use super::log::Slot;
use super::read::range;
use super::transaction::Transaction;
use super::{HEAD, META, SEGMENTS, chapters, records};
use crate::log::{Bounds, Head};
use crate::web::error::from_idb;
use crate::{Result, SeqNo};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursor, IdbCursorDirection, IdbCursorWithValue, IdbRequest};

/// Forgets the segments that end before `before`.
pub(super) fn trim(
    tx: &Transaction,
    head: Head,
    before: SeqNo,
    result: Slot<Bounds>,
) -> Result<()> {
    if before.get() > head.last {
        return forget(tx, head, head.last + 1, result);
    }
    // The segment that holds the number stays: the last one that begins at it or before.
    let up_to = range(None, before.get())?;
    let floor = tx
        .store(SEGMENTS)?
        .open_key_cursor_with_range_and_direction(&up_to, IdbCursorDirection::Prev);
    tx.then(floor, move |tx, cursor| {
        let key = cursor.dyn_ref::<IdbCursor>().map(IdbCursor::key).transpose();
        let key = key.map_err(|thrown| from_idb("reading a key", thrown))?;
        let first = key.and_then(|key| key.as_f64()).unwrap_or_default() as u64;
        forget(tx, head, first.max(head.first), result)
    })
}

/// Forgets everything before `first`, where a segment begins.
fn forget(tx: &Transaction, head: Head, first: u64, result: Slot<Bounds>) -> Result<()> {
    let gone = range(None, first - 1)?;
    let oldest = tx.store(SEGMENTS)?.open_cursor_with_range(&gone);
    let oldest = oldest.map_err(|thrown| from_idb("opening a cursor", thrown))?;
    step(tx, oldest, head, first, result)
}

/// Forgets the segment that the cursor is at, and goes on; or stores what is left.
fn step(
    tx: &Transaction,
    request: IdbRequest,
    mut head: Head,
    first: u64,
    result: Slot<Bounds>,
) -> Result<()> {
    tx.then(Ok(request.clone()), move |tx, cursor| {
        let failed = |thrown| from_idb("trimming", thrown);
        if let Ok(cursor) = cursor.dyn_into::<IdbCursorWithValue>() {
            let value = cursor.value().map_err(failed)?;
            let bytes = value.dyn_ref::<Uint8Array>().map_or(0, Uint8Array::byte_length);
            let key = cursor.key().map_err(failed)?.as_f64().unwrap_or_default();
            head.forget(key as u64, u64::from(bytes));
            tx.issue(cursor.delete())?;
            step(tx, request, head, first, result)?;
            return cursor.continue_().map_err(failed);
        }
        head.start_at(first);
        let record = records::head_to_js(&head);
        tx.issue(tx.store(META)?.put_with_key(&record, &JsValue::from(HEAD)))?;
        result.replace(Some(head.bounds()));
        chapters::trim(tx, head.first)
    })
}
