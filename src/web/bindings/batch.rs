//! A batch under construction: columns come in as JavaScript has them.

use crate::event::check_type;
use crate::json::check_length;
use crate::log;
use crate::log::segment::{Columns, MAX_EVENTS, Shape};
use crate::web::convert;
use crate::web::error::to_js;
use crate::wire::{parse_id, parse_id_bytes};
use crate::{Error, EventKind, Result};
use js_sys::Array;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// The length of a UUID's text.
const ID: usize = 36;

/// A scratch area that was needed larger than this is given back after use.
const SCRATCH_BYTES: usize = 4 << 20;

thread_local! {
    /// Where JavaScript writes the texts, kept from batch to batch: filling it with zeros takes time.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Events that are appended together.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Batch {
    batch: log::Batch,
}

#[wasm_bindgen]
impl Batch {
    /// An empty batch.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Makes room for `bytes` of text, and says where in the memory it is.
    pub fn reserve(&self, bytes: usize) -> *const u8 {
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.len() < bytes {
                scratch.resize(bytes, 0);
            }
            scratch.as_ptr()
        })
    }

    /// Adds one segment of events. The text in the scratch area is the payloads and then the metas,
    /// each separated by commas, and then the ids: of the envelope, of the subject, and of a link's ends.
    #[expect(clippy::too_many_arguments, reason = "columns cross fastest one by one")]
    pub fn push(
        &mut self,
        written: usize,
        shapes: &[u8],
        types: &Array,
        type_codes: &[u16],
        times: &[f64],
        nanos: Vec<u32>,
        lengths: &[u32],
        meta_lengths: &[u32],
        origins: &Array,
        origin_codes: Vec<u16>,
    ) -> Result<(), JsValue> {
        let numbers = Numbers {
            shapes,
            types: convert::strings(types),
            type_codes,
            times,
            nanos,
            lengths,
            meta_lengths,
            origins: convert::strings(origins),
            origin_codes,
        };
        let columns = SCRATCH.with_borrow_mut(|scratch| {
            let columns =
                scratch.get(..written).ok_or_else(mismatch).and_then(|t| numbers.columns(t));
            if scratch.len() > SCRATCH_BYTES {
                *scratch = Vec::new();
            }
            columns
        });
        columns.and_then(|columns| self.batch.push_columns(&columns)).map_err(to_js)
    }
}

impl Batch {
    /// The batch of the core.
    pub(super) fn finish(self, expected: f64, check_ids: bool, strict: bool) -> Result<log::Batch> {
        let mut batch = self.batch;
        batch.expected_last = (expected >= 0.0).then(|| convert::whole(expected)).transpose()?;
        batch.checks_ids = check_ids;
        batch.strict = strict;
        Ok(batch)
    }
}

/// The columns of numbers and the dictionaries, as they come.
struct Numbers<'a> {
    shapes: &'a [u8],
    types: Vec<String>,
    type_codes: &'a [u16],
    times: &'a [f64],
    nanos: Vec<u32>,
    lengths: &'a [u32],
    meta_lengths: &'a [u32],
    origins: Vec<String>,
    origin_codes: Vec<u16>,
}

