//! Receivers, commits and subscriptions as streams.

use crate::handover::pause;
use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::log::{Commit, Commits};
use everbus::{
    EntityEvent, EventBus, EventEnvelope, EventLog, FrameworkEvent, Receiver, RecvError, Result,
    SeekPosition, StoredLog, Subscription, Uuid,
};
use futures::executor::block_on;
use futures::lock::Mutex;
use futures::{FutureExt, StreamExt, TryStreamExt};
use std::sync::Arc;

fn event(n: u64) -> FrameworkEvent {
    let entity_id = Uuid::from_u64_pair(0, n);
    EntityEvent::Deleted { entity_type: "thing".into(), entity_id }.into()
}

fn envelope(n: u64) -> EventEnvelope {
    EventEnvelope::new(event(n), &*everbus::env::system())
}

fn number(envelope: &EventEnvelope) -> u64 {
    envelope.event.entity_id().as_u64_pair().1
}

#[test]
fn streams_move_between_threads() {
    fn moves<T: Send + Sync + Unpin>() {}
    moves::<Receiver>();
    moves::<Commits>();
    moves::<Subscription>();
}

#[test]
fn a_receiver_streams_what_it_has_missed_as_an_error_and_ends_with_the_bus() {
    let bus = EventBus::new(2);
    let mut receiver = bus.subscribe();
    assert!(receiver.next().now_or_never().is_none());
    for n in 1..=5 {
        bus.publish(event(n));
    }
    block_on(async {
        assert_eq!(
            receiver.next().await.map(|e| e.map(|e| number(&e))),
            Some(Err(RecvError::Lagged(3)))
        );
        // The same receiver, either way.
        assert_eq!(receiver.recv().await.map(|e| number(&e)), Ok(4));
        assert_eq!(receiver.next().await.map(|e| e.map(|e| number(&e))), Some(Ok(5)));
        drop(bus);
        assert_eq!(receiver.next().await, None);
    });
}

#[test]
fn commits_stream_until_the_log_is_closed() {
    block_on(async {
        let log = StoredLog::default();
        let commits = log.commits();
        for n in 1..=3 {
            log.append(envelope(n)).await.expect("it works");
        }
        log.close();
        let ends = commits.map_ok(|commit| match commit {
            Commit::Stored(segment) => segment.last().get(),
            other => panic!("nobody else writes: {other:?}"),
        });
        assert_eq!(ends.try_collect::<Vec<_>>().await, Ok(vec![1, 2, 3]));
    });
}

#[test]
fn a_subscription_streams_what_is_stored_and_what_comes_until_the_log_is_closed() {
    block_on(async {
        let log = StoredLog::default();
        log.append(envelope(1)).await.expect("it works");
        let mut events = log.subscribe("reader", SeekPosition::Beginning).await.expect("it works");
        let first = StreamExt::next(&mut events).await.expect("it is open").expect("it works");
        assert_eq!(number(&first), 1);
        assert!(StreamExt::next(&mut events).now_or_never().is_none());
        log.append(envelope(2)).await.expect("it works");
        log.append(envelope(3)).await.expect("it works");
        let second = events.next().await.expect("it is open").expect("it works");
        assert_eq!(number(&second), 2);
        log.close();
        let rest: Vec<_> = events.try_collect().await.expect("it works");
        assert_eq!(rest.iter().map(number).collect::<Vec<_>>(), [3]);
    });
}

/// Lets nobody in while somebody reads, which takes a while.
#[derive(Clone, Debug, Default)]
struct OneByOne(Arc<Mutex<()>>);

#[async_trait]
impl Hook for OneByOne {
    async fn before(&self, operation: Operation<'_>) -> Result<()> {
        let _alone = self.0.lock().await;
        if let Operation::Other = operation {
            pause().await;
        }
        Ok(())
    }
}

#[test]
fn a_call_that_is_dropped_takes_along_what_it_was_reading() {
    let log = Hooked::<OneByOne>::default();
    block_on(async {
        let mut events = log.subscribe("reader", SeekPosition::Beginning).await.expect("it works");
        assert!(events.next().now_or_never().is_none(), "it reads");
        let appended = log.append(envelope(1)).now_or_never();
        assert_eq!(appended.expect("nobody else reads").expect("it works"), 1);
        let first = events.next().await.expect("it is open").expect("it works");
        assert_eq!(number(&first), 1);
    });
}
