//! Pages: what is asked of a log, and what comes back.

use crate::filter::Matcher;
use crate::log::head::Bounds;
use crate::log::segment::{Row, Segment};
use crate::{EventEnvelope, Filter, SeqNo};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// A page takes no further segment once those it keeps have this many bytes.
const MAX_BYTES: usize = 4 << 20;

/// Which stored events to read.
///
/// # Examples
///
/// ```
/// use everbus::Query;
///
/// let query = Query { limit: 10, reverse: true, ..Query::default() };
/// assert_eq!(query.from, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The smallest number, inclusive.
    pub from: u64,
    /// The largest number, inclusive.
    pub to: u64,
    /// The most events, at least 1.
    pub limit: usize,
    /// Which events; the others don't count against the limit.
    pub filter: Filter,
    /// Whether to begin at the largest number.
    pub reverse: bool,
}

impl Query {
    /// Whether it can match anything of a log with these bounds.
    pub(crate) fn overlaps(&self, bounds: Bounds) -> bool {
        let (Some(first), Some(last)) = (bounds.first, bounds.last) else {
            return false;
        };
        self.from.max(first.get()) <= self.to.min(last.get())
    }
}

impl Default for Query {
    /// The first 1000 events.
    fn default() -> Self {
        let to = SeqNo::MAX.get();
        Query { from: 1, to, limit: 1000, filter: Filter::default(), reverse: false }
    }
}

/// Events of one segment that matched.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub(crate) segment: Arc<Segment>,
    pub(crate) rows: Vec<Row>,
}

impl Chunk {
    /// The events, in the order that was asked for.
    pub fn envelopes(&self) -> impl Iterator<Item = EventEnvelope> {
        self.rows.iter().map(|row| self.segment.envelope(row))
    }

    /// How many events there are, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a chunk is never empty")]
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

/// Stored events, as many as one reading step gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The events that matched, by segment.
    pub chunks: Vec<Chunk>,
    /// Where the next page starts, in the direction of the query; `None` once the range is read.
    ///
    /// A page may end before the limit: it holds a bounded part of the log.
    pub resume: Option<SeqNo>,
    /// The log's first stored number when the page was read, or the next one if nothing is stored.
    pub first: u64,
    /// The log's last number when the page was read, 0 for an empty log.
    pub last: u64,
}

impl Page {
    /// The events.
    pub fn envelopes(&self) -> impl Iterator<Item = EventEnvelope> {
        self.chunks.iter().flat_map(Chunk::envelopes)
    }
}

/// Gathers a page from segments in the order of the query.
///
/// # Examples
///
/// What a back end of its own does that has its events as segments:
///
/// ```
/// use everbus::log::{Bounds, PageBuilder, Segment};
/// use everbus::{EntityEvent, EventEnvelope, Query, SeqNo, Uuid};
/// use std::sync::Arc;
///
/// let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
/// let envelopes = [EventEnvelope::new(event.into(), &*everbus::env::system())];
/// let segment = Arc::new(Segment::of(SeqNo::FIRST, &envelopes)?);
///
/// let mut page = PageBuilder::new(&Query::default());
/// assert!(page.push(segment).is_continue());
/// let page = page.finish(Bounds { first: Some(SeqNo::FIRST), last: Some(SeqNo::FIRST) });
/// assert_eq!(page.envelopes().count(), 1);
/// # Ok::<(), everbus::Error>(())
/// ```
#[derive(Debug)]
pub struct PageBuilder {
    query: Query,
    matcher: Matcher,
    chunks: Vec<Chunk>,
    /// The numbers that are still to be looked at: segments may be merged while they are read.
    open: Range<u64>,
    missing: usize,
    bytes: usize,
    resume: Option<SeqNo>,
}

impl PageBuilder {
    /// A page without events, for this query.
    pub fn new(query: &Query) -> PageBuilder {
        let open = query.from..query.to.saturating_add(1);
        PageBuilder {
            query: query.clone(),
            matcher: Matcher::new(query.filter.clone()),
            chunks: Vec::new(),
            open,
            missing: query.limit,
            bytes: 0,
            resume: None,
        }
    }

