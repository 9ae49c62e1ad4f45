//! What somebody leaves behind who has no time left: numbered once by whoever looks next, however late, in its order.

use crate::tables::records;
use everbus::log::store::{Fault, Faulty, MemoryStore, Request, Store, Table};
use everbus::{
    Batch, EntityEvent, Env, Error, EventEnvelope, EventLog, Query, SeqNo, StoredLog, Timestamp,
    Uuid, env,
};
use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A clock that stands still.
#[derive(Debug)]
struct At(i64);

impl Env for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0).expect("it is a time")
    }

    fn random(&self) -> [u8; 16] {
        env::system().random()
    }
}

fn open(store: impl Store + 'static) -> StoredLog {
    block_on(StoredLog::open(store, &*env::system())).expect("it works")
}

fn batch(events: impl IntoIterator<Item = u64>) -> Batch {
    let envelope = |event: u64| {
        let entity_id = Uuid::from_u64_pair(1, event);
        EventEnvelope {
            id: Uuid::from_u64_pair(0, event),
            timestamp: Timestamp::UNIX_EPOCH,
            event: EntityEvent::Deleted { entity_type: "thing".into(), entity_id }.into(),
            seq_no: None,
            origin: None,
            meta: None,
        }
    };
    let envelopes: Vec<_> = events.into_iter().map(envelope).collect();
    Batch::of(&envelopes).expect("the events are valid")
}

fn part(log: &StoredLog, batch: Batch, env: &dyn Env) {
    log.part(batch, env).expect("memory can be written blind");
}

/// Appends without asking for ids.
fn append(log: &StoredLog, batch: Batch) -> Vec<u64> {
    let appended = block_on(log.append_batch(batch)).expect("it works");
    appended.seq_nos.into_iter().map(SeqNo::get).collect()
}

/// Looks through a new handle, and finds nothing that is refused.
fn look(store: &MemoryStore) {
    let looked = block_on(open(store.clone()).look()).expect("it works");
    assert!(looked.refused.is_empty(), "{:?}", looked.refused);
    assert!(records(store, Table::Parting).is_empty());
}

/// The events in the order of their numbers, from one on.
fn stored(store: &MemoryStore, from: u64) -> Vec<u64> {
    let query = Query { from, limit: 100, ..Query::default() };
    let page = block_on(open(store.clone()).read(&query)).expect("it works");
    page.envelopes().map(|e| e.id.as_u64_pair().1).collect()
}

/// A log that ends at 1; and a handle of it whose next append is made, and told to have failed.
fn leaving() -> (MemoryStore, StoredLog, Arc<AtomicBool>) {
    let store = MemoryStore::default();
    let gives_up = Arc::new(AtomicBool::new(false));
    let next = gives_up.clone();
    let fault = move || match next.swap(false, Ordering::Relaxed) {
        true => Fault::GivenUpAfter,
        false => Fault::None,
    };
    let log = open(Faulty::new(store.clone(), fault));
    append(&log, batch([1]));
    (store, log, gives_up)
}

/// More than a log looks back for anybody else.
const MANY: u64 = 10_500;

fn others(store: &MemoryStore) {
    let log = open(store.clone());
    for first in (100..100 + MANY).step_by(1000) {
        append(&log, batch(first..(first + 1000).min(100 + MANY)));
    }
}

#[test]
fn what_was_stored_before_it_was_left_behind_is_found_however_many_events_came_since() {
    let (store, log, gives_up) = leaving();
    gives_up.store(true, Ordering::Relaxed);
    let error = block_on(log.append_batch(batch([2, 3]))).expect_err("nobody knows");
    assert_eq!(error.code(), "storage");
    part(&log, batch([2, 3]), &*env::system());
    part(&log, batch([4]), &*env::system());
    others(&store);
    look(&store);
    assert_eq!(stored(&store, 1)[..4], [1, 2, 3, 100]);
    assert_eq!(stored(&store, MANY + 3), [99 + MANY, 4]);
    // The one who left comes back, and has heard of nothing.
    assert_eq!(append(&log, batch([2, 3])), [2, 3]);
    assert_eq!(append(&log, batch([4])), [MANY + 4]);
}

#[test]
fn what_was_stored_before_it_was_left_behind_and_is_trimmed_is_found() {
    let (store, log, gives_up) = leaving();
    gives_up.store(true, Ordering::Relaxed);
    block_on(log.append_batch(batch([2, 3]))).expect_err("nobody knows");
    part(&log, batch([2, 3, 4]), &*env::system());
    let other = open(store.clone());
    append(&other, batch(100..200));
    let before = SeqNo::new(104).expect("it is a number");
    assert_eq!(block_on(other.trim(before)).expect("it works").first, None);
    look(&store);
    assert_eq!(stored(&store, 1), [4]);
    assert_eq!(append(&log, batch([2, 3, 4])), [2, 3, 104]);
}

