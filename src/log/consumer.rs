//! Consumers: named, durable positions in a log.

use super::head::Bounds;
use super::segment::Checksum;
use super::store::Bytes;
use crate::{Error, Result, SeekPosition, SeqNo, Uuid};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most bytes of UTF-8 that a consumer's name may have. It has at least one.
pub const MAX_NAME_BYTES: usize = 255;

/// The right to acknowledge for a consumer, until somebody else claims it.
///
/// Whoever claims a consumer learns its position in the same transaction, and everybody who claimed it
/// before is refused from then on: an event that was acknowledged under one claim is never
/// acknowledged under another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Higher than that of every claim before, of whatever consumer of the log.
    pub epoch: u64,
    /// Who made it: an open bus, for instance.
    pub holder: Uuid,
}

/// A consumer's stored position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The number that the consumer's next subscription from the last acknowledged one starts at.
    pub next: SeqNo,
    /// The newest claim, `None` if there never was one.
    pub claim: Option<Claim>,
    /// Whether that claim still keeps others from acknowledging.
    pub is_held: bool,
    /// Whether nobody has held it, sought it or acknowledged anything for it yet.
    pub is_new: bool,
}

const IS_CLAIMED: u64 = 1;
const IS_HELD: u64 = 2;
const IS_NEW: u64 = 4;

/// A change of a consumer's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CursorChange {
    /// Creates the consumer, at the beginning, if it isn't there.
    Register,
    /// Acknowledges everything up to this number. Refused while somebody holds the consumer.
    Ack(SeqNo),
    /// Acknowledges everything up to this number, under a claim. Refused once there is a newer one.
    AckUnder(Claim, SeqNo),
    /// Starts there next time.
    Seek(SeekPosition),
    /// Claims the consumer, whoever holds it. One that has neither been claimed nor acknowledged
    /// anything starts at `start`; any other goes on after what was acknowledged.
    Claim {
        /// Who claims it.
        holder: Uuid,
        /// Where a new consumer starts.
        start: SeekPosition,
    },
    /// Gives a claim up. Does nothing if there is a newer one.
    Release(Claim),
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConsumerInfo {
    /// Its name.
    pub name: String,
    /// The last number that it acknowledged, `None` if it never did.
    pub last_acked: Option<SeqNo>,
    /// How many stored events come after that.
    pub lag: u64,
    /// Who holds it, as far as the log knows: a holder that crashed stays until the next claim.
    pub held_by: Option<Uuid>,
}

impl Cursor {
    /// Where a consumer is that never did anything, in a log that was never trimmed.
    pub const START: Cursor =
        Cursor { next: SeqNo::FIRST, claim: None, is_held: false, is_new: true };

    /// Where a consumer begins that is new in a log with these bounds. What was trimmed before it came is
    /// none of its events.
    pub(crate) fn new(bounds: Bounds) -> Result<Cursor> {
        Ok(Cursor {
            next: SeekPosition::Beginning.resolve(bounds, Cursor::START)?,
            ..Cursor::START
        })
    }

    /// The position after `change`, in a log with these bounds. A claim gets the epoch `epoch`, which has to be higher than
    /// that of any claim before, also of a consumer of this name that was deleted.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`] for an acknowledgement past the end, and for a time: see
    /// [`EventLog::find_time`](crate::EventLog::find_time). [`Error::Held`] and [`Error::TakenOver`]
    /// for an acknowledgement that somebody else's claim forbids.
    pub fn change(
        stored: Option<Cursor>,
        change: CursorChange,
        bounds: Bounds,
        epoch: u64,
    ) -> Result<Cursor> {
        let cursor = stored.map_or_else(|| Cursor::new(bounds), Ok)?;
        match change {
            CursorChange::Register => Ok(cursor),
            CursorChange::Ack(seq_no) => match cursor.claim.filter(|_| cursor.is_held) {
                Some(Claim { epoch, .. }) => Err(Error::Held { current: epoch }),
                None => cursor.ack(seq_no, bounds),
            },
            CursorChange::AckUnder(claim, seq_no) if cursor.claim == Some(claim) => {
                cursor.ack(seq_no, bounds)
            }
            CursorChange::AckUnder(Claim { epoch, .. }, _) => {
                Err(Error::TakenOver { epoch, current: cursor.epoch() })
            }
            CursorChange::Seek(position) => {
                Ok(Cursor { next: position.resolve(bounds, cursor)?, is_new: false, ..cursor })
            }
            CursorChange::Claim { holder, start } => {
                let next = if cursor.is_new { start.resolve(bounds, cursor)? } else { cursor.next };
                let claim = Some(Claim { epoch, holder });
                Ok(Cursor { next, claim, is_held: true, is_new: false })
            }
            CursorChange::Release(claim) => {
                Ok(Cursor { is_held: cursor.is_held && cursor.claim != Some(claim), ..cursor })
            }
        }
    }