    /// Takes what matches out of the next segment; breaks once the page is full.
    pub fn push(&mut self, segment: Arc<Segment>) -> ControlFlow<()> {
        let filter = self.matcher.filter();
        let open = self.open.clone();
        if self.query.reverse {
            self.open.end = segment.first().get().min(open.end);
        } else {
            self.open.start = (segment.last().get() + 1).max(open.start);
        }
        if filter.is_empty() || segment.may_match(filter) {
            let mut rows = segment.select(&self.matcher, &open);
            if self.query.reverse {
                rows.reverse();
            }
            if rows.len() > self.missing {
                self.resume = rows.get(self.missing).map(|row| segment.seq_no(row));
                rows.truncate(self.missing);
            }
            if !rows.is_empty() {
                self.missing -= rows.len();
                self.bytes += segment.as_bytes().len();
                self.chunks.push(Chunk { segment: segment.clone(), rows });
            }
        }
        if self.missing > 0 && self.bytes < MAX_BYTES {
            return ControlFlow::Continue(());
        }
        self.resume = self.resume.or_else(|| beyond(&segment, &self.query));
        ControlFlow::Break(())
    }

    /// Whether nothing has matched yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The page without what begins at this number and wasn't looked at yet.
    pub(crate) fn finish_before(mut self, resume: u64, bounds: Bounds) -> Page {
        let Range { start, end } = self.open;
        let resume = if self.query.reverse { resume.min(end - 1) } else { resume.max(start) };
        self.resume = SeqNo::new(resume).ok();
        self.finish(bounds)
    }

    /// The page, from a log with these bounds.
    pub fn finish(self, bounds: Bounds) -> Page {
        let last = bounds.last.map_or(0, SeqNo::get);
        let first = bounds.first.map_or(last + 1, SeqNo::get);
        let within = |n: &SeqNo| (first..=last).contains(&n.get());
        Page { chunks: self.chunks, resume: self.resume.filter(within), first, last }
    }
}

/// The number after a segment in the direction of the query, if the query reaches it.
pub(crate) fn beyond(segment: &Segment, query: &Query) -> Option<SeqNo> {
    if query.reverse {
        SeqNo::new(segment.first().get() - 1).ok().filter(|n| n.get() >= query.from)
    } else {
        segment.last().next().filter(|n| n.get() <= query.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::segment::Columns;
    use crate::{EntityEvent, Uuid};

    fn segment(first: u64, count: u64) -> Arc<Segment> {
        let mut columns = Columns::default();
        for n in first..first + count {
            let entity_id = Uuid::from_u64_pair(0, n);
            let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id };
            let envelope = EventEnvelope::new(event.into(), &*crate::env::system());
            columns.push(&envelope).expect("the event is valid");
        }
        let first = SeqNo::new(first).expect("it is a number");
        Arc::new(columns.encode().expect("it is small").seal(first, i64::MIN))
    }

    fn read(query: &Query, segments: &[(u64, u64)]) -> Vec<u64> {
        let mut page = PageBuilder::new(query);
        for (first, count) in segments {
            assert!(page.push(segment(*first, *count)).is_continue());
        }
        let page = page.finish(Bounds { first: Some(SeqNo::FIRST), last: SeqNo::new(10).ok() });
        page.envelopes().filter_map(|e| e.seq_no).map(SeqNo::get).collect()
    }

    /// Between two steps of reading, what comes next may be merged with what was read already.
    #[test]
    fn segments_that_are_merged_while_they_are_read_give_each_event_once() {
        let query = Query::default();
        assert_eq!(read(&query, &[(1, 2), (3, 2), (1, 7), (8, 3)]), (1..=10).collect::<Vec<_>>());
        let query = Query { reverse: true, from: 2, ..query };
        let backwards: Vec<u64> = (2..=10).rev().collect();
        assert_eq!(read(&query, &[(9, 2), (8, 1), (6, 5), (1, 5)]), backwards);
    }
}
