//! Building a segment: events go in one at a time or column by column, bytes come out.

use super::checksum::Checksum;
use super::layout::{
    HAS_METAS, HAS_NANOS, HAS_ORIGINS, HEADER, Layout, MAGIC, SEALED, Sizes, VERSION,
};
use super::{Segment, Shape, digest};
use crate::{Error, EventEnvelope, EventKind, Json, Result, SeqNo, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

/// Events in columns, growing.
///
/// # Invariants
///
/// - All columns have one element an event, but `ends`, which has two ids a link event, and
///   `nanos`, `metas` and `origin_codes`, which are empty when no event needs them.
/// - Everything in them is valid: whatever gets in was checked before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub(crate) types: Vec<(u8, String)>,
    pub(crate) origins: Vec<Uuid>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) type_codes: Vec<u16>,
    pub(crate) origin_codes: Vec<u16>,
    pub(crate) times: Vec<i64>,
    pub(crate) nanos: Vec<u32>,
    pub(crate) ids: Vec<[u8; 16]>,
    pub(crate) subjects: Vec<[u8; 16]>,
    pub(crate) ends: Vec<[u8; 16]>,
    pub(crate) lengths: Vec<u32>,
    pub(crate) payloads: Vec<u8>,
    pub(crate) meta_lengths: Vec<u32>,
    pub(crate) metas: Vec<u8>,
}

impl Columns {
    pub(crate) fn len(&self) -> usize {
        self.shapes.len()
    }

