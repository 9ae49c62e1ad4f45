//! The log: the ordered, durable record of events.
//!
//! [`EventLog`] is what everybody uses of it. [`StoredLog`] is the one implementation of what it means, over any
//! [`store`]: its operations are machines without I/O, which number, index, merge and forget. What they store is in the
//! [`segment`] format, and the suite `conformance` says what each back end has to do: it is there with the feature of that name.

mod batch;
mod commits;
#[cfg(feature = "conformance")]
pub mod conformance;
mod consumer;
mod head;
mod operations;
mod reading;
mod retention;
pub mod segment;
pub mod store;
mod stored;
mod upkeep;

pub use batch::Batch;
pub use commits::{Commit, CommitSender, Commits, Notice};
pub use consumer::{Claim, ConsumerInfo, Cursor, CursorChange, CursorMove, MAX_NAME_BYTES};
pub use head::{Appended, Bounds, IDEMPOTENCE_WINDOW, Stats};
pub use reading::{Chunk, Page, PageBuilder, Query, Reader, Start, Subscription};
#[cfg(all(feature = "bindings", target_arch = "wasm32"))]
pub(crate) use reading::{Following, Wants};
pub use retention::{Retention, Surplus};
pub use segment::Segment;
#[cfg(all(feature = "bindings", target_arch = "wasm32"))]
pub(crate) use stored::{Call, Ledger};
pub use stored::{Looked, StoredLog};
pub use upkeep::{Concern, Upkeep};

use crate::platform::{MaybeSend, MaybeSync};
use crate::{Error, EventEnvelope, Filter, Result, SeekPosition, SeqNo, Timestamp};
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;

/// The ordered, durable record of events. It assigns every [`SeqNo`].
///
/// A back end writes the methods without a body; the others stand on them. A log is a cheap handle:
/// clones share one record.
///
/// # Guarantees
///
/// - One total order; numbers are 1, 2, 3 …, without a gap and without reuse.
/// - [`append_batch`](EventLog::append_batch) resolves only once the batch is durable, all of it or none.
/// - A subscription gives stored events, then live ones, each once and in order.
/// - A consumer's position lives and dies with the events.
///
/// # Cancel safety
///
/// A future of a method that changes the log may be dropped: the change is then made whole or not at
/// all, and the caller doesn't learn which. Futures that only read can always be dropped.
///
/// # Examples
///
/// ```
/// use everbus::{EntityEvent, EventEnvelope, EventLog, StoredLog, SeekPosition, Uuid};
///
/// # futures::executor::block_on(async {
/// let log = StoredLog::default();
/// let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
/// let seq_no = log.append(EventEnvelope::new(event.into(), &*everbus::env::system())).await?;
/// assert_eq!(seq_no, 1);
///
/// let mut stored = log.subscribe("mailer", SeekPosition::Beginning).await?;
/// let envelope = stored.next().await.expect("the log is open")?;
/// log.ack("mailer", envelope.seq_no.expect("it is stored")).await?;
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
pub trait EventLog: fmt::Debug + MaybeSend + MaybeSync {
    /// Appends the events of `batch`, all or none, and resolves once they are durable.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if the batch's condition isn't met, [`Error::QuotaExceeded`],
    /// [`Error::Closed`], [`Error::Storage`]. The log is then as it was.
    async fn append_batch(&self, batch: Batch) -> Result<Appended>;

    /// The first and the last number.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Storage`], [`Error::Corrupt`].
    async fn bounds(&self) -> Result<Bounds>;

    /// Reads stored events. A page may be shorter than the query's limit: go on at its `resume`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if stored bytes are damaged, [`Error::Closed`], [`Error::Storage`].
    async fn read(&self, query: &Query) -> Result<Page>;

    /// How much is stored.
    ///
    /// # Errors
    ///
    /// As [`bounds`](EventLog::bounds).
    async fn stats(&self) -> Result<Stats>;

    /// Forgets the events before this number, but only whole segments, so that it may keep a few
    /// more. Numbers stay what they are. Resolves to what is left.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`] past the end of the log, [`Error::Closed`], [`Error::Storage`].
    async fn trim(&self, before: SeqNo) -> Result<Bounds>;

    /// Makes small neighbouring segments one, atomically, so that a log that is written one event at a
    /// time reads as fast as one written in bulk, and brings up to date what else makes reading fast.
    /// Nothing else changes. Does a bounded part of it, and nothing as long as there is too little to
    /// do; resolves to whether there is more.
    ///
    /// # Errors
    ///
    /// [`Error::QuotaExceeded`], [`Error::Corrupt`], [`Error::Closed`], [`Error::Storage`]. The log is
    /// then as it was.
    async fn merge(&self) -> Result<bool>;

    /// Changes the positions of consumers in turn, in one transaction, and creates the consumers that
    /// aren't there. Each change has an outcome of its own: one that is refused changes nothing, and
    /// keeps no other from being made.
    ///
    /// # Errors
    ///
    /// Of the whole: [`Error::QuotaExceeded`], [`Error::Closed`], [`Error::Storage`]; nothing is
    /// changed then. Of one change: as [`ack`](EventLog::ack) and [`seek`](EventLog::seek).
    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>>;

