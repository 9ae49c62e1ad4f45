//! Reading: pages, filters, times and trimming.

use super::{Harness, batch, fill, numbers, read_all, sample, samples, seq, stored};
use crate::log::segment::MAX_EVENTS;
use crate::log::{Bounds, Retention};
use crate::{
    Action, EntityEvent, EventEnvelope, EventKind, Filter, FrameworkEvent, Json, Query,
    SeekPosition, SeqNo, Timestamp, Uuid,
};
use std::time::Duration;

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

/// As many ids as an application may have on its screen, of which some are in the log.
pub async fn a_filter_of_many_ids_finds_what_a_scan_finds(harness: impl Harness) {
    let log = harness.open().await;
    let all = fill(&*log, 2500).await;
    // The samples' ids are the first 50 and the first 20.
    let ids = |space, from: u64| {
        Some((0..4000).map(|n| Uuid::from_u64_pair(space, from + n * 7 % 4001)).collect())
    };
    let filters = [
        Filter { touches: ids(1, 3), ..Filter::default() },
        Filter { entity_id: ids(1, 40), ..Filter::default() },
        Filter { entity_id: ids(2, 15), ..Filter::default() },
        Filter { source_id: ids(1, 13), target_id: ids(1, 5), ..Filter::default() },
        Filter { touches: ids(9, 0), ..Filter::default() },
    ];
    for (filter, is_found) in filters.into_iter().zip([true, true, true, true, false]) {
        let expected: Vec<_> = all.iter().filter(|e| filter.matches(e)).cloned().collect();
        assert_eq!(!expected.is_empty(), is_found);
        for reverse in [false, true] {
            let query = Query { filter: filter.clone(), reverse, ..Query::default() };
            let mut found = read_all(&*log, query).await;
            if reverse {
                found.reverse();
            }
            assert!(found == expected, "{} are {}", expected.len(), found.len());
        }
    }
}

/// In a log of many full segments, in which a reader may look at an index first: before it is made,
/// with it, after a trim that leaves half of it, and with newer events that it doesn't cover.
pub async fn filters_find_everything_in_a_long_log(harness: impl Harness) {
    const EVENTS: u64 = 36 * MAX_EVENTS as u64;
    let log = harness.open().await;
    let rare = Uuid::from_u64_pair(9, 9);
    let with_the_rare = [1, 1000, 1001, 16_000, 16_001, 20_500, 35_999, 36_000, 36_003];
    let event = |n: u64| {
        let entity_id = if with_the_rare.contains(&n) { rare } else { Uuid::from_u64_pair(8, n) };
        let entity_type = if n / 1000 == 17 { "seldom" } else { "often" }.into();
        FrameworkEvent::from(EntityEvent::Deleted { entity_type, entity_id })
    };
    let envelope = |n: u64| EventEnvelope {
        id: Uuid::from_u64_pair(3, n),
        event: event(n),
        origin: None,
        meta: None,
        timestamp: Timestamp::UNIX_EPOCH,
        seq_no: None,
    };
    for first in (1..=EVENTS).step_by(MAX_EVENTS) {
        let some: Vec<_> = (first..first + MAX_EVENTS as u64).map(envelope).collect();
        log.append_batch(batch(&some)).await.expect("it works");
    }
    let seldom = Some(vec!["seldom".to_owned()]);
    let filters = [
        Filter { touches: Some(vec![rare]), ..Filter::default() },
        Filter { entity_type: seldom, ..Filter::default() },
        Filter { entity_id: Some(vec![Uuid::from_u64_pair(8, 30_000)]), ..Filter::default() },
        Filter { entity_id: Some(vec![Uuid::nil()]), ..Filter::default() },
    ];
    let mut first = 1;
    let mut last = EVENTS;
    for stage in 0..4 {
        match stage {
            0 => {}
            1 => while log.merge().await.expect("it works") {},
            2 => {
                let left = log.trim(seq(16_400)).await.expect("it works");
                first = left.first.expect("there are more").get();
                assert_eq!(first, 16_001);
            }
            _ => {
                for n in EVENTS + 1..EVENTS + 5 {
                    log.append_batch(batch(&[envelope(n)])).await.expect("it works");
                }
                last = EVENTS + 4;
            }
        }
        for filter in &filters {
            let matching = |n: &u64| filter.matches_event(&event(*n));
            let all: Vec<u64> = (first..=last).filter(matching).collect();
            for (from, to) in [(1, u64::MAX), (1001, 20_499), (20_500, 20_500)] {
                let within = |n: &u64| (from..=to).contains(n);
                let expected: Vec<u64> = all.iter().copied().filter(within).collect();
                for (reverse, limit) in [(false, 2), (true, 1000)] {
                    let filter = filter.clone();
                    let query = Query { from, to, limit, filter, reverse };
                    let mut found: Vec<u64> = read_all(&*log, query.clone())
                        .await
                        .iter()
                        .map(|e| e.seq_no.expect("it is stored").get())
                        .collect();
                    if reverse {
                        found.reverse();
                    }
                    assert_eq!(found, expected, "{query:?} at stage {stage}");
                }
            }
        }
    }
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

/// Large metas count as large payloads do: segments of them are no larger, and merging comes to an end.
pub async fn large_metas_fill_segments(harness: impl Harness) {
    let meta = format!(r#"{{"text":"{}"}}"#, "x".repeat(300_000));
    let meta = Json::parse(&meta).expect("the sample is JSON");
    let large: Vec<_> =
        samples(12).into_iter().map(|e| EventEnvelope { meta: Some(meta.clone()), ..e }).collect();
    let [bulk, single] = [harness.open().await, harness.open().await];
    bulk.append_batch(batch(&large)).await.expect("it works");
    for envelope in &large {
        single.append_batch(batch(std::slice::from_ref(envelope))).await.expect("it works");
    }
    for log in [bulk, single] {
        let mut steps = 0;
        while log.merge().await.expect("it works") {
            steps += 1;
            assert!(steps < 12, "merging doesn't end");
        }
        assert!(read_all(&*log, Query::default()).await == stored(&large));
        let page = log.read(&Query::default()).await.expect("it works");
        let counts: Vec<usize> = page.chunks.iter().map(|chunk| chunk.len()).collect();
        assert!(counts.iter().all(|count| *count <= 4), "segments are too large: {counts:?}");
        assert!(counts.len() < 8, "segments are too small: {counts:?}");
    }
}