impl Numbers<'_> {
    /// Checks everything and makes a segment's columns of it.
    fn columns(self, text: &[u8]) -> Result<Columns> {
        let count = self.shapes.len();
        let optional = |length: usize| length == 0 || length == count;
        let sound = (1..=MAX_EVENTS).contains(&count)
            && [self.type_codes.len(), self.times.len(), self.lengths.len()] == [count; 3]
            && optional(self.nanos.len())
            && optional(self.meta_lengths.len())
            && optional(self.origin_codes.len())
            && self.nanos.iter().all(|nanos| *nanos < 1_000_000)
            && self.origin_codes.iter().all(|code| usize::from(*code) <= self.origins.len());
        if !sound {
            return Err(mismatch());
        }

        let shapes: Option<Vec<Shape>> =
            self.shapes.iter().copied().map(Shape::from_code).collect();
        let shapes = shapes.ok_or_else(mismatch)?;
        let mut columns = Columns { shapes, ..Columns::default() };
        let mut types: Vec<(u8, String)> = self.types.into_iter().map(|name| (0, name)).collect();
        for (shape, code) in columns.shapes.iter().zip(self.type_codes) {
            let (kinds, _) = types.get_mut(usize::from(*code)).ok_or_else(mismatch)?;
            *kinds |= Shape::kind_bit(shape.kind());
        }
        types.iter().try_for_each(|(_, name)| check_type(name))?;
        let origins: Option<_> = self.origins.iter().map(|origin| parse_id(origin)).collect();

        let mut texts = Texts { rest: text, ascii: text.is_ascii() };
        (columns.lengths, columns.payloads) = texts.take(self.lengths)?;
        (columns.meta_lengths, columns.metas) = texts.take(self.meta_lengths)?;
        let (ids, rest) = texts.rest.as_chunks::<ID>();
        let mut ids = ids.iter();
        if !rest.is_empty() {
            return Err(mismatch());
        }
        let mut id = || -> Result<[u8; 16]> {
            let id = ids.next().and_then(parse_id_bytes);
            id.map(|id| id.into_bytes()).ok_or_else(mismatch)
        };
        for shape in &columns.shapes {
            columns.ids.push(id()?);
            columns.subjects.push(id()?);
            if shape.kind() == EventKind::Link {
                columns.ends.extend([id()?, id()?]);
            }
        }
        if ids.next().is_some() {
            return Err(mismatch());
        }

        columns.types = types;
        columns.type_codes = self.type_codes.to_vec();
        columns.origins = origins.ok_or_else(mismatch)?;
        columns.origin_codes = self.origin_codes;
        columns.nanos = self.nanos;
        columns.times = self.times.iter().map(|time| *time as i64).collect();
        Ok(columns)
    }
}

/// Texts that follow each other.
struct Texts<'a> {
    rest: &'a [u8],
    /// Whether a byte is a UTF-16 unit, as it is in most texts.
    ascii: bool,
}

impl Texts<'_> {
    /// Takes texts with these lengths in UTF-16 units, separated by commas: their lengths in bytes, and all of them.
    fn take(&mut self, lengths: &[u32]) -> Result<(Vec<u32>, Vec<u8>)> {
        let start = self.rest;
        let mut bytes = Vec::with_capacity(lengths.len());
        for (index, units) in lengths.iter().enumerate() {
            if index > 0 {
                self.rest = self.rest.strip_prefix(b",").ok_or_else(mismatch)?;
            }
            let length = if self.ascii { *units as usize } else { byte_length(self.rest, *units) };
            check_length(length)?;
            self.rest = self.rest.get(length..).ok_or_else(mismatch)?;
            bytes.push(length as u32);
        }
        let taken = start.len() - self.rest.len();
        Ok((bytes, start.get(..taken).unwrap_or_default().to_vec()))
    }
}

/// How many bytes the first `units` UTF-16 units of a UTF-8 text take.
fn byte_length(text: &[u8], units: u32) -> usize {
    let mut left = units;
    let mut bytes = text.iter();
    while left > 0 {
        // The first byte of a character tells its length in bytes; four of them are two units.
        let (length, width) = match bytes.next() {
            None => break,
            Some(0x00..=0x7f) => (1, 1),
            Some(0x80..=0xdf) => (2, 1),
            Some(0xe0..=0xef) => (3, 1),
            Some(0xf0..) => (4, 2),
        };
        left = left.saturating_sub(width);
        for _ in 1..length {
            bytes.next();
        }
    }
    text.len() - bytes.len()
}

fn mismatch() -> Error {
    Error::event("the columns of a batch don't fit together")
}
