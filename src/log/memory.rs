//! [`MemoryLog`]: a log that lives as long as its last handle.

use super::EventLog;
use super::batch::Batch;
use super::commits::{CommitSender, Commits};
use super::head::{Appended, Bounds, Head, Stats};
use super::merge::Replacement;
use super::page::{Page, PageBuilder, Query};
use super::recent::RecentIds;
use super::segment::Segment;
use crate::consumer::{ConsumerInfo, Cursor, CursorMove};
use crate::{Env, Error, Result, SeqNo};
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A log in memory: the same segments and the same semantics as a stored one, but gone with its last handle.
///
/// # Examples
///
/// ```
/// use everbus::{EventLog, MemoryLog};
///
/// let log = MemoryLog::default();
/// assert_eq!(futures::executor::block_on(log.last_seq_no())?, None);
/// # Ok::<(), everbus::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryLog {
    state: Arc<Mutex<State>>,
    commits: CommitSender,
}

struct State {
    head: Head,
    segments: Vec<Arc<Segment>>,
    recent: RecentIds,
    /// Sorted by name.
    cursors: Vec<(String, Cursor)>,
    closed: bool,
}

impl State {
    /// Where a consumer is, or would be.
    fn find(&self, consumer: &str) -> Result<usize, usize> {
        self.cursors.binary_search_by(|(name, _)| name.as_str().cmp(consumer))
    }

    fn move_cursor(&mut self, change: &CursorMove) -> Result<Cursor> {
        let (bounds, found) = (self.head.bounds(), self.find(&change.consumer));
        let stored = found.ok().map(|at| self.cursors[at].1);
        let cursor = Cursor::apply(stored, change, bounds)?;
        match found {
            Ok(at) => self.cursors[at].1 = cursor,
            Err(at) => self.cursors.insert(at, (change.consumer.clone(), cursor)),
        }
        Ok(cursor)
    }
}

impl MemoryLog {
    /// An empty log.
    pub fn new(env: &dyn Env) -> MemoryLog {
        let state = State {
            head: Head::new(env.new_id()),
            segments: Vec::new(),
            recent: RecentIds::default(),
            cursors: Vec::new(),
            closed: false,
        };
        MemoryLog { state: Arc::new(Mutex::new(state)), commits: CommitSender::new() }
    }

    /// Closes every handle: subscriptions end, and every later call is [`Error::Closed`].
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.segments = Vec::new();
        state.recent = RecentIds::default();
        self.commits.close();
    }

    /// Whether small segments should be merged.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn needs_merge(&self) -> bool {
        self.lock().head.merge_count().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, State>> {
        Some(self.lock()).filter(|state| !state.closed).ok_or_else(Error::closed)
    }
}

impl Default for MemoryLog {
    /// An empty log, with the platform's own clock and randomness.
    fn default() -> Self {
        MemoryLog::new(&*crate::env::system())
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
impl EventLog for MemoryLog {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        let mut state = self.open()?;
        let recent = batch.checks_ids.then_some(&state.recent);
        let sequenced = state.head.sequence(batch, recent)?;
        state.head = sequenced.head;
        for segment in sequenced.segments.into_iter().map(Arc::new) {
            state.recent.push(&segment);
            self.commits.announce(&segment);
            state.segments.push(segment);
        }
        Ok(sequenced.appended)
    }

    async fn bounds(&self) -> Result<Bounds> {
        Ok(self.open()?.head.bounds())
    }

    async fn stats(&self) -> Result<Stats> {
        Ok(self.open()?.head.stats())
    }

    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        let mut state = self.open()?;
        state.head.check_trim(before)?;
        let kept = state.segments.partition_point(|segment| segment.last() < before);
        let forgotten: Vec<_> = state.segments.drain(..kept).collect();
        for segment in &forgotten {
            state.head.forget(segment.first().get(), segment.as_bytes().len() as u64);
        }
        if let Some(last) = forgotten.last() {
            state.head.start_at(last.last().get() + 1);
        }
        Ok(state.head.bounds())
    }

    async fn merge(&self) -> Result<bool> {
        let mut state = self.open()?;
        let Some(count) = state.head.merge_count() else {
            return Ok(false);
        };
        let start = state.segments.partition_point(|s| s.last().get() <= state.head.settled);
        let end = state.segments.len().min(start + count as usize);
        let mut head = state.head;
        let replacements = head.merge(&state.segments[start..end])?;
        for Replacement { first, last, segment } in replacements {
            let from = state.segments.partition_point(|s| s.last() < first);
            let to = state.segments.partition_point(|s| s.first() <= last);
            state.segments[from] = Arc::new(segment);
            state.segments.drain(from + 1..to);
        }
        state.head = head;
        Ok(head.merge_count().is_some())
    }

    async fn read(&self, query: &Query) -> Result<Page> {
        let state = self.open()?;
        let mut page = PageBuilder::new(query);
        let start = state.segments.partition_point(|s| s.last().get() < query.from);
        let end = state.segments.partition_point(|s| s.first().get() <= query.to);
        let mut range = state.segments.get(start..end).unwrap_or_default().iter();
        while let Some(segment) = if query.reverse { range.next_back() } else { range.next() } {
            if page.push(segment.clone()).is_break() {
                break;
            }
        }
        Ok(page.finish(&state.head))
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        let mut state = self.open()?;
        Ok(moves.iter().map(|each| state.move_cursor(each)).collect())
    }

    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        let state = self.open()?;
        let bounds = state.head.bounds();
        Ok(state.cursors.iter().map(|(name, cursor)| cursor.info(name, bounds)).collect())
    }

    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        let mut state = self.open()?;
        let found = state.find(consumer);
        Ok(found.map(|at| state.cursors.remove(at)).is_ok())
    }

    fn commits(&self) -> Commits {
        self.commits.listen()
    }

    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryLog(..={})", self.lock().head.last)
    }
}
