//! Keys and values of records, to JavaScript and back.

use crate::log::store::{Bytes, Key, Keys};
use crate::web::convert::view;
use crate::web::error::from_idb;
use crate::{Error, Result};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::IdbKeyRange;

pub(super) fn key_to_js(key: &Key) -> JsValue {
    match key {
        Key::Number(number) => JsValue::from(*number as f64),
        Key::Text(text) => JsValue::from(&**text),
    }
}

pub(super) fn key_from_js(key: &JsValue) -> Result<Key> {
    let number =
        key.as_f64().filter(|number| *number >= 0.0).map(|number| Key::Number(number as u64));
    number
        .or_else(|| key.as_string().map(|text| Key::Text(text.into())))
        .ok_or_else(|| Error::corrupt("a record's key is neither a number nor text"))
}

/// The range of these keys, `undefined` for all of them.
pub(super) fn range(keys: &Keys) -> Result<JsValue> {
    let range = match keys {
        Keys::All => return Ok(JsValue::UNDEFINED),
        Keys::One(key) => return Ok(key_to_js(key)),
        Keys::Numbers(from, to) => {
            IdbKeyRange::bound(&JsValue::from(*from as f64), &JsValue::from(*to as f64))
        }
    };
    range.map(JsValue::from).map_err(|thrown| from_idb("making a key range", thrown))
}

pub(super) fn bytes_to_js(bytes: &Bytes) -> JsValue {
    Uint8Array::from(bytes.as_slice()).into()
}

/// How many bytes a value has.
pub(super) fn size(value: &JsValue) -> u64 {
    view(value).map_or(0, |view| u64::from(view.byte_length()))
}
