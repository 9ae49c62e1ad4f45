//! The bus: live delivery, lag, and the way into the log.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::{
    EntityEvent, Error, EventBus, EventEnvelope, EventLog, FrameworkEvent, Json, Query, RecvError,
    Result, SeekPosition, StoredLog, Uuid,
};
use futures::FutureExt;
use futures::executor::block_on;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

fn event(n: u64) -> FrameworkEvent {
    let entity_id = Uuid::from_u64_pair(0, n);
    EntityEvent::Deleted { entity_type: "thing".into(), entity_id }.into()
}

fn number(envelope: &EventEnvelope) -> u64 {
    envelope.event.entity_id().as_u64_pair().1
}

#[test]
fn publishing_counts_the_receivers_and_never_fails() {
    let bus = EventBus::default();
    assert_eq!(bus.publish(event(1)), 0);
    let mut first = bus.subscribe();
    let second = bus.subscribe();
    assert_eq!(bus.receiver_count(), 2);
    assert_eq!(bus.publish(event(2)), 2);
    drop(second);
    assert_eq!(bus.clone().publish(event(3)), 1);
    block_on(async {
        assert_eq!(first.recv().await.map(|e| number(&e)), Ok(2));
        assert_eq!(first.recv().await.map(|e| (number(&e), e.seq_no)), Ok((3, None)));
        drop(first);
        assert_eq!(bus.publish(event(4)), 0);
        // The channel is still open after the last receiver has gone.
        let mut third = bus.subscribe();
        assert_eq!(bus.publish(event(5)), 1);
        assert_eq!(third.recv().await.map(|e| number(&e)), Ok(5));
        drop(bus);
        assert_eq!(third.recv().await, Err(RecvError::Closed));
    });
}

#[test]
#[should_panic(expected = "at least 1")]
fn a_capacity_of_zero_is_refused() {
    EventBus::new(0);
}

#[test]
fn printing_a_bus_shows_nothing_of_what_is_published() {
    let bus = EventBus::new(4).with_event_log(Arc::new(StoredLog::default()));
    let receiver = bus.subscribe();
    let secret = EntityEvent::Created {
        entity_type: "secret".into(),
        entity_id: Uuid::nil(),
        data: Json::new("secret").expect("it is JSON"),
    };
    let receipt = bus.publish_tracked(secret);
    let printed = format!("{bus:?} {receiver:?} {receipt:?}");
    assert!(!printed.contains("secret"), "{printed}");
    assert!(printed.contains("receivers: 1") && printed.contains("StoredLog"), "{printed}");
}

proptest! {
    /// Against a model: a queue that drops its oldest and counts.
    #[test]
    fn lag_is_told_once_and_then_the_oldest_retained_comes(
        capacity in 1..8usize,
        steps in proptest::collection::vec(any::<bool>(), 0..60),
    ) {
        let bus = EventBus::new(capacity);
        let mut receiver = bus.subscribe();
        let (mut queue, mut missed, mut published) = (VecDeque::new(), 0, 0);
        for publishes in steps {
            if publishes {
                published += 1;
                bus.publish(event(published));
                queue.push_back(published);
                if queue.len() > capacity {
                    queue.pop_front();
                    missed += 1;
                }
            } else {
                let expected = match missed {
                    0 => queue.pop_front().map(Ok),
                    n => Some(Err(RecvError::Lagged(n))),
                };
                missed = 0;
                let received = receiver.recv().now_or_never();
                prop_assert_eq!(received.map(|r| r.map(|e| number(&e))), expected);
            }
        }
    }
}

