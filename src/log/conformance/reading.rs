//! Reading: pages, filters and times.

use super::{Harness, batch, fill, numbers, read_all, sample, samples, seq, stored};
use crate::log::segment::MAX_EVENTS;
use crate::{
    Action, EntityEvent, EventEnvelope, EventKind, Filter, FrameworkEvent, Json, Query,
    SeekPosition, SeqNo, Timestamp, Uuid,
};

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
