//! Consumers: named, durable positions in a log.

use crate::log::Bounds;
use crate::{Error, Result, SeekPosition, SeqNo};

/// The most bytes of UTF-8 that a consumer's name may have. It has at least one.
pub const MAX_NAME_BYTES: usize = 255;

/// A consumer's stored position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The number that the consumer's next subscription from the last acknowledged one starts at.
    pub next: SeqNo,
}

/// A change of a consumer's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorChange {
    /// Creates the consumer, at the beginning, if it isn't there.
    Register,
    /// Acknowledges everything up to this number.
    Ack(SeqNo),
    /// Starts there next time.
    Seek(SeekPosition),
}

/// A change of one consumer's position, as one of several: see [`EventLog::move_cursors`](crate::EventLog::move_cursors).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// The consumer's name.
    pub consumer: String,
    /// What happens to its position.
    pub change: CursorChange,
}

/// A consumer as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerInfo {
    /// Its name.
    pub name: String,
    /// The last number that it acknowledged, `None` if it never did.
    pub last_acked: Option<SeqNo>,
    /// How many stored events come after that.
    pub lag: u64,
}

impl Cursor {
    /// The position after `change`, in a log with these bounds.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`] for an acknowledgement past the end, and for a time: see [`EventLog::find_time`](crate::EventLog::find_time).
    pub fn change(stored: Option<Cursor>, change: CursorChange, bounds: Bounds) -> Result<Cursor> {
        let cursor = stored.unwrap_or(Cursor { next: SeqNo::FIRST });
        let last = bounds.last.map_or(0, SeqNo::get);
        let next = match change {
            CursorChange::Register | CursorChange::Seek(SeekPosition::LastAcknowledged) => {
                cursor.next
            }
            CursorChange::Ack(seq_no) if seq_no.get() > last => {
                return Err(Error::past_the_end(seq_no, last));
            }
            CursorChange::Ack(seq_no) => cursor.next.max(SeqNo::new(seq_no.get() + 1)?),
            CursorChange::Seek(position) => position.resolve(bounds, cursor)?,
        };
        Ok(Cursor { next })
    }

    /// As [`change`](Cursor::change), for a consumer of this name.
    pub(crate) fn apply(
        stored: Option<Cursor>,
        CursorMove { consumer, change }: &CursorMove,
        bounds: Bounds,
    ) -> Result<Cursor> {
        check_name(consumer)?;
        Cursor::change(stored, *change, bounds)
    }

    /// How the consumer is listed, in a log with these bounds.
    pub fn info(&self, name: &str, bounds: Bounds) -> ConsumerInfo {
        let last = bounds.last.map_or(0, SeqNo::get);
        let first = bounds.first.map_or(last + 1, SeqNo::get);
        ConsumerInfo {
            name: name.into(),
            last_acked: SeqNo::new((self.next.get() - 1).min(last)).ok(),
            lag: (last + 1).saturating_sub(self.next.get().max(first)),
        }
    }
}

impl SeekPosition {
    /// The number of the next event, in a log with these bounds, for a consumer that is at `cursor`.
    pub(crate) fn resolve(self, bounds: Bounds, cursor: Cursor) -> Result<SeqNo> {
        let after_the_last = || bounds.last.map_or(Ok(SeqNo::FIRST), |n| SeqNo::new(n.get() + 1));
        match self {
            SeekPosition::Beginning => bounds.first.map_or_else(after_the_last, Ok),
            SeekPosition::LastAcknowledged => Ok(cursor.next),
            SeekPosition::Latest => after_the_last(),
            SeekPosition::Sequence(n) => SeqNo::new(n.max(1)),
            SeekPosition::Time(_) => {
                Err(Error::InvalidPosition("a time has to be found in the log first".into()))
            }
        }
    }
}

/// Refuses an empty or an overlong consumer name.
fn check_name(name: &str) -> Result<()> {
    if (1..=MAX_NAME_BYTES).contains(&name.len()) {
        return Ok(());
    }
    Err(Error::InvalidOption(format!(
        "a consumer's name has 1 to {MAX_NAME_BYTES} bytes, this one has {}",
        name.len()
    )))
}
