//! Reading segments: a few at a time, each step in a transaction of its own.

use super::transaction::{Mode, Transaction};
use super::{CHAPTERS, META, SEGMENTS, damage, log::IndexedDbLog};
use crate::log::chapter::{self, Plan};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Head, Page, PageBuilder, Query, beyond};
use crate::web::error::from_idb;
use crate::{Error, Result};
use js_sys::{Array, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursor, IdbCursorDirection, IdbCursorWithValue, IdbKeyRange, IdbRequest};

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

/// What one step of a page reads.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// The number to begin at.
    at: u64,
    segments: u32,
    /// 0 if chapters are not to be trusted.
    chapters: u32,
}

/// The head, and the records of segments in the direction of reading: consecutive ones, or those of a plan.
#[derive(Debug, Default)]
struct Step {
    head: Option<Head>,
    plan: Option<Plan>,
    records: Vec<JsValue>,
}

impl IndexedDbLog {
    pub(super) async fn read_page(&self, query: &Query) -> Result<Page> {
        let mut page = PageBuilder::new(query);
        let mut at = if query.reverse { query.to } else { query.from };
        // Without a filter, full segments give the page in one step and nothing is read for nothing.
        let full =
            if query.filter.is_empty() { query.limit.div_ceil(MAX_EVENTS) } else { FIRST_STEP };
        let mut segments = full.clamp(1, FIRST_STEP) as u32;
        let mut chapters = CHAPTERS_AT_FIRST;
        let mut failures = 0;
        loop {
            let extent = Extent { at, segments, chapters };
            let step = match self.read_step(extent, query).await {
                Err(error) if self.may_try_again(&error, failures).await => {
                    failures += 1;
                    continue;
                }
                step => step?,
            };
            let head = step.head.ok_or_else(Error::closed)?;
            if !in_range(query, &head) {
                return Ok(page.finish(&head));
            }
            at = at.clamp(head.first, head.last);
            let mut wanted = Some(at);
            let mut planned = step.plan.iter().flat_map(|plan| &plan.segments);
            let mut bytes = 0;
            let mut is_sound = step.plan.is_some() || !step.records.is_empty();
            for record in &step.records {
                at = planned.next().copied().or(wanted).unwrap_or(at);
                let Some(segment) = damage::sound(record, at).map(Arc::new) else {
                    is_sound = false;
                    break;
                };
                bytes += segment.as_bytes().len();
                wanted = beyond(&segment, query).map(u64::from);
                if page.push(segment).is_break() {
                    let page = page.finish(&head);
                    self.note_start(page.resume.filter(|resume| Some(resume.get()) == wanted));
                    return Ok(page);
                }
            }
            if !is_sound {
                // Merging may have moved the start of the segment.
                if self.note_start(None) {
                    continue;
                }
                // What comes before it is readable: the next page fails.
                if !page.is_empty() {
                    return Ok(page.finish_before(at, &head));
                }
                self.check_damage(at).await?;
                if step.plan.is_some() {
                    // The segment is sound, and yet isn't what the chapter says.
                    (at, chapters) = (extent.at, 0);
                }
                continue;
            }
            if let Some(plan) = step.plan {
                wanted = chapter::step(plan.through, query.reverse);
            }
            let open = query.from.max(head.first)..=query.to.min(head.last);
            match wanted.filter(|number| open.contains(number)) {
                Some(number) => at = number,
                None => return Ok(page.finish(&head)),
            }
            chapters = chapters.min(1) * CHAPTERS_AT_MOST;
            if bytes < STEP_BYTES {
                segments = (segments * 2).min(LARGEST_STEP);
            }
        }
    }

