//! Finding a time in a log without reading it.
//!
//! Times needn't grow along a log: tabs and clocks differ. But each segment stores the latest time up
//! to its end, and that does grow, so the first segment that reaches a time is found by halving.

use super::page::{Chunk, Query};
use crate::log::EventLog;
use crate::log::segment::{Row, Segment, split_time};
use crate::{Error, Result, SeekPosition, SeqNo, Timestamp};
use std::sync::Arc;

/// The number of the first stored event at or after `time`.
pub(in crate::log) async fn find(log: &dyn EventLog, time: Timestamp) -> Result<Option<SeqNo>> {
    let bounds = log.bounds().await?;
    let (Some(first), Some(last)) = (bounds.first, bounds.last) else {
        return Ok(None);
    };
    let (millis, nanos) = split_time(time);
    let (mut low, mut high, mut found) = (first.get(), last.get(), None);
    while low <= high {
        let middle = low + (high - low) / 2;
        let Found { damaged, segment } = segment_at(log, middle).await?;
        match (&segment, damaged.or(segment.as_ref().map(|segment| segment.first()))) {
            (Some(segment), _) if segment.latest() < millis => low = segment.last().get() + 1,
            // Damaged events may be what is looked for: then reading from there tells of them.
            (_, Some(start)) => {
                // It starts after the middle if what was there has been trimmed meanwhile.
                high = start.get().min(middle) - 1;
                found = Some(start);
            }
            (_, None) => break,
        }
    }
    let Some(found) = found else {
        return Ok(None);
    };
    // The segment that was found has the event, unless what reached the time was trimmed before it.
    let mut query = Query { from: found.get(), ..Query::default() };
    loop {
        let page = log.read(&query).await?;
        for Chunk { segment, rows } in &page.chunks {
            let time = |row: &Row| (segment.millis(row), segment.nanos(row).unwrap_or_default());
            if let Some(row) = rows.iter().find(|row| time(row) >= (millis, nanos)) {
                return Ok(Some(segment.seq_no(row)));
            }
        }
        match page.resume {
            Some(resume) => query.from = resume.get(),
            None => return Ok(None),
        }
    }
}

/// A position without a time: that of the first event at or after it, or the end if there is none.
pub(super) async fn resolve(log: &dyn EventLog, position: SeekPosition) -> Result<SeekPosition> {
    match position {
        SeekPosition::Time(time) => {
            // The end as it was before the search: what comes meanwhile may be what is looked for.
            let last = log.bounds().await?.last;
            let found = find(log, time).await?;
            let end = last.map_or(1, |last| last.get() + 1);
            Ok(SeekPosition::Sequence(found.map_or(end, SeqNo::get)))
        }
        position => Ok(position),
    }
}

/// The first segment at or after a number that can be read, and where damaged ones before it begin.
#[derive(Debug)]
struct Found {
    damaged: Option<SeqNo>,
    segment: Option<Arc<Segment>>,
}

/// Finds the segment that holds an event; if it is damaged, the next one that isn't.
async fn segment_at(log: &dyn EventLog, number: u64) -> Result<Found> {
    let (mut from, mut damaged) = (number, None);
    loop {
        match log.read(&Query { from, limit: 1, ..Query::default() }).await {
            Ok(page) => {
                let segment = page.chunks.into_iter().next().map(|chunk| chunk.segment);
                return Ok(Found { damaged, segment });
            }
            Err(Error::Corrupt { events: Some((first, last)), .. }) if last.get() >= from => {
                damaged.get_or_insert(first);
                from = last.get() + 1;
            }
            Err(error) => return Err(error),
        }
    }
}
