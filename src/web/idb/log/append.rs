//! Appending: the head is read, the segments are added and the head is written in one transaction.

use super::{IndexedDbLog, Slot, taken};
use crate::log::{
    Appended, Batch, Head, IDEMPOTENCE_WINDOW, Notice, RecentIds, Segment, Sequenced,
};
use crate::web::idb::read::segments_from;
use crate::web::idb::transaction::{Mode, Transaction};
use crate::web::idb::{HEAD, META, SEGMENTS, records};
use crate::{Error, Result};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// What an append stored.
struct Written {
    head: Head,
    appended: Appended,
    segments: Vec<Arc<Segment>>,
    recent: Option<RecentIds>,
}

impl IndexedDbLog {
    /// Appends a batch: in one round trip if it can be, which mostly is so.
    pub(super) async fn append_all(&self, batch: Batch) -> Result<Appended> {
        let mode = if batch.strict { Mode::WriteStrict } else { Mode::Write };
        let mut batch = if self.0.in_doubt.get() { batch.idempotent() } else { batch };
        let expected = self.0.head.get().filter(|head| head.check(&batch).is_ok());
        if let Some(head) = expected.filter(|_| !batch.checks_ids && !batch.is_empty()) {
            match self.append_expecting(head, batch, mode).await? {
                Ok(written) => return Ok(self.announce(written)),
                Err(refused) => batch = refused,
            }
        }
        let mut failures = 0;
        loop {
            match self.append_after_reading(batch.clone(), mode).await {
                Err(error) if self.may_try_again(&error, failures).await => {
                    batch = batch.idempotent()
                }
                written => return Ok(self.announce(written?)),
            }
            failures += 1;
        }
    }

    /// Appends after whatever is the head, and leaves out what is stored already if the batch asks for that.
    async fn append_after_reading(&self, batch: Batch, mode: Mode) -> Result<Written> {
        let slot: Slot<Written> = Rc::default();
        let (log, result) = (self.clone(), slot.clone());
        // What is in doubt may be longer than the window: it is known as a whole, or not at all.
        let doubtful = if self.0.in_doubt.get() { batch.len() as u64 } else { 0 };
        let window = IDEMPOTENCE_WINDOW + doubtful;
        let issue = move |tx: &Transaction| {
            log.clone().with_head(tx, move |tx, head| {
                if !batch.checks_ids {
                    return IndexedDbLog::write(tx, head, batch, None, &result);
                }
                log.with_recent(tx, head, window, move |tx, recent| {
                    IndexedDbLog::write(tx, head, batch, Some(recent), &result)
                })
            })
        };
        let outcome = self.run(&[META, SEGMENTS], mode, Box::new(issue)).await;
        if let Err(Error::Storage { .. }) = outcome {
            self.0.in_doubt.set(true);
        }
        outcome?;
        taken(slot)
    }

