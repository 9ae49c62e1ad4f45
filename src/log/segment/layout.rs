//! Where each column of a segment lies. FORMAT.md describes it for people.

use std::ops::Range;

pub(super) const MAGIC: [u8; 4] = *b"evbs";
pub(super) const VERSION: u16 = 1;
/// What depends on the place in the log: the first number, and the latest time so far.
pub(super) const SEALED: Range<usize> = 16..32;
/// The bytes before the type table.
pub(super) const HEADER: usize = 72;

/// There is a column of nanoseconds below the millisecond.
pub(super) const HAS_NANOS: u8 = 1;
/// There are a table and a column of origins.
pub(super) const HAS_ORIGINS: u8 = 2;
/// There are the publishers' `meta` objects.
pub(super) const HAS_METAS: u8 = 4;

/// The numbers that fix every column's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) columns: u8,
    pub(super) count: usize,
    pub(super) links: usize,
    pub(super) types: usize,
    pub(super) origins: usize,
    pub(super) digest_words: usize,
    /// Where the digest starts: after the type table, on a multiple of eight.
    pub(super) digest_start: usize,
}

/// The places of the columns, as ranges of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) columns: u8,
    pub(super) count: usize,
    pub(super) links: usize,
    pub(super) length: usize,
    pub(super) types: usize,
    pub(super) digest: Range<usize>,
    pub(super) ids: Range<usize>,
    pub(super) subjects: Range<usize>,
    pub(super) ends: Range<usize>,
    pub(super) origins: Range<usize>,
    pub(super) times: Range<usize>,
    pub(super) nanos: Range<usize>,
    pub(super) lengths: Range<usize>,
    pub(super) meta_lengths: Range<usize>,
    pub(super) type_codes: Range<usize>,
    pub(super) origin_codes: Range<usize>,
    pub(super) shapes: Range<usize>,
    /// The text of the payloads' array, with its brackets.
    pub(super) payloads: Range<usize>,
    /// The text of the metas' array, with its brackets.
    pub(super) metas: Range<usize>,
}

impl Layout {
    /// Places columns of these sizes; the texts have no length yet.
    ///
    /// `None` if a segment can't be that large.
    pub(super) fn place(sizes: Sizes) -> Option<Layout> {
        let mut end = sizes.digest_start;
        let mut column = |elements: usize, size: usize| {
            let start = end;
            end = start.checked_add(elements.checked_mul(size)?)?;
            Some(start..end)
        };
        let only_if =
            |flag: u8, elements: usize| if sizes.columns & flag == 0 { 0 } else { elements };
        let Sizes { count, links, .. } = sizes;
        Some(Layout {
            columns: sizes.columns,
            count,
            links,
            types: sizes.types,
            digest: column(sizes.digest_words, 8)?,
            ids: column(count, 16)?,
            subjects: column(count, 16)?,
            ends: column(links, 32)?,
            origins: column(sizes.origins, 16)?,
            times: column(count, 8)?,
            nanos: column(only_if(HAS_NANOS, count), 4)?,
            lengths: column(count, 4)?,
            meta_lengths: column(only_if(HAS_METAS, count), 4)?,
            type_codes: column(count, 2)?,
            origin_codes: column(only_if(HAS_ORIGINS, count), 2)?,
            shapes: column(count, 1)?,
            payloads: end..end,
            metas: end..end,
            length: end,
        })
    }

    /// Places the texts behind the columns: `payloads` and `metas` bytes with their brackets.
    pub(super) fn with_texts(mut self, payloads: usize, metas: usize) -> Option<Layout> {
        let start = self.shapes.end;
        self.payloads = start..start.checked_add(payloads)?;
        self.metas = self.payloads.end..self.payloads.end.checked_add(metas)?;
        self.length = self.metas.end;
        (self.length <= u32::MAX as usize).then_some(self)
    }
}

/// The ids of a column.
pub(super) fn ids<'a>(bytes: &'a [u8], column: &Range<usize>) -> &'a [[u8; 16]] {
    bytes.get(column.clone()).unwrap_or_default().as_chunks().0
}