    /// How many bytes the payloads and metas have.
    pub(crate) fn text_bytes(&self) -> usize {
        self.payloads.len() + self.metas.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Adds an event.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`], and nothing has changed.
    pub(crate) fn push(&mut self, envelope: &EventEnvelope) -> Result<()> {
        envelope.check()?;
        let event = &envelope.event;
        let (millis, nanos) = split_time(envelope.timestamp);
        self.push_entry(Entry {
            shape: Shape::new(event.event_kind(), event.action()),
            type_name: event.type_name(),
            millis,
            nanos,
            id: envelope.id,
            subject: event.entity_id(),
            ends: event.ends(),
            origin: envelope.origin,
            payload: event.payload().map_or("null", Json::as_str),
            meta: envelope.meta.as_ref().map(Json::as_str),
        })
    }

    /// Adds an event that was checked before.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if there are too many types or origins.
    pub(crate) fn push_entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let type_code = self.type_code(entry.shape.kind(), entry.type_name)?;
        let origin_code = entry.origin.map(|origin| self.origin_code(origin)).transpose()?;

        let row = self.len();
        self.shapes.push(entry.shape);
        self.type_codes.push(type_code);
        fill(&mut self.origin_codes, row, origin_code, 0);
        self.times.push(entry.millis);
        fill(&mut self.nanos, row, (entry.nanos != 0).then_some(entry.nanos), 0);
        self.ids.push(entry.id.into_bytes());
        self.subjects.push(entry.subject.into_bytes());
        if let Some((source, target)) = entry.ends {
            self.ends.extend([source.into_bytes(), target.into_bytes()]);
        }
        self.lengths.push(entry.payload.len() as u32);
        push_json(&mut self.payloads, entry.payload);
        if entry.meta.is_some() || !self.meta_lengths.is_empty() {
            while self.meta_lengths.len() < row {
                self.meta_lengths.push(4);
                push_json(&mut self.metas, "null");
            }
            let meta = entry.meta.unwrap_or("null");
            self.meta_lengths.push(meta.len() as u32);
            push_json(&mut self.metas, meta);
        }
        Ok(())
    }

    /// Where the columns lie in a segment with a digest of so many words.
    fn layout(&self, digest_words: usize) -> Result<Layout> {
        let flag = |flag: u8, empty: bool| if empty { 0 } else { flag };
        let table: usize = self.types.iter().map(|(_, name)| 2 + name.len()).sum();
        let has_metas = !self.meta_lengths.is_empty();
        Layout::place(Sizes {
            columns: flag(HAS_NANOS, self.nanos.is_empty())
                | flag(HAS_ORIGINS, self.origin_codes.is_empty())
                | flag(HAS_METAS, !has_metas),
            count: self.len(),
            links: self.ends.len() / 2,
            types: self.types.len(),
            origins: self.origins.len(),
            digest_words,
            digest_start: (HEADER + table).next_multiple_of(8),
        })
        .and_then(|layout| {
            let metas = if has_metas { self.metas.len() + 2 } else { 0 };
            layout.with_texts(self.payloads.len() + 2, metas)
        })
        .ok_or_else(|| Error::event("the events are too large for one segment"))
    }

    /// The code of a type of the events of one kind.
    pub(crate) fn type_code(&mut self, kind: EventKind, name: &str) -> Result<u16> {
        let bit = Shape::kind_bit(kind);
        let known = self.types.iter().position(|(_, known)| known == name);
        if let Some((bits, _)) = known.and_then(|at| self.types.get_mut(at)) {
            *bits |= bit;
        } else {
            self.types.push((bit, name.into()));
        }
        code(known.unwrap_or(self.types.len() - 1))
    }

    /// The code of an origin: its place in the table, from 1.
    pub(crate) fn origin_code(&mut self, origin: Uuid) -> Result<u16> {
        let known = self.origins.iter().position(|known| *known == origin);
        if known.is_none() {
            self.origins.push(origin);
        }
        code(known.unwrap_or(self.origins.len() - 1) + 1)
    }

    /// Lays the columns out as bytes, all but what their place in the log gives them.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if a segment can't hold that much.
    pub(crate) fn encode(&self) -> Result<Draft> {
        let digest = self.digest();
        let layout = self.layout(digest.len())?;
        let mut bytes = Vec::with_capacity(layout.length);

        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.push(layout.columns);
        bytes.push(self.shapes.iter().fold(0, |bits, shape| bits | shape.bit()));
        bytes.extend([0; SEALED.end - 8]);
        bytes.extend((layout.length as u32).to_le_bytes());
        bytes.extend((layout.ids.start as u32).to_le_bytes());
        bytes.extend((layout.count as u32).to_le_bytes());
        bytes.extend((layout.links as u32).to_le_bytes());
        let latest = self.times.iter().max().copied().unwrap_or_default();
        bytes.extend(self.times.iter().min().copied().unwrap_or_default().to_le_bytes());
        bytes.extend(latest.to_le_bytes());
        bytes.extend((self.types.len() as u16).to_le_bytes());
        bytes.extend((self.origins.len() as u16).to_le_bytes());
        bytes.extend((digest.len() as u32).to_le_bytes());
        debug_assert_eq!(bytes.len(), HEADER);

        for (kinds, name) in &self.types {
            bytes.extend([*kinds, name.len() as u8]);
            bytes.extend(name.as_bytes());
        }
        bytes.resize(layout.digest.start, 0);
        put(&mut bytes, &digest, |word| word.to_le_bytes());
        bytes.extend(self.ids.as_flattened());
        bytes.extend(self.subjects.as_flattened());
        bytes.extend(self.ends.as_flattened());
        put(&mut bytes, &self.origins, |origin| origin.into_bytes());
        put(&mut bytes, &self.times, i64::to_le_bytes);
        put(&mut bytes, &self.nanos, u32::to_le_bytes);
        put(&mut bytes, &self.lengths, u32::to_le_bytes);
        put(&mut bytes, &self.meta_lengths, u32::to_le_bytes);
        put(&mut bytes, &self.type_codes, u16::to_le_bytes);
        put(&mut bytes, &self.origin_codes, u16::to_le_bytes);
        bytes.extend(self.shapes.iter().map(|shape| shape.code()));
        push_array(&mut bytes, &self.payloads);
        if !self.meta_lengths.is_empty() {
            push_array(&mut bytes, &self.metas);
        }
        debug_assert_eq!(bytes.len(), layout.length);

        let unsealed = Checksum::new().update(&bytes[SEALED.end..]).update(&bytes[..8]);
        Ok(Draft { bytes, layout, latest, unsealed })
    }

    fn digest(&self) -> Vec<u64> {
        let mut words = digest::empty(self.subjects.len() + self.ends.len());
        for id in self.subjects.iter().chain(&self.ends) {
            digest::insert(&mut words, id);
        }
        words
    }
}

/// An event as it goes into the columns.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(super) shape: Shape,
    pub(super) type_name: &'a str,
    pub(super) millis: i64,
    pub(super) nanos: u32,
    pub(super) id: Uuid,
    pub(super) subject: Uuid,
    pub(super) ends: Option<(Uuid, Uuid)>,
    pub(super) origin: Option<Uuid>,
    pub(super) payload: &'a str,
    pub(super) meta: Option<&'a str>,
}

/// A segment that only lacks what its place in the log gives it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    layout: Layout,
    /// The latest time of these events.
    latest: i64,
    unsealed: Checksum,
}

impl Segment {
    /// The segment without what its place in the log gives it.
    pub(crate) fn unseal(&self) -> Draft {
        let (bytes, layout) = (self.bytes.to_vec(), self.layout.clone());
        let latest = self.rows().map(|row| self.millis(&row)).max().unwrap_or_default();
        let unsealed = Checksum::new().update(&bytes[SEALED.end..]).update(&bytes[..8]);
        Draft { bytes, layout, latest, unsealed }
    }
}

impl Draft {
    pub(crate) fn len(&self) -> u64 {
        self.layout.count as u64
    }

    /// The ids of the envelopes, one after the other.
    pub(crate) fn ids(&self) -> &[[u8; 16]] {
        super::layout::ids(&self.bytes, &self.layout.ids)
    }

    /// Gives the events their numbers, from `first` on. `latest` is the latest time of all events
    /// before them, `i64::MIN` if there are none.
    pub(crate) fn seal(mut self, first: SeqNo, latest: i64) -> Segment {
        let latest = latest.max(self.latest);
        let checksum = self.unsealed.word(first.get()).word(latest.cast_unsigned()).value();
        self.bytes[8..16].copy_from_slice(&checksum.to_le_bytes());
        self.bytes[16..24].copy_from_slice(&first.get().to_le_bytes());
        self.bytes[24..32].copy_from_slice(&latest.to_le_bytes());
        Segment { bytes: Arc::new(self.bytes), layout: self.layout, first, latest }
    }
}

/// Milliseconds since the epoch, rounded down, and the nanoseconds above them.
pub(crate) fn split_time(timestamp: Timestamp) -> (i64, u32) {
    // Before 1970 jiff's nanoseconds are negative.
    let nanos = i64::from(timestamp.subsec_nanosecond());
    let millis = timestamp.as_second() * 1000 + nanos.div_euclid(1_000_000);
    (millis, nanos.rem_euclid(1_000_000) as u32)
}

/// The time of so many milliseconds since the epoch, and nanoseconds above them.
pub(crate) fn join_time(millis: i64, nanos: u32) -> Option<Timestamp> {
    let above_the_second = millis.rem_euclid(1000) * 1_000_000 + i64::from(nanos);
    Timestamp::new(millis.div_euclid(1000), above_the_second as i32).ok()
}

/// Adds a column of numbers or ids.
fn put<T: Copy, const N: usize>(bytes: &mut Vec<u8>, column: &[T], as_bytes: fn(T) -> [u8; N]) {
    for element in column {
        bytes.extend(as_bytes(*element));
    }
}

/// Adds to a column that stays empty until a row needs it.
fn fill<T: Copy>(column: &mut Vec<T>, row: usize, value: Option<T>, missing: T) {
    if value.is_some() || !column.is_empty() {
        column.resize(row, missing);
        column.push(value.unwrap_or(missing));
    }
}

/// Adds to JSON texts that are separated by commas.
fn push_json(texts: &mut Vec<u8>, text: &str) {
    if !texts.is_empty() {
        texts.push(b',');
    }
    texts.extend(text.as_bytes());
}

fn push_array(bytes: &mut Vec<u8>, texts: &[u8]) {
    bytes.push(b'[');
    bytes.extend(texts);
    bytes.push(b']');
}

fn code(at: usize) -> Result<u16> {
    u16::try_from(at).map_err(|_| Error::event("a segment holds at most 65535 types and origins"))
}
