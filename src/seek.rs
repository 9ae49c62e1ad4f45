//! [`SeekPosition`]: where to start in a log.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a subscription starts.
///
/// On the wire it is `"Beginning"`, `"LastAcknowledged"`, `"Latest"`, `{"Sequence":5}` or `{"Time":"…"}`.
///
/// # Examples
///
/// ```
/// use everbus::SeekPosition;
///
/// let position: SeekPosition = serde_json::from_str(r#"{"Sequence":5}"#)?;
/// assert_eq!(position, SeekPosition::Sequence(5));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SeekPosition {
    /// The first stored event.
    Beginning,
    /// The event after the last one that the consumer acknowledged; the beginning if it never did.
    LastAcknowledged,
    /// After the last stored event: only what comes later.
    Latest,
    /// The next event delivered is this one. 0 means 1; a future number waits, so look first whether the log is still the one
    /// that the number is of: [`StoredLog::id`](crate::StoredLog::id).
    Sequence(u64),
    /// The first event at or after this time.
    Time(Timestamp),
}
