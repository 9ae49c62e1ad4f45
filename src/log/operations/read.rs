//! Reading a page: a few segments in each transaction, until it is full.

use super::chapters::{self, Plan};
use super::segments::{Located, Run, floor, judge, key, look_at, scan_back, sound};
use super::{done, get_head, head_of};
use crate::log::head::Head;
use crate::log::reading::{Page, PageBuilder, Query, beyond};
use crate::log::segment::MAX_EVENTS;
use crate::log::store::{
    Access, Answers, Before, Bytes, Key, Operation, Request, Scope, Step, Table, Want,
};
use crate::{Error, Result, SeqNo};
use std::sync::Arc;

/// The most segments that the first step of a page takes.
const FIRST_STEP: usize = 10;
/// A step that brings fewer bytes than this makes the next one larger: the segments are small.
const STEP_BYTES: usize = 1 << 20;
const LARGEST_STEP: u32 = 1000;
/// How many bytes of segments a step by chapters takes, about, and how many segments at most.
const PLANNED_BYTES: u64 = 8 << 20;
const MOST_PLANNED: usize = 32;
/// How many chapters the first step looks at, and how many a later one.
const CHAPTERS_AT_FIRST: u32 = 16;
const CHAPTERS_AT_MOST: u32 = 64;

/// Reads a page.
///
/// Each transaction is one step, of bounded size: it reads the segments from a number on. With a filter it first looks at
/// the chapters, and reads only the segments that may hold something; where no chapter is, it reads them all.
#[derive(Debug)]
pub(crate) struct Read {
    /// The head, as it was when it was last seen.
    pub(crate) head: Head,
    /// Where a segment is known to begin: at first given by who has read before, in the end for who reads on.
    pub(crate) start: Option<SeqNo>,
    query: Query,
    gathered: PageBuilder,
    /// The number at which the next step begins.
    at: u64,
    /// How many segments it takes.
    segments: u32,
    /// How many chapters it looks at; 0 if they are not to be trusted.
    chapters: u32,
    stage: Stage,
    page: Option<Page>,
}

/// What is asked for.
#[derive(Debug)]
enum Stage {
    /// The head, and perhaps what follows from it already.
    Head,
    /// Where records begin, and forwards the records, too.
    Floor(Table),
    Chapters,
    /// Consecutive segments, or those of a plan.
    Segments(Option<Plan>),
    /// What there is in the place of a segment; and where the step began, if chapters had planned it.
    Damage(Option<u64>),
}

impl Read {
    /// `seen` is the head when it was last seen, `start` a number at which a segment began.
    pub(crate) fn new(seen: Head, query: &Query, start: Option<SeqNo>) -> Read {
        let query = Query { to: query.to.min(SeqNo::MAX.get()), ..query.clone() };
        // Without a filter, full segments give the page in one step and nothing is read for nothing.
        let full =
            if query.filter.is_empty() { query.limit.div_ceil(MAX_EVENTS) } else { FIRST_STEP };
        Read {
            head: seen,
            start,
            gathered: PageBuilder::new(&query),
            at: if query.reverse { query.to } else { query.from },
            segments: full.clamp(1, FIRST_STEP) as u32,
            chapters: CHAPTERS_AT_FIRST,
            query,
            stage: Stage::Head,
            page: None,
        }
    }

    /// The page.
    pub(crate) fn page(self) -> Result<Page> {
        self.page.ok_or_else(Error::unfinished)
    }

    fn by_chapters(&self) -> bool {
        let is_covered = self.at.min(self.head.last) <= self.head.indexed;
        self.chapters > 0 && is_covered && !self.query.filter.is_empty()
    }

    fn begins_at(&self, number: u64) -> bool {
        self.start.is_some_and(|start| start.get() == number)
    }

    /// Records of a table forwards, from the one that holds the number on.
    fn run(&self, table: Table) -> Run {
        Run { table, at: self.at, to: self.query.to, limit: self.limit(table) }
    }

