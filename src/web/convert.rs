//! Filters, positions and pages, from JavaScript and to it.

use crate::filter::{parse_action, parse_filter_id, parse_kind};
use crate::log::Chunk;
use crate::log::segment::join_time;
use crate::log::{Claim, ConsumerInfo};
use crate::wire::parse_id;
use crate::{Error, Filter, Result, SeekPosition, SeqNo, Uuid};
use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::prelude::*;

/// A number that crosses as a double: whole, from 0 to 2^53 − 1.
pub(super) fn whole(number: f64) -> Result<u64> {
    if number >= 0.0 && number <= SeqNo::MAX.get() as f64 && number.fract() == 0.0 {
        return Ok(number as u64);
    }
    // The number itself isn't named: formatting doubles is 20 KB of WebAssembly.
    Err(Error::InvalidPosition("a position is a whole number from 0 to 2^53 - 1".into()))
}

pub(super) fn seq_no(number: f64) -> Result<SeqNo> {
    Ok(SeqNo::new(whole(number)?)?)
}

/// An epoch, and who holds it.
pub(super) fn claim(epoch: f64, holder: &str) -> Result<Claim> {
    Ok(Claim { epoch: whole(epoch)?, holder: id(holder)? })
}

pub(super) fn id(text: &str) -> Result<Uuid> {
    parse_id(text).ok_or_else(|| Error::InvalidOption("a holder is a UUID".into()))
}

pub(super) fn position(value: &JsValue) -> Result<SeekPosition> {
    match value.as_string().as_deref() {
        Some("beginning") => return Ok(SeekPosition::Beginning),
        Some("last_acknowledged") => return Ok(SeekPosition::LastAcknowledged),
        Some("latest") => return Ok(SeekPosition::Latest),
        _ => {}
    }
    let number = |name: &str| Reflect::get(value, &JsValue::from(name)).ok()?.as_f64();
    if let Some(sequence) = number("sequence") {
        return Ok(SeekPosition::Sequence(whole(sequence)?));
    }
    number("time").and_then(|time| timestamp(time, number("nanos")?)).ok_or_else(|| {
        Error::InvalidPosition(
            "a position is \"beginning\", \"last_acknowledged\", \"latest\", { sequence } or { time }".into(),
        )
    })
}

/// The position of a time: milliseconds since the epoch, and nanoseconds above them.
fn timestamp(millis: f64, nanos: f64) -> Option<SeekPosition> {
    join_time(millis as i64, nanos as u32).map(SeekPosition::Time)
}

/// A filter as the package has checked it: every field but `kind` an array of strings; `undefined` is everything.
pub(super) fn filter(value: &JsValue) -> Result<Filter> {
    if value.is_undefined() {
        return Ok(Filter::default());
    }
    let field = |name: &str| Reflect::get(value, &JsValue::from(name)).unwrap_or_default();
    let texts = |name: &str| -> Result<Option<Vec<String>>> {
        let value = field(name);
        if value.is_undefined() {
            return Ok(None);
        }
        let texts = value.dyn_ref::<Array>().map(strings);
        texts.map(Some).ok_or_else(|| Error::InvalidFilter("a filter has arrays of strings".into()))
    };
    let ids = |name: &str| each(texts(name)?, parse_filter_id);
    Ok(Filter {
        kind: field("kind").as_string().map(|kind| parse_kind(&kind)).transpose()?,
        event_type: each(texts("event_type")?, parse_action)?,
        entity_type: texts("entity_type")?,
        entity_id: ids("entity_id")?,
        link_type: texts("link_type")?,
        source_id: ids("source_id")?,
        target_id: ids("target_id")?,
        touches: ids("touches")?,
    })
}

fn each<T>(
    texts: Option<Vec<String>>,
    parse: impl Fn(&str) -> Result<T>,
) -> Result<Option<Vec<T>>> {
    texts.map(|texts| texts.iter().map(|text| parse(text)).collect()).transpose()
}

/// The strings of an array; what is none is empty, which nothing takes for a name or an id.
pub(super) fn strings(values: &Array) -> Vec<String> {
    values.iter().map(|value| value.as_string().unwrap_or_default()).collect()
}

