//! What is kept: trimming, retention and merging.

use super::{Harness, batch, numbers, read_all, sample, samples, seq, stored};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Bounds, Retention};
use crate::{EntityEvent, EventEnvelope, Json, Query, SeekPosition, Uuid};
use std::time::Duration;

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

/// Each limit alone, and what would be lost by whom. The newest segment always stays.
pub async fn retention_finds_whole_segments_and_the_consumers_they_would_overtake(
    harness: impl Harness,
) {
    let log = harness.open().await;
    let samples = samples(50);
    for ten in samples.chunks(10) {
        log.append_batch(batch(ten)).await.expect("it works");
    }
    log.ack("behind", seq(15)).await.expect("it works");
    log.ack("ahead", seq(40)).await.expect("it works");
    let bytes = log.stats().await.expect("it works").bytes;
    let now = samples[49].timestamp;
    let none = Retention::default();
    let seconds = Duration::from_secs;
    let cases = [
        (none, None),
        (Retention { max_events: Some(50), ..none }, None),
        (Retention { max_events: Some(41), ..none }, None),
        (Retention { max_events: Some(40), ..none }, Some(11)),
        (Retention { max_events: Some(1), ..none }, Some(41)),
        (Retention { max_bytes: Some(bytes), ..none }, None),
        (Retention { max_bytes: Some(bytes - 1), ..none }, Some(11)),
        (Retention { max_bytes: Some(0), ..none }, Some(41)),
        // The samples are a second apart.
        (Retention { max_age: Some(seconds(50)), ..none }, None),
        (Retention { max_age: Some(seconds(25)), ..none }, Some(21)),
        (Retention { max_events: Some(30), max_age: Some(seconds(35)), ..none }, Some(21)),
    ];
    for (retention, before) in cases {
        let surplus = log.surplus(&retention, now).await.expect("it works");
        assert_eq!(surplus.as_ref().map(|surplus| surplus.before.get()), before, "{retention:?}");
        let Some(surplus) = surplus else { continue };
        let overtaken: Vec<&str> = surplus.overtaken.iter().map(|c| c.name.as_str()).collect();
        let expected: &[&str] = if surplus.before.get() > 16 { &["behind"] } else { &[] };
        assert_eq!(overtaken, expected, "{retention:?}");
    }
    let retention = Retention { max_events: Some(20), ..none };
    let surplus = log.surplus(&retention, now).await.expect("it works").expect("there is some");
    let left = log.trim(surplus.before).await.expect("it works");
    assert_eq!(left.first, Some(seq(31)));
    assert_eq!(log.surplus(&retention, now).await.expect("it works"), None);
}

/// A clock that was ahead says nothing of when an event was: what only it has dated goes with what comes after it.
pub async fn times_to_come_keep_nothing_from_getting_old(harness: impl Harness) {
    let log = harness.open().await;
    let mut samples = samples(50);
    let now = samples[49].timestamp;
    let ahead = now + Duration::from_secs(1_000_000);
    // The second ten are all ahead; of the others one each.
    for n in (10..20).chain([0, 25, 39, 40]) {
        samples[n].timestamp = ahead;
    }
    for ten in samples.chunks(10) {
        log.append_batch(batch(ten)).await.expect("it works");
    }
    let surplus = async |age, now| {
        let max_age = Some(Duration::from_secs(age));
        let retention = Retention { max_age, ..Retention::default() };
        let surplus = log.surplus(&retention, now).await.expect("it works")?;
        Some((surplus.before.get(), surplus.is_all_too_old))
    };
    assert_eq!(surplus(60, now).await, None);
    assert_eq!(surplus(35, now).await, Some((11, false)), "nothing old comes after those ahead");
    assert_eq!(surplus(15, now).await, Some((31, false)), "those ahead go with what comes after");
    assert_eq!(surplus(5, now).await, Some((41, true)));
    let later = now + Duration::from_secs(500_000);
    assert_eq!(surplus(60, later).await, Some((41, true)), "nobody has written for long");
    // Once their time has come they are young.
    assert_eq!(surplus(60, ahead).await, None);
}

