//! The records of the stores, to JavaScript and back. What comes back is checked.

use crate::consumer::Cursor;
use crate::log::{Head, Segment};
use crate::wire::parse_id;
use crate::{Error, Result, SeqNo};
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

pub(super) fn head_to_js(head: &Head) -> JsValue {
    record(&[
        ("incarnation", JsValue::from(head.incarnation.to_string())),
        ("first", JsValue::from(head.first as f64)),
        ("last", JsValue::from(head.last as f64)),
        ("latest", JsValue::from(head.latest as f64)),
        ("segments", JsValue::from(head.segments as f64)),
        ("bytes", JsValue::from(head.bytes as f64)),
        ("settled", JsValue::from(head.settled as f64)),
        ("looseSegments", JsValue::from(head.loose_segments as f64)),
        ("looseBytes", JsValue::from(head.loose_bytes as f64)),
        ("indexed", JsValue::from(head.indexed as f64)),
        ("unindexedSegments", JsValue::from(head.unindexed_segments as f64)),
    ])
}

pub(super) fn head_from_js(value: &JsValue) -> Result<Head> {
    let incarnation = field(value, "incarnation").as_string();
    let head = incarnation.as_deref().and_then(parse_id).and_then(|incarnation| {
        Some(Head {
            incarnation,
            first: number(value, "first")?,
            last: number(value, "last")?,
            // A double has i64::MIN as it is, and every time that an event can have.
            latest: field(value, "latest").as_f64()? as i64,
            segments: number(value, "segments")?,
            bytes: number(value, "bytes")?,
            settled: number(value, "settled")?,
            loose_segments: number(value, "looseSegments")?,
            loose_bytes: number(value, "looseBytes")?,
            indexed: number(value, "indexed")?,
            unindexed_segments: number(value, "unindexedSegments")?,
        })
    });
    head.filter(|head| {
        (1..=head.last + 1).contains(&head.first)
            && head.indexed <= head.settled
            && head.settled <= head.last
    })
    .ok_or_else(|| Error::corrupt("the log's head is damaged, so nothing can be read or appended: delete the log to start anew"))
}

pub(super) fn cursor_to_js(cursor: &Cursor) -> JsValue {
    record(&[("next", JsValue::from(cursor.next.get() as f64))])
}

pub(super) fn cursor_from_js(name: &JsValue, value: &JsValue) -> Result<Cursor> {
    let next = number(value, "next").and_then(|next| SeqNo::new(next).ok());
    next.map(|next| Cursor { next }).ok_or_else(|| {
        let name = name.as_string().unwrap_or_default();
        let what = format!("the position of the consumer {name:?} is damaged: delete the consumer");
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
