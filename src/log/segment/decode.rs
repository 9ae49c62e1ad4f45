//! Reading a segment's bytes: everything is checked here, once, so that nothing can fail later.

use super::checksum::Checksum;
use super::layout::{
    HAS_METAS, HAS_NANOS, HAS_ORIGINS, HEADER, Layout, MAGIC, SEALED, Sizes, VERSION,
};
use super::{Segment, Shape};
use crate::event::MAX_TYPE_BYTES;
use crate::log::store::Bytes;
use crate::{Error, EventKind, Result, SeqNo};

impl Segment {
    /// Reads the bytes of a stored segment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if they are not, to the last bit, what was written;
    /// [`Error::Unsupported`] if a newer version of this crate wrote them.
    pub fn decode(bytes: impl Into<Bytes>) -> Result<Segment> {
        Segment::decode_bytes(bytes.into())
    }

    fn decode_bytes(bytes: Bytes) -> Result<Segment> {
        let mut header = Header { bytes: &bytes, at: 0 };
        let (magic, version) = (header.take::<4>(), u16::from_le_bytes(header.take()));
        if bytes.len() < HEADER || magic != MAGIC {
            return Err(corrupt("it doesn't begin as a segment does"));
        }
        if version != VERSION {
            return Err(Error::Unsupported(format!(
                "the segment has version {version} of the format, and this version of everbus knows only {VERSION}: update everbus"
            )));
        }
        let [columns, shapes] = header.take();
        let checksum = u64::from_le_bytes(header.take());
        let first = u64::from_le_bytes(header.take());
        let latest = i64::from_le_bytes(header.take());
        let length = header.u32();
        let head_length = header.u32();
        let count = header.u32();
        let links = header.u32();
        let _time_range: [u8; 16] = header.take();
        let types = usize::from(u16::from_le_bytes(header.take()));
        let origins = usize::from(u16::from_le_bytes(header.take()));
        let digest_words = header.u32();

        let unsealed = Checksum::new().update(&bytes[SEALED.end..]).update(&bytes[..8]);
        let computed = unsealed.word(first).word(latest.cast_unsigned());
        if length != bytes.len() || checksum != computed.value() {
            return Err(corrupt("its checksum is wrong"));
        }

        // From here on the bytes are what some writer wrote. What follows guards against a writer
        // with a fault, or with malice, and is what makes reading infallible.
        let first = SeqNo::new(first).map_err(|_| corrupt("its first number is none"))?;
        let digest_start = head_length.checked_sub(digest_words * 8);
        let layout = digest_start
            .filter(|start| *start >= HEADER && start % 8 == 0)
            .filter(|_| digest_words > 0)
            .and_then(|digest_start| {
                Layout::place(Sizes {
                    columns,
                    count,
                    links,
                    types,
                    origins,
                    digest_words,
                    digest_start,
                })
            })
            .ok_or_else(|| corrupt("its sizes are impossible"))?;
        let sound = count > 0
            && links <= count
            && first.plus(count as u64 - 1).is_some()
            && columns & !(HAS_NANOS | HAS_ORIGINS | HAS_METAS) == 0
            && layout.length <= bytes.len();
        if !sound {
            return Err(corrupt("its sizes are impossible"));
        }

        let mut segment = Segment { bytes, layout, first, latest };
        segment.place_texts()?;
        segment.check_columns(shapes, origins)?;
        Ok(segment)
    }

    /// Finds the two arrays of texts by the lengths of their elements.
    fn place_texts(&mut self) -> Result<()> {
        let array = |lengths| -> usize {
            let (lengths, _) = self.column(lengths).as_chunks::<4>();
            let text: usize = lengths.iter().map(|n| u32::from_le_bytes(*n) as usize + 1).sum();
            if text == 0 { 0 } else { text + 1 }
        };
        let payloads = array(&self.layout.lengths);
        let metas = array(&self.layout.meta_lengths);
        let layout = self.layout.clone().with_texts(payloads, metas);
        self.layout = layout
            .filter(|layout| layout.length == self.bytes.len())
            .ok_or_else(|| corrupt("its texts have other lengths than it says"))?;
        for texts in [&self.layout.payloads, &self.layout.metas] {
            if std::str::from_utf8(self.column(texts)).is_err() {
                return Err(corrupt("its texts are no UTF-8"));
            }
        }
        Ok(())
    }

    fn check_columns(&self, shapes: u8, origins: usize) -> Result<()> {
        let codes = self.column(&self.layout.shapes);
        let shaped = codes.iter().map(|code| Shape::from_code(*code).ok_or(()));
        let shaped: Result<Vec<Shape>, ()> = shaped.collect();
        let shaped = shaped.map_err(|()| corrupt("an event has no known kind and action"))?;
        let links = shaped.iter().filter(|shape| shape.kind() == EventKind::Link).count();
        let types: Vec<&str> = self.types().map(|(_, name)| name).collect();
        let sound = links == self.layout.links
            && shaped.iter().fold(0, |bits, shape| bits | shape.bit()) == shapes
            && types.len() == self.layout.types
            && types.iter().all(|name| (1..=MAX_TYPE_BYTES).contains(&name.len()))
            && self.rows().all(|row| {
                usize::from(self.type_code(&row)) < types.len()
                    && usize::from(self.origin_code(&row)) <= origins
                    && self.nanos(&row).is_none_or(|nanos| nanos < 1_000_000)
                    && self.bytes.get(row.payload.end).is_some_and(|b| matches!(b, b',' | b']'))
            });
        if sound { Ok(()) } else { Err(corrupt("its columns contradict each other")) }
    }
}

/// Takes one entry off the type table: the kinds it is used with, the name, and the rest.
pub(super) fn type_entry(table: &[u8]) -> Option<(u8, &str, &[u8])> {
    let (&[kinds, length], rest) = table.split_first_chunk::<2>()?;
    let (name, rest) = rest.split_at_checked(usize::from(length))?;
    Some((kinds, std::str::from_utf8(name).ok()?, rest))
}

/// Takes fields off the header in turn; past the end there are zeros.
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Header<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let field = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        self.at += N;
        field.copied().unwrap_or([0; N])
    }

    fn u32(&mut self) -> usize {
        u32::from_le_bytes(self.take()) as usize
    }
}

fn corrupt(why: &str) -> Error {
    Error::corrupt(format!("a stored segment is damaged: {why}"))
}
