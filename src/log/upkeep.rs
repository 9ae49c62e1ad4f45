//! [`Upkeep`]: keeps a log as short as it may be, and fast to read.

use super::commits::Commit;
use super::consumer::ConsumerInfo;
use super::retention::{Retention, Surplus};
use super::{Commits, EventLog};
use crate::{Env, Error, RecvError, Result, SeqNo, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A check costs a small read of the log, so a run of commits is checked once in so many events, or in so long a time.
const EVENTS_BETWEEN: u64 = 1000;
const TIME_BETWEEN: Duration = Duration::from_secs(1);

/// Keeps a log within a [`Retention`], and merges its small segments: at the start, and after commits.
///
/// Several may do so for one log at once: trimming and merging are one transaction each, and doing what is done does nothing.
///
/// # Examples
///
/// ```
/// use everbus::log::{Retention, Upkeep};
/// use everbus::{EntityEvent, EventBus, EventLog, StoredLog, Uuid};
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let log = Arc::new(StoredLog::default());
/// let bus = EventBus::default().with_event_log(log.clone());
/// let retention = Retention { max_events: Some(100), ..Retention::default() };
/// let upkeep = Upkeep::new(log.handle(), retention, everbus::env::system());
/// let mut upkeep = Box::pin(upkeep.run(|concern| eprintln!("{concern}"))); // with tokio: tokio::spawn(…)
///
/// for n in 0..5000 {
///     bus.publish(EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(n) });
/// }
/// # assert!(futures::poll!(&mut upkeep).is_pending());
/// assert!(log.stats().await?.events <= 200);
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "upkeep does nothing until it is run"]
pub struct Upkeep {
    log: Arc<dyn EventLog>,
    commits: Commits,
    retention: Retention,
    env: Arc<dyn Env>,
    /// Who was overtaken when last looked at, and the number before which it was told to be.
    told: BTreeMap<String, SeqNo>,
    /// When it was last checked, and how many events have come since.
    checked: Option<Timestamp>,
    since: u64,
    merges: bool,
}

/// What an [`Upkeep`] tells of.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Concern {
    /// A consumer is about to lose events that it hasn't acknowledged. Told once, until it has caught up with what that was.
    #[error(
        "the consumer \"{}\" has not acknowledged all events before {before}, which are about to be forgotten: \
         let it catch up, or delete it",
        consumer.name
    )]
    Overtaken {
        /// The consumer.
        consumer: ConsumerInfo,
        /// The number before which everything is about to be forgotten.
        before: SeqNo,
    },
    /// The age alone leaves next to nothing: the clock that says so may be wrong.
    #[error(
        "events before {before} are about to be forgotten, all that may be: by the clock, which says {now}, they are too old"
    )]
    AllTooOld {
        /// The number before which everything is about to be forgotten.
        before: SeqNo,
        /// What the clock says.
        now: Timestamp,
    },
    /// The log couldn't be trimmed; the next commits try again.
    #[error("the log couldn't be trimmed")]
    Trimming(#[source] Error),
    /// The log couldn't be merged, and isn't any more: trying at every commit would fail as often.
    #[error("the log couldn't be merged, and isn't any more")]
    Merging(#[source] Error),
}

impl Upkeep {
    /// Takes care of `log`, with the commits from now on. Old is what is by the clock of `env`.
    pub fn new(log: Arc<dyn EventLog>, retention: Retention, env: Arc<dyn Env>) -> Upkeep {
        let (commits, told) = (log.commits(), BTreeMap::new());
        Upkeep { log, commits, retention, env, told, checked: None, since: 0, merges: true }
    }

    /// Does what is due now and after each commit, until the log is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the log sound: trimmed and merged as far as it has come.
    pub async fn run(mut self, mut report: impl FnMut(Concern)) {
        loop {
            if self.is_due() {
                match self.trim(&mut report).await {
                    Err(Error::Closed(_)) => return,
                    trimmed => trimmed.unwrap_or_else(|error| report(Concern::Trimming(error))),
                }
            }
            match self.merge().await {
                Err(Error::Closed(_)) => return,
                Err(error) => {
                    self.merges = false;
                    report(Concern::Merging(error));
                }
                Ok(()) => {}
            }
            match self.commits.recv().await {
                Ok(Commit::Stored(segment)) => {
                    self.since += segment.last().get() - segment.first().get() + 1;
                }
                Ok(Commit::Elsewhere) => {}
                Err(RecvError::Lagged(_)) => self.since = EVENTS_BETWEEN,
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn is_due(&self) -> bool {
        let since = |checked| self.env.now().duration_since(checked).unsigned_abs();
        self.since >= EVENTS_BETWEEN
            || self.checked.is_none_or(|checked| since(checked) >= TIME_BETWEEN)
    }

    async fn trim(&mut self, report: &mut impl FnMut(Concern)) -> Result<()> {
        self.since = 0;
        self.checked = Some(self.env.now());
        loop {
            let now = self.env.now();
            let Some(surplus) = self.log.surplus(&self.retention, now).await? else {
                return Ok(());
            };
            let Surplus { before, overtaken, is_all_too_old } = surplus;
            self.warn(before, overtaken, report);
            if is_all_too_old {
                report(Concern::AllTooOld { before, now });
            }
            self.log.trim(before).await?;
        }
    }

    fn warn(
        &mut self,
        before: SeqNo,
        overtaken: Vec<ConsumerInfo>,
        report: &mut impl FnMut(Concern),
    ) {
        let mut told = BTreeMap::new();
        for consumer in overtaken {
            let next = consumer.last_acked.map_or(1, |acked| acked.get() + 1);
            let known = self.told.get(&consumer.name).copied();
            let still = known.filter(|known| next < known.get());
            told.insert(consumer.name.clone(), still.unwrap_or(before));
            if still.is_none() {
                report(Concern::Overtaken { consumer, before });
            }
        }
        self.told = told;
    }

    async fn merge(&self) -> Result<()> {
        while self.merges && self.log.merge().await? {}
        Ok(())
    }
}