    fn ack(self, seq_no: SeqNo, bounds: Bounds) -> Result<Cursor> {
        let last = bounds.last.map_or(0, SeqNo::get);
        if seq_no.get() > last {
            return Err(Error::past_the_end(seq_no, last));
        }
        let next = self.next.max(SeqNo::new(seq_no.get() + 1)?);
        Ok(Cursor { next, is_new: false, ..self })
    }

    /// The epoch of the newest claim, 0 if there never was one.
    pub(crate) fn epoch(self) -> u64 {
        self.claim.map_or(0, |claim| claim.epoch)
    }

    /// As [`change`](Cursor::change), for a consumer of this name.
    pub(crate) fn apply(
        stored: Option<Cursor>,
        CursorMove { consumer, change }: &CursorMove,
        bounds: Bounds,
        epoch: u64,
    ) -> Result<Cursor> {
        check_name(consumer)?;
        Cursor::change(stored, *change, bounds, epoch)
    }

    /// The record: a checksum of what follows, the number that it goes on with, and its newest claim.
    pub(crate) fn to_bytes(self) -> Bytes {
        let Cursor { next, claim, is_held, is_new } = self;
        let flag = |flag: u64, is_set: bool| if is_set { flag } else { 0 };
        let flags =
            flag(IS_CLAIMED, claim.is_some()) | flag(IS_HELD, is_held) | flag(IS_NEW, is_new);
        let Claim { epoch, holder } = claim.unwrap_or(Claim { epoch: 0, holder: Uuid::nil() });
        let numbers = [next.get(), epoch, flags].map(u64::to_le_bytes);
        let content = [numbers.as_flattened(), holder.as_bytes()].concat();
        let checksum = Checksum::new().update(&content).value().to_le_bytes();
        Arc::new([&checksum[..], &content].concat())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) made; `None` if it is anything else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Cursor> {
        let (checksum, content) = bytes.split_first_chunk::<8>()?;
        let (numbers, holder) = content.split_first_chunk::<24>()?;
        let holder = Uuid::from_bytes(holder.try_into().ok()?);
        let ([next, epoch, flags], []) = numbers.as_chunks::<8>() else { return None };
        let [next, epoch, flags] = [next, epoch, flags].map(|number| u64::from_le_bytes(*number));
        let is_sound = Checksum::new().update(content).value() == u64::from_le_bytes(*checksum);
        let has = |flag: u64| flags & flag != 0;
        Some(Cursor {
            next: SeqNo::new(next).ok().filter(|_| is_sound)?,
            claim: has(IS_CLAIMED).then_some(Claim { epoch, holder }),
            is_held: has(IS_HELD),
            is_new: has(IS_NEW),
        })
    }

    /// How the consumer is listed, in a log with these bounds.
    pub fn info(&self, name: &str, bounds: Bounds) -> ConsumerInfo {
        let last = bounds.last.map_or(0, SeqNo::get);
        let first = bounds.first.map_or(last + 1, SeqNo::get);
        ConsumerInfo {
            name: name.into(),
            last_acked: SeqNo::new((self.next.get() - 1).min(last)).ok(),
            lag: (last + 1).saturating_sub(self.next.get().max(first)),
            held_by: self.claim.filter(|_| self.is_held).map(|claim| claim.holder),
        }
    }
}

impl SeekPosition {
    /// The number of the next event, in a log with these bounds, for a consumer that is at `cursor`.
    pub(crate) fn resolve(self, bounds: Bounds, cursor: Cursor) -> Result<SeqNo> {
        let after_the_last =
            || bounds.last.map_or(Ok(SeqNo::FIRST), |n| Ok(SeqNo::new(n.get() + 1)?));
        match self {
            SeekPosition::Beginning => bounds.first.map_or_else(after_the_last, Ok),
            SeekPosition::LastAcknowledged => Ok(cursor.next),
            SeekPosition::Latest => after_the_last(),
            SeekPosition::Sequence(n) => Ok(SeqNo::new(n.max(1))?),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_or_not_at_all() -> Result<()> {
        let claim = Some(Claim { epoch: 7, holder: Uuid::from_u128(1 << 100) });
        let next = SeqNo::new(12)?;
        for cursor in [
            Cursor::START,
            Cursor { next, claim, is_held: true, is_new: false },
            Cursor { next, claim, is_held: false, is_new: false },
        ] {
            let bytes = cursor.to_bytes();
            assert_eq!(Cursor::from_bytes(&bytes), Some(cursor));
            for bit in 0..bytes.len() * 8 {
                let mut damaged = bytes.to_vec();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Cursor::from_bytes(&damaged), None);
            }
            assert_eq!(Cursor::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
        Ok(())
    }
}
