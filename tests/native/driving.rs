//! Who drives a bus, and what becomes of what waits: when the last handle goes, when others publish, when
//! the log panics.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::{
    EntityEvent, Error, EventBus, EventLog, FrameworkEvent, Query, Receipt, Result, StoredLog, Uuid,
};
use futures::FutureExt;
use futures::executor::block_on;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};

fn event(n: u64) -> FrameworkEvent {
    let entity_id = Uuid::from_u64_pair(0, n);
    EntityEvent::Deleted { entity_type: "thing".into(), entity_id }.into()
}

async fn last(log: &dyn EventLog) -> Option<u64> {
    log.last_seq_no().await.expect("it works").map(u64::from)
}

#[test]
fn what_was_published_before_the_last_handle_went_is_appended_by_its_driver() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::default().with_event_log(log.clone());
    let driver = bus.drive();
    let receipt = bus.publish_tracked(event(0));
    for n in 1..2500 {
        bus.publish(event(n));
    }
    drop((bus, receipt));
    block_on(driver);
    assert_eq!(block_on(last(&*log)), Some(2500));
}

async fn stored(log: &dyn EventLog) -> Vec<u64> {
    let query = Query { limit: usize::MAX, ..Query::default() };
    let page = log.read(&query).await.expect("it works");
    assert_eq!(page.resume, None);
    page.envelopes().map(|envelope| envelope.event.entity_id().as_u64_pair().1).collect()
}

#[test]
fn a_log_in_memory_has_what_is_published_though_nobody_drives_the_bus() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::new(1).with_event_log(log.clone()).with_queue_limit(1, 1);
    let mut receiver = bus.subscribe();
    for n in 1..=5000 {
        assert_eq!(bus.publish(event(n)), 1, "event {n}");
        assert_eq!(receiver.recv().now_or_never().map(|received| received.is_ok()), Some(true));
        assert_eq!(block_on(last(&*log)), Some(n));
    }
    assert!(block_on(stored(&*log)).into_iter().eq(1..=5000));
}

#[test]
fn a_driver_that_nobody_polls_gets_what_is_less_than_a_group() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::default().with_event_log(log.clone());
    let driver = bus.drive();
    for n in 1..=2500 {
        bus.publish(event(n));
    }
    assert_eq!(block_on(last(&*log)), Some(2000));
    assert_eq!(block_on(log.stats()).expect("it works").segments, 2);
    drop(driver);
    bus.publish(event(2501));
    assert!(block_on(stored(&*log)).into_iter().eq(1..=2501));
}

