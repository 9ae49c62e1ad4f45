//! [`Start`]: where to begin to read a log, and for whom.

use super::time;
use crate::log::EventLog;
use crate::log::consumer::{Cursor, CursorChange};
use crate::log::head::Bounds;
use crate::{Result, SeekPosition, Uuid};

/// Where to begin to read a log, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// For whom.
    pub reader: Reader,
    /// Where.
    pub position: SeekPosition,
    /// The number up to which the reader has seen the log, if it has: the latest is what comes after that, however long it
    /// takes to look.
    pub seen: Option<u64>,
}

/// Whom a position is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reader {
    /// Somebody without a name: the position after the last acknowledged one is the beginning.
    Nameless,
    /// A consumer, which is made if it isn't there.
    Consumer(String),
    /// A consumer that is claimed. One that nobody has claimed, sought or acknowledged anything for starts at the position,
    /// any other where it is.
    Claiming {
        /// The consumer's name.
        consumer: String,
        /// Who claims it.
        holder: Uuid,
    },
    /// A consumer that starts there the next time.
    NextTime(String),
}

impl Start {
    /// The consumer's name, if there is one.
    pub fn consumer(&self) -> Option<&str> {
        match &self.reader {
            Reader::Nameless => None,
            Reader::Consumer(consumer)
            | Reader::Claiming { consumer, .. }
            | Reader::NextTime(consumer) => Some(consumer),
        }
    }

    /// What happens to the consumer, if the position is this one.
    pub(in crate::log) fn change(&self, position: SeekPosition) -> Option<(&str, CursorChange)> {
        let change = match self.reader {
            Reader::Nameless | Reader::Consumer(_) => CursorChange::Register,
            Reader::Claiming { holder, .. } => CursorChange::Claim { holder, start: position },
            Reader::NextTime(_) => CursorChange::Seek(position),
        };
        Some((self.consumer()?, change))
    }

    /// Where reading begins, for a consumer that is there now.
    pub(in crate::log) fn started(
        &self,
        cursor: Cursor,
        position: SeekPosition,
        bounds: Bounds,
    ) -> Result<Cursor> {
        match self.reader {
            Reader::Nameless | Reader::Consumer(_) => {
                Ok(Cursor { next: position.resolve(bounds, cursor)?, ..cursor })
            }
            Reader::Claiming { .. } | Reader::NextTime(_) => Ok(cursor),
        }
    }
}

/// Starts in a log that doesn't do it at once.
pub(in crate::log) async fn start(log: &dyn EventLog, start: &Start) -> Result<Cursor> {
    // The time comes first: what is appended while it is looked for may be what is looked for.
    let position = time::resolve(log, start.position).await?;
    let bounds = log.bounds().await?;
    let position = match (position, start.seen) {
        (SeekPosition::Latest, Some(seen)) => SeekPosition::Sequence(bounds.after(seen)?.get()),
        (position, _) => position,
    };
    // A number that no log can have is refused before a consumer is made.
    position.resolve(bounds, Cursor::START)?;
    let cursor = match start.change(position) {
        Some((consumer, change)) => log.move_cursor(consumer, change).await?,
        None => Cursor::new(bounds)?,
    };
    start.started(cursor, position, bounds)
}
