//! Appending: numbers, batches, conditions and known ids.

use super::{Harness, batch, fill, numbers, read_all, sample, samples, seq, stored};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Bounds, IDEMPOTENCE_WINDOW};
use crate::{Batch, EntityEvent, EventLog, Query, SeekPosition, SeqNo, Uuid};
use futures::future::join;
use std::sync::Arc;

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
    // Of a batch that is known as a whole, the condition was met; of one with something new it has to be.
    let again = batch(&samples[..2]).idempotent().expecting_empty();
    assert_eq!(log.append_batch(again).await.expect("it is known").seq_nos, [1, 2].map(seq));
    let more = batch(&[samples[1].clone(), sample(99)]).idempotent().expecting(seq(1));
    assert_eq!(log.append_batch(more).await.expect_err("the log goes on").code(), "conflict");
    assert_eq!(read_all(&*log, Query::default()).await, stored(&samples));
}

/// The window of known ids is as large as it is said to be, also where its events are trimmed.
pub async fn the_newest_ten_thousand_ids_are_known(harness: impl Harness) {
    let mut log = harness.open().await;
    let count = IDEMPOTENCE_WINDOW + 1500;
    let samples = samples(count);
    log.append_batch(batch(&samples)).await.expect("it works");
    let oldest = count - IDEMPOTENCE_WINDOW + 1;
    for trimmed in [1, count / 2, count + 1] {
        log.trim(seq(trimmed)).await.expect("it works");
        log = harness.reopen(log).await;
        for n in [oldest, oldest + 1, count / 2, count] {
            let again = samples[n as usize - 1].clone();
            assert_eq!(log.append(again).await.expect("it works"), n);
        }
    }
    assert_eq!(log.last_seq_no().await.expect("it works"), Some(seq(count)));
}

/// Trimming forgets events, not that they were stored: the window is the same for everybody, before and after reopening.
pub async fn ids_of_trimmed_events_are_known_as_long_as_the_others(harness: impl Harness) {
    let log = harness.open().await;
    let count = IDEMPOTENCE_WINDOW + 1500;
    let samples = samples(count);
    let (older, newer) = samples.split_at(count as usize - 700);
    log.append_batch(batch(older)).await.expect("it works");
    for some in newer.chunks(10) {
        log.append_batch(batch(some)).await.expect("it works");
    }
    let oldest = count - IDEMPOTENCE_WINDOW + 1;
    let mut log = log;
    for before in [seq(count / 2), seq(count - 5), seq(count + 1)] {
        log.trim(before).await.expect("it works");
        for n in [oldest, oldest + 1, count / 2 - 1, count - 8, count] {
            let again = samples[n as usize - 1].clone();
            assert_eq!(log.append(again).await.expect("it works"), n, "trimmed before {before}");
        }
        log = harness.reopen(log).await;
    }
    let bounds = Bounds { first: None, last: Some(seq(count)) };
    assert_eq!(log.bounds().await.expect("it works"), bounds);
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
