//! [`Summary`]: what a segment's head says of its events, enough to pass the segment over.

use super::layout::{HEADER, MAGIC, VERSION};
use super::{Segment, Shape, decode, digest};
use crate::{EventKind, Filter};
use std::ops::RangeInclusive;

/// A segment's types, and the digest of its ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary<'a> {
    types: usize,
    /// The type table, and the zeros behind it.
    table: &'a [u8],
    digest: &'a [u8],
}

impl<'a> Summary<'a> {
    /// The types, each with the kinds of events that it is used with.
    pub(crate) fn types(&self) -> impl Iterator<Item = (u8, &'a str)> + use<'a> {
        let mut rest = self.table;
        (0..self.types).map_while(move |_| {
            let (kinds, name, behind) = decode::type_entry(rest)?;
            rest = behind;
            Some((kinds, name))
        })
    }

    /// Whether any event can match: no false "no".
    pub(crate) fn may_match(&self, filter: &Filter) -> bool {
        self.types().any(|(kinds, name)| {
            [EventKind::Entity, EventKind::Link]
                .into_iter()
                .any(|kind| kinds & Shape::kind_bit(kind) != 0 && filter.matches_type(kind, name))
        }) && filter
            .id_fields()
            .all(|ids| ids.iter().any(|id| digest::may_contain(self.digest, *id)))
    }
}

impl Segment {
    pub(crate) fn summary(&self) -> Summary<'_> {
        Summary {
            types: self.layout.types,
            table: self.column(&(HEADER..self.layout.digest.start)),
            digest: self.column(&self.layout.digest),
        }
    }
}

/// A segment's head by itself, as a chapter has it.
#[derive(Clone, Debug)]
pub(crate) struct SegmentHead<'a> {
    /// The numbers of the events.
    pub(crate) numbers: RangeInclusive<u64>,
    pub(crate) summary: Summary<'a>,
}

impl<'a> SegmentHead<'a> {
    /// Takes one head off `bytes`, and gives the rest. `None` if there is none, or one of another version.
    pub(crate) fn split(bytes: &'a [u8]) -> Option<(SegmentHead<'a>, &'a [u8])> {
        let header = bytes.first_chunk::<HEADER>()?;
        if !header.starts_with(&MAGIC) || header.get(4..6)? != VERSION.to_le_bytes() {
            return None;
        }
        let number = |at: usize| -> Option<usize> {
            let bytes = header.get(at..)?.first_chunk::<4>()?;
            Some(u32::from_le_bytes(*bytes) as usize)
        };
        let (head, rest) = bytes.split_at_checked(number(36)?)?;
        let digest_start = head.len().checked_sub(number(68)?.checked_mul(8)?)?;
        let first = u64::from_le_bytes(*header.get(16..)?.first_chunk()?);
        let count = (number(40)? as u64).checked_sub(1)?;
        let summary = Summary {
            types: number(64)? & 0xffff,
            table: head.get(HEADER..digest_start)?,
            digest: head.get(digest_start..)?,
        };
        Some((SegmentHead { numbers: first..=first.checked_add(count)?, summary }, rest))
    }
}

impl Segment {
    /// The first part of the bytes: what [`SegmentHead::split`] takes.
    pub(crate) fn head_bytes(&self) -> &[u8] {
        self.column(&(0..self.layout.digest.end))
    }
}