/// A log of single events, of batches and of full segments becomes one of full segments, with the same
/// events, numbers, known ids and times, and is as small as the same log written in bulk.
pub async fn merging_changes_nothing_but_the_segments(harness: impl Harness) {
    let log = harness.open().await;
    let mut samples = samples(5800);
    // A clock that was wrong for a moment: the latest time so far is that of event 500 from then on.
    let leap = samples[4599].timestamp + Duration::from_secs(100);
    samples[499].timestamp = leap;
    log.append_batch(batch(&samples[..1000])).await.expect("it works");
    assert!(!log.merge().await.expect("it works"), "a full segment is settled");
    let segments = async || log.stats().await.expect("it works").segments;
    let append = async |some: &[EventEnvelope]| {
        for envelope in some {
            log.append_batch(batch(std::slice::from_ref(envelope))).await.expect("it works");
        }
    };
    append(&samples[1000..1064]).await;
    assert!(!log.merge().await.expect("it works"), "too little");
    assert_eq!(segments().await, 65);
    append(&samples[1064..1065]).await;
    assert!(!log.merge().await.expect("it works"), "too little for a full segment");
    assert_eq!(segments().await, 2, "65 tiny segments are one");
    append(&samples[1065..1129]).await;
    assert!(!log.merge().await.expect("it works"), "too little");
    assert_eq!(segments().await, 66);
    append(&samples[1129..1900]).await;
    for some in samples[1900..2500].chunks(7) {
        log.append_batch(batch(some)).await.expect("it works");
    }
    log.append_batch(batch(&samples[2500..4500])).await.expect("it works");
    log.append_batch(batch(&samples[4500..4600])).await.expect("it works");
    let stored = stored(&samples[..4600]);
    let mut reader = log.subscribe("reader", SeekPosition::Sequence(990)).await.expect("it works");
    assert_eq!(numbers(&mut reader, 5).await, [990, 991, 992, 993, 994]);
    while log.merge().await.expect("it works") {}

    let merged = log.stats().await.expect("it works");
    assert!(merged.segments <= 10, "{merged:?}");
    assert_eq!(numbers(&mut reader, 3606).await, (995..=4600).collect::<Vec<_>>());
    let page = log.read(&Query { limit: 5000, ..Query::default() }).await.expect("it works");
    assert!(page.chunks.iter().all(|chunk| chunk.len() <= MAX_EVENTS), "a segment is too large");
    let log = harness.reopen(log).await;
    for reverse in [false, true] {
        let mut all = read_all(&*log, Query { reverse, ..Query::default() }).await;
        if reverse {
            all.reverse();
        }
        assert!(all == stored, "reading gives something else, reverse: {reverse}");
    }
    assert_eq!(log.append(samples[1234].clone()).await.expect("it works"), 1235);
    assert_eq!(log.find_time(leap).await.expect("it works"), Some(seq(500)));
    let bulk = harness.open().await;
    bulk.append_batch(batch(&samples[..4600])).await.expect("it works");
    let bulk = bulk.stats().await.expect("it works");
    assert!(merged.bytes <= bulk.bytes * 11 / 10, "{merged:?} against {bulk:?}");
    assert_eq!(log.trim(seq(4601)).await.expect("it works").first, None);
    let stats = log.stats().await.expect("it works");
    assert_eq!((stats.segments, stats.bytes), (0, 0));

    for some in samples[4600..].chunks(3) {
        log.append_batch(batch(some)).await.expect("it works");
    }
    while log.merge().await.expect("it works") {}
    assert!(log.stats().await.expect("it works").segments < 100);
    let ids = read_all(&*log, Query::default()).await;
    assert!(ids.iter().map(|e| e.id).eq(samples[4600..].iter().map(|e| e.id)));
}

/// Small segments that are trimmed before they are merged leave nothing to merge, be they many or large,
/// and whatever comes after them.
pub async fn what_is_trimmed_is_not_merged(harness: impl Harness) {
    let log = harness.open().await;
    for some in samples(1200).chunks(3) {
        log.append_batch(batch(some)).await.expect("it works");
    }
    log.trim(seq(1195)).await.expect("it works");
    assert!(!log.merge().await.expect("it works"), "many are gone");

    let large = |n: u64, length: usize| {
        let data = Json::new(&"x".repeat(length)).expect("the sample is JSON");
        let (entity_type, entity_id) = ("order".into(), Uuid::from_u64_pair(1, n));
        let event = EntityEvent::Created { entity_type, entity_id, data }.into();
        EventEnvelope { event, ..sample(n) }
    };
    // One segment, as large as one gets.
    let two = [1201, 1202].map(|n| large(n, Json::MAX_BYTES - 3));
    log.append_batch(batch(&two)).await.expect("it works");
    assert!(!log.merge().await.expect("it works"), "a full one comes after them");

    for n in 1203..=1210 {
        log.append(large(n, 300_000)).await.expect("it works");
    }
    log.trim(seq(1209)).await.expect("it works");
    assert!(!log.merge().await.expect("it works"), "large ones are gone");
    let left = log.stats().await.expect("it works");
    assert_eq!((left.events, left.segments), (2, 2));
    let events = read_all(&*log, Query::default()).await;
    assert!(events.iter().filter_map(|e| e.seq_no).eq([seq(1209), seq(1210)]));
}
