//! What every back end has to do, as a suite of scenarios that its tests run.
//!
//! A new back end implements [`Harness`] and names the scenarios in its tests by
//! [`for_each_scenario!`](crate::for_each_scenario); each scenario opens a log of its own and panics
//! with what went wrong.
//!
//! ```
//! use everbus::log::conformance::{self, Harness};
//! use everbus::{EventLog, MemoryLog};
//! use std::sync::Arc;
//!
//! struct Memory;
//!
//! impl Harness for Memory {
//!     async fn open(&self) -> Arc<dyn EventLog> {
//!         Arc::new(MemoryLog::default())
//!     }
//!     async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
//!         log
//!     }
//! }
//!
//! futures::executor::block_on(conformance::numbers_are_dense_from_one(Memory));
//! ```

use super::{Bounds, EventLog, IDEMPOTENCE_WINDOW, segment::MAX_EVENTS};
use crate::{
    Action, Batch, ConsumerInfo, EntityEvent, EventEnvelope, EventKind, Filter, FrameworkEvent,
    Json, LinkEvent, Query, SeekPosition, SeqNo, Subscription, Timestamp, Uuid,
};
use futures::future::join;
use std::sync::Arc;

/// Makes logs for the scenarios.
pub trait Harness {
    /// A new, empty log.
    fn open(&self) -> impl Future<Output = Arc<dyn EventLog>>;

    /// The same log after everything that can be closed was closed; a log that lives in memory as it is.
    fn reopen(&self, log: Arc<dyn EventLog>) -> impl Future<Output = Arc<dyn EventLog>>;
}

/// Calls a macro with the names of all scenarios: `name!(first second …)`.
#[macro_export]
macro_rules! for_each_scenario {
    ($define:ident) => {
        $define! {
            an_empty_log_has_no_numbers
            numbers_are_dense_from_one
            envelopes_come_back_as_they_went_in
            a_batch_larger_than_a_segment_is_consecutive
            a_batch_is_appended_only_on_its_condition
            a_known_id_is_stored_once
            the_newest_ten_thousand_ids_are_known
            an_invalid_event_changes_nothing
            pages_cover_any_range_both_ways
            filters_find_what_a_scan_finds
            subscriptions_start_at_their_position
            stored_events_are_followed_by_live_ones
            a_slow_subscription_misses_nothing
            two_handles_make_one_order
            acknowledging_is_monotonic_and_ends_with_the_log
            seeking_moves_the_next_subscription
            consumers_are_listed_with_their_lag
            trimming_forgets_whole_segments_and_never_renumbers
            resuming_before_the_trim_point_reports_both_numbers
            times_are_found_in_any_order_of_them
            everything_survives_reopening
        }
    };
}