    /// Reads segments, from the one that holds `extent.at` on.
    async fn read_step(&self, extent: Extent, query: &Query) -> Result<Step> {
        let step = Rc::new(RefCell::new(Step::default()));
        let (gathered, log, query) = (step.clone(), self.clone(), query.clone());
        let by_chapters = extent.chapters > 0
            && !query.filter.is_empty()
            && self.seen_head().is_some_and(|head| extent.at.min(head.last) <= head.indexed);
        let is_start = self.is_start(extent.at);
        let stores: &[&str] =
            if by_chapters { &[META, SEGMENTS, CHAPTERS] } else { &[META, SEGMENTS] };
        let transaction = self.begin(stores, Mode::Read).await?;
        let issue = move |tx: &Transaction| {
            let Extent { at, segments, .. } = extent;
            let at_once = !query.reverse && !by_chapters;
            let to = query.to;
            let step = gathered.clone();
            log.with_head(tx, move |tx, head| {
                step.borrow_mut().head = Some(head);
                if at_once || !in_range(&query, &head) {
                    return Ok(());
                }
                let at = at.clamp(head.first, head.last);
                if by_chapters {
                    return read_planned(tx, head, Extent { at, ..extent }, query, step);
                }
                // What chapters cover is planned by the next step.
                let uncovered = if query.filter.is_empty() { 1 } else { head.indexed + 1 };
                records_back(tx, SEGMENTS, at, query.from.max(uncovered), segments, keep(step))
            })?;
            // Where nothing depends on the head, both are asked for together.
            match (at_once, is_start) {
                (true, true) => starting_from(tx, at, to, segments, keep(gathered)),
                (true, false) => segments_from(tx, at, to, segments, keep(gathered)),
                (false, _) => Ok(()),
            }
        };
        transaction.run(Box::new(issue)).await?;
        Ok(step.take())
    }
}

/// Whether the query can match anything of a log with this head.
fn in_range(query: &Query, head: &Head) -> bool {
    query.from.max(head.first) <= query.to.min(head.last)
}

/// What to do with the records that a request brings.
type Records = Box<dyn FnOnce(&Transaction, Vec<JsValue>) -> Result<()>>;

fn keep(step: Rc<RefCell<Step>>) -> Records {
    Box::new(move |_, found| {
        step.borrow_mut().records = found;
        Ok(())
    })
}

