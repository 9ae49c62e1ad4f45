//! From stored to live: every interleaving of writers and a reader gives each event once, in order.
//!
//! The back end here yields inside each operation, so that a step of the schedule can fall between
//! any two of its effects; the schedule is drawn at random, and proptest prints the one that fails. In
//! the end the reader runs only as long as it is woken.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::log::store::MemoryStore;
use everbus::{
    Batch, EntityEvent, EventEnvelope, EventLog, Filter, Query, Result, SeekPosition, SeqNo,
    StoredLog, Subscription, Timestamp, Uuid,
};
use futures::StreamExt;
use futures::executor::block_on;
use futures::task::{ArcWake, waker};
use proptest::prelude::*;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Every operation takes its time, before and after its effect.
#[derive(Clone, Debug, Default)]
struct Slow;

#[async_trait]
impl Hook for Slow {
    async fn before(&self, _: Operation<'_>) -> Result<()> {
        pause().await;
        Ok(())
    }
    async fn after(&self, _: Operation<'_>) {
        pause().await;
    }
    fn query(&self, query: &Query) -> Query {
        // Short pages, so that reading takes several turns.
        Query { limit: query.limit.min(3), ..query.clone() }
    }
}

/// Lets the others go first, once.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// When the events before the first step happened, when those of the writers, and when none.
const THEN: i64 = 1;
const NOW: i64 = 2;
const LATER: i64 = 3;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("it is a time")
}

fn envelope(n: u64, time: i64) -> EventEnvelope {
    let entity_type = if n.is_multiple_of(3) { "wanted" } else { "other" };
    let entity_id = Uuid::from_u64_pair(0, n);
    let event = EntityEvent::Deleted { entity_type: entity_type.into(), entity_id };
    EventEnvelope {
        timestamp: at(time),
        ..EventEnvelope::new(event.into(), &*everbus::env::system())
    }
}

/// Appends batches of these sizes.
async fn write(log: Hooked<Slow>, batches: Vec<usize>, start: u64) {
    let mut n = start;
    for size in batches {
        let envelopes: Vec<_> = (0..size as u64).map(|i| envelope(n + i, NOW)).collect();
        n += size as u64;
        log.append_batch(Batch::of(&envelopes).expect("they are valid")).await.expect("it works");
    }
}

/// How a reader begins.
#[derive(Clone, Copy, Debug)]
enum Beginning {
    Subscribe,
    TakeOver,
    Seek,
}

/// What a reader has got, and the last number in the log when it had begun.
#[derive(Debug, Default)]
struct Reading {
    last_at_begin: Option<u64>,
    numbers: Vec<u64>,
    /// How many numbers it had got when it was told that there are no more up to that one, if it asked for it.
    caught_up: Option<usize>,
}

/// Subscribes, and gathers the numbers of what comes. Dropped calls are part of the schedule.
async fn read(
    log: Hooked<Slow>,
    beginning: Beginning,
    position: SeekPosition,
    filter: Filter,
    catches_up: bool,
    streams: bool,
    reading: Arc<Mutex<Reading>>,
) {
    let handle = log.handle();
    let subscription = match beginning {
        Beginning::Subscribe => Subscription::open(handle, Some("reader"), position, filter).await,
        Beginning::TakeOver => {
            Subscription::take_over(handle, "reader", Uuid::nil(), position, filter).await
        }
        Beginning::Seek => {
            log.seek("reader", position).await.expect("it works");
            let position = SeekPosition::LastAcknowledged;
            Subscription::open(handle, Some("reader"), position, filter).await
        }
    };
    let mut subscription = subscription.expect("it works");
    let reading = || reading.lock().expect("nobody panics");
    let last = log.log.bounds().await.expect("it works").last;
    reading().last_at_begin = Some(last.map_or(0, SeqNo::get));
    let keep = |envelope: Option<Result<EventEnvelope>>| {
        let envelope = envelope.expect("the log is open").expect("it works");
        reading().numbers.push(envelope.seq_no.expect("it is stored").get());
    };
    if let (true, Some(last)) = (catches_up, last) {
        while let Some(envelope) = subscription.next_up_to(last).await {
            keep(Some(envelope));
        }
        let mut reading = reading();
        reading.caught_up = Some(reading.numbers.len());
    }
    if streams {
        // What one poll has begun the next goes on with.
        let mut events = std::pin::pin!(subscription);
        loop {
            keep(events.as_mut().next().await);
        }
    }
    loop {
        // Every other call is dropped after one poll, at whatever point it has reached.
        {
            let mut next = Box::pin(subscription.next());
            let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
            if let Poll::Ready(envelope) = polled {
                keep(envelope);
                continue;
            }
        }
        keep(subscription.next().await);
    }
}

