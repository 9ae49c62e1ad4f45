//! Merging small segments, in one transaction with the head.

use super::damage::{end_of_gap, sound_from};
use super::log::Slot;
use super::read::{range, segments_from};
use super::transaction::Transaction;
use super::{HEAD, META, SEGMENTS, records};
use crate::Result;
use crate::log::{Head, Replacement};
use wasm_bindgen::prelude::*;

/// Merges the first of the loose segments, and leaves the head as it is then. One that is damaged stays
/// as it is, and is passed over.
pub(super) fn merge(tx: &Transaction, mut head: Head, result: Slot<Head>) -> Result<()> {
    let Some(count) = head.merge_count() else {
        result.replace(Some(head));
        return Ok(());
    };
    let start = head.settled + 1;
    segments_from(tx, start, head.last, count, move |tx, found| {
        let loose = sound_from(&found, start);
        if loose.is_empty() {
            return end_of_gap(tx, start, head.last, move |tx, end| {
                head.pass_over(end);
                finish(tx, head, result)
            });
        }
        let store = tx.store(SEGMENTS)?;
        for Replacement { first, last, segment } in head.merge(&loose)? {
            let first = JsValue::from(first.get() as f64);
            tx.issue(store.delete(&range(Some(&first), last.get())?))?;
            tx.issue(store.add_with_key(&records::segment_to_js(&segment), &first))?;
        }
        finish(tx, head, result)
    })
}

fn finish(tx: &Transaction, head: Head, result: Slot<Head>) -> Result<()> {
    let record = records::head_to_js(&head);
    tx.issue(tx.store(META)?.put_with_key(&record, &JsValue::from(HEAD)))?;
    result.replace(Some(head));
    tx.commit();
    Ok(())
}