    /// Reads records of a table in the direction of the query, from the one that holds the number on.
    fn look(&mut self, table: Table) -> Step {
        self.stage = Stage::Floor(table);
        if !self.query.reverse {
            return Step::Ask(self.run(table).ask());
        }
        // What chapters cover is planned by the next step.
        let is_covered = table == Table::Segments && !self.query.filter.is_empty();
        let uncovered = if is_covered { self.head.indexed + 1 } else { 1 };
        let from = self.query.from.max(self.head.first).max(uncovered).min(self.at);
        if from > self.head.first {
            return Step::Ask(vec![floor(table, from)]);
        }
        self.look_back(table, 0)
    }

    /// Reads records of a table backwards, down to the one that begins at `from`.
    fn look_back(&mut self, table: Table, from: u64) -> Step {
        self.stage = Stage::in_order(table);
        Step::Ask(vec![scan_back(table, from, self.at, self.limit(table), Want::Values)])
    }

    fn limit(&self, table: Table) -> u32 {
        if table == Table::Chapters { self.chapters } else { self.segments }
    }

    /// Takes the head.
    fn take_head(&mut self, found: &mut Answers) -> Result<Step> {
        let by_chapters = self.by_chapters();
        self.head = head_of(self.head.incarnation, found)?;
        if !self.query.overlaps(self.head.bounds()) {
            return Ok(self.finish());
        }
        if self.query.reverse || by_chapters {
            self.at = self.at.clamp(self.head.first, self.head.last);
            return Ok(self.look(if by_chapters { Table::Chapters } else { Table::Segments }));
        }
        if self.begins_at(self.at) {
            return Ok(self.take(None, &found.values()?));
        }
        self.locate(Table::Segments, found)
    }

    /// Takes where records begin that are read forwards, and those records if they begin there.
    fn locate(&mut self, table: Table, found: &mut Answers) -> Result<Step> {
        match self.run(table).locate(found)? {
            Located::Records(records) if table == Table::Chapters => {
                Ok(self.take_chapters(&records))
            }
            Located::Records(records) => Ok(self.take(None, &records)),
            Located::Ask(request) => {
                self.stage = Stage::in_order(table);
                Ok(Step::Ask(vec![request]))
            }
        }
    }

    /// Asks for those segments that may hold something.
    fn take_chapters(&mut self, found: &[Bytes]) -> Step {
        // Chapters may still tell of what has been trimmed.
        let query = Query { from: self.query.from.max(self.head.first), ..self.query.clone() };
        let average = (self.head.bytes / self.head.segments.max(1)).max(1);
        let most = (PLANNED_BYTES / average) as usize;
        let most = most.clamp(1, MOST_PLANNED).min(query.limit);
        let chapters = found.iter().map(|chapter| chapter.as_slice());
        let Some(plan) = chapters::plan(chapters, &query, self.at, most) else {
            return self.look(Table::Segments);
        };
        let get = |first: &u64| Request::Get(Table::Segments, Key::Number(*first));
        let gets = plan.segments.iter().map(get).collect();
        self.stage = Stage::Segments(Some(plan));
        Step::Ask(gets)
    }

