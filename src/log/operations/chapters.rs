//! Chapters: the heads of consecutive settled segments in one small record, so that a reader with a
//! filter knows which segments to read without reading any.
//!
//! A chapter says nothing that the segments don't say: a reader does without one that is missing or
//! damaged.

use super::segments::{Located, Run, end_of_gap, next_after, sound_from};
use super::{ask_for_head, done, head_of, put_head};
use crate::log::head::Head;
use crate::log::reading::Query;
use crate::log::segment::{Checksum, Segment, SegmentHead};
use crate::log::store::{Access, Answers, Before, Bytes, Operation, Request, Scope, Step, Table};
use crate::{Result, Uuid};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How many segments a chapter covers.
pub(crate) const CHAPTER_SEGMENTS: u64 = 16;

impl Head {
    /// Whether enough segments are settled for another chapter.
    pub(crate) fn needs_chapter(&self) -> bool {
        self.unindexed_segments >= CHAPTER_SEGMENTS
    }

    /// Notes that the next settled segments are covered by chapters, up to the number `last`.
    fn index(&mut self, segments: u64, last: u64) {
        self.indexed = last;
        self.unindexed_segments = self.unindexed_segments.saturating_sub(segments);
    }
}

/// A chapter of these segments, which follow each other: the checksum of what comes next, and the heads.
fn encode<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    for segment in segments {
        bytes.extend(segment.head_bytes());
    }
    let (checksum, heads) = bytes.split_at_mut(8);
    checksum.copy_from_slice(&Checksum::new().update(heads).value().to_le_bytes());
    bytes
}

/// The heads in a chapter; none if it is damaged.
fn heads(chapter: &[u8]) -> impl Iterator<Item = SegmentHead<'_>> {
    let whole = chapter.split_first_chunk::<8>().filter(|(checksum, heads)| {
        Checksum::new().update(heads).value() == u64::from_le_bytes(**checksum)
    });
    let mut rest = whole.map(|(_, heads)| heads).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, behind) = SegmentHead::split(rest)?;
        rest = behind;
        Some(head)
    })
}

/// Writes one chapter of the settled segments that none covers.
///
/// A damaged segment gets none: readers look at what no chapter covers.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) head: Head,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    Floor(Run),
    Segments,
    Gap,
}

impl Index {
    pub(crate) fn of(log: Uuid) -> Index {
        Index { head: Head::new(log), stage: Stage::Head }
    }

    fn write(&mut self, records: &[Bytes]) -> Step {
        let next = self.head.indexed + 1;
        let segments = sound_from(records, next);
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            self.stage = Stage::Gap;
            return Step::Ask(vec![next_after(next, self.head.settled)]);
        };
        let chapter = Arc::new(encode(segments.iter().map(|segment| &**segment)));
        self.head.index(segments.len() as u64, last.last().get());
        let put = Request::Put(Table::Chapters, first.first().into(), chapter);
        Step::Commit(vec![put, put_head(&self.head)])
    }
}

impl Operation for Index {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        self.stage = Stage::Head;
        ask_for_head()
    }

    fn scope(&self) -> Scope {
        let tables = &[Table::Meta, Table::Segments, Table::Chapters];
        Scope { tables, access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        match self.stage {
            Stage::Head => {
                self.head = head_of(self.head.incarnation, &mut found)?;
                if !self.head.needs_chapter() {
                    return Ok(done());
                }
                let (at, to) = (self.head.indexed + 1, self.head.settled);
                let run = Run { table: Table::Segments, at, to, limit: CHAPTER_SEGMENTS as u32 };
                self.stage = Stage::Floor(run);
                Ok(Step::Ask(run.ask()))
            }
            Stage::Floor(run) => match run.locate(&mut found)? {
                Located::Records(records) => Ok(self.write(&records)),
                Located::Ask(request) => {
                    self.stage = Stage::Segments;
                    Ok(Step::Ask(vec![request]))
                }
            },
            Stage::Segments => Ok(self.write(&found.values()?)),
            Stage::Gap => {
                let end = end_of_gap(&mut found, self.head.settled)?;
                self.head.index(1, end);
                Ok(Step::Commit(vec![put_head(&self.head)]))
            }
        }
    }
}