    /// The consumers by name, each with its position and lag.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Storage`].
    async fn consumers(&self) -> Result<Vec<ConsumerInfo>>;

    /// Forgets a consumer; `false` if there was none of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Storage`].
    async fn delete_consumer(&self, consumer: &str) -> Result<bool>;

    /// What is stored beyond `retention` at the time `now`; `None` if nothing is. Nothing is changed:
    /// [`trim`](EventLog::trim) does that.
    ///
    /// # Errors
    ///
    /// As [`read`](EventLog::read).
    async fn surplus(&self, retention: &Retention, now: Timestamp) -> Result<Option<Surplus>>;

    /// Listens to the commits from now on.
    fn commits(&self) -> Commits;

    /// Another handle of this log.
    fn handle(&self) -> Arc<dyn EventLog>;

    /// Whether a future of this log is ready when it is first polled, whoever polls it: then a bus appends what is published
    /// by itself, and needs no driver.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Appends one event and resolves to its number once it is durable. An id that is among the
    /// newest [`IDEMPOTENCE_WINDOW`] isn't stored again: the number is then the first one's.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`], and those of [`append_batch`](EventLog::append_batch).
    async fn append(&self, envelope: EventEnvelope) -> Result<SeqNo> {
        let appended = self.append_batch(Batch::of([&envelope])?.idempotent()).await?;
        let number = appended.seq_nos.first().copied();
        number.ok_or_else(|| Error::Storage {
            message: "the append has no result".into(),
            cause: None,
        })
    }

    /// Changes one consumer's position, and creates it if it isn't there.
    ///
    /// # Errors
    ///
    /// As [`ack`](EventLog::ack) and [`seek`](EventLog::seek).
    async fn move_cursor(&self, consumer: &str, change: CursorChange) -> Result<Cursor> {
        let only = CursorMove { consumer: consumer.into(), change };
        let moved = self.move_cursors(vec![only]).await?.pop();
        moved.unwrap_or_else(|| {
            Err(Error::Storage { message: "the change has no result".into(), cause: None })
        })
    }

    /// The first stored event's number, `None` if nothing is stored.
    ///
    /// # Errors
    ///
    /// As [`bounds`](EventLog::bounds).
    async fn first_seq_no(&self) -> Result<Option<SeqNo>> {
        Ok(self.bounds().await?.first)
    }

    /// The last assigned number, `None` if none ever was.
    ///
    /// # Errors
    ///
    /// As [`bounds`](EventLog::bounds).
    async fn last_seq_no(&self) -> Result<Option<SeqNo>> {
        Ok(self.bounds().await?.last)
    }

    /// The number of the first stored event at or after `time`; `None` if there is none.
    ///
    /// Reads a few segments, not the log: each knows the latest time up to its end.
    ///
    /// # Errors
    ///
    /// As [`read`](EventLog::read).
    async fn find_time(&self, time: Timestamp) -> Result<Option<SeqNo>> {
        reading::find_time(&*self.handle(), time).await
    }

    /// Finds where to begin to read, and makes, claims or moves the consumer that begins there. Gives the number of the next
    /// event, and the claim if one was made. A back end that can does it in one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`], [`Error::InvalidOption`] for an empty or overlong name, and those of
    /// [`read`](EventLog::read) and [`move_cursors`](EventLog::move_cursors).
    async fn start(&self, start: Start) -> Result<Cursor> {
        reading::start(&*self.handle(), &start).await
    }

    /// Stored events from `position` on, then live ones, for the consumer of this name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`], [`Error::InvalidOption`] for an empty or overlong name,
    /// [`Error::Closed`], [`Error::Storage`]. A position before the first stored event is told by the
    /// subscription's first [`next`](Subscription::next).
    async fn subscribe(&self, consumer: &str, position: SeekPosition) -> Result<Subscription> {
        Subscription::open(self.handle(), Some(consumer), position, Filter::default()).await
    }

    /// Acknowledges everything up to `seq_no`. An older number than before changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`] past the end of the log, [`Error::Held`] while somebody has claimed
    /// the consumer, [`Error::InvalidOption`] for an empty or overlong name, [`Error::Closed`],
    /// [`Error::Storage`].
    async fn ack(&self, consumer: &str, seq_no: SeqNo) -> Result<()> {
        self.move_cursor(consumer, CursorChange::Ack(seq_no)).await.map(drop)
    }

    /// Sets where the consumer's next subscription from [`SeekPosition::LastAcknowledged`] starts.
    /// Running subscriptions are unaffected.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`], [`Error::InvalidOption`] for an empty or overlong name,
    /// [`Error::Closed`], [`Error::Storage`].
    async fn seek(&self, consumer: &str, position: SeekPosition) -> Result<()> {
        let reader = Reader::NextTime(consumer.into());
        self.start(Start { reader, position, seen: None }).await.map(drop)
    }
}
