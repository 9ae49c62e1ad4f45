//! Chapters: written in the background, and looked at by readers with a filter.

use super::damage::{end_of_gap, sound_from};
use super::log::Slot;
use super::read::{range, segments_from};
use super::transaction::Transaction;
use super::{CHAPTERS, HEAD, META, records};
use crate::Result;
use crate::log::Head;
use crate::log::chapter::{CHAPTER_SEGMENTS, encode};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursor, IdbCursorDirection};

/// Writes one chapter of the settled segments that none covers, and leaves the head as it is then.
///
/// A damaged segment gets none: readers look at what no chapter covers.
pub(super) fn write(tx: &Transaction, mut head: Head, result: Slot<Head>) -> Result<()> {
    let next = head.indexed + 1;
    segments_from(tx, next, head.settled, CHAPTER_SEGMENTS as u32, move |tx, found| {
        let segments = sound_from(&found, next);
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return end_of_gap(tx, next, head.settled, move |tx, end| {
                head.index(1, end);
                store_head(tx, head, result)
            });
        };
        let chapter = Uint8Array::from(&*encode(segments.iter().map(|segment| &**segment)));
        let key = JsValue::from(first.first().get() as f64);
        tx.issue(tx.store(CHAPTERS)?.put_with_key(&chapter, &key))?;
        head.index(segments.len() as u64, last.last().get());
        store_head(tx, head, result)
    })
}

fn store_head(tx: &Transaction, head: Head, result: Slot<Head>) -> Result<()> {
    let record = records::head_to_js(&head);
    tx.issue(tx.store(META)?.put_with_key(&record, &JsValue::from(HEAD)))?;
    result.replace(Some(head));
    tx.commit();
    Ok(())
}

/// Deletes the chapters of which nothing is left in a log that starts at `first`.
pub(super) fn trim(tx: &Transaction, first: u64) -> Result<()> {
    let store = tx.store(CHAPTERS)?;
    let up_to = range(None, first)?;
    let newest = store.open_key_cursor_with_range_and_direction(&up_to, IdbCursorDirection::Prev);
    tx.then(newest, move |tx, cursor| {
        let key = cursor.dyn_ref::<IdbCursor>().and_then(|cursor| cursor.key().ok());
        match key.and_then(|key| key.as_f64()) {
            Some(key) if key > 1.0 => {
                tx.issue(tx.store(CHAPTERS)?.delete(&range(None, key as u64 - 1)?))
            }
            _ => Ok(()),
        }
    })
}
