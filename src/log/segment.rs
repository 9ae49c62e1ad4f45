//! [`Segment`]: a run of consecutive events as one record of bytes, in columns.
//!
//! # Invariants
//!
//! - A segment in memory is sound: its bytes were checked in full when they were read, or were
//!   just written here. Reading its rows can't fail.
//! - The numbers of its events are implied: the first is in the header, the others follow.
//! - A payload is stored as the text that it was published as.
//!
//! The format is written down in FORMAT.md, with a golden file in the tests.

mod checksum;
mod columns;
mod decode;
mod digest;
mod layout;
mod summary;

pub(crate) use checksum::Checksum;
pub(crate) use columns::{Columns, Draft, Entry, join_time, split_time};
pub(crate) use summary::SegmentHead;

use crate::event::{Action, EventKind};
use crate::filter::{Head, Matcher};
use crate::log::store::Bytes;
use crate::{
    EntityEvent, Error, EventEnvelope, Filter, FrameworkEvent, Json, LinkEvent, Result, SeqNo,
    Timestamp,
};
use layout::Layout;
use std::convert::Infallible;
use std::fmt;
use std::ops::Range;
use uuid::Uuid;

/// The most events that are written as one segment.
pub const MAX_EVENTS: usize = 1000;
/// A segment that is written gets no further event once its payloads and metas have this many bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// A run of consecutive events, stored as one record.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    bytes: Bytes,
    layout: Layout,
    first: SeqNo,
    latest: i64,
}

/// An event's kind and action as one small number: 0 to 2 for entities, 3 to 5 for links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape(u8);

impl Shape {
    const ALL: [(EventKind, Action); 6] = [
        (EventKind::Entity, Action::Created),
        (EventKind::Entity, Action::Updated),
        (EventKind::Entity, Action::Deleted),
        (EventKind::Link, Action::Created),
        (EventKind::Link, Action::Updated),
        (EventKind::Link, Action::Deleted),
    ];

    pub(crate) fn new(kind: EventKind, action: Action) -> Shape {
        let code = Shape::ALL.iter().position(|shape| *shape == (kind, action));
        Shape(code.unwrap_or_default() as u8)
    }

    pub(crate) fn from_code(code: u8) -> Option<Shape> {
        (usize::from(code) < Shape::ALL.len()).then_some(Shape(code))
    }

    pub(crate) fn code(self) -> u8 {
        self.0
    }

    pub(crate) fn bit(self) -> u8 {
        1 << self.0
    }

    pub(crate) fn kind(self) -> EventKind {
        Shape::ALL[usize::from(self.0)].0
    }

    pub(crate) fn action(self) -> Action {
        Shape::ALL[usize::from(self.0)].1
    }

    pub(crate) fn kind_bit(kind: EventKind) -> u8 {
        match kind {
            EventKind::Entity => 1,
            EventKind::Link => 2,
        }
    }
}

/// Where the parts of one event are in its segment.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    index: usize,
    link: usize,
    payload: Range<usize>,
    meta: Range<usize>,
}

