//! [`Retention`]: how much of a log to keep.

use super::consumer::ConsumerInfo;
use super::segment::split_time;
use crate::{SeqNo, Timestamp};
use std::time::Duration;

/// How much of a log to keep. The oldest whole segments are beyond it once a limit is passed; the
/// newest segment never is.
///
/// # Examples
///
/// ```
/// use everbus::log::Retention;
/// use everbus::{EventLog, StoredLog, Timestamp};
///
/// # futures::executor::block_on(async {
/// let log = StoredLog::default();
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
    /// Keeps a segment as long as it has an event that is no older, and all after it. Times that are still to come say nothing:
    /// a segment that has no others goes with the next one that is too old.
    pub max_age: Option<Duration>,
}

/// What is beyond a log's [`Retention`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surplus {
    /// The number to trim before.
    pub before: SeqNo,
    /// The consumers that have not acknowledged all of what is before it.
    pub overtaken: Vec<ConsumerInfo>,
    /// Whether all but the newest segment is older than it may be: nobody has written for long, or the clock is ahead.
    pub is_all_too_old: bool,
}

/// How much to keep, in the numbers that a log counts in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) events: Option<u64>,
    pub(crate) bytes: Option<u64>,
    /// The earliest time that isn't too old, and now.
    pub(crate) times: Option<(i64, i64)>,
}

impl Retention {
    /// The limits as a log counts, at the time `now`.
    pub(super) fn limits(&self, now: Timestamp) -> Limits {
        let now = split_time(now).0;
        let age = self.max_age.and_then(|age| i64::try_from(age.as_millis()).ok());
        let oldest = age.and_then(|age| now.checked_sub(age));
        let Retention { max_events: events, max_bytes: bytes, .. } = *self;
        Limits { events, bytes, times: oldest.map(|oldest| (oldest, now)) }
    }
}
