//! [`Hooked`]: a log in memory, and what a test wants to happen around its operations.

use async_trait::async_trait;
use everbus::log::{Appended, Bounds, Commits, Page, Retention, Stats, Surplus};
use everbus::{
    Batch, ConsumerInfo, Cursor, CursorMove, EventLog, Query, Result, SeqNo, StoredLog, Timestamp,
};
use std::fmt::Debug;
use std::sync::Arc;

/// What a log is asked to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation<'a> {
    Append(&'a Batch),
    Bounds,
    Other,
}

/// What happens around the effect of each operation. A failure before it is the operation's.
#[async_trait]
pub(crate) trait Hook: Clone + Debug + Send + Sync + 'static {
    async fn before(&self, _operation: Operation<'_>) -> Result<()> {
        Ok(())
    }
    async fn after(&self, _operation: Operation<'_>) {}
    /// Whether nothing of it takes time.
    fn is_immediate(&self) -> bool {
        false
    }
    /// What is read instead.
    fn query(&self, query: &Query) -> Query {
        query.clone()
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Hooked<H> {
    pub(crate) log: StoredLog,
    pub(crate) hook: H,
}

macro_rules! around {
    ($self:ident, $operation:expr, $call:expr) => {{
        $self.hook.before($operation).await?;
        let result = $call.await;
        $self.hook.after($operation).await;
        result
    }};
}

#[async_trait]
impl<H: Hook> EventLog for Hooked<H> {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        let appended = batch.clone();
        around!(self, Operation::Append(&appended), self.log.append_batch(batch))
    }
    async fn bounds(&self) -> Result<Bounds> {
        around!(self, Operation::Bounds, self.log.bounds())
    }
    async fn stats(&self) -> Result<Stats> {
        around!(self, Operation::Other, self.log.stats())
    }
    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        around!(self, Operation::Other, self.log.trim(before))
    }
    async fn merge(&self) -> Result<bool> {
        around!(self, Operation::Other, self.log.merge())
    }
    async fn read(&self, query: &Query) -> Result<Page> {
        let query = self.hook.query(query);
        around!(self, Operation::Other, self.log.read(&query))
    }
    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        around!(self, Operation::Other, self.log.move_cursors(moves))
    }
    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        around!(self, Operation::Other, self.log.consumers())
    }
    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        around!(self, Operation::Other, self.log.delete_consumer(consumer))
    }
    async fn surplus(&self, retention: &Retention, now: Timestamp) -> Result<Option<Surplus>> {
        around!(self, Operation::Other, self.log.surplus(retention, now))
    }
    fn is_immediate(&self) -> bool {
        self.hook.is_immediate()
    }
    fn commits(&self) -> Commits {
        self.log.commits()
    }
    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}
