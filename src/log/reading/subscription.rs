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
use crate::platform::BoxFuture;
use crate::{Error, EventEnvelope, Filter, RecvError, Result, SeekPosition, SeqNo, Uuid};
use futures::{Stream, StreamExt};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// How many events a subscription that is behind reads at once.
const READ_AHEAD: usize = 10 * MAX_EVENTS;

/// Stored events, then live ones: in order, without a gap or a duplicate, until the log is closed.
///
/// As a stream it gives what [`next`](Self::next) does. What a stream has begun to read goes on when it is polled again.
///
/// # Examples
///
/// With the combinators of `futures`:
///
/// ```
/// use everbus::{EntityEvent, EventEnvelope, EventLog, StoredLog, SeekPosition, Uuid};
/// use futures::{StreamExt, TryStreamExt};
///
/// # futures::executor::block_on(async {
/// let log = StoredLog::default();
/// # for n in 1..=3 {
/// # let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(n) };
/// # log.append(EventEnvelope::new(event.into(), &*everbus::env::system())).await?;
/// # }
/// let subscription = log.subscribe("mailer", SeekPosition::LastAcknowledged).await?;
/// let numbers = subscription.map_ok(|envelope| envelope.seq_no.map(u64::from)).take(2);
/// assert_eq!(numbers.try_collect::<Vec<_>>().await?, [Some(1), Some(2)]);
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a subscription does nothing until it is asked for the next event"]
pub struct Subscription {
    log: Arc<dyn EventLog>,
    commits: Commits,
    following: Following,
    /// The claim that it was opened with.
    claim: Option<Claim>,
    /// The events of the chunk that [`next`](Self::next) is giving out.
    open: Option<(Chunk, usize)>,
    reading: Reading,
}

/// The page that is being read. Only the subscription itself gets at it: the mutex is for sharing references between threads.
#[derive(Default)]
struct Reading(Mutex<Option<BoxFuture<'static, Result<Page>>>>);

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
        let reading = Reading::default();
        Ok(Subscription { log, commits, following, claim, open: None, reading })
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
        let waiting = Waiting(self);
        poll_fn(|cx| waiting.0.poll_next_within(cx, last)).await
    }

    fn poll_next_within(
        &mut self,
        cx: &mut Context<'_>,
        last: u64,
    ) -> Poll<Option<Result<EventEnvelope>>> {
        loop {
            if let Some((chunk, given)) = &mut self.open {
                if let Some(row) = chunk.rows.get(*given) {
                    if chunk.segment.seq_no(row).get() > last {
                        return Poll::Ready(None);
                    }
                    *given += 1;
                    return Poll::Ready(Some(Ok(chunk.segment.envelope(row))));
                }
                self.open = None;
            }
            match ready!(self.poll_chunk_within(cx, last)) {
                Some(Ok(chunk)) => self.open = Some((chunk, 0)),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
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
        let waiting = Waiting(self);
        poll_fn(|cx| waiting.0.poll_chunk_within(cx, u64::MAX)).await
    }

    fn poll_chunk_within(
        &mut self,
        cx: &mut Context<'_>,
        last: u64,
    ) -> Poll<Option<Result<Chunk>>> {
        loop {
            let reading = self.reading.get_mut();
            if let Some(read) = reading {
                let page = ready!(read.as_mut().poll(cx));
                *reading = None;
                match page.and_then(|page| self.following.read(page)) {
                    Ok(()) => {}
                    Err(Error::Closed(_)) => return Poll::Ready(None),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            if self.following.has_passed(last) {
                return Poll::Ready(None);
            }
            match self.following.wants() {
                Wants::Nothing(chunk) => return Poll::Ready(Some(Ok(chunk))),
                Wants::Page(query) => {
                    let log = self.log.clone();
                    *self.reading.get_mut() = Some(Box::pin(async move { log.read(&query).await }));
                }
                Wants::Commit => {
                    let commit = ready!(self.commits.poll_next_unpin(cx));
                    if !self.following.hear(commit.unwrap_or(Err(RecvError::Closed))) {
                        return Poll::Ready(None);
                    }
                }
            }
        }
    }
}

impl Reading {
    fn get_mut(&mut self) -> &mut Option<BoxFuture<'static, Result<Page>>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that waits for the subscription. When it is dropped it takes along what is being read: half read, that may hold
/// what others wait for, and nobody would go on.
struct Waiting<'a>(&'a mut Subscription);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        *self.0.reading.get_mut() = None;
    }
}

impl Stream for Subscription {
    type Item = Result<EventEnvelope>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_within(cx, u64::MAX)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("log", &self.log)
            .field("next", &self.following.next)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
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