/// The `n`th sample: three entities and two links take turns, with every optional part now and then.
fn sample(n: u64) -> EventEnvelope {
    let id = |space: u64, n: u64| Uuid::from_u64_pair(space, n);
    let data =
        Json::parse(&format!(r#"{{"n":{n},"text":"é☃𝄞\u0000\ud800","__proto__":[null,1.50]}}"#));
    let data = data.expect("the sample is JSON");
    let (entity, link) = (id(1, n % 50), id(2, n % 20));
    let (source_id, target_id) = (id(1, n % 50), id(1, n % 7));
    let event: FrameworkEvent = match n % 5 {
        0 => EntityEvent::Created { entity_type: "order".into(), entity_id: entity, data }.into(),
        1 => EntityEvent::Updated { entity_type: "invoice_line".into(), entity_id: entity, data }
            .into(),
        2 => EntityEvent::Deleted { entity_type: "order".into(), entity_id: entity }.into(),
        3 => LinkEvent::Created {
            link_type: "order".into(),
            link_id: link,
            source_id,
            target_id,
            metadata: n.is_multiple_of(2).then_some(data),
        }
        .into(),
        _ => LinkEvent::Deleted { link_type: "has".into(), link_id: link, source_id, target_id }
            .into(),
    };
    let nanos = if n.is_multiple_of(4) { 566_719_838 } else { 566_000_000 };
    EventEnvelope {
        id: id(3, n),
        timestamp: Timestamp::new(1_700_000_000 + n as i64, nanos).expect("the sample has a time"),
        event,
        seq_no: None,
        origin: n.is_multiple_of(3).then(|| id(4, n % 2)),
        meta: n
            .is_multiple_of(6)
            .then(|| Json::parse(r#"{"actor":"☃"}"#).expect("the sample is JSON")),
    }
}

fn samples(count: u64) -> Vec<EventEnvelope> {
    (1..=count).map(sample).collect()
}

/// The samples as they are stored: with their numbers.
fn stored(envelopes: &[EventEnvelope]) -> Vec<EventEnvelope> {
    let numbered = envelopes.iter().zip(1..);
    numbered.map(|(e, n)| EventEnvelope { seq_no: SeqNo::new(n).ok(), ..e.clone() }).collect()
}

fn seq(n: u64) -> SeqNo {
    SeqNo::new(n).expect("the scenario's number is one")
}

fn batch(envelopes: &[EventEnvelope]) -> Batch {
    Batch::of(envelopes).expect("the samples are valid")
}

async fn fill(log: &dyn EventLog, count: u64) -> Vec<EventEnvelope> {
    let envelopes = samples(count);
    log.append_batch(batch(&envelopes)).await.expect("the append works");
    stored(&envelopes)
}

async fn read_all(log: &dyn EventLog, mut query: Query) -> Vec<EventEnvelope> {
    let mut envelopes = Vec::new();
    loop {
        let page = log.read(&query).await.expect("reading works");
        envelopes.extend(page.envelopes());
        match page.resume {
            Some(resume) if query.reverse => query.to = resume.get(),
            Some(resume) => query.from = resume.get(),
            None => return envelopes,
        }
    }
}

async fn take(subscription: &mut Subscription, count: usize) -> Vec<EventEnvelope> {
    let mut envelopes = Vec::new();
    while envelopes.len() < count {
        let next = subscription.next().await.expect("the log is open");
        envelopes.push(next.expect("reading works"));
    }
    envelopes
}

async fn numbers(subscription: &mut Subscription, count: usize) -> Vec<u64> {
    let envelopes = take(subscription, count).await;
    envelopes.iter().map(|e| e.seq_no.expect("it is stored").get()).collect()
}

/// Nothing is stored, and there is nothing to read.
pub async fn an_empty_log_has_no_numbers(harness: impl Harness) {
    let log = harness.open().await;
    assert_eq!(log.bounds().await.expect("it works"), Bounds::default());
    assert_eq!(log.first_seq_no().await.expect("it works"), None);
    assert_eq!(log.last_seq_no().await.expect("it works"), None);
    for reverse in [false, true] {
        let page = log.read(&Query { reverse, ..Query::default() }).await.expect("it works");
        assert!(page.chunks.is_empty() && page.resume.is_none() && page.last == 0);
    }
    let nothing = log.append_batch(Batch::default()).await.expect("it works");
    assert!(nothing.seq_nos.is_empty() && nothing.first_new.is_none());
    assert!(log.consumers().await.expect("it works").is_empty());
}

/// Single events and batches count on: 1, 2, 3 ….
pub async fn numbers_are_dense_from_one(harness: impl Harness) {
    let log = harness.open().await;
    let samples = samples(10);
    assert_eq!(log.append(samples[0].clone()).await.expect("it works"), 1);
    assert_eq!(log.append(samples[1].clone()).await.expect("it works"), 2);
    let appended = log.append_batch(batch(&samples[2..9])).await.expect("it works");
    assert_eq!(appended.first_new, Some(seq(3)));
    assert_eq!(appended.seq_nos, (3..=9).map(seq).collect::<Vec<_>>());
    assert_eq!(log.append(samples[9].clone()).await.expect("it works"), 10);
    let bounds = Bounds { first: Some(seq(1)), last: Some(seq(10)) };
    assert_eq!(log.bounds().await.expect("it works"), bounds);
}

/// Ids, times to the nanosecond, origins, metas and payloads, to the last byte.
pub async fn envelopes_come_back_as_they_went_in(harness: impl Harness) {
    let log = harness.open().await;
    let expected = fill(&*log, 60).await;
    assert_eq!(read_all(&*log, Query::default()).await, expected);
}

/// A batch of several segments is one append, and its numbers follow each other.
pub async fn a_batch_larger_than_a_segment_is_consecutive(harness: impl Harness) {
    let log = harness.open().await;
    let count = MAX_EVENTS as u64 * 2 + 500;
    let samples = samples(count);
    let appended = log.append_batch(batch(&samples)).await.expect("it works");
    assert_eq!(appended.seq_nos, (1..=count).map(seq).collect::<Vec<_>>());
    assert_eq!(read_all(&*log, Query::default()).await, stored(&samples));
}

/// A condition that isn't met is a conflict, and leaves the log as it was.
pub async fn a_batch_is_appended_only_on_its_condition(harness: impl Harness) {
    let log = harness.open().await;
    let samples = samples(3);
    let first = batch(&samples[..1]).expecting_empty();
    log.append_batch(first.clone()).await.expect("the log is empty");
    for refused in [first, batch(&samples[1..]).expecting(seq(7))] {
        let error = log.append_batch(refused).await.expect_err("the condition isn't met");
        assert_eq!(error.code(), "conflict");
    }
    assert_eq!(log.last_seq_no().await.expect("it works"), Some(seq(1)));
    log.append_batch(batch(&samples[1..]).expecting(seq(1))).await.expect("the log ends at 1");
    assert_eq!(read_all(&*log, Query::default()).await, stored(&samples));
}

/// An id that is appended again, alone, among others or twice in one batch, keeps its first number.
pub async fn a_known_id_is_stored_once(harness: impl Harness) {
    let log = harness.open().await;
    let samples = samples(6);
    for _ in 0..2 {
        assert_eq!(log.append(samples[0].clone()).await.expect("it works"), 1);
    }
    let mixed = [1, 0, 2, 1, 3].map(|at: usize| samples[at].clone());
    let appended = log.append_batch(batch(&mixed).idempotent()).await.expect("it works");
    assert_eq!(appended.first_new, Some(seq(2)));
    assert_eq!(appended.seq_nos, [2, 1, 3, 2, 4].map(seq));
    let known = log.append_batch(batch(&mixed).idempotent()).await.expect("it works");
    assert_eq!(known.first_new, None);
    assert_eq!(known.seq_nos, [2, 1, 3, 2, 4].map(seq));
    // Appends that don't look ids up still make theirs known.
    log.append_batch(batch(&samples[4..])).await.expect("it works");
    assert_eq!(log.append(samples[5].clone()).await.expect("it works"), 6);
    assert_eq!(read_all(&*log, Query::default()).await, stored(&samples));
}

/// The window of known ids is as large as it is said to be.
pub async fn the_newest_ten_thousand_ids_are_known(harness: impl Harness) {
    let log = harness.open().await;
    let count = IDEMPOTENCE_WINDOW + 1500;
    let samples = samples(count);
    log.append_batch(batch(&samples)).await.expect("it works");
    let oldest = count - IDEMPOTENCE_WINDOW + 1;
    for n in [oldest, oldest + 1, count / 2, count] {
        let again = samples[n as usize - 1].clone();
        assert_eq!(log.append(again).await.expect("it works"), n);
    }
    assert_eq!(log.last_seq_no().await.expect("it works"), Some(seq(count)));
}

/// A batch with an event that the model doesn't allow isn't made, and the log goes on.
pub async fn an_invalid_event_changes_nothing(harness: impl Harness) {
    let log = harness.open().await;
    let mut invalid = sample(1);
    for name in [String::new(), "x".repeat(256)] {
        let entity_id = Uuid::from_u128(1);
        invalid.event = EntityEvent::Deleted { entity_type: name, entity_id }.into();
        let error = log.append(invalid.clone()).await.expect_err("the type is wrong");
        assert_eq!(error.code(), "invalid_event");
    }
    assert_eq!(log.last_seq_no().await.expect("it works"), None);
    assert_eq!(log.append(sample(1)).await.expect("it works"), 1);
}

/// Every range, limit and direction gives what a slice of the whole gives, however small the segments.
pub async fn pages_cover_any_range_both_ways(harness: impl Harness) {
    let log = harness.open().await;
    let samples = samples(2100);
    for envelope in &samples[..40] {
        log.append_batch(batch(std::slice::from_ref(envelope))).await.expect("it works");
    }
    log.append_batch(batch(&samples[40..1100])).await.expect("it works");
    log.append_batch(batch(&samples[1100..])).await.expect("it works");
    let all = stored(&samples);
    let max = SeqNo::MAX.get();
    for (from, to) in
        [(1, max), (0, 5), (17, 1300), (1000, 1001), (1041, 1041), (2100, max), (2101, max), (9, 8)]
    {
        let mut expected: Vec<_> = all
            .iter()
            .filter(|e| (from..=to).contains(&e.seq_no.map_or(0, SeqNo::get)))
            .cloned()
            .collect();
        for reverse in [false, true] {
            for limit in [1, 7, 1000, 5000] {
                let query = Query { from, to, limit, reverse, ..Query::default() };
                let page = log.read(&query).await.expect("reading works");
                let page: Vec<_> = page.envelopes().collect();
                assert!(page.len() <= limit);
                assert_eq!(page, expected[..page.len()], "{query:?}");
                assert!(!page.is_empty() || expected.is_empty(), "{query:?}");
            }
            let query = Query { from, to, reverse, ..Query::default() };
            assert_eq!(read_all(&*log, query.clone()).await, expected, "{query:?}");
            expected.reverse();
        }
    }
}

/// Skipping segments and rows by their columns finds the same events as looking at each.
pub async fn filters_find_what_a_scan_finds(harness: impl Harness) {
    let log = harness.open().await;
    let all = fill(&*log, 2500).await;
    let names = |names: &[&str]| Some(names.iter().map(|name| String::from(*name)).collect());
    let ids = |space: u64, n: u64| Some(vec![Uuid::from_u64_pair(space, n)]);
    let filters = [
        Filter::default(),
        Filter { kind: Some(EventKind::Link), ..Filter::default() },
        Filter { event_type: Some(vec![Action::Updated, Action::Deleted]), ..Filter::default() },
        Filter { entity_type: names(&["invoice_*", "nothing"]), ..Filter::default() },
        Filter { link_type: names(&["order"]), ..Filter::default() },
        Filter { entity_id: ids(1, 2), ..Filter::default() },
        Filter { entity_id: ids(2, 3), ..Filter::default() },
        Filter { source_id: ids(1, 13), ..Filter::default() },
        Filter { target_id: ids(1, 3), ..Filter::default() },
        Filter { touches: ids(1, 3), ..Filter::default() },
        Filter { touches: ids(9, 9), ..Filter::default() },
        Filter {
            entity_type: names(&["order"]),
            link_type: names(&["order"]),
            ..Filter::default()
        },
    ];
    for filter in filters {
        let expected: Vec<_> = all.iter().filter(|e| filter.matches(e)).cloned().collect();
        let query = Query { filter, ..Query::default() };
        assert_eq!(read_all(&*log, query.clone()).await, expected, "{:?}", query.filter);
    }
}

/// The beginning, the end, a number that is there and one that isn't yet.
pub async fn subscriptions_start_at_their_position(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    let cases = [
        (SeekPosition::Beginning, vec![1, 2, 3, 4, 5, 6]),
        (SeekPosition::LastAcknowledged, vec![1, 2, 3, 4, 5, 6]),
        (SeekPosition::Latest, vec![6, 7]),
        (SeekPosition::Sequence(0), vec![1, 2]),
        (SeekPosition::Sequence(4), vec![4, 5, 6]),
        (SeekPosition::Sequence(7), vec![7, 8]),
    ];
    let mut subscriptions = Vec::new();
    for (position, expected) in cases {
        let subscription = log.subscribe("reader", position).await.expect("it works");
        subscriptions.push((subscription, expected));
    }
    for n in 6..=8 {
        log.append(sample(n)).await.expect("it works");
    }
    for (subscription, expected) in &mut subscriptions {
        assert_eq!(numbers(subscription, expected.len()).await, *expected);
    }
    let error = log.subscribe("", SeekPosition::Latest).await.expect_err("the name is empty");
    assert_eq!(error.code(), "invalid_option");
}

/// While a writer goes on, a reader gets each event once and in order, stored or live.
pub async fn stored_events_are_followed_by_live_ones(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 30).await;
    let mut subscription =
        log.subscribe("reader", SeekPosition::Beginning).await.expect("it works");
    let write = async {
        for n in 31..=60 {
            log.append(sample(n)).await.expect("it works");
        }
    };
    let (given, ()) = join(numbers(&mut subscription, 60), write).await;
    assert_eq!(given, (1..=60).collect::<Vec<_>>());
}

/// A subscription that sleeps through more commits than anybody keeps for it reads them up.
pub async fn a_slow_subscription_misses_nothing(harness: impl Harness) {
    let log = harness.open().await;
    let filter = Filter { kind: Some(EventKind::Entity), ..Filter::default() };
    let mut slow = Subscription::open(log.handle(), None, SeekPosition::Latest, filter)
        .await
        .expect("it works");
    log.append(sample(1)).await.expect("it works");
    assert_eq!(numbers(&mut slow, 1).await, [1]);
    for n in 2..=80 {
        log.append(sample(n)).await.expect("it works");
    }
    let expected: Vec<u64> = (2..=80).filter(|n| n % 5 < 3).collect();
    assert_eq!(numbers(&mut slow, expected.len()).await, expected);
}

/// Appends through two handles at once interleave, but each keeps its order.
pub async fn two_handles_make_one_order(harness: impl Harness) {
    let log = harness.open().await;
    let write = |handle: Arc<dyn EventLog>, start: u64| async move {
        let mut seq_nos = Vec::new();
        for n in start..start + 20 {
            seq_nos.push(handle.append(sample(n)).await.expect("it works"));
        }
        seq_nos
    };
    let (a, b) = join(write(log.handle(), 1), write(log.handle(), 1001)).await;
    assert!(a.is_sorted() && b.is_sorted());
    let all = read_all(&*log, Query::default()).await;
    let read: Vec<SeqNo> = all.iter().filter_map(|e| e.seq_no).collect();
    assert_eq!(read, (1..=40).map(seq).collect::<Vec<_>>());
    for (seq_nos, start) in [(a, 1), (b, 1001)] {
        for (seq_no, n) in seq_nos.iter().zip(start..) {
            assert_eq!(all[seq_no.get() as usize - 1].id, sample(n).id);
        }
    }
}

/// An older acknowledgement changes nothing; one past the end is refused.
pub async fn acknowledging_is_monotonic_and_ends_with_the_log(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.ack("reader", seq(3)).await.expect("it works");
    log.ack("reader", seq(2)).await.expect("it works");
    let error = log.ack("reader", seq(6)).await.expect_err("the log ends at 5");
    assert_eq!(error.code(), "invalid_position");
    let mut next = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    assert_eq!(numbers(&mut next, 2).await, [4, 5]);
    let error = log.ack("", seq(1)).await.expect_err("the name is empty");
    assert_eq!(error.code(), "invalid_option");
}

/// A running subscription is unaffected; the next one starts where it was told.
pub async fn seeking_moves_the_next_subscription(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.ack("reader", seq(4)).await.expect("it works");
    let mut running =
        log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    let cases = [
        (SeekPosition::Beginning, 1),
        (SeekPosition::Sequence(3), 3),
        (SeekPosition::LastAcknowledged, 3),
        (SeekPosition::Latest, 6),
    ];
    let mut moved = Vec::new();
    for (position, first) in cases {
        log.seek("reader", position).await.expect("it works");
        let next = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
        moved.push((next, first));
    }
    log.append(sample(6)).await.expect("it works");
    assert_eq!(numbers(&mut running, 2).await, [5, 6]);
    for (next, first) in &mut moved {
        assert_eq!(numbers(next, 1).await, [*first]);
    }
}

/// Subscribing makes a consumer known; it is listed until it is deleted.
pub async fn consumers_are_listed_with_their_lag(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.subscribe("b", SeekPosition::Latest).await.expect("it works");
    log.ack("a", seq(3)).await.expect("it works");
    let info = |name: &str, acked: Option<u64>, lag| ConsumerInfo {
        name: name.into(),
        last_acked: acked.map(seq),
        lag,
    };
    let listed = log.consumers().await.expect("it works");
    assert_eq!(listed, [info("a", Some(3), 2), info("b", None, 5)]);
    assert!(log.delete_consumer("a").await.expect("it works"));
    assert!(!log.delete_consumer("a").await.expect("it works"));
    assert_eq!(log.consumers().await.expect("it works"), [info("b", None, 5)]);
}

/// What is forgotten is gone for every way of reading; what is left keeps its numbers.
pub async fn trimming_forgets_whole_segments_and_never_renumbers(harness: impl Harness) {
    let log = harness.open().await;
    let samples = samples(2501);
    log.append_batch(batch(&samples[..2500])).await.expect("it works");
    let full = log.stats().await.expect("it works");
    assert_eq!((full.events, full.segments), (2500, 3));

    let left = log.trim(seq(1)).await.expect("it works");
    assert_eq!(left.first, Some(seq(1)));
    let left = log.trim(seq(2000)).await.expect("it works");
    assert_eq!(left, Bounds { first: Some(seq(1001)), last: Some(seq(2500)) });
    let stats = log.stats().await.expect("it works");
    assert_eq!((stats.events, stats.segments, stats.bounds), (1500, 2, left));
    assert!(stats.bytes < full.bytes && stats.bytes > full.bytes / 2);
    let stored = stored(&samples);
    assert_eq!(read_all(&*log, Query::default()).await, stored[1000..2500]);
    assert_eq!(read_all(&*log, Query { to: 1000, ..Query::default() }).await, []);

    let error = log.trim(seq(2502)).await.expect_err("the log ends at 2500");
    assert_eq!(error.code(), "invalid_position");
    let log = harness.reopen(log).await;
    assert_eq!(log.bounds().await.expect("it works"), left);
    let nothing = log.trim(seq(2501)).await.expect("it works");
    assert_eq!(nothing, Bounds { first: None, last: Some(seq(2500)) });
    let stats = log.stats().await.expect("it works");
    assert_eq!((stats.events, stats.segments, stats.bytes), (0, 0, 0));
    assert_eq!(log.append(samples[2500].clone()).await.expect("it works"), 2501);
    let all = read_all(&*log, Query { reverse: true, ..Query::default() }).await;
    assert_eq!(all, stored[2500..]);
}

/// A cursor before the first stored event is told so, or skips what is gone if it asked to.
pub async fn resuming_before_the_trim_point_reports_both_numbers(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 2500).await;
    log.ack("reader", seq(700)).await.expect("it works");
    let mut slow = log.subscribe("slow", SeekPosition::Sequence(20)).await.expect("it works");
    log.trim(seq(1001)).await.expect("it works");
    let consumers = log.consumers().await.expect("it works");
    assert_eq!(consumers[0].lag, 1500);

    let last_acknowledged = SeekPosition::LastAcknowledged;
    let mut trimmed = log.subscribe("reader", last_acknowledged).await.expect("it works");
    for (subscription, wanted) in [(&mut trimmed, 701), (&mut slow, 20)] {
        let error = subscription.next().await.expect("the log is open").expect_err("it is gone");
        let crate::Error::Trimmed { requested, first } = error else { panic!("{error}") };
        assert_eq!((requested, first), (wanted, 1001));
    }
    let mut beginning = log.subscribe("b", SeekPosition::Beginning).await.expect("it works");
    assert_eq!(numbers(&mut beginning, 2).await, [1001, 1002]);
    let skipping = log.subscribe("reader", last_acknowledged).await.expect("it works");
    assert_eq!(numbers(&mut skipping.skipping_trimmed(), 2).await, [1001, 1002]);
}

/// The first event at or after a time, also where times go back, across segments and after trimming.
pub async fn times_are_found_in_any_order_of_them(harness: impl Harness) {
    let log = harness.open().await;
    assert_eq!(log.find_time(Timestamp::UNIX_EPOCH).await.expect("it works"), None);
    let mut samples = samples(300);
    let start = samples[0].timestamp;
    let at = |minutes: i64| Timestamp::new(start.as_second() + minutes * 60, 0).expect("a time");
    for (sample, n) in samples.iter_mut().zip(0..) {
        // Mostly forward, with a step back every seventh event and a leap at the 100th.
        sample.timestamp = at(n - 30 * i64::from(n % 7 == 0) + 1000 * i64::from(n == 100));
    }
    for ten in samples.chunks(10) {
        log.append_batch(batch(ten)).await.expect("it works");
    }
    for trimmed in [false, true] {
        if trimmed {
            log.trim(seq(151)).await.expect("it works");
        }
        let stored = read_all(&*log, Query::default()).await;
        for minutes in [-100, -30, 0, 1, 50, 99, 100, 101, 150, 250, 299, 1099, 1100, 1101] {
            let expected =
                stored.iter().find(|e| e.timestamp >= at(minutes)).and_then(|e| e.seq_no);
            let found = log.find_time(at(minutes)).await.expect("it works");
            assert_eq!(found, expected, "{minutes} minutes, trimmed: {trimmed}");
        }
    }
    let mut reader = log.subscribe("reader", SeekPosition::Time(at(250))).await.expect("it works");
    let expected = log.find_time(at(250)).await.expect("it works").expect("there is one");
    assert_eq!(numbers(&mut reader, 1).await, [expected.get()]);
    log.seek("reader", SeekPosition::Time(at(2000))).await.expect("it works");
    let mut none = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    log.append(sample(1000)).await.expect("it works");
    assert_eq!(numbers(&mut none, 1).await, [301]);
}

/// Events, numbers, known ids and consumers are there again.
pub async fn everything_survives_reopening(harness: impl Harness) {
    let log = harness.open().await;
    let expected = fill(&*log, 1200).await;
    log.ack("reader", seq(1100)).await.expect("it works");
    let log = harness.reopen(log).await;
    assert_eq!(read_all(&*log, Query::default()).await, expected);
    assert_eq!(log.append(sample(7)).await.expect("it works"), 7);
    assert_eq!(log.append(sample(1201)).await.expect("it works"), 1201);
    let mut next = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    assert_eq!(numbers(&mut next, 101).await, (1101..=1201).collect::<Vec<_>>());
}