/// Which segments to read next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The first numbers of the segments that may hold something, in the direction of the query.
    pub(crate) segments: Vec<u64>,
    /// The number up to which, in the direction of the query, nothing else can be found. It may be
    /// before the first stored one.
    pub(crate) through: u64,
}

/// Plans how `query` goes on at the number `at`, by chapters in its direction: for at most `most` segments.
///
/// `None` if the chapters don't cover `at`.
pub(super) fn plan<'a>(
    chapters: impl IntoIterator<Item = &'a [u8]>,
    query: &Query,
    at: u64,
    most: usize,
) -> Option<Plan> {
    let mut plan = Plan { segments: Vec::new(), through: at };
    let mut next = Some(at);
    for chapter in chapters {
        let mut in_order: Vec<SegmentHead<'_>> = heads(chapter).collect();
        if query.reverse {
            in_order.reverse();
        }
        for SegmentHead { numbers, summary } in in_order {
            let Some(wanted) = next.filter(|next| (query.from..=query.to).contains(next)) else {
                return Some(plan);
            };
            if !numbers.contains(&wanted) {
                if is_behind(&numbers, wanted, query.reverse) {
                    continue;
                }
                return (wanted != at).then_some(plan);
            }
            if summary.may_match(&query.filter) {
                if plan.segments.len() == most {
                    return Some(plan);
                }
                plan.segments.push(*numbers.start());
            }
            plan.through = if query.reverse { *numbers.start() } else { *numbers.end() };
            next = step(plan.through, query.reverse);
        }
    }
    (next != Some(at)).then_some(plan)
}

/// Whether these numbers come before `wanted` in the direction of reading.
fn is_behind(numbers: &RangeInclusive<u64>, wanted: u64, reverse: bool) -> bool {
    if reverse { *numbers.start() > wanted } else { *numbers.end() < wanted }
}

