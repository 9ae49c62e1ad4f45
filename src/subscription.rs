//! [`Subscription`]: stored events, then live ones.
//!
//! A subscription is a position in the log. What is stored is read; once it has caught up, commits
//! are taken as they come, by their numbers. A commit that it already read is passed over; one that
//! doesn't follow sends it back to reading. So no interleaving of writers makes a gap or a duplicate,
//! and a slow reader costs nobody anything.

use crate::consumer::{Claim, Cursor, CursorChange};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Chunk, Commit, Commits, EventLog, Query, time};
use crate::{Error, EventEnvelope, Filter, RecvError, Result, SeekPosition, SeqNo, Uuid};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many events a subscription that is behind reads at once.
const READ_AHEAD: usize = 10 * MAX_EVENTS;

/// Stored events, then live ones: in order, without a gap or a duplicate, until the log is closed.
///
/// # Examples
///
/// As a stream, for the combinators of `futures`:
///
/// ```
/// use everbus::{EntityEvent, EventEnvelope, EventLog, MemoryLog, SeekPosition, Uuid};
/// use futures::{TryStreamExt, stream};
///
/// # futures::executor::block_on(async {
/// let log = MemoryLog::default();
/// # let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
/// # log.append(EventEnvelope::new(event.into(), &*everbus::env::system())).await?;
/// let subscription = log.subscribe("mailer", SeekPosition::LastAcknowledged).await?;
/// let events = stream::unfold(subscription, async |mut s| Some((s.next().await?, s)));
/// let first = std::pin::pin!(events).try_next().await?.expect("the log is open");
/// assert_eq!(first.seq_no.map(u64::from), Some(1));
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Subscription {
    log: Arc<dyn EventLog>,
    commits: Commits,
    filter: Filter,
    /// The number of the next event that hasn't been looked at.
    next: u64,
    /// Whether to go on at the first stored event when the next one was trimmed.
    skips_trimmed: bool,
    /// The claim that it was opened with.
    claim: Option<Claim>,
    /// Whether the log may hold events from `next` on that no commit will bring.
    behind: bool,
    ready: VecDeque<Chunk>,
    /// The events of the chunk that [`next`](Self::next) is giving out.
    open: Option<(Chunk, usize)>,
}

impl Subscription {
    /// Subscribes to the events of `log` that match `filter`. Without a consumer's name there is no
    /// position to go on from: [`SeekPosition::LastAcknowledged`] is then the beginning.
    ///
    /// # Errors
    ///
    /// As [`EventLog::subscribe`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the consumer may be there already, at its beginning.
    pub async fn open(
        log: Arc<dyn EventLog>,
        consumer: Option<&str>,
        position: SeekPosition,
        filter: Filter,
    ) -> Result<Subscription> {
        Subscription::open_after(log, consumer, position, filter, None).await
    }

    /// As [`open`](Self::open), for a caller who has `seen` the log up to a number: what comes after that
    /// is later than the latest, also if it is there by the time the log was asked.
    pub(crate) async fn open_after(
        log: Arc<dyn EventLog>,
        consumer: Option<&str>,
        position: SeekPosition,
        filter: Filter,
        seen: Option<u64>,
    ) -> Result<Subscription> {
        // Listening begins before anything is read, so that no commit falls between the two. The
        // position comes first: "latest" is what it was when the caller asked.
        let commits = log.commits();
        let position = resolve(&*log, position, seen).await?;
        let bounds = log.bounds().await?;
        // A number that no log can have is refused before the consumer is created.
        position.resolve(bounds, Cursor::START)?;
        let cursor = match consumer {
            Some(name) => log.move_cursor(name, CursorChange::Register).await?,
            None => Cursor::new(bounds)?,
        };
        let next = position.resolve(bounds, cursor)?;
        Ok(Subscription::start(log, commits, filter, next, None))
    }

