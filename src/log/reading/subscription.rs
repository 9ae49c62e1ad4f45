//! [`Subscription`]: stored events, then live ones.
//!
//! A subscription is a position in the log. What is stored is read; once it has caught up, commits
//! are taken as they come, by their numbers. A commit that it already read is passed over; one that
//! doesn't follow sends it back to reading. So no interleaving of writers makes a gap or a duplicate,
//! and a slow reader costs nobody anything.

use super::page::{Chunk, Page, Query};
use super::start::{Reader, Start};
use crate::filter::Matcher;
use crate::log::EventLog;
use crate::log::commits::{Commit, Commits};
use crate::log::consumer::{Claim, Cursor};
use crate::log::segment::MAX_EVENTS;
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
/// use everbus::{EntityEvent, EventEnvelope, EventLog, StoredLog, SeekPosition, Uuid};
/// use futures::{TryStreamExt, stream};
///
/// # futures::executor::block_on(async {
/// let log = StoredLog::default();
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
    following: Following,
    /// The claim that it was opened with.
    claim: Option<Claim>,
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
        let reader = consumer.map_or(Reader::Nameless, |name| Reader::Consumer(name.into()));
        Subscription::start(log, reader, position, filter).await
    }

    /// As [`open`](Self::open), but exclusively: claims the consumer for `holder`, whoever has claimed it
    /// before. From now on only this claim's acknowledgements count ([`AckUnder`](crate::CursorChange::AckUnder));
    /// everybody else's are refused, even of what was delivered before. So no event is acknowledged by
    /// two.
    ///
    /// Goes on after what was acknowledged. `position` is where a consumer starts that nobody has
    /// claimed, sought or acknowledged anything for yet.
    ///
    /// It doesn't wait for another holder to end: in one process a lock does that, between processes
    /// whatever tells that one is gone. [`Release`](crate::CursorChange::Release) lets others acknowledge again.
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
    /// use everbus::{CursorChange, EventLog, Filter, StoredLog, SeekPosition, Subscription, Uuid};
    /// # use everbus::{EntityEvent, EventEnvelope};
    ///
    /// # futures::executor::block_on(async {
    /// let log = StoredLog::default();
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
        let reader = Reader::Claiming { consumer: consumer.into(), holder };
        Subscription::start(log, reader, position, filter).await
    }

    async fn start(
        log: Arc<dyn EventLog>,
        reader: Reader,
        position: SeekPosition,
        filter: Filter,
    ) -> Result<Subscription> {
        let is_exclusive = matches!(reader, Reader::Claiming { .. });
        // Listening begins before anything is read, so that no commit falls between the two.
        let commits = log.commits();
        let Cursor { next, claim, .. } = log.start(Start { reader, position, seen: None }).await?;
        let following = Following::from(next, filter);
        let claim = claim.filter(|_| is_exclusive);
        Ok(Subscription { log, commits, following, claim, open: None })
    }

    /// The claim that it was opened with: what it gives is acknowledged under it. `None` if it isn't
    /// exclusive.
    pub fn claim(&self) -> Option<Claim> {
        self.claim
    }

    /// Goes on at the first stored event when the next one was trimmed, instead of failing.
    pub fn skipping_trimmed(mut self) -> Subscription {
        self.following.skip_trimmed();
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
        self.next_within(u64::MAX).await
    }

    /// As [`next`](Self::next), but `None`, too, once it has given every event up to this number that matches. With the log's
    /// last number that is the end of what is stored; [`next`](Self::next) goes on behind it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// As [`next`](Self::next).
    ///
    /// # Examples
    ///
    /// ```
    /// use everbus::{EventLog, Filter, SeekPosition, StoredLog, Subscription};
    /// # use everbus::{EntityEvent, EventEnvelope, Uuid};
    ///
    /// # futures::executor::block_on(async {
    /// let log = StoredLog::default();
    /// # let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
    /// # log.append(EventEnvelope::new(event.into(), &*everbus::env::system())).await?;
    /// let (position, filter) = (SeekPosition::Beginning, Filter::default());
    /// let mut events = Subscription::open(log.handle(), None, position, filter).await?;
    /// let mut state = Vec::new();
    /// if let Some(last) = log.last_seq_no().await? {
    ///     while let Some(envelope) = events.next_up_to(last).await {
    ///         state.push(envelope?.event);
    ///     }
    /// }
    /// assert_eq!(state.len(), 1); // it has caught up
    /// # Ok::<(), everbus::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn next_up_to(&mut self, last: SeqNo) -> Option<Result<EventEnvelope>> {
        self.next_within(last.get()).await
    }

    async fn next_within(&mut self, last: u64) -> Option<Result<EventEnvelope>> {
        loop {
            if let Some((chunk, given)) = &mut self.open {
                if let Some(row) = chunk.rows.get(*given) {
                    if chunk.segment.seq_no(row).get() > last {
                        return None;
                    }
                    *given += 1;
                    return Some(Ok(chunk.segment.envelope(row)));
                }
                self.open = None;
            }
            match self.next_chunk_within(last).await? {
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
        self.next_chunk_within(u64::MAX).await
    }

    async fn next_chunk_within(&mut self, last: u64) -> Option<Result<Chunk>> {
        loop {
            if self.following.has_passed(last) {
                return None;
            }
            match self.following.wants() {
                Wants::Nothing(chunk) => return Some(Ok(chunk)),
                Wants::Page(query) => match self.log.read(&query).await {
                    Ok(page) => match self.following.read(page) {
                        Ok(()) => {}
                        Err(error) => return Some(Err(error)),
                    },
                    Err(Error::Closed(_)) => return None,
                    Err(error) => return Some(Err(error)),
                },
                Wants::Commit => {
                    let commit = self.commits.recv().await;
                    if !self.following.hear(commit) {
                        return None;
                    }
                }
            }
        }
    }
}

/// Where a subscription is: a machine that asks for pages and commits, and makes chunks of them.
#[derive(Debug)]
pub(crate) struct Following {
    matcher: Matcher,
    /// The number of the next event that hasn't been looked at.
    next: u64,
    /// Whether to go on at the first stored event when the next one was trimmed.
    skips_trimmed: bool,
    /// Whether the log may hold events from `next` on that no commit will bring.
    behind: bool,
    ready: VecDeque<Chunk>,
}

/// What a [`Following`] goes on with.
#[derive(Debug)]
pub(crate) enum Wants {
    /// It has something to give.
    Nothing(Chunk),
    /// A page of the log.
    Page(Query),
    /// The next commit.
    Commit,
}

impl Following {
    /// Follows from `next` on.
    pub(crate) fn from(next: SeqNo, filter: Filter) -> Following {
        let (matcher, ready) = (Matcher::new(filter), VecDeque::new());
        Following { matcher, next: next.get(), skips_trimmed: false, behind: true, ready }
    }

    /// Goes on at the first stored event when the next one was trimmed, instead of failing.
    pub(crate) fn skip_trimmed(&mut self) {
        self.skips_trimmed = true;
    }

    /// Whether it has nothing more to give up to this number.
    pub(crate) fn has_passed(&self, last: u64) -> bool {
        self.ready.is_empty() && self.next > last
    }

    pub(crate) fn wants(&mut self) -> Wants {
        match self.ready.pop_front() {
            Some(chunk) => Wants::Nothing(chunk),
            None if self.behind => {
                let (from, filter) = (self.next, self.matcher.filter().clone());
                Wants::Page(Query { from, limit: READ_AHEAD, filter, ..Query::default() })
            }
            None => Wants::Commit,
        }
    }

    /// Takes the page that was wanted.
    pub(crate) fn read(&mut self, page: Page) -> Result<()> {
        if self.next < page.first && !self.skips_trimmed {
            return Err(Error::Trimmed { requested: self.next, first: page.first });
        }
        self.behind = page.resume.is_some();
        self.next = page.resume.map_or(self.next.max(page.last + 1), SeqNo::get);
        self.ready = page.chunks.into();
        Ok(())
    }

    /// Takes the next commit. Returns whether there may be more.
    pub(crate) fn hear(&mut self, commit: Result<Commit, RecvError>) -> bool {
        match commit {
            Ok(Commit::Stored(segment)) if segment.last().get() < self.next => {}
            Ok(Commit::Stored(segment)) if segment.first().get() <= self.next => {
                let rows = segment.select(&self.matcher, &(self.next..u64::MAX));
                self.next = segment.last().get() + 1;
                if !rows.is_empty() {
                    self.ready.push_back(Chunk { segment, rows });
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => self.behind = true,
            Err(RecvError::Closed) => return false,
        }
        true
    }
}
