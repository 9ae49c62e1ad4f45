//! Forgetting the oldest segments: whole ones, in one transaction with the head.

use super::log::Slot;
use super::transaction::Transaction;
use super::{HEAD, META, SEGMENTS, records};
use crate::log::{Bounds, Head};
use crate::web::error::from_idb;
use crate::{Result, SeqNo};
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursorWithValue, IdbRequest};

/// Forgets the segments that end before `before`.
pub(super) fn trim(
    tx: &Transaction,
    head: Head,
    before: SeqNo,
    result: Slot<Bounds>,
) -> Result<()> {
    let oldest = tx.store(SEGMENTS)?.open_cursor();
    let oldest = oldest.map_err(|thrown| from_idb("opening a cursor", thrown))?;
    step(tx, oldest, head, before, result)
}

/// Forgets the segment that the cursor is at, and goes on; or stores what is left.
fn step(
    tx: &Transaction,
    request: IdbRequest,
    mut head: Head,
    before: SeqNo,
    result: Slot<Bounds>,
) -> Result<()> {
    tx.then(Ok(request.clone()), move |tx, cursor| {
        let failed = |thrown| from_idb("trimming", thrown);
        if let Ok(cursor) = cursor.dyn_into::<IdbCursorWithValue>() {
            let segment = records::segment_from_js(&cursor.value().map_err(failed)?)?;
            if segment.last() < before {
                head.forget(&segment);
                tx.issue(cursor.delete())?;
                step(tx, request, head, before, result)?;
                return cursor.continue_().map_err(failed);
            }
        }
        let record = records::head_to_js(&head);
        tx.issue(tx.store(META)?.put_with_key(&record, &JsValue::from(HEAD)))?;
        result.replace(Some(head.bounds()));
        tx.commit();
        Ok(())
    })
}
