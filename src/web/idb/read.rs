//! Reading segments: a few at a time, each step in a transaction of its own.

use super::transaction::{Mode, Transaction};
use super::{META, SEGMENTS, log::IndexedDbLog, records};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Head, Page, PageBuilder, Query, Segment, beyond};
use crate::web::error::from_idb;
use crate::{Error, Result};
use js_sys::Array;
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

/// The head, and the records of consecutive segments in the direction of reading.
#[derive(Debug, Default)]
struct Step {
    head: Option<Head>,
    records: Vec<JsValue>,
}

impl IndexedDbLog {
    pub(super) async fn read_page(&self, query: &Query) -> Result<Page> {
        let mut page = PageBuilder::new(query);
        let mut at = if query.reverse { query.to } else { query.from };
        // Without a filter, full segments give the page in one step and nothing is read for nothing.
        let full =
            if query.filter.is_empty() { query.limit.div_ceil(MAX_EVENTS) } else { FIRST_STEP };
        let mut count = full.clamp(1, FIRST_STEP) as u32;
        loop {
            let (head, records) = self.read_step(at, query, count).await?;
            if !in_range(query, &head) {
                return Ok(page.finish(&head));
            }
            at = at.clamp(head.first, head.last.max(head.first));
            let mut bytes = 0;
            let mut end = None;
            for record in &records {
                let segment = Arc::new(records::segment_from_js(record)?);
                if !(segment.first().get()..=segment.last().get()).contains(&at) {
                    return Err(missing(at));
                }
                bytes += segment.as_bytes().len();
                end = beyond(&segment, query)
                    .map(u64::from)
                    .filter(|n| *n <= head.last && *n >= head.first);
                at = end.unwrap_or(at);
                if page.push(segment).is_break() {
                    return Ok(page.finish(&head));
                }
            }
            if records.is_empty() {
                return Err(missing(at));
            }
            if end.is_none() {
                return Ok(page.finish(&head));
            }
            if bytes < STEP_BYTES {
                count = (count * 2).min(LARGEST_STEP);
            }
        }
    }

    /// Reads `count` segments, the first of which holds `at`.
    async fn read_step(&self, at: u64, query: &Query, count: u32) -> Result<(Head, Vec<JsValue>)> {
        let step = Rc::new(RefCell::new(Step::default()));
        let (gathered, log, query) = (step.clone(), self.clone(), query.clone());
        let transaction = self.begin(&[META, SEGMENTS], Mode::Read).await?;
        let issue = move |tx: &Transaction| {
            let (to, reverse) = (query.to, query.reverse);
            let step = gathered.clone();
            log.with_head(tx, move |tx, head| {
                step.borrow_mut().head = Some(head);
                if !reverse || !in_range(&query, &head) {
                    return Ok(());
                }
                walk_back(tx, at.clamp(head.first, head.last), query.from, count, step)
            })?;
            if reverse {
                return Ok(());
            }
            segments_from(tx, at, to, count, move |_, found| {
                gathered.borrow_mut().records = found;
                Ok(())
            })
        };
        transaction.run(Box::new(issue)).await?;
        let Step { head, records } = step.take();
        Ok((head.ok_or_else(Error::closed)?, records))
    }
}

/// Whether the query can match anything of a log with this head.
fn in_range(query: &Query, head: &Head) -> bool {
    query.from.max(head.first) <= query.to.min(head.last)
}

/// Reads at most `count` segments, from the one that holds `at` to the one that holds `to`.
pub(super) fn segments_from(
    tx: &Transaction,
    at: u64,
    to: u64,
    count: u32,
    next: impl FnOnce(&Transaction, Vec<JsValue>) -> Result<()> + 'static,
) -> Result<()> {
    if at > to {
        return next(tx, Vec::new());
    }
    let store = tx.store(SEGMENTS)?;
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

/// Gathers at most `count` segments backwards, from the one that holds `at` to the one that holds `from`.
fn walk_back(
    tx: &Transaction,
    at: u64,
    from: u64,
    count: u32,
    gathered: Rc<RefCell<Step>>,
) -> Result<()> {
    let request = tx
        .store(SEGMENTS)?
        .open_cursor_with_range_and_direction(&range(None, at)?, IdbCursorDirection::Prev)
        .map_err(|thrown| from_idb("opening a cursor", thrown))?;
    step_back(tx, request, from, count, gathered)
}

fn step_back(
    tx: &Transaction,
    request: IdbRequest,
    from: u64,
    count: u32,
    gathered: Rc<RefCell<Step>>,
) -> Result<()> {
    tx.then(Ok(request.clone()), move |tx, cursor| {
        let Ok(cursor) = cursor.dyn_into::<IdbCursorWithValue>() else {
            return Ok(());
        };
        let failed = |thrown| from_idb("reading a segment", thrown);
        gathered.borrow_mut().records.push(cursor.value().map_err(failed)?);
        let first = cursor.key().map_err(failed)?.as_f64().unwrap_or_default();
        if count <= 1 || first <= from as f64 {
            return Ok(());
        }
        step_back(tx, request, from, count - 1, gathered)?;
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

fn missing(at: u64) -> Error {
    Error::Corrupt(format!("the segment that holds event {at} is missing"))
}

/// Reads segments that were gathered.
pub(super) fn decode(records: &[JsValue]) -> Result<Vec<Segment>> {
    records.iter().map(records::segment_from_js).collect()
}
