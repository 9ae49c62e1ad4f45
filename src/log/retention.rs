//! [`Retention`]: how much of a log to keep.

use super::page::{Found, segment_at};
use super::{EventLog, time};
use crate::{ConsumerInfo, Result, SeqNo, Timestamp};
use std::time::Duration;

/// How much of a log to keep. The oldest whole segments are beyond it once a limit is passed; the
/// newest segment never is.
///
/// # Examples
///
/// ```
/// use everbus::log::Retention;
/// use everbus::{EventLog, MemoryLog, Timestamp};
///
/// # futures::executor::block_on(async {
/// let log = MemoryLog::default();
/// let retention = Retention { max_events: Some(100_000), ..Retention::default() };
/// if let Some(surplus) = log.surplus(&retention, Timestamp::now()).await? {
///     for consumer in &surplus.overtaken {
///         eprintln!("{} is about to lose events", consumer.name);
///     }
///     log.trim(surplus.before).await?;
/// }
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Keeps at least so many of the newest events.
    pub max_events: Option<u64>,
    /// Keeps at most so many bytes of segments.
    pub max_bytes: Option<u64>,
    /// Keeps a segment as long as it, or one before it, has an event that is no older.
    pub max_age: Option<Duration>,
}

/// What is beyond a log's [`Retention`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surplus {
    /// The number to trim before.
    pub before: SeqNo,
    /// The consumers that have not acknowledged all of what is before it.
    pub overtaken: Vec<ConsumerInfo>,
}

/// What is beyond `retention`, at the time `now`.
pub(super) async fn surplus(
    log: &dyn EventLog,
    retention: &Retention,
    now: Timestamp,
) -> Result<Option<Surplus>> {
    let age = retention.max_age.and_then(|age| i64::try_from(age.as_millis()).ok());
    let oldest = age.and_then(|age| time::millis(now).checked_sub(age));
    let (first, before) = 'anew: loop {
        let stats = log.stats().await?;
        let (Some(first), Some(last)) = (stats.bounds.first, stats.bounds.last) else {
            return Ok(None);
        };
        let (mut before, mut bytes) = (first, stats.bytes);
        // A damaged segment goes with the next one that isn't.
        loop {
            let Found { damaged, segment } = segment_at(log, before.get()).await?;
            let Some(segment) = segment else { break };
            if damaged.unwrap_or(segment.first()) > before {
                // Somebody else has trimmed it: what is counted here isn't all there any more.
                continue 'anew;
            }
            let newer = last.get().saturating_sub(segment.last().get());
            let is_surplus = retention.max_events.is_some_and(|max| newer >= max)
                || retention.max_bytes.is_some_and(|max| bytes > max)
                || oldest.is_some_and(|oldest| segment.latest() < oldest);
            match segment.last().next() {
                Some(next) if is_surplus && newer > 0 => before = next,
                _ => break,
            }
            bytes = bytes.saturating_sub(segment.as_bytes().len() as u64);
        }
        break (first, before);
    };
    if before == first {
        return Ok(None);
    }
    let mut overtaken = log.consumers().await?;
    overtaken.retain(|consumer| consumer.last_acked.map_or(0, SeqNo::get) + 1 < before.get());
    Ok(Some(Surplus { before, overtaken }))
}
