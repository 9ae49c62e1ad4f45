//! [`SeqNo`]: an event's place in its log.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An event's place in its log: 1, 2, 3 …, dense, at most 2^53 − 1 so that a JavaScript number holds it.
///
/// # Examples
///
/// ```
/// use everbus::SeqNo;
///
/// let seq_no = SeqNo::new(7)?;
/// assert_eq!(seq_no, 7);
/// assert_eq!(seq_no.next(), Some(SeqNo::new(8)?));
/// # Ok::<(), everbus::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct SeqNo(u64);

/// A number that is no [`SeqNo`]: as an [`Error`](crate::Error) it is an invalid position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no sequence number: they start at 1 and end at {max}", max = SeqNo::MAX)]
pub struct SeqNoOutOfRange(u64);

/// A text that is no [`SeqNo`]: as an [`Error`](crate::Error) it is an invalid position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no sequence number: write one from 1 to {max} in digits", max = SeqNo::MAX)]
pub struct ParseSeqNoError(String);

impl SeqNo {
    /// The number of a log's first event.
    pub const FIRST: SeqNo = SeqNo(1);
    /// The largest number, 2^53 − 1.
    pub const MAX: SeqNo = SeqNo((1 << 53) - 1);

    /// The number `n`.
    ///
    /// # Errors
    ///
    /// Unless `n` is from 1 to 2^53 − 1.
    pub fn new(n: u64) -> Result<SeqNo, SeqNoOutOfRange> {
        if (1..=SeqNo::MAX.0).contains(&n) { Ok(SeqNo(n)) } else { Err(SeqNoOutOfRange(n)) }
    }

    /// The plain number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number after this one, `None` after the largest.
    pub fn next(self) -> Option<SeqNo> {
        (self < SeqNo::MAX).then_some(SeqNo(self.0 + 1))
    }

    /// This number and `count` further ones, `None` past the largest.
    pub(crate) fn plus(self, count: u64) -> Option<SeqNo> {
        self.0.checked_add(count).and_then(|n| SeqNo::new(n).ok())
    }
}

impl TryFrom<u64> for SeqNo {
    type Error = SeqNoOutOfRange;

    fn try_from(n: u64) -> Result<SeqNo, SeqNoOutOfRange> {
        SeqNo::new(n)
    }
}

/// From decimal digits, as it is displayed.
impl FromStr for SeqNo {
    type Err = ParseSeqNoError;

    fn from_str(text: &str) -> Result<SeqNo, ParseSeqNoError> {
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        let seq_no = number.and_then(|n| SeqNo::new(n).ok());
        seq_no.ok_or_else(|| ParseSeqNoError(text.into()))
    }
}

impl From<SeqNo> for u64 {
    fn from(seq_no: SeqNo) -> u64 {
        seq_no.0
    }
}

impl PartialEq<u64> for SeqNo {
    fn eq(&self, other: &u64) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for SeqNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