impl Segment {
    /// A segment of these events, numbered from `first` on, whatever number they have.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if there are none, or the model doesn't allow one of them; [`Error::InvalidPosition`] past the
    /// largest number.
    pub fn of<'a>(
        first: SeqNo,
        envelopes: impl IntoIterator<Item = &'a EventEnvelope>,
    ) -> Result<Segment> {
        let mut columns = Columns::default();
        for envelope in envelopes {
            columns.push(envelope)?;
        }
        if columns.is_empty() {
            return Err(Error::event("a segment has at least one event"));
        }
        SeqNo::new(first.get() + columns.len() as u64 - 1)?;
        Ok(columns.encode()?.seal(first, i64::MIN))
    }

    /// The segment as the one after `previous`: it stores the latest time up to its end, by which times are found in a log.
    pub fn following(&self, previous: &Segment) -> Segment {
        self.unseal().seal(self.first, previous.latest)
    }

    /// How many bytes the segment has that these begin with; `None` if they don't begin as one does.
    pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
        let length = bytes.get(32..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*length) as usize).filter(|length| *length >= layout::HEADER)
    }

    /// The number of the first event.
    pub fn first(&self) -> SeqNo {
        self.first
    }

    /// The number of the last event.
    pub fn last(&self) -> SeqNo {
        self.first.plus(self.layout.count as u64 - 1).unwrap_or(SeqNo::MAX)
    }

    /// The latest time of these events and of all before them, in milliseconds since the epoch.
    pub(crate) fn latest(&self) -> i64 {
        self.latest
    }

    /// The bytes that are stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that are stored, to share.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The events.
    pub fn envelopes(&self) -> impl Iterator<Item = EventEnvelope> {
        self.rows().map(|row| self.envelope(&row))
    }

    /// The events, as they go into another segment.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.rows().map(|row| Entry {
            shape: self.shape(&row),
            type_name: self.type_name(&row),
            millis: self.millis(&row),
            nanos: self.nanos(&row).unwrap_or_default(),
            id: self.id(&row),
            subject: self.subject(&row),
            ends: self.ends(&row),
            origin: self.origin(&row),
            payload: self.text(&row.payload),
            meta: self.meta(&row).filter(|meta| *meta != "null"),
        })
    }

    /// The ids of the envelopes.
    pub(crate) fn ids(&self) -> &[[u8; 16]] {
        layout::ids(&self.bytes, &self.layout.ids)
    }

    /// Whether any event can match, by the head alone: no false "no".
    pub(crate) fn may_match(&self, filter: &Filter) -> bool {
        self.summary().may_match(filter)
    }

    /// The rows that match and whose number is in `numbers`, in order.
    pub(crate) fn select(&self, matcher: &Matcher, numbers: &Range<u64>) -> Vec<Row> {
        let filter = matcher.filter();
        let wanted = self.rows().filter(|row| numbers.contains(&self.seq_no(row).get()));
        if filter.is_empty() {
            return wanted.collect();
        }
        let allowed = |kind| -> Vec<bool> {
            self.types().map(|(_, name)| filter.matches_type(kind, name)).collect()
        };
        let (entities, links) = (allowed(EventKind::Entity), allowed(EventKind::Link));
        wanted
            .filter(|row| {
                let (shape, code) = (self.shape(row), usize::from(self.type_code(row)));
                let allowed = match shape.kind() {
                    EventKind::Entity => &entities,
                    EventKind::Link => &links,
                };
                let matches_type = allowed.get(code).copied().unwrap_or_default();
                matches_type && matcher.matches_head(&self.head(row, shape))
            })
            .collect()
    }

    pub(crate) fn envelope(&self, row: &Row) -> EventEnvelope {
        let type_name = self.type_name(row).to_owned();
        let subject = self.subject(row);
        let payload = Json::trusted(self.payload(row));
        let action = self.shape(row).action();
        let event = match self.ends(row) {
            None => {
                let data = || Ok::<_, Infallible>(payload);
                let Ok(event) = EntityEvent::assemble(action, type_name, subject, data);
                FrameworkEvent::from(event)
            }
            Some(ends) => {
                let metadata = (!payload.is_null()).then_some(payload);
                LinkEvent::assemble(action, type_name, subject, ends, metadata).into()
            }
        };
        EventEnvelope {
            id: self.id(row),
            timestamp: self.timestamp(row),
            event,
            seq_no: Some(self.seq_no(row)),
            origin: self.origin(row),
            meta: self.meta(row).filter(|meta| *meta != "null").map(Json::trusted),
        }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        let mut link = 0;
        let mut payload = self.layout.payloads.start + 1;
        let mut meta = self.layout.metas.start + 1;
        (0..self.layout.count).map(move |index| {
            let length = self.u32_at(&self.layout.lengths, index);
            let meta_length = self.u32_at(&self.layout.meta_lengths, index);
            let row = Row {
                index,
                link,
                payload: payload..payload + length,
                meta: meta..meta + meta_length,
            };
            payload += length + 1;
            meta += meta_length + 1;
            link += usize::from(self.shape(&row).kind() == EventKind::Link);
            row
        })
    }

    pub(crate) fn seq_no(&self, row: &Row) -> SeqNo {
        self.first.plus(row.index as u64).unwrap_or(SeqNo::MAX)
    }

    pub(crate) fn shape(&self, row: &Row) -> Shape {
        let code = self.column(&self.layout.shapes).get(row.index);
        code.and_then(|code| Shape::from_code(*code)).unwrap_or(Shape(0))
    }

    pub(crate) fn type_code(&self, row: &Row) -> u16 {
        self.u16_at(&self.layout.type_codes, row.index)
    }

    pub(crate) fn origin_code(&self, row: &Row) -> u16 {
        self.u16_at(&self.layout.origin_codes, row.index)
    }

    pub(crate) fn id(&self, row: &Row) -> Uuid {
        self.id_at(&self.layout.ids, row.index)
    }

    pub(crate) fn subject(&self, row: &Row) -> Uuid {
        self.id_at(&self.layout.subjects, row.index)
    }

    pub(crate) fn ends(&self, row: &Row) -> Option<(Uuid, Uuid)> {
        (self.shape(row).kind() == EventKind::Link).then(|| {
            let ends = &self.layout.ends;
            (self.id_at(ends, row.link * 2), self.id_at(ends, row.link * 2 + 1))
        })
    }

    pub(crate) fn payload(&self, row: &Row) -> &str {
        self.text(&row.payload)
    }

    /// The publisher's `meta`, `null` where this event has none; `None` where no event has any.
    pub(crate) fn meta(&self, row: &Row) -> Option<&str> {
        (!self.layout.metas.is_empty()).then(|| self.text(&row.meta))
    }

    /// The milliseconds since the epoch, rounded down.
    pub(crate) fn millis(&self, row: &Row) -> i64 {
        let bytes = self.column(&self.layout.times).as_chunks::<8>().0.get(row.index);
        bytes.map_or(0, |bytes| i64::from_le_bytes(*bytes))
    }

    /// The nanoseconds above the milliseconds; `None` where no event has any.
    pub(crate) fn nanos(&self, row: &Row) -> Option<u32> {
        (!self.layout.nanos.is_empty()).then(|| self.u32_at(&self.layout.nanos, row.index) as u32)
    }

    /// The payloads, as the text of one JSON array; `null` where an event has none.
    pub fn payload_array(&self) -> &str {
        self.text(&self.layout.payloads)
    }

    /// How many bytes the payloads and metas have.
    pub(crate) fn text_bytes(&self) -> usize {
        self.layout.payloads.len() + self.layout.metas.len()
    }

    /// Whether a writer would add no further event.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= MAX_EVENTS || self.text_bytes() >= MAX_TEXT_BYTES
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.layout.count
    }

    pub(crate) fn origins(&self) -> impl Iterator<Item = Uuid> {
        layout::ids(&self.bytes, &self.layout.origins).iter().map(|id| Uuid::from_bytes(*id))
    }

    /// The types, each with the kinds of events that it is used with.
    pub(crate) fn types(&self) -> impl Iterator<Item = (u8, &str)> {
        self.summary().types()
    }

    fn head(&self, row: &Row, shape: Shape) -> Head {
        let (kind, action) = (shape.kind(), shape.action());
        Head { kind, action, subject: self.subject(row), ends: self.ends(row) }
    }

    fn type_name(&self, row: &Row) -> &str {
        self.types().nth(usize::from(self.type_code(row))).map_or("", |(_, name)| name)
    }

    fn timestamp(&self, row: &Row) -> Timestamp {
        // The wire's times end with the year 9999, a day later than these.
        join_time(self.millis(row), self.nanos(row).unwrap_or_default()).unwrap_or(Timestamp::MAX)
    }

    fn origin(&self, row: &Row) -> Option<Uuid> {
        let code = usize::from(self.origin_code(row)).checked_sub(1)?;
        self.origins().nth(code)
    }

    fn column(&self, column: &Range<usize>) -> &[u8] {
        self.bytes.get(column.clone()).unwrap_or_default()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        std::str::from_utf8(self.column(range)).unwrap_or("null")
    }

    fn id_at(&self, column: &Range<usize>, index: usize) -> Uuid {
        let id = layout::ids(&self.bytes, column).get(index);
        id.map_or(Uuid::nil(), |id| Uuid::from_bytes(*id))
    }

    fn u32_at(&self, column: &Range<usize>, index: usize) -> usize {
        let bytes = self.column(column).as_chunks::<4>().0.get(index);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
    }

    fn u16_at(&self, column: &Range<usize>, index: usize) -> u16 {
        let bytes = self.column(column).as_chunks::<2>().0.get(index);
        bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({}..={}, {} bytes)", self.first, self.last(), self.bytes.len())
    }
}
