//! Consumers: their positions change in one transaction with a look at the head.

use super::log::Slot;
use super::transaction::Transaction;
use super::{CONSUMERS, records};
use crate::Result;
use crate::consumer::{ConsumerInfo, Cursor, CursorMove};
use crate::log::{Bounds, Head};
use js_sys::Array;
use wasm_bindgen::prelude::*;

/// Makes the changes that are left, each after the one before it.
pub(super) fn apply(
    tx: &Transaction,
    bounds: Bounds,
    mut moves: std::vec::IntoIter<CursorMove>,
    mut outcomes: Vec<Result<Cursor>>,
    result: Slot<Vec<Result<Cursor>>>,
) -> Result<()> {
    let Some(each) = moves.next() else {
        result.replace(Some(outcomes));
        tx.commit();
        return Ok(());
    };
    let (store, name) = (tx.store(CONSUMERS)?, JsValue::from(&each.consumer));
    tx.then(store.get(&name), move |tx, value| {
        // A damaged record is its own consumer's trouble.
        let stored = records::stored_cursor(&name, &value);
        let outcome = stored.and_then(|stored| {
            let cursor = Cursor::apply(stored, &each, bounds)?;
            if stored != Some(cursor) {
                tx.issue(store.put_with_key(&records::cursor_to_js(&cursor), &name))?;
            }
            Ok(cursor)
        });
        outcomes.push(outcome);
        apply(tx, bounds, moves, outcomes, result)
    })
}

/// Every consumer, by name.
pub(super) fn list(tx: &Transaction, head: Head, result: Slot<Vec<ConsumerInfo>>) -> Result<()> {
    let store = tx.store(CONSUMERS)?;
    tx.then(store.get_all_keys(), move |tx, names| {
        tx.then(store.get_all(), move |_, cursors| {
            let (names, cursors) = (Array::from(&names), Array::from(&cursors));
            let consumers: Result<_> = names
                .iter()
                .zip(cursors.iter())
                .map(|(name, cursor)| {
                    let cursor = records::cursor_from_js(&name, &cursor)?;
                    let name = name.as_string().unwrap_or_default();
                    Ok(cursor.info(&name, head.bounds()))
                })
                .collect();
            result.replace(Some(consumers?));
            Ok(())
        })
    })
}

/// Forgets a consumer, and says whether there was one.
pub(super) fn delete(tx: &Transaction, name: JsValue, result: Slot<bool>) -> Result<()> {
    let store = tx.store(CONSUMERS)?;
    tx.then(store.count_with_key(&name), move |tx, count| {
        tx.issue(store.delete(&name))?;
        result.replace(Some(count.as_f64() > Some(0.0)));
        Ok(())
    })
}