    /// As [`open`](Self::open), but exclusively: claims the consumer for `holder`, whoever has claimed it
    /// before. From now on only this claim's acknowledgements count ([`CursorChange::AckUnder`]);
    /// everybody else's are refused, even of what was delivered before. So no event is acknowledged by
    /// two. Epochs start anew when the consumer is deleted: claim it for another `holder` then.
    ///
    /// Goes on after what was acknowledged. `position` is where a consumer starts that nobody has
    /// claimed, sought or acknowledged anything for yet.
    ///
    /// It doesn't wait for another holder to end: in one process a lock does that, between processes
    /// whatever tells that one is gone. [`CursorChange::Release`] lets others acknowledge again.
    ///
    /// # Errors
    ///
    /// As [`EventLog::subscribe`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the claim may have been made: then nobody acknowledges until the next one.
    ///
    /// # Examples
    ///
    /// ```
    /// use everbus::{CursorChange, EventLog, Filter, MemoryLog, SeekPosition, Subscription, Uuid};
    /// # use everbus::{EntityEvent, EventEnvelope};
    ///
    /// # futures::executor::block_on(async {
    /// let log = MemoryLog::default();
    /// # let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
    /// # let seq_no = log.append(EventEnvelope::new(event.into(), &*everbus::env::system())).await?;
    /// let take_over = async |holder| {
    ///     let (position, filter) = (SeekPosition::Beginning, Filter::default());
    ///     Subscription::take_over(log.handle(), "mailer", holder, position, filter).await
    /// };
    /// let slow = take_over(Uuid::from_u128(1)).await?.claim().expect("it is exclusive");
    /// let next = take_over(Uuid::from_u128(2)).await?.claim().expect("it is exclusive");
    ///
    /// let late = log.move_cursor("mailer", CursorChange::AckUnder(slow, seq_no)).await;
    /// assert_eq!(late.unwrap_err().code(), "conflict");
    /// log.move_cursor("mailer", CursorChange::AckUnder(next, seq_no)).await?;
    /// log.move_cursor("mailer", CursorChange::Release(next)).await?;
    /// # Ok::<(), everbus::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn take_over(
        log: Arc<dyn EventLog>,
        consumer: &str,
        holder: Uuid,
        position: SeekPosition,
        filter: Filter,
    ) -> Result<Subscription> {
        Subscription::take_over_after(log, consumer, holder, position, filter, None).await
    }

    /// As [`take_over`](Self::take_over), for a caller who has `seen` the log up to a number.
    pub(crate) async fn take_over_after(
        log: Arc<dyn EventLog>,
        consumer: &str,
        holder: Uuid,
        position: SeekPosition,
        filter: Filter,
        seen: Option<u64>,
    ) -> Result<Subscription> {
        let commits = log.commits();
        let start = resolve(&*log, position, seen).await?;
        let Cursor { next, claim, .. } =
            log.move_cursor(consumer, CursorChange::Claim { holder, start }).await?;
        Ok(Subscription::start(log, commits, filter, next, claim))
    }

    fn start(
        log: Arc<dyn EventLog>,
        commits: Commits,
        filter: Filter,
        next: SeqNo,
        claim: Option<Claim>,
    ) -> Subscription {
        Subscription {
            log,
            commits,
            filter,
            next: next.get(),
            skips_trimmed: false,
            claim,
            behind: true,
            ready: VecDeque::new(),
            open: None,
        }
    }

    /// The claim that it was opened with: what it gives is acknowledged under it. `None` if it isn't
    /// exclusive.
    pub fn claim(&self) -> Option<Claim> {
        self.claim
    }

    /// Goes on at the first stored event when the next one was trimmed, instead of failing.
    pub fn skipping_trimmed(mut self) -> Subscription {
        self.skips_trimmed = true;
        self
    }

    /// The next event that matches; waits for one. `None` once the log is closed.
    ///
    /// # Errors
    ///
    /// [`Error::Trimmed`] if the next event is no longer stored, and those of [`EventLog::read`].
    /// Calling again tries again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no event: the next call gives it.
    pub async fn next(&mut self) -> Option<Result<EventEnvelope>> {
        loop {
            if let Some((chunk, given)) = &mut self.open {
                if let Some(row) = chunk.rows.get(*given) {
                    *given += 1;
                    return Some(Ok(chunk.segment.envelope(row)));
                }
                self.open = None;
            }
            match self.next_chunk().await? {
                Ok(chunk) => self.open = Some((chunk, 0)),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// As [`next`](Self::next), but gives all the events of a segment that match at once.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// As [`next`](Self::next).
    pub async fn next_chunk(&mut self) -> Option<Result<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(Ok(chunk));
            }
            if self.behind {
                match self.catch_up().await {
                    Ok(()) => continue,
                    Err(Error::Closed(_)) => return None,
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.commits.recv().await {
                Ok(Commit::Stored(segment)) if segment.last().get() < self.next => {}
                Ok(Commit::Stored(segment)) if segment.first().get() <= self.next => {
                    let rows = segment.select(&self.filter, &(self.next..u64::MAX));
                    self.next = segment.last().get() + 1;
                    if !rows.is_empty() {
                        return Some(Ok(Chunk { segment, rows }));
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads a page from the log.
    async fn catch_up(&mut self) -> Result<()> {
        let (from, filter) = (self.next, self.filter.clone());
        let query = Query { from, limit: READ_AHEAD, filter, ..Query::default() };
        let page = self.log.read(&query).await?;
        if self.next < page.first && !self.skips_trimmed {
            return Err(Error::Trimmed { requested: self.next, first: page.first });
        }
        self.behind = page.resume.is_some();
        self.next = page.resume.map_or(self.next.max(page.last + 1), SeqNo::get);
        self.ready = page.chunks.into();
        Ok(())
    }
}

/// A position without a time, and with what a caller has seen of the log.
async fn resolve(
    log: &dyn EventLog,
    position: SeekPosition,
    seen: Option<u64>,
) -> Result<SeekPosition> {
    match (time::resolve(log, position).await?, seen) {
        (SeekPosition::Latest, Some(seen)) => {
            Ok(SeekPosition::Sequence(log.bounds().await?.after(seen)?.get()))
        }
        (position, _) => Ok(position),
    }
}