#[test]
fn who_appends_itself_what_it_left_behind_stores_it_once() {
    let (store, log, _) = leaving();
    part(&log, batch([2, 3]), &*env::system());
    assert_eq!(append(&log, batch([2, 3])), [2, 3], "before the look");
    look(&store);
    part(&log, batch([4]), &*env::system());
    look(&store);
    assert_eq!(append(&log, batch([4])), [4], "after the look");
    part(&log, batch([5]), &*env::system());
    look(&store);
    others(&store);
    assert_eq!(append(&log, batch([5])), [5], "long after the look");
    assert_eq!(stored(&store, 1)[..6], [1, 2, 3, 4, 5, 100]);
    // A condition was met if the batch is known.
    let end = MANY + 5;
    let conditional = || batch([6]).expecting(SeqNo::new(end).expect("it is a number"));
    part(&log, conditional(), &*env::system());
    assert_eq!(append(&log, conditional()), [end + 1]);
    look(&store);
    assert_eq!(stored(&store, end), [99 + MANY, 6]);
}

#[test]
fn a_condition_that_is_not_met_is_told_and_keeps_nobody_else_from_being_numbered() {
    let (store, log, _) = leaving();
    let expecting = |event, last| batch([event]).expecting(SeqNo::new(last).expect("a number"));
    part(&log, expecting(2, 1), &At(1));
    part(&log, batch([3]).expecting_empty(), &At(2));
    part(&log, expecting(4, 2), &At(3));
    part(&log, expecting(5, 2), &At(4));
    part(&log, batch([6]), &At(5));
    let looked = block_on(open(store.clone()).look()).expect("it works");
    let told = looked.refused.iter().map(|error| match error {
        Error::Conflict { expected, actual } => (*expected, *actual),
        other => panic!("{other}"),
    });
    assert_eq!(told.collect::<Vec<_>>(), [(0, 2), (2, 3)]);
    assert_eq!(stored(&store, 1), [1, 2, 4, 6]);
    assert!(looked.has_adopted && looked.bounds.last == SeqNo::new(4).ok());
    look(&store);
    assert_eq!(stored(&store, 1), [1, 2, 4, 6], "once");
}

#[test]
fn what_several_have_left_behind_is_numbered_by_time_and_each_ones_in_its_order() {
    let (store, log, _) = leaving();
    let other = open(store.clone());
    part(&log, batch([10]), &At(1000));
    part(&other, batch([20]), &At(2000));
    // A clock that is put back.
    part(&log, batch([11]), &At(3000));
    part(&log, batch([12]), &At(500));
    part(&log, batch([13]), &At(500));
    part(&other, batch([21]), &At(2500));
    look(&store);
    assert_eq!(stored(&store, 1), [1, 10, 20, 21, 11, 12, 13]);

    // More than are numbered in one transaction, and more than a segment holds.
    for n in 0..40 {
        part(&log, batch([100 + 2 * n, 101 + 2 * n]), &At(4000));
    }
    part(&log, batch(1000..3500), &At(5000));
    look(&store);
    assert_eq!(stored(&store, 8), (100..180).chain(1000..1020).collect::<Vec<_>>());
    assert_eq!(stored(&store, 2570), (3482..3500).collect::<Vec<_>>());
}

#[test]
fn what_was_left_behind_for_another_log_is_none_of_this_one() {
    let (theirs, log, _) = leaving();
    part(&log, batch([2]), &*env::system());
    let (store, _, _) = leaving();
    let left = records(&theirs, Table::Parting);
    let puts = left.into_iter().map(|(key, value)| Request::Put(Table::Parting, key, value));
    store.write_blind(puts.collect()).expect("memory can be written blind");
    look(&store);
    assert_eq!(stored(&store, 1), [1]);
}

#[test]
fn what_is_refused_is_told_once_whatever_is_not_known_of_the_transaction() {
    for (mistold, fault) in (0..6).flat_map(|at| [(at, Fault::Mistold), (at, Fault::Lost)]) {
        let store = MemoryStore::default();
        let log = open(store.clone());
        append(&log, batch([1]));
        let condition = SeqNo::new(77).expect("it is a number");
        part(&log, batch([2]).expecting(condition), &*env::system());
        let count = AtomicUsize::new(0);
        let faults = move || match count.fetch_add(1, Ordering::Relaxed) == mistold {
            true => fault,
            false => Fault::None,
        };
        let looked = block_on(open(Faulty::new(store.clone(), faults)).look()).expect("it works");
        let codes: Vec<&str> = looked.refused.iter().map(Error::code).collect();
        assert_eq!(codes, ["conflict"], "transaction {mistold} was {fault:?}");
        assert_eq!(stored(&store, 1), [1]);
    }
}