#[test]
fn what_threads_publish_at_once_waits_for_nobody() {
    for round in 0..300 {
        let log = Arc::new(StoredLog::default());
        let bus = EventBus::default().with_event_log(log.clone());
        std::thread::scope(|threads| {
            for thread in 0..3 {
                let bus = &bus;
                threads.spawn(move || {
                    for n in 0..20 {
                        match thread {
                            0 => drop(bus.publish(event(n))),
                            1 => block_on(bus.flush()).expect("it works"),
                            _ => {
                                let receipt = bus.publish_tracked(event(n));
                                assert!(block_on(receipt.committed()).is_ok());
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(block_on(last(&*log)), Some(40), "round {round}");
    }
}

/// Publishes a further event during each of its first appends.
#[derive(Clone, Debug, Default)]
struct Answering(Arc<OnceLock<EventBus>>, Arc<AtomicU64>);

#[async_trait]
impl Hook for Answering {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        if let (Operation::Append(_), Some(bus)) = (operation, self.0.get()) {
            let n = self.1.fetch_add(1, Ordering::Relaxed) + 2;
            if n <= 5 {
                bus.publish(event(n));
            }
        }
        Ok(())
    }
    fn is_immediate(&self) -> bool {
        true
    }
}

#[test]
fn what_is_published_during_an_append_is_appended_after_it() {
    let log = Arc::new(Hooked::<Answering>::default());
    let bus = EventBus::default().with_event_log(log.clone());
    log.hook.0.set(bus.clone()).expect("it is set once");
    bus.publish(event(1));
    assert_eq!(block_on(stored(&log.log)), [1, 2, 3, 4, 5]);
}

#[test]
fn who_appends_for_others_goes_on_with_what_came_meanwhile() {
    for flushes in [true, false] {
        let log = Arc::new(Hooked::<Answering>::default());
        let bus = EventBus::default().with_event_log(log.clone());
        log.hook.0.set(bus.clone()).expect("it is set once");
        let driver = bus.drive();
        let receipt = bus.publish_tracked(event(1));
        drop(driver);
        if flushes {
            block_on(bus.flush()).expect("it works");
        } else {
            block_on(receipt.committed()).expect("it works");
        }
        assert_eq!(block_on(stored(&log.log)), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_log_that_takes_its_time_is_left_to_who_drives_the_bus() {
    let log = Arc::new(Hooked::<Panicking>::default());
    let bus = EventBus::default().with_event_log(log.clone());
    bus.publish(event(1));
    assert!(!log.hook.0.load(Ordering::Relaxed), "nobody has asked it yet");
    block_on(bus.flush()).expect_err("it panics");
}

/// Publishes another event whenever something is appended.
#[derive(Clone, Debug, Default)]
struct Busy(Arc<OnceLock<EventBus>>);

#[async_trait]
impl Hook for Busy {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        if let (Operation::Append(_), Some(bus)) = (operation, self.0.get()) {
            bus.publish(event(0));
        }
        Ok(())
    }
}

#[test]
fn flush_does_not_wait_for_what_is_published_after_the_call() {
    let log = Arc::new(Hooked::<Busy>::default());
    let bus = EventBus::default().with_event_log(log.clone());
    log.hook.0.set(bus.clone()).expect("it is set once");
    for n in 1..=3 {
        bus.publish(event(n));
    }
    block_on(async {
        bus.flush().await.expect("it works");
        assert_eq!(last(&*log).await, Some(3));
        bus.flush().await.expect("it works");
        assert_eq!(last(&*log).await, Some(4), "what came during the first");
    });
}

/// Panics at the first append.
#[derive(Clone, Debug, Default)]
struct Panicking(Arc<AtomicBool>);

#[async_trait]
impl Hook for Panicking {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        let is_append = matches!(operation, Operation::Append(_));
        assert!(!is_append || self.0.swap(true, Ordering::Relaxed), "the log's mistake");
        Ok(())
    }
}

#[test]
fn a_log_that_panics_fails_what_it_was_given_and_nothing_that_comes_later() {
    let bus = EventBus::default().with_event_log(Arc::new(Hooked::<Panicking>::default()));
    let driver = std::thread::spawn({
        let driver = bus.drive();
        || block_on(driver)
    });
    block_on(async {
        let error = bus.publish_tracked(event(1)).committed().await.expect_err("it panicked");
        assert_eq!(error.code(), "storage");
        assert!(error.to_string().contains("the log's mistake"), "{error}");
        let later = bus.publish_tracked(event(2)).committed().await.expect("it works again");
        assert_eq!(later.map(u64::from), Some(1));
        bus.flush().await.expect("the receipt has told");
    });
    drop(bus);
    driver.join().expect("the driver ends with the bus");
}

/// Refuses everything.
#[derive(Clone, Debug, Default)]
struct Full;

#[async_trait]
impl Hook for Full {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        match operation {
            Operation::Append(_) => Err(Error::QuotaExceeded { cause: None }),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_failure_is_told_though_its_receipt_is_dropped_at_that_moment() {
    let bus = EventBus::new(4).with_event_log(Arc::new(Hooked::<Full>::default()));
    let (give, given) = channel::<(Receipt, u64)>();
    let (done, is_done) = channel();
    std::thread::spawn(move || {
        for (receipt, turns) in given {
            (0..turns).for_each(|_| std::hint::spin_loop());
            drop(receipt);
            done.send(()).expect("the test waits for it");
        }
    });
    for n in 0..20_000 {
        // Sooner or later than the append: at every moment once.
        give.send((bus.publish_tracked(event(n)), n * 7 % 900)).expect("the thread runs");
        let first = block_on(bus.flush());
        is_done.recv().expect("the thread runs");
        let told = first.and(block_on(bus.flush()));
        assert_eq!(told.expect_err("nobody took it").code(), "quota_exceeded", "event {n}");
    }
}
