//! A call of the log, as JavaScript runs it: the package's stores drive the operation that it is.

use crate::log::store::{
    Access, Answers, Before, Bytes, Found, Key, Keys, Operation, Request, Scan, Scope, Step, Table,
    Want,
};
use crate::web::error::to_js;
use crate::{Error, Result};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::fmt;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// An operation, and what is concluded from it once it was run.
#[wasm_bindgen]
pub struct Call {
    operation: Box<dyn Operation>,
    conclude: Conclude,
    /// What is to be answered.
    asked: Vec<Option<Want>>,
}

/// What is made of an operation that was run.
type Conclude = Box<dyn FnOnce(Box<dyn Operation>) -> Result<JsValue>>;

impl Call {
    pub(super) fn new(
        operation: Box<dyn Operation>,
        conclude: impl FnOnce(Box<dyn Operation>) -> Result<JsValue> + 'static,
    ) -> Call {
        Call { operation, conclude: Box::new(conclude), asked: Vec::new() }
    }

    /// A key, as a store in JavaScript has it.
    pub(super) fn key(key: &Key) -> JsValue {
        key_to_js(key)
    }

    /// What it does, for a store that is here.
    #[cfg(feature = "bindings")]
    pub(super) fn operation(&mut self) -> &mut dyn Operation {
        &mut *self.operation
    }

    fn step(&mut self, step: Result<Step>) -> Result<Array, JsValue> {
        let (kind, requests) = match step.map_err(to_js)? {
            Step::Ask(requests) => (0, requests),
            Step::Again => (1, Vec::new()),
            Step::Commit(requests) => (2, requests),
            Step::Next(requests) => (3, requests),
        };
        self.asked.clear();
        let step = Array::of1(&JsValue::from(kind));
        for request in requests {
            match &request {
                Request::Get(..) => self.asked.push(None),
                Request::Scan(scan) => self.asked.push(Some(scan.want)),
                _ => {}
            }
            step.push(&request_to_js(request));
        }
        Ok(step)
    }
}

#[wasm_bindgen]
impl Call {
    /// How a transaction begins, if the one before it ended so: what it may do, the tables that it needs, and its first step.
    pub fn begin(&mut self, before: u8) -> Result<Array, JsValue> {
        let before = match before {
            0 => Before::Nothing,
            1 => Before::Committed,
            2 => Before::Undone,
            _ => Before::InDoubt,
        };
        let step = self.operation.begin(before);
        let step = self.step(step)?;
        let Scope { tables, access } = self.operation.scope();
        let access = match access {
            Access::Read => 0,
            Access::Write => 1,
            Access::WriteStrict => 2,
        };
        let tables: Array = tables.iter().map(|table| code(*table)).collect();
        Ok(Array::of3(&JsValue::from(access), &tables, &step))
    }

    /// How it goes on with what was found, in the order of the requests that read.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, found: &Array) -> Result<Array, JsValue> {
        let asked = std::mem::take(&mut self.asked);
        let answers = asked.into_iter().zip(found.iter()).map(|(want, found)| match want {
            None => Ok(Found::Value((!found.is_undefined()).then(|| bytes(&found)))),
            Some(want) => gather(want, found.unchecked_ref()),
        });
        let step = answers
            .collect::<Result<Vec<_>>>()
            .and_then(|answers| self.operation.go_on(Answers::from(answers)));
        self.step(step)
    }

    /// What came of it, once it was run.
    pub fn conclude(self) -> Result<JsValue, JsValue> {
        (self.conclude)(self.operation).map_err(to_js)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

fn code(table: Table) -> JsValue {
    JsValue::from(table as u8)
}

/// A request: what it is, the table, and what else it takes. A scan has keys, whether the largest comes first, the most
/// records and what is wanted of them.
fn request_to_js(request: Request) -> JsValue {
    let array =
        |kind: u8, table: Table, keys: &JsValue| Array::of3(&kind.into(), &code(table), keys);
    let request = match request {
        Request::Get(table, key) => array(0, table, &key_to_js(&key)),
        Request::Scan(Scan { table, keys, reverse, limit, want }) => {
            let scan = array(1, table, &keys_to_js(&keys));
            let want = match want {
                Want::Keys => 0,
                Want::Sizes => 1,
                Want::Values => 2,
            };
            for value in [JsValue::from(reverse), JsValue::from(limit), JsValue::from(want)] {
                scan.push(&value);
            }
            scan
        }
        Request::Put(table, key, value) => with_value(array(2, table, &key_to_js(&key)), &value),
        Request::Add(table, key, value) => with_value(array(3, table, &key_to_js(&key)), &value),
        Request::Delete(table, keys) => array(4, table, &keys_to_js(&keys)),
    };
    request.into()
}

fn with_value(request: Array, value: &[u8]) -> Array {
    request.push(&Uint8Array::from(value));
    request
}

fn key_to_js(key: &Key) -> JsValue {
    match key {
        Key::Number(number) => JsValue::from(*number as f64),
        Key::Text(text) => JsValue::from(&**text),
    }
}

/// One key, the first and the last of some, or `undefined` for all.
fn keys_to_js(keys: &Keys) -> JsValue {
    match keys {
        Keys::All => JsValue::UNDEFINED,
        Keys::One(key) => key_to_js(key),
        Keys::Numbers(from, to) => {
            Array::of2(&JsValue::from(*from as f64), &JsValue::from(*to as f64)).into()
        }
    }
}

fn key_from_js(key: &JsValue) -> Result<Key> {
    let number =
        key.as_f64().filter(|number| *number >= 0.0).map(|number| Key::Number(number as u64));
    number
        .or_else(|| key.as_string().map(|text| Key::Text(text.into())))
        .ok_or_else(|| Error::corrupt("a record's key is neither a number nor text"))
}

/// What a scan found: an array of keys, of values, or of both in pairs.
fn gather(want: Want, found: &Array) -> Result<Found> {
    let found = found.iter();
    Ok(match want {
        Want::Keys => Found::Keys(found.map(|key| key_from_js(&key)).collect::<Result<_>>()?),
        Want::Values => Found::Values(found.map(|value| bytes(&value)).collect()),
        Want::Sizes => {
            let sized = |pair: JsValue| {
                let pair: &Array = pair.unchecked_ref();
                let size = view(&pair.get(1)).map_or(0, |view| u64::from(view.byte_length()));
                Ok((key_from_js(&pair.get(0))?, size))
            };
            Found::Sizes(found.map(sized).collect::<Result<_>>()?)
        }
    })
}

/// The bytes of a value, none if it is none.
pub(super) fn bytes(value: &JsValue) -> Bytes {
    Arc::new(view(value).map(|view| view.to_vec()).unwrap_or_default())
}

/// The bytes of a value where they are. It may be of another realm, or somebody else's: it is known by what it is, not by
/// its prototype.
fn view(value: &JsValue) -> Option<Uint8Array> {
    if !ArrayBuffer::is_view(value) {
        return None;
    }
    let any: &Uint8Array = value.unchecked_ref();
    let (buffer, offset, length) = (any.buffer(), any.byte_offset(), any.byte_length());
    Some(Uint8Array::new_with_byte_offset_and_length(&buffer, offset, length))
}
