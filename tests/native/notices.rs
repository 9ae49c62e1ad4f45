//! Notices of commits: what opens is what was sealed, and nothing else opens.

use everbus::log::{Commit, Notice, Segment};
use everbus::{Batch, EntityEvent, EventEnvelope, EventLog, Json, StoredLog, Uuid, env};
use futures::executor::block_on;
use std::sync::Arc;

const LOG: Uuid = Uuid::from_u128(0x0199_7d2a_c0de_7000_8000_1234_5678_9abc);

/// The segments of one commit of `count` events with payloads of `bytes` bytes.
fn commit(count: usize, bytes: usize) -> Vec<Arc<Segment>> {
    let log = StoredLog::default();
    let mut commits = log.commits();
    let data = Json::parse(&format!("\"{}\"", "x".repeat(bytes))).expect("it is JSON");
    let entity_type = String::from("order");
    let event = EntityEvent::Created { entity_type, entity_id: Uuid::from_u128(1), data };
    let envelopes: Vec<_> =
        (0..count).map(|_| EventEnvelope::new(event.clone().into(), &*env::system())).collect();
    block_on(async {
        let batch = Batch::of(&envelopes).expect("the events are valid");
        log.append_batch(batch).await.expect("a log in memory takes them");
        log.close();
        let mut segments = Vec::new();
        while let Ok(Commit::Stored(segment)) = commits.recv().await {
            segments.push(segment);
        }
        segments
    })
}

#[test]
fn a_small_commit_is_told_with_its_events() {
    let segments = commit(3, 10);
    let notice = Notice::of(&segments).expect("something was committed");
    assert_eq!((notice.first().get(), notice.last().get()), (1, 3));
    assert_eq!(notice.segment(), Some(&segments[0]));
    assert_eq!(Notice::open(&notice.seal(LOG), LOG), Some(notice));
}

#[test]
fn a_large_commit_is_told_by_its_numbers() {
    for segments in [commit(1, 40_000), commit(1001, 1)] {
        let notice = Notice::of(&segments).expect("something was committed");
        assert_eq!(notice.segment(), None);
        assert!(notice.seal(LOG).len() < 100);
        let opened = Notice::open(&notice.seal(LOG), LOG).expect("it was sealed for this log");
        let last = segments.last().expect("it isn't empty").last();
        assert_eq!((opened.first().get(), opened.last()), (1, last));
    }
    assert_eq!(Notice::of(&[]), None);
}

#[test]
fn a_notice_of_another_log_doesnt_open() {
    let sealed = Notice::of(&commit(1, 10)).expect("something was committed").seal(LOG);
    for bit in 0..128 {
        let other = Uuid::from_u128(LOG.as_u128() ^ (1 << bit));
        assert_eq!(Notice::open(&sealed, other), None, "bit {bit}");
    }
}

#[test]
fn a_notice_that_was_changed_doesnt_open() {
    for segments in [commit(2, 10), commit(1001, 1)] {
        let sealed = Notice::of(&segments).expect("something was committed").seal(LOG);
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Notice::open(&changed, LOG), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(Notice::open(&sealed[..length], LOG), None, "{length} bytes");
        }
        assert_eq!(Notice::open(&[&sealed[..], &[0]].concat(), LOG), None, "one byte more");
    }
}