    /// The ids of at least the newest `window` events, up to the head.
    fn with_recent(
        &self,
        tx: &Transaction,
        head: Head,
        window: u64,
        next: impl FnOnce(&Transaction, RecentIds) -> Result<()> + 'static,
    ) -> Result<()> {
        let kept = self.0.recent.take();
        if let Some(recent) =
            kept.filter(|kept| kept.last() == head.last && kept.window() >= window)
        {
            return next(tx, recent);
        }
        if head.first > head.last {
            return next(tx, RecentIds::of_newest(window));
        }
        let start = head.last.saturating_sub(window - 1).max(head.first);
        segments_from(tx, start, head.last, u32::MAX, move |tx, found| {
            let mut recent = RecentIds::of_newest(window);
            // The ids of a damaged segment are lost with it: its events may be appended again.
            for record in &found {
                match records::segment_from_js(record) {
                    Ok(segment) => recent.push(&segment),
                    Err(Error::Corrupt { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            next(tx, recent)
        })
    }

    /// Takes note of an append that is durable, and tells the subscriptions.
    fn announce(&self, written: Written) -> Appended {
        self.0.head.set(Some(written.head));
        if !written.segments.is_empty() {
            self.0.in_doubt.set(false);
        }
        let kept = self.0.recent.take();
        // A window that was larger, for what was in doubt, isn't needed again.
        let found = written.recent.filter(|found| found.window() == IDEMPOTENCE_WINDOW);
        let mut recent = found.or(kept);
        for segment in &written.segments {
            recent = recent.filter(|recent| recent.last() + 1 == segment.first().get());
            if let Some(recent) = &mut recent {
                recent.push(segment);
            }
            self.0.commits.announce(segment);
        }
        self.0.recent.replace(recent);
        if written.segments.is_empty() {
            // They were stored before, perhaps without anybody being told.
            self.wake();
        }
        self.0.notice.replace(Notice::of(&written.segments));
        written.appended
    }

    /// Appends in one round trip, if the head is still what it was when it was last seen: reading it,
    /// adding the segments and writing it are issued together, and nothing is committed before the
    /// first says so. Gives the batch back if another tab was faster.
    async fn append_expecting(
        &self,
        head: Head,
        batch: Batch,
        mode: Mode,
    ) -> Result<Result<Written, Batch>> {
        let expected_last = batch.expected_last;
        let sequenced = head.sequence(batch, None)?;
        let segments: Vec<_> = sequenced.segments.into_iter().map(Arc::new).collect();
        let (log, stored) = (self.clone(), segments.clone());
        let was_overtaken = Rc::new(Cell::new(false));
        let overtaken = was_overtaken.clone();
        let issue = move |tx: &Transaction| {
            log.with_head(tx, move |tx, found| {
                if found != head {
                    overtaken.set(true);
                    return Err(moved_on());
                }
                tx.commit();
                Ok(())
            })?;
            add(tx, stored.iter().map(|segment| &**segment), &sequenced.head)
        };
        match self.run(&[META, SEGMENTS], mode, Box::new(issue)).await {
            Ok(()) => {
                let Sequenced { head, appended, .. } = sequenced;
                Ok(Ok(Written { head, appended, segments, recent: None }))
            }
            Err(error @ (Error::Storage { .. } | Error::Unavailable { .. })) => {
                let segments = segments.iter().map(|segment| &**segment);
                let batch = Batch::unnumbered(segments, expected_last, mode == Mode::WriteStrict);
                // All is undone, or nothing was begun.
                if was_overtaken.get() || matches!(error, Error::Unavailable { .. }) {
                    return Ok(Err(batch));
                }
                self.0.in_doubt.set(true);
                Ok(Err(batch.idempotent()))
            }
            Err(error) => Err(error),
        }
    }

    /// Stores `batch` after `head`.
    fn write(
        tx: &Transaction,
        head: Head,
        batch: Batch,
        recent: Option<RecentIds>,
        result: &Slot<Written>,
    ) -> Result<()> {
        let sequenced = head.sequence(batch, recent.as_ref())?;
        if !sequenced.segments.is_empty() {
            add(tx, sequenced.segments.iter(), &sequenced.head)?;
        }
        tx.commit();
        let segments = sequenced.segments.into_iter().map(Arc::new).collect();
        let Sequenced { head, appended, .. } = sequenced;
        result.replace(Some(Written { head, appended, segments, recent }));
        Ok(())
    }
}

/// Adds segments, and writes the head that they make.
fn add<'a>(
    tx: &Transaction,
    segments: impl Iterator<Item = &'a Segment>,
    head: &Head,
) -> Result<()> {
    let store = tx.store(SEGMENTS)?;
    for segment in segments {
        let key = JsValue::from(segment.first().get() as f64);
        tx.issue(store.add_with_key(&records::segment_to_js(segment), &key))?;
    }
    let head = records::head_to_js(head);
    tx.issue(tx.store(META)?.put_with_key(&head, &JsValue::from(HEAD)))
}

fn moved_on() -> Error {
    Error::Storage { message: "the log has moved on".into(), cause: None }
}