/// Reads only the segments that may match, by the chapters; where no chapter is, as without them.
fn read_planned(
    tx: &Transaction,
    head: Head,
    extent: Extent,
    query: Query,
    step: Rc<RefCell<Step>>,
) -> Result<()> {
    let Extent { at, segments, chapters } = extent;
    // Chapters may still tell of what has been trimmed.
    let query = Query { from: query.from.max(head.first), ..query };
    let (from, to, reverse) = (query.from, query.to, query.reverse);
    let average = (head.bytes / head.segments.max(1)).max(1);
    let most = ((PLANNED_BYTES / average) as usize).clamp(1, MOST_PLANNED).min(query.limit);
    let pick: Records = Box::new(move |tx, found| {
        let found: Vec<Vec<u8>> = found
            .iter()
            .filter_map(|chapter| chapter.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
            .collect();
        let Some(plan) = chapter::plan(found.iter().map(Vec::as_slice), &query, at, most) else {
            return if reverse {
                records_back(tx, SEGMENTS, at, from, segments, keep(step))
            } else {
                segments_from(tx, at, to, segments, keep(step))
            };
        };
        let store = tx.store(SEGMENTS)?;
        for first in &plan.segments {
            let step = step.clone();
            tx.then(store.get(&JsValue::from(*first as f64)), move |_, segment| {
                step.borrow_mut().records.push(segment);
                Ok(())
            })?;
        }
        step.borrow_mut().plan = Some(plan);
        Ok(())
    });
    if reverse {
        records_back(tx, CHAPTERS, at, from, chapters, pick)
    } else {
        records_from(tx, CHAPTERS, at, to, chapters, pick)
    }
}

/// Reads at most `count` segments, from the one that holds `at` to the one that holds `to`.
pub(super) fn segments_from(
    tx: &Transaction,
    at: u64,
    to: u64,
    count: u32,
    next: impl FnOnce(&Transaction, Vec<JsValue>) -> Result<()> + 'static,
) -> Result<()> {
    records_from(tx, SEGMENTS, at, to, count, Box::new(next))
}

/// Reads at most `count` segments, from the first that starts at or after `at` to the one that holds `to`.
fn starting_from(tx: &Transaction, at: u64, to: u64, count: u32, next: Records) -> Result<()> {
    if at > to {
        return next(tx, Vec::new());
    }
    let range = range(Some(&JsValue::from(at as f64)), to)?;
    let found = tx.store(SEGMENTS)?.get_all_with_key_and_limit(&range, count);
    tx.then(found, |tx, found| next(tx, Array::from(&found).to_vec()))
}

/// Reads at most `count` records, from the last that starts at or before `at` to the last that
/// starts at or before `to`.
fn records_from(
    tx: &Transaction,
    store: &str,
    at: u64,
    to: u64,
    count: u32,
    next: Records,
) -> Result<()> {
    if at > to {
        return next(tx, Vec::new());
    }
    let store = tx.store(store)?;
    let start = JsValue::from(at as f64);
    // Both at once: most readers go on where a segment starts, and need no second look.
    let up_to = range(None, at)?;
    let floor = store.open_key_cursor_with_range_and_direction(&up_to, IdbCursorDirection::Prev);
    let found = store.get_all_with_key_and_limit(&range(Some(&start), to)?, count);
    let earlier = Rc::new(Cell::new(None));
    let noted = earlier.clone();
    tx.then(floor, move |_, cursor| {
        if let Some(cursor) = cursor.dyn_ref::<IdbCursor>() {
            let key = cursor.key().map_err(|thrown| from_idb("reading a key", thrown))?;
            noted.set(key.as_f64().filter(|key| *key < at as f64));
        }
        Ok(())
    })?;
    tx.then(found, move |tx, found| match earlier.get() {
        None => next(tx, Array::from(&found).to_vec()),
        Some(start) => {
            let range = range(Some(&JsValue::from(start)), to)?;
            let found = store.get_all_with_key_and_limit(&range, count);
            tx.then(found, |tx, found| next(tx, Array::from(&found).to_vec()))
        }
    })
}

/// Reads at most `count` records backwards, from the last that starts at or before `at` to the one
/// that holds `from`.
fn records_back(
    tx: &Transaction,
    store: &str,
    at: u64,
    from: u64,
    count: u32,
    next: Records,
) -> Result<()> {
    let request = tx
        .store(store)?
        .open_cursor_with_range_and_direction(&range(None, at)?, IdbCursorDirection::Prev)
        .map_err(|thrown| from_idb("opening a cursor", thrown))?;
    step_back(tx, request, from, count, Vec::new(), next)
}

fn step_back(
    tx: &Transaction,
    request: IdbRequest,
    from: u64,
    count: u32,
    mut found: Vec<JsValue>,
    next: Records,
) -> Result<()> {
    tx.then(Ok(request.clone()), move |tx, cursor| {
        let Ok(cursor) = cursor.dyn_into::<IdbCursorWithValue>() else {
            return next(tx, found);
        };
        let failed = |thrown| from_idb("reading a record", thrown);
        found.push(cursor.value().map_err(failed)?);
        let first = cursor.key().map_err(failed)?.as_f64().unwrap_or_default();
        if count <= 1 || first <= from as f64 {
            return next(tx, found);
        }
        step_back(tx, request, from, count - 1, found, next)?;
        cursor.continue_().map_err(failed)
    })
}

/// The keys from `from` to `to`, both included.
pub(super) fn range(from: Option<&JsValue>, to: u64) -> Result<JsValue> {
    let to = JsValue::from(to as f64);
    match from {
        Some(from) => IdbKeyRange::bound(from, &to),
        None => IdbKeyRange::upper_bound(&to),
    }
    .map(JsValue::from)
    .map_err(|thrown| from_idb("making a key range", thrown))
}
