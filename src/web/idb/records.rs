//! The records of the stores, to JavaScript and back. What comes back is checked.

use crate::consumer::{Claim, Cursor};
use crate::log::segment::Checksum;
use crate::log::{Head, Segment};
use crate::web::convert::id_text;
use crate::wire::parse_id;
use crate::{Error, Result, SeqNo, Uuid};
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

/// The head as bytes: a checksum, which log it is, and its numbers. Each append reads and writes it, and
/// an object's fields would cross from and to JavaScript one by one.
pub(super) fn head_to_js(head: &Head) -> JsValue {
    let mut fields = head.incarnation.into_bytes().to_vec();
    fields.extend(numbers(head).into_iter().flat_map(u64::to_le_bytes));
    let mut bytes = Checksum::new().update(&fields).value().to_le_bytes().to_vec();
    bytes.extend(fields);
    Uint8Array::from(&*bytes).into()
}

pub(super) fn head_from_js(value: &JsValue) -> Result<Head> {
    let bytes = value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
    let head = bytes.as_deref().and_then(read_head).filter(|head| {
        (1..=head.last + 1).contains(&head.first)
            && head.indexed <= head.settled
            && head.settled <= head.last
    });
    head.ok_or_else(|| {
        Error::corrupt("the log's head is damaged, so nothing can be read or appended: delete the log to start anew")
    })
}

fn numbers(head: &Head) -> [u64; 10] {
    let Head { first, last, latest, segments, bytes, settled, .. } = *head;
    let Head { loose_segments, loose_bytes, indexed, unindexed_segments, .. } = *head;
    let latest = latest.cast_unsigned();
    [
        first,
        last,
        latest,
        segments,
        bytes,
        settled,
        loose_segments,
        loose_bytes,
        indexed,
        unindexed_segments,
    ]
}

fn read_head(bytes: &[u8]) -> Option<Head> {
    let (checksum, fields) = bytes.split_first_chunk::<8>()?;
    if Checksum::new().update(fields).value() != u64::from_le_bytes(*checksum) {
        return None;
    }
    let (incarnation, numbers) = fields.split_first_chunk::<16>()?;
    let (numbers, []) = numbers.as_chunks::<8>() else {
        return None;
    };
    let numbers: [[u8; 8]; 10] = numbers.try_into().ok()?;
    let [
        first,
        last,
        latest,
        segments,
        bytes,
        settled,
        loose_segments,
        loose_bytes,
        indexed,
        unindexed_segments,
    ] = numbers.map(u64::from_le_bytes);
    Some(Head {
        incarnation: Uuid::from_bytes(*incarnation),
        first,
        last,
        latest: latest.cast_signed(),
        segments,
        bytes,
        settled,
        loose_segments,
        loose_bytes,
        indexed,
        unindexed_segments,
    })
}

pub(super) fn cursor_to_js(cursor: &Cursor) -> JsValue {
    let next = ("next", JsValue::from(cursor.next.get() as f64));
    match cursor.claim {
        None if cursor.is_new => record(&[next, ("new", JsValue::TRUE)]),
        None => record(&[next]),
        Some(Claim { epoch, holder }) => record(&[
            next,
            ("epoch", JsValue::from(epoch as f64)),
            ("holder", id_text(holder)),
            ("held", JsValue::from(cursor.is_held)),
        ]),
    }
}

pub(super) fn cursor_from_js(name: &JsValue, value: &JsValue) -> Result<Cursor> {
    let read = || {
        let next = SeqNo::new(number(value, "next")?).ok()?;
        if field(value, "epoch").is_undefined() {
            let is_new = field(value, "new").as_bool() == Some(true);
            return Some(Cursor { next, is_new, ..Cursor::START });
        }
        let epoch = number(value, "epoch")?;
        let holder = parse_id(&field(value, "holder").as_string()?)?;
        let is_held = field(value, "held").as_bool()?;
        Some(Cursor { next, claim: Some(Claim { epoch, holder }), is_held, is_new: false })
    };
    read().ok_or_else(|| {
        let name = name.as_string().unwrap_or_default();
        let what =
            format!("the position of the consumer \"{name}\" is damaged: delete the consumer");
        Error::corrupt(what)
    })
}

/// A consumer's record, which may not be there.
pub(super) fn stored_cursor(name: &JsValue, value: &JsValue) -> Result<Option<Cursor>> {
    (!value.is_undefined()).then(|| cursor_from_js(name, value)).transpose()
}

pub(super) fn segment_to_js(segment: &Segment) -> JsValue {
    Uint8Array::from(segment.as_bytes()).into()
}

pub(super) fn segment_from_js(value: &JsValue) -> Result<Segment> {
    match value.dyn_ref::<Uint8Array>() {
        Some(bytes) => Segment::decode(bytes.to_vec()),
        None => Err(Error::corrupt("a stored segment is damaged: it is no bytes")),
    }
}

fn record(fields: &[(&str, JsValue)]) -> JsValue {
    let record = Object::new();
    for (name, value) in fields {
        // Setting a field of a fresh plain object can't fail.
        let _ = Reflect::set(&record, &JsValue::from(*name), value);
    }
    record.into()
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