#[test]
fn what_is_published_is_in_the_log_in_order_with_its_origin() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::new(4).with_event_log(log.clone());
    block_on(async {
        let tracked = bus.publish_tracked(event(1));
        for n in 2..=2500 {
            bus.publish(event(n));
        }
        let last = bus.publish_tracked(event(2501));
        assert_eq!(last.committed().await.expect("it works").map(u64::from), Some(2501));
        assert_eq!(tracked.committed().await.expect("it works").map(u64::from), Some(1));
        bus.flush().await.expect("nothing failed");
        let page = log.read(&Query { limit: 5000, ..Query::default() }).await.expect("it works");
        let stored: Vec<_> = page.envelopes().collect();
        assert!(stored.iter().map(number).eq(1..=2501));
        assert!(stored.iter().all(|e| e.origin == Some(bus.origin())));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bus_receivers_and_log_move_between_threads() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::default().with_event_log(log.clone());
    let driver = tokio::spawn(bus.drive());
    let mut receiver = bus.subscribe();
    let received = tokio::spawn(async move { receiver.recv().await.map(|e| number(&e)) });
    let reader = tokio::spawn({
        let log: Arc<dyn EventLog> = log.clone();
        async move {
            let mut subscription = log.subscribe("reader", SeekPosition::Beginning).await?;
            let mut seq_nos = Vec::new();
            while seq_nos.len() < 200 {
                let envelope =
                    subscription.next().await.ok_or_else(|| Error::Closed("early".into()))??;
                seq_nos.extend(envelope.seq_no.map(u64::from));
            }
            Ok::<_, Error>(seq_nos)
        }
    });
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let bus = bus.clone();
            tokio::spawn(async move {
                for n in 0..50 {
                    bus.publish(event(writer * 50 + n));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("it doesn't panic");
    }
    assert!(received.await.expect("it doesn't panic").is_ok());
    let seq_nos = reader.await.expect("it doesn't panic").expect("it works");
    assert!(seq_nos.into_iter().eq(1..=200));
    drop(bus);
    driver.await.expect("the driver ends with the bus");
}

/// Refuses events of one type, as a full storage would refuse large ones.
#[derive(Clone, Debug, Default)]
struct Picky;

#[async_trait]
impl Hook for Picky {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        match operation {
            Operation::Append(batch) if format!("{batch:?}").contains("refused") => {
                Err(Error::QuotaExceeded { cause: None })
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn an_event_that_is_refused_fails_alone_and_is_reported() {
    let log = Arc::new(Hooked::<Picky>::default());
    let bus = EventBus::new(4).with_event_log(log.clone());
    let refused = |n| EntityEvent::Deleted {
        entity_type: "refused".into(),
        entity_id: Uuid::from_u64_pair(0, n),
    };
    block_on(async {
        let mut receipts = Vec::new();
        for n in 1..=20 {
            receipts.push(match n {
                7 => bus.publish_tracked(refused(n)),
                _ => bus.publish_tracked(event(n)),
            });
        }
        bus.publish(refused(21));
        bus.publish(event(22));
        assert_eq!(bus.flush().await.expect_err("one was refused").code(), "quota_exceeded");
        bus.flush().await.expect("a failure is told once");
        let mut seq_nos = Vec::new();
        for receipt in receipts {
            match receipt.committed().await {
                Ok(seq_no) => seq_nos.extend(seq_no.map(u64::from)),
                Err(error) => assert_eq!(error.code(), "quota_exceeded"),
            }
        }
        assert_eq!(seq_nos, (1..=19).collect::<Vec<_>>());
        let page = log.read(&Query::default()).await.expect("it works");
        let stored: Vec<u64> = page.envelopes().map(|e| number(&e)).collect();
        assert_eq!(stored, (1..=22).filter(|n| ![7, 21].contains(n)).collect::<Vec<_>>());
    });
}

#[test]
fn what_does_not_fit_into_the_queue_is_refused_and_nobody_gets_it() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::new(4).with_event_log(log.clone()).with_queue_limit(2, 100);
    // Nobody polls it, so everything waits for the receipts and for flush.
    let _driver = bus.drive();
    let mut receiver = bus.subscribe();
    block_on(async {
        let first = bus.publish_tracked(event(1));
        assert_eq!(bus.publish(event(2)), 1);
        let refused = bus.publish_tracked(event(3));
        assert_eq!(refused.receivers, 0);
        let error = refused.committed().await.expect_err("there is no room");
        assert!(matches!(error, Error::QueueFull { events: 2, bytes: 0 }), "{error}");
        assert_eq!(error.code(), "queue_full");
        assert_eq!(bus.publish(event(4)), 0);
        assert_eq!(bus.flush().await.expect_err("one was refused").code(), "queue_full");
        bus.flush().await.expect("a failure is told once");
        assert_eq!(first.committed().await.expect("it works").map(u64::from), Some(1));
        let next = bus.publish_tracked(event(5));
        assert_eq!(next.committed().await.expect("there is room").map(u64::from), Some(3));
        for n in [1, 2, 5] {
            assert_eq!(receiver.recv().await.map(|e| number(&e)), Ok(n));
        }
    });
}

#[test]
fn the_text_that_waits_is_limited_too() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::new(4).with_event_log(log).with_queue_limit(10, 100);
    let _driver = bus.drive();
    let large = |length: usize| EntityEvent::Created {
        entity_type: "thing".into(),
        entity_id: Uuid::nil(),
        data: Json::new(&"x".repeat(length - 2)).expect("it is JSON"),
    };
    block_on(async {
        // What comes when nothing waits fits, however large it is.
        for length in [500, 60] {
            let first = bus.publish_tracked(large(length));
            let refused = bus.publish_tracked(large(41));
            assert_eq!(refused.committed().await.map_err(|e| e.code()), Err("queue_full"));
            first.committed().await.expect("it fits");
        }
        let both = [60, 40].map(|length| bus.publish_tracked(large(length)));
        for receipt in both {
            receipt.committed().await.expect("it fits");
        }
    });
}

#[test]
fn failed_events_make_room_and_a_failure_that_nobody_takes_is_flushed() {
    let bus = EventBus::new(4)
        .with_event_log(Arc::new(Hooked::<Picky>::default()))
        .with_queue_limit(1, 100);
    let refused = || EntityEvent::Deleted { entity_type: "refused".into(), entity_id: Uuid::nil() };
    block_on(async {
        for _ in 0..3 {
            let error =
                bus.publish_tracked(refused()).committed().await.expect_err("it is refused");
            assert_eq!(error.code(), "quota_exceeded");
        }
        let receipt = bus.publish_tracked(refused());
        bus.flush().await.expect("the receipt is kept, and tells");
        drop(receipt);
        assert_eq!(bus.flush().await.expect_err("nobody took it").code(), "quota_exceeded");
    });
}

#[test]
fn dropping_a_driver_loses_nothing() {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::new(4).with_event_log(log.clone());
    drop(bus.publish_tracked(event(1)));
    drop(bus.flush());
    let mut driver = Box::pin(bus.drive());
    assert!(driver.as_mut().now_or_never().is_none());
    drop(driver);
    bus.publish(event(2));
    block_on(async {
        bus.flush().await.expect("it works");
        assert_eq!(log.last_seq_no().await.expect("it works").map(u64::from), Some(2));
    });
}
