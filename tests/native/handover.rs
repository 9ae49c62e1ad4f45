//! From stored to live: every interleaving of writers and a reader gives each event once, in order.
//!
//! The back end here yields inside each operation, so that a step of the schedule can fall between
//! any two of its effects; the schedule is drawn at random, and proptest prints the one that fails.

use async_trait::async_trait;
use everbus::log::{Appended, Bounds, Commits, Page, Stats};
use everbus::{
    Batch, ConsumerInfo, Cursor, CursorMove, EntityEvent, EventEnvelope, EventLog, Filter,
    MemoryLog, Query, Result, SeekPosition, SeqNo, Subscription, Uuid,
};
use futures::task::noop_waker;
use proptest::prelude::*;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A memory log whose every operation takes its time, before and after its effect.
#[derive(Clone, Debug, Default)]
struct Slow(MemoryLog);

/// Lets the others go first, once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await
}

macro_rules! slowly {
    ($call:expr) => {{
        pause().await;
        let result = $call.await;
        pause().await;
        result
    }};
}

#[async_trait]
impl EventLog for Slow {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        slowly!(self.0.append_batch(batch))
    }
    async fn bounds(&self) -> Result<Bounds> {
        slowly!(self.0.bounds())
    }
    async fn stats(&self) -> Result<Stats> {
        slowly!(self.0.stats())
    }
    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        slowly!(self.0.trim(before))
    }
    async fn merge(&self) -> Result<bool> {
        slowly!(self.0.merge())
    }
    async fn read(&self, query: &Query) -> Result<Page> {
        // Short pages, so that reading takes several turns.
        let query = Query { limit: query.limit.min(3), ..query.clone() };
        slowly!(self.0.read(&query))
    }
    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        slowly!(self.0.move_cursors(moves))
    }
    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        slowly!(self.0.consumers())
    }
    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        slowly!(self.0.delete_consumer(consumer))
    }
    fn commits(&self) -> Commits {
        self.0.commits()
    }
    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

fn envelope(n: u64) -> EventEnvelope {
    let entity_type = if n.is_multiple_of(3) { "wanted" } else { "other" };
    let entity_id = Uuid::from_u64_pair(0, n);
    let event = EntityEvent::Deleted { entity_type: entity_type.into(), entity_id };
    EventEnvelope::new(event.into(), &*everbus::env::system())
}

/// Appends batches of these sizes.
async fn write(log: Slow, batches: Vec<usize>, start: u64) {
    let mut n = start;
    for size in batches {
        let envelopes: Vec<_> = (0..size as u64).map(|i| envelope(n + i)).collect();
        n += size as u64;
        log.append_batch(Batch::of(&envelopes).expect("they are valid")).await.expect("it works");
    }
}

/// Subscribes, and gathers the numbers of what comes. Dropped calls are part of the schedule.
async fn read(
    log: Slow,
    position: SeekPosition,
    filter: Filter,
    read: Arc<std::sync::Mutex<Vec<u64>>>,
) {
    let subscription = Subscription::open(log.handle(), None, position, filter).await;
    let mut subscription = subscription.expect("it works");
    loop {
        // Every other call is dropped after one poll, at whatever point it has reached.
        {
            let mut next = Box::pin(subscription.next());
            let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
            if let Poll::Ready(envelope) = polled {
                push(&read, envelope);
                continue;
            }
        }
        let envelope = subscription.next().await;
        push(&read, envelope);
    }
}

fn push(read: &std::sync::Mutex<Vec<u64>>, envelope: Option<Result<EventEnvelope>>) {
    let envelope = envelope.expect("the log is open").expect("it works");
    let seq_no = envelope.seq_no.expect("it is stored").get();
    read.lock().expect("nobody panics").push(seq_no);
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Polls the tasks in the order of the schedule, and then in turn until the writers are done and the
/// reader has stopped.
fn run(mut writers: Vec<Task>, mut reader: Task, schedule: &[usize]) {
    let waker = noop_waker();
    let mut cx = Context::from_waker(&waker);
    let mut step = |writers: &mut Vec<Task>, task: usize| {
        let index = task % (writers.len() + 1);
        match writers.get_mut(index) {
            Some(writer) => {
                if writer.as_mut().poll(&mut cx).is_ready() {
                    drop(writers.remove(index));
                }
            }
            None => assert!(reader.as_mut().poll(&mut cx).is_pending()),
        }
    };
    for task in schedule {
        step(&mut writers, *task);
    }
    while !writers.is_empty() {
        step(&mut writers, 0);
    }
    for _ in 0..2000 {
        step(&mut writers, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn each_event_comes_once_and_in_order(
        stored in 0..8u64,
        a in proptest::collection::vec(1..5usize, 0..12),
        b in proptest::collection::vec(1..5usize, 0..12),
        start in 0..6u64,
        filtered in any::<bool>(),
        schedule in proptest::collection::vec(0..3usize, 0..150),
    ) {
        let log = Slow::default();
        futures::executor::block_on(async {
            for n in 1..=stored {
                log.0.append(envelope(n)).await.expect("it works");
            }
        });
        let filter: Filter = match filtered {
            true => serde_json::from_str(r#"{"entity_type":"wanted"}"#).expect("it is a filter"),
            false => Filter::default(),
        };
        let given = Arc::default();
        let writers: Vec<Task> = vec![
            Box::pin(write(log.clone(), a.clone(), 1000)),
            Box::pin(write(log.clone(), b.clone(), 2000)),
        ];
        let position = SeekPosition::Sequence(start);
        let reader = Box::pin(read(log.clone(), position, filter.clone(), Arc::clone(&given)));
        run(writers, reader, &schedule);

        let total = stored as usize + a.iter().sum::<usize>() + b.iter().sum::<usize>();
        let mut expected = Vec::new();
        let mut query = Query { filter, from: start, ..Query::default() };
        loop {
            let page = futures::executor::block_on(log.0.read(&query)).expect("it works");
            expected.extend(page.envelopes().filter_map(|e| e.seq_no).map(u64::from));
            prop_assert_eq!(page.last, total as u64);
            match page.resume {
                Some(resume) => query.from = resume.get(),
                None => break,
            }
        }
        prop_assert_eq!(&*given.lock().expect("nobody panics"), &expected);
    }
}
