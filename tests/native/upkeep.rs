//! Upkeep: what is beyond the retention goes, what is small is merged, and whom that concerns is told.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::log::{Concern, Retention, Upkeep};
use everbus::{
    Batch, EntityEvent, Env, Error, EventEnvelope, EventLog, Result, StoredLog, Timestamp, Uuid,
};
use futures::FutureExt;
use futures::executor::block_on;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// A clock that stands still until it is moved.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicI64>);

impl Env for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).expect("it is a time")
    }
    fn random(&self) -> [u8; 16] {
        [7; 16]
    }
}

fn envelope(n: u64, clock: &Clock) -> EventEnvelope {
    let entity_id = Uuid::from_u64_pair(0, n);
    let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id };
    EventEnvelope { id: Uuid::from_u64_pair(1, n), ..EventEnvelope::new(event.into(), clock) }
}

/// Appends so many events as segments of their own.
fn append(log: &dyn EventLog, count: u64, clock: &Clock) {
    block_on(async {
        let last = log.last_seq_no().await.expect("it works").map_or(0, u64::from);
        for n in last + 1..=last + count {
            let batch = Batch::of([&envelope(n, clock)]).expect("it is valid");
            log.append_batch(batch).await.expect("it works");
        }
    });
}

/// An upkeep under way, and what it has told of.
struct Running {
    run: Pin<Box<dyn Future<Output = ()>>>,
    concerns: Arc<Mutex<Vec<Concern>>>,
}

impl Running {
    fn of(log: &dyn EventLog, retention: Retention, clock: &Clock) -> Running {
        let concerns = Arc::<Mutex<Vec<Concern>>>::default();
        let upkeep = Upkeep::new(log.handle(), retention, Arc::new(clock.clone()));
        let told = concerns.clone();
        let run = upkeep.run(move |concern| told.lock().expect("nobody panics").push(concern));
        Running { run: Box::pin(run), concerns }
    }

    /// Lets it do what there is to do. Returns what it tells of.
    fn go_on(&mut self) -> Vec<Concern> {
        assert!(self.run.as_mut().now_or_never().is_none(), "it ends with the log");
        std::mem::take(&mut self.concerns.lock().expect("nobody panics"))
    }
}

fn first(log: &dyn EventLog) -> u64 {
    block_on(log.first_seq_no()).expect("it works").map_or(0, u64::from)
}

#[test]
fn what_is_beyond_the_retention_goes_at_the_start_and_after_commits() {
    let (log, clock) = (StoredLog::default(), Clock::default());
    let retention = Retention { max_events: Some(10), ..Retention::default() };
    append(&log, 30, &clock);
    let mut running = Running::of(&log, retention, &clock);
    assert!(running.go_on().is_empty());
    assert_eq!(first(&log), 21);
    append(&log, 5, &clock);
    assert!(running.go_on().is_empty());
    assert_eq!(first(&log), 21, "a check isn't due yet");
    clock.0.fetch_add(1, Ordering::Relaxed);
    append(&log, 200, &clock);
    assert!(running.go_on().is_empty());
    assert!(first(&log) > 200, "{}", first(&log));
    append(&log, 1000, &clock);
    running.go_on();
    assert!(first(&log) > 1200, "so many events are a reason, too");
    log.close();
    assert!(running.run.now_or_never().is_some(), "it ends with the log");
}

#[test]
fn small_segments_are_merged_after_commits() {
    let (log, clock) = (StoredLog::default(), Clock::default());
    let mut running = Running::of(&log, Retention::default(), &clock);
    running.go_on();
    append(&log, 2000, &clock);
    running.go_on();
    let stats = block_on(log.stats()).expect("it works");
    assert_eq!(stats.events, 2000);
    assert!(stats.segments < 100, "{stats:?}");
}

#[test]
fn a_consumer_that_is_overtaken_is_told_of_once_until_it_has_caught_up() {
    let (log, clock) = (StoredLog::default(), Clock::default());
    let retention = Retention { max_events: Some(5), ..Retention::default() };
    let acked = |concerns: Vec<Concern>| match &concerns[..] {
        [] => None,
        [Concern::Overtaken { consumer, .. }] => Some(consumer.last_acked.map_or(0, u64::from)),
        other => panic!("nothing else happens: {other:?}"),
    };
    let mut running = Running::of(&log, retention, &clock);
    append(&log, 1, &clock);
    block_on(log.ack("slow", 1.try_into().expect("it is a number"))).expect("it works");
    running.go_on();
    append(&log, 1500, &clock);
    assert_eq!(acked(running.go_on()), Some(1));
    append(&log, 1500, &clock);
    assert_eq!(acked(running.go_on()), None, "it has been told");
    let last = block_on(log.last_seq_no()).expect("it works").expect("it isn't empty");
    block_on(log.ack("slow", last)).expect("it works");
    append(&log, 1500, &clock);
    assert_eq!(acked(running.go_on()), Some(last.get()));
}

#[test]
fn a_clock_that_leaves_next_to_nothing_is_told_of() {
    let (log, clock) = (StoredLog::default(), Clock::default());
    let max_age = Some(std::time::Duration::from_secs(60));
    append(&log, 30, &clock);
    clock.0.store(1_000_000, Ordering::Relaxed);
    let retention = Retention { max_age, ..Retention::default() };
    let concerns = Running::of(&log, retention, &clock).go_on();
    let [Concern::AllTooOld { now, .. }] = concerns[..] else { panic!("{concerns:?}") };
    assert_eq!(now, clock.now());
    assert_eq!(first(&log), 30);
}

/// Neither merges nor trims.
#[derive(Clone, Debug, Default)]
struct Full;

#[async_trait]
impl Hook for Full {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        match operation {
            Operation::Other => Err(Error::QuotaExceeded { cause: None }),
            _ => Ok(()),
        }
    }
}

#[test]
fn failures_are_told_of_and_merging_is_given_up() {
    let (log, clock) = (Hooked::<Full>::default(), Clock::default());
    let mut running = Running::of(&log, Retention::default(), &clock);
    let told = running.go_on();
    assert!(matches!(told[..], [Concern::Trimming(_), Concern::Merging(_)]), "{told:?}");
    append(&log, 1000, &clock);
    let told = running.go_on();
    assert!(matches!(told[..], [Concern::Trimming(_)]), "{told:?}");
}

#[tokio::test]
async fn upkeep_is_spawned_on_an_executor() {
    let log = StoredLog::default();
    let upkeep = Upkeep::new(log.handle(), Retention::default(), everbus::env::system());
    let running = tokio::spawn(upkeep.run(|concern| panic!("{concern}")));
    log.close();
    running.await.expect("it ends with the log");
}