pub(super) fn consumer(info: &ConsumerInfo) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| {
        // Setting a field of a fresh plain object can't fail.
        let _ = Reflect::set(&object, &JsValue::from(name), &value);
    };
    set("name", JsValue::from(&info.name));
    if let Some(last_acked) = info.last_acked {
        set("lastAcked", JsValue::from(last_acked.get() as f64));
    }
    set("lag", JsValue::from(info.lag as f64));
    if let Some(held_by) = info.held_by {
        set("heldBy", id_text(held_by));
    }
    object.into()
}

/// A chunk as `[heads, text]`: five numbers an event (seq_no, milliseconds, shape, type, origin), and
/// one JSON text `[types, origins, ids, subjects, ends, payloads, metas, nanos]`.
///
/// One parse of one text makes every string and every payload: it is the fastest way across.
pub(super) fn chunk(chunk: &Chunk) -> JsValue {
    let (segment, rows) = (&chunk.segment, &chunk.rows);
    let heads: Vec<f64> = rows
        .iter()
        .flat_map(|row| {
            [
                segment.seq_no(row).get() as f64,
                segment.millis(row) as f64,
                f64::from(segment.shape(row).code()),
                f64::from(segment.type_code(row)),
                f64::from(segment.origin_code(row)),
            ]
        })
        .collect();

    let mut text = JsonText(String::with_capacity(segment.payload_array().len() + rows.len() * 80));
    text.0.push('[');
    text.array(segment.types(), |text, (_, name)| text.string(name));
    text.0.push(',');
    text.array(segment.origins(), JsonText::id);
    text.0.push(',');
    text.array(rows, |text, row| text.id(segment.id(row)));
    text.0.push(',');
    text.array(rows, |text, row| text.id(segment.subject(row)));
    text.0.push(',');
    let ends = rows.iter().filter_map(|row| segment.ends(row));
    text.array(ends.flat_map(|(source, target)| [source, target]), JsonText::id);
    text.0.push(',');
    if rows.len() == segment.len() && rows.is_sorted_by_key(|row| segment.seq_no(row)) {
        text.0.push_str(segment.payload_array());
    } else {
        text.array(rows, |text, row| text.0.push_str(segment.payload(row)));
    }
    text.0.push(',');
    if rows.iter().any(|row| segment.meta(row).is_some()) {
        text.array(rows, |text, row| text.0.push_str(segment.meta(row).unwrap_or("null")));
    } else {
        text.0.push_str("null");
    }
    text.0.push(',');
    if rows.iter().any(|row| segment.nanos(row).is_some()) {
        text.array(rows, |text, row| {
            text.0.push_str(&segment.nanos(row).unwrap_or_default().to_string());
        });
    } else {
        text.0.push_str("null");
    }
    text.0.push(']');
    Array::of2(&Float64Array::from(heads.as_slice()), &JsValue::from(text.0)).into()
}

/// An id as text.
pub(super) fn id_text(id: Uuid) -> JsValue {
    let mut text = String::new();
    push_id(&mut text, id);
    JsValue::from(text)
}

fn push_id(text: &mut String, id: Uuid) {
    let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
    text.push_str(id.hyphenated().encode_lower(&mut buffer));
}

/// JSON text as it grows.
struct JsonText(String);

impl JsonText {
    fn array<T>(&mut self, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.0.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            write(self, item);
        }
        self.0.push(']');
    }

    fn id(&mut self, id: Uuid) {
        self.0.push('"');
        push_id(&mut self.0, id);
        self.0.push('"');
    }

    fn string(&mut self, text: &str) {
        self.0.push('"');
        for char in text.chars() {
            match char {
                '"' | '\\' => self.0.extend(['\\', char]),
                '\0'..='\x1f' => {
                    let digit = |value| char::from_digit(value, 16).unwrap_or_default();
                    let code = u32::from(char);
                    self.0.extend(['\\', 'u', '0', '0', digit(code >> 4), digit(code & 15)]);
                }
                _ => self.0.push(char),
            }
        }
        self.0.push('"');
    }
}