/// The number after `number` in the direction of reading.
pub(super) fn step(number: u64, reverse: bool) -> Option<u64> {
    if reverse { number.checked_sub(1).filter(|n| *n > 0) } else { number.checked_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::segment::{Columns, MAX_EVENTS};
    use crate::{Batch, EntityEvent, EventEnvelope, Filter, SeqNo, Uuid};

    /// A segment of deletions, each of the entity with the event's number.
    fn segment(numbers: RangeInclusive<u64>) -> Segment {
        let mut columns = Columns::default();
        for n in numbers.clone() {
            let entity_id = Uuid::from_u128(u128::from(n));
            let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id };
            let envelope = EventEnvelope::new(event.into(), &*crate::env::system());
            columns.push(&envelope).expect("the event is valid");
        }
        let first = SeqNo::new(*numbers.start()).expect("it is a number");
        columns.encode().expect("it is small").seal(first, i64::MIN)
    }

    /// Chapters of 1 to 40 and 41 to 60, in segments of ten.
    fn chapters() -> [Vec<u8>; 2] {
        let of = |starts: &[u64]| {
            let segments: Vec<_> = starts.iter().map(|n| segment(*n..=n + 9)).collect();
            encode(&segments)
        };
        [of(&[1, 11, 21, 31]), of(&[41, 51])]
    }

    fn planned(query: &Query, at: u64, most: usize) -> Option<(Vec<u64>, u64)> {
        let chapters = chapters();
        let mut in_order: Vec<&[u8]> = chapters.iter().map(Vec::as_slice).collect();
        if query.reverse {
            in_order.reverse();
        }
        plan(in_order, query, at, most).map(|plan| (plan.segments, plan.through))
    }

    fn touching(ids: &[u128]) -> Query {
        let touches = Some(ids.iter().map(|id| Uuid::from_u128(*id)).collect());
        Query { filter: Filter { touches, ..Filter::default() }, ..Query::default() }
    }

    #[test]
    fn only_segments_that_may_match_are_read() {
        assert_eq!(planned(&touching(&[14, 52]), 1, 9), Some((vec![11, 51], 60)));
        assert_eq!(planned(&touching(&[14, 52]), 12, 9), Some((vec![11, 51], 60)));
        assert_eq!(planned(&touching(&[14, 52]), 21, 9), Some((vec![51], 60)));
        assert_eq!(planned(&touching(&[77]), 1, 9), Some((vec![], 60)));
        let types = Some(vec!["nothing".into()]);
        let filter = Filter { entity_type: types, ..Filter::default() };
        assert_eq!(planned(&Query { filter, ..Query::default() }, 1, 9), Some((vec![], 60)));
    }

    /// Settled segments are counted until a chapter covers them, or they are forgotten.
    #[test]
    fn a_chapter_is_due_when_enough_segments_are_settled() {
        let mut head = Head::new(Uuid::nil());
        let mut segments = Vec::new();
        let mut append = |head: &mut Head, count: usize| {
            let events = (0..count).map(|_| {
                let entity_id = Uuid::nil();
                EntityEvent::Deleted { entity_type: "thing".into(), entity_id }.into()
            });
            let envelopes: Vec<EventEnvelope> =
                events.map(|event| EventEnvelope::new(event, &*crate::env::system())).collect();
            let batch = Batch::of(&envelopes).expect("the events are valid");
            let sequenced = head.sequence(batch, None).expect("there is no condition");
            *head = sequenced.head;
            segments.extend(sequenced.segments);
        };
        // One segment that waits for more, then full ones: it is settled with them.
        append(&mut head, 1);
        for _ in 2..CHAPTER_SEGMENTS {
            append(&mut head, MAX_EVENTS);
            assert!(!head.needs_chapter(), "{head:?}");
        }
        append(&mut head, 2 * MAX_EVENTS);
        assert!(head.needs_chapter());
        assert_eq!(head.unindexed_segments, CHAPTER_SEGMENTS + 1);
        head.index(CHAPTER_SEGMENTS, head.last - MAX_EVENTS as u64);
        assert_eq!(head.unindexed_segments, 1);
        append(&mut head, 1);
        for (forgotten, left) in segments.iter().zip((0..=CHAPTER_SEGMENTS + 1).rev()) {
            head.forget(forgotten.first().get(), forgotten.as_bytes().len() as u64);
            head.start_at(forgotten.last().get() + 1);
            assert_eq!(head.unindexed_segments, left.saturating_sub(1).min(1), "{head:?}");
            assert!(head.indexed <= head.settled && head.settled <= head.last, "{head:?}");
        }
        assert_eq!((head.indexed, head.first), (head.last, head.last + 1));
    }

    #[test]
    fn a_plan_goes_backwards_too() {
        let query = Query { reverse: true, ..touching(&[14, 52]) };
        assert_eq!(planned(&query, 60, 9), Some((vec![51, 11], 1)));
        assert_eq!(planned(&query, 50, 9), Some((vec![11], 1)));
        assert_eq!(planned(&query, 60, 1), Some((vec![51], 21)));
    }

    #[test]
    fn a_plan_ends_with_the_range_and_with_the_most_segments() {
        assert_eq!(planned(&touching(&[14, 52]), 1, 1), Some((vec![11], 50)));
        assert_eq!(planned(&Query { to: 25, ..touching(&[14, 52]) }, 1, 9), Some((vec![11], 30)));
        let query = Query { reverse: true, from: 25, ..touching(&[14, 52]) };
        assert_eq!(planned(&query, 60, 9), Some((vec![51], 21)));
    }

    #[test]
    fn what_no_chapter_covers_is_not_planned() {
        assert_eq!(planned(&touching(&[1]), 61, 9), None);
        let [first, second] = chapters();
        let query = touching(&[14, 52]);
        assert_eq!(plan([&*second], &query, 31, 9), None);
        // Between two chapters one is missing, or damaged: then the plan ends before it.
        let third = encode(&[segment(61..=70)]);
        let through = |plan: Option<Plan>| plan.map(|plan| plan.through);
        assert_eq!(through(plan([&*first, &third], &query, 1, 9)), Some(40));
        let mut damaged = second.clone();
        damaged[100] ^= 1;
        assert_eq!(through(plan([&*first, &damaged, &third], &query, 1, 9)), Some(40));
        assert_eq!(plan([&*damaged], &query, 41, 9), None);
        assert_eq!(plan([&[][..], &[0; 8], &[7; 90]], &query, 41, 9), None);
    }
}
