//! Making the tables of a new database, and bringing an older one up to date, within the platform's upgrade.

use super::listen;
use super::records::{bytes_to_js, key_from_js};
use crate::log::store::{Key, Table};
use crate::log::{Claim, Cursor};
use crate::web::error::from_idb;
use crate::wire::parse_id;
use crate::{Error, Result, SeqNo};
use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbObjectStore, IdbOpenDbRequest};

/// Makes the tables that the database doesn't have, and rewrites what the first version had in another form.
///
/// # Errors
///
/// [`Error::Corrupt`] if it is somebody else's database; and whatever the platform throws.
pub(super) fn upgrade(request: &IdbOpenDbRequest) -> Result<()> {
    let failed = |thrown| from_idb("making the tables", thrown);
    let database: IdbDatabase = request.result().map_err(failed)?.unchecked_into();
    let names = database.object_store_names();
    if names.length() > 0 && !names.contains(Table::Meta.name()) {
        return Err(Error::corrupt(
            "the database isn't a log of everbus: delete the log to start anew",
        ));
    }
    for table in Table::ALL.iter().filter(|table| !names.contains(table.name())) {
        database.create_object_store(table.name()).map_err(failed)?;
    }
    let Some(transaction) = request.transaction() else { return Ok(()) };
    let consumers = transaction.object_store(Table::Consumers.name()).map_err(failed)?;
    rewrite_consumers(consumers).map_err(failed)
}

/// Writes the records of the first version as bytes: they were objects. What is none is left for who finds it damaged.
fn rewrite_consumers(consumers: IdbObjectStore) -> Result<(), JsValue> {
    let (keys, values) = (consumers.get_all_keys()?, consumers.get_all()?);
    let names = keys.clone();
    listen::once(&values.clone(), "success", move |_| {
        let found = names.result().and_then(|names| Ok((names, values.result()?)));
        let Ok((names, values)) = found else { return };
        let (names, values): (Array, Array) = (names.unchecked_into(), values.unchecked_into());
        for (name, value) in names.iter().zip(values.iter()) {
            if let (Ok(Key::Text(_)), Some(cursor)) = (key_from_js(&name), read_object(&value)) {
                // A failure aborts the upgrade.
                let _ = consumers.put_with_key(&bytes_to_js(&cursor.to_bytes()), &name);
            }
        }
    })
    .forget();
    Ok(())
}

/// A consumer's position as the first version stored it.
fn read_object(value: &JsValue) -> Option<Cursor> {
    let next = SeqNo::new(number(value, "next")?).ok()?;
    if field(value, "epoch").is_undefined() {
        let is_new = field(value, "new").as_bool() == Some(true);
        return Some(Cursor { next, is_new, ..Cursor::START });
    }
    let epoch = number(value, "epoch")?;
    let holder = parse_id(&field(value, "holder").as_string()?)?;
    let is_held = field(value, "held").as_bool()?;
    Some(Cursor { next, claim: Some(Claim { epoch, holder }), is_held, is_new: false })
}

fn field(record: &JsValue, name: &str) -> JsValue {
    Reflect::get(record, &JsValue::from(name)).unwrap_or_default()
}

/// A whole number from 0 to 2^53 − 1.
fn number(record: &JsValue, name: &str) -> Option<u64> {
    let number = field(record, name).as_f64()?;
    (number >= 0.0 && number <= SeqNo::MAX.get() as f64 && number.fract() == 0.0)
        .then_some(number as u64)
}