/// Whether a task was woken.
struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(woken: &Arc<Woken>) {
        woken.0.store(true, Ordering::Relaxed);
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Polls the tasks in the order of the schedule, then the writers until they are done, and the reader as
/// long as it is woken.
fn run(mut writers: Vec<Task>, mut reader: Task, schedule: &[usize]) {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = waker(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let mut read = || {
        woken.0.store(false, Ordering::Relaxed);
        assert!(reader.as_mut().poll(&mut cx).is_pending());
    };
    let mut writing = Context::from_waker(futures::task::noop_waker_ref());
    let mut write = |writers: &mut Vec<Task>, writer: usize| {
        if writers[writer].as_mut().poll(&mut writing).is_ready() {
            drop(writers.remove(writer));
        }
    };
    for task in schedule {
        match task % (writers.len() + 1) {
            writer if writer < writers.len() => write(&mut writers, writer),
            _ => read(),
        }
    }
    while !writers.is_empty() {
        write(&mut writers, 0);
    }
    while woken.0.load(Ordering::Relaxed) {
        read();
    }
}

/// The numbers that a reader may start at: one, but for the end, which is somewhere from when it was asked for
/// to when it had begun.
fn starts(
    beginning: Beginning,
    position: SeekPosition,
    (stored, acked): (u64, u64),
    last_at_begin: u64,
) -> RangeInclusive<u64> {
    let only = |start| start..=start;
    match (beginning, position) {
        // Who isn't new goes on.
        (Beginning::TakeOver, _) if acked > 0 => only(acked + 1),
        (_, SeekPosition::Beginning) => only(1),
        (_, SeekPosition::LastAcknowledged) => only(acked + 1),
        (_, SeekPosition::Sequence(n)) => only(n.max(1)),
        (_, SeekPosition::Time(time)) if time == at(THEN) => only(1),
        (_, SeekPosition::Time(time)) if time == at(NOW) => only(stored + 1),
        _ => stored + 1..=last_at_begin + 1,
    }
}

fn positions() -> impl Strategy<Value = SeekPosition> {
    prop_oneof![
        3 => (0..6u64).prop_map(SeekPosition::Sequence),
        1 => Just(SeekPosition::Beginning),
        1 => Just(SeekPosition::LastAcknowledged),
        2 => Just(SeekPosition::Latest),
        2 => (THEN..=LATER).prop_map(|second| SeekPosition::Time(at(second))),
    ]
}

fn beginnings() -> impl Strategy<Value = Beginning> {
    prop_oneof![Just(Beginning::Subscribe), Just(Beginning::TakeOver), Just(Beginning::Seek)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn each_event_comes_once_and_in_order(
        (stored, acked) in (0..8u64).prop_flat_map(|stored| (Just(stored), 0..=stored)),
        a in proptest::collection::vec(1..5usize, 0..12),
        b in proptest::collection::vec(1..5usize, 0..12),
        beginning in beginnings(),
        position in positions(),
        filtered in any::<bool>(),
        catches_up in any::<bool>(),
        streams in any::<bool>(),
        schedule in proptest::collection::vec(0..3usize, 0..150),
    ) {
        let log = Hooked::<Slow>::default();
        futures::executor::block_on(async {
            for n in 1..=stored {
                log.log.append(envelope(n, THEN)).await.expect("it works");
            }
            if let Ok(acked) = SeqNo::new(acked) {
                log.log.ack("reader", acked).await.expect("it works");
            }
        });
        let filter: Filter = match filtered {
            true => serde_json::from_str(r#"{"entity_type":"wanted"}"#).expect("it is a filter"),
            false => Filter::default(),
        };
        let reading = Arc::default();
        let writers: Vec<Task> = vec![
            Box::pin(write(log.clone(), a.clone(), 1000)),
            Box::pin(write(log.clone(), b.clone(), 2000)),
        ];
        let reader = read(
            log.clone(), beginning, position, filter.clone(), catches_up, streams,
            Arc::clone(&reading),
        );
        let reader = Box::pin(reader);
        run(writers, reader, &schedule);

        let total = stored as usize + a.iter().sum::<usize>() + b.iter().sum::<usize>();
        let reading = reading.lock().expect("nobody panics");
        let last_at_begin = reading.last_at_begin.expect("it has begun");
        let starts = starts(beginning, position, (stored, acked), last_at_begin);
        let mut is_right = false;
        for from in starts.clone() {
            let query = Query { from, filter: filter.clone(), ..Query::default() };
            let page = futures::executor::block_on(log.log.read(&query)).expect("it works");
            prop_assert_eq!((page.last, page.resume), (total as u64, None));
            let expected = page.envelopes().filter_map(|e| e.seq_no).map(u64::from);
            is_right |= expected.eq(reading.numbers.iter().copied());
        }
        if let (true, 1..) = (catches_up, last_at_begin) {
            let numbers = reading.numbers.iter();
            let stored = numbers.take_while(|number| **number <= last_at_begin).count();
            prop_assert_eq!(reading.caught_up, Some(stored));
        }
        prop_assert!(is_right, "{:?} don't start in {:?}, or are not all", reading.numbers, starts);
    }
}

#[test]
fn what_another_handle_has_appended_comes_before_the_next_commit() {
    block_on(async {
        let (store, env) = (MemoryStore::default(), everbus::env::system());
        let own = StoredLog::open(store.clone(), &*env).await.expect("it works");
        let other = StoredLog::open(store, &*env).await.expect("it works");
        let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id: Uuid::nil() };
        let envelope = || EventEnvelope::new(event.clone().into(), &*env);
        let (position, filter) = (SeekPosition::Beginning, Filter::default());
        let mut events =
            Subscription::open(own.handle(), None, position, filter).await.expect("it works");
        for (log, wanted) in [(&own, vec![1]), (&other, vec![]), (&own, vec![2, 3])] {
            // Without a look at ids it counts on the end that it knows.
            let batch = Batch::of([&envelope()]).expect("the event is valid");
            log.append_batch(batch).await.expect("it works");
            for wanted in wanted {
                let given = events.next().await.expect("the log is open").expect("it works");
                assert_eq!(given.seq_no.map(u64::from), Some(wanted));
            }
        }
    });
}