    /// Takes segments: consecutive ones, or those of a plan.
    fn take(&mut self, plan: Option<Plan>, records: &[Bytes]) -> Step {
        let begin = self.at;
        let Head { first, last, .. } = self.head;
        self.at = begin.clamp(first, last);
        let mut wanted = Some(self.at);
        let mut bytes = 0;
        let mut is_sound = plan.is_some() || !records.is_empty();
        for (index, record) in records.iter().enumerate() {
            let planned = plan.as_ref().and_then(|plan| plan.segments.get(index));
            self.at = planned.copied().or(wanted).unwrap_or(self.at);
            let Some(segment) = sound(record, self.at).map(Arc::new) else {
                is_sound = false;
                break;
            };
            bytes += segment.bytes().len();
            wanted = beyond(&segment, &self.query).map(u64::from);
            if self.gathered.push(segment).is_break() {
                let step = self.finish();
                let resume = self.page.as_ref().and_then(|page| page.resume);
                self.start = resume.filter(|resume| Some(resume.get()) == wanted);
                return step;
            }
        }
        if !is_sound {
            return self.doubt(plan.map(|_| begin));
        }
        if let Some(plan) = plan {
            wanted = chapters::step(plan.through, self.query.reverse);
        }
        let open = self.query.from.max(first)..=self.query.to.min(last);
        let Some(number) = wanted.filter(|number| open.contains(number)) else {
            return self.finish();
        };
        self.at = number;
        self.chapters = self.chapters.min(1) * CHAPTERS_AT_MOST;
        if bytes < STEP_BYTES {
            self.segments = (self.segments * 2).min(LARGEST_STEP);
        }
        Step::Next(Vec::new())
    }

    /// Looks once more at what isn't as it should be.
    fn doubt(&mut self, planned_from: Option<u64>) -> Step {
        // Merging may have moved the start of the segment.
        if self.start.take().is_some() {
            return Step::Next(Vec::new());
        }
        // What comes before it is readable: the next page fails.
        if !self.gathered.is_empty() {
            let page = self.take_gathered().finish_before(self.at, self.head.bounds());
            self.page = Some(page);
            return done();
        }
        self.stage = Stage::Damage(planned_from);
        Step::Ask(look_at(self.at, self.head.last))
    }

    fn finish(&mut self) -> Step {
        self.page = Some(self.take_gathered().finish(self.head.bounds()));
        self.start = None;
        done()
    }

    fn take_gathered(&mut self) -> PageBuilder {
        std::mem::replace(&mut self.gathered, PageBuilder::new(&Query::default()))
    }
}

impl Stage {
    /// Consecutive records of a table, and nothing else.
    fn in_order(table: Table) -> Stage {
        if table == Table::Chapters { Stage::Chapters } else { Stage::Segments(None) }
    }
}

impl Operation for Read {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        // What was read stays true if the transaction that read it has failed at its end.
        if self.page.is_some() {
            return Ok(done());
        }
        self.stage = Stage::Head;
        let mut requests = vec![get_head()];
        // Where nothing depends on the head, both are asked for together.
        if !self.query.reverse && !self.by_chapters() {
            let run = self.run(Table::Segments);
            if self.begins_at(self.at) {
                requests.push(run.starting());
            } else {
                requests.extend(run.ask());
            }
        }
        Ok(Step::Ask(requests))
    }

    fn scope(&self) -> Scope {
        let tables: &[Table] = match self.by_chapters() {
            true => &[Table::Meta, Table::Segments, Table::Chapters],
            false => &[Table::Meta, Table::Segments],
        };
        Scope { tables, access: Access::Read }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        match std::mem::replace(&mut self.stage, Stage::Head) {
            Stage::Head => self.take_head(&mut found),
            Stage::Floor(table) if self.query.reverse => {
                let from = key(&mut found)?.unwrap_or_default();
                Ok(self.look_back(table, from))
            }
            Stage::Floor(table) => self.locate(table, &mut found),
            Stage::Chapters => Ok(self.take_chapters(&found.values()?)),
            Stage::Segments(None) => Ok(self.take(None, &found.values()?)),
            Stage::Segments(Some(plan)) => {
                let mut records = Vec::new();
                for _ in &plan.segments {
                    records.push(found.value()?.unwrap_or_default());
                }
                Ok(self.take(Some(plan), &records))
            }
            Stage::Damage(planned_from) => {
                judge(&mut found, self.at, self.head.first, self.head.last)?;
                if let Some(begin) = planned_from {
                    // The segment is sound, and yet isn't what the chapter says.
                    (self.at, self.chapters) = (begin, 0);
                }
                Ok(Step::Next(Vec::new()))
            }
        }
    }
}
