//! What is left behind: whoever looks next numbers it, once, and only in the log that it was for.

use everbus::log::store::MemoryStore;
use everbus::{Batch, EntityEvent, EventEnvelope, EventLog, Query, StoredLog, Uuid, env};
use futures::executor::block_on;

fn envelope(n: u64) -> EventEnvelope {
    let entity_id = Uuid::from_u64_pair(0, n);
    let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id };
    EventEnvelope::new(event.into(), &*env::system())
}

async fn open(store: &MemoryStore) -> StoredLog {
    StoredLog::open(store.clone(), &*env::system()).await.expect("it works")
}

fn part(log: &StoredLog, envelopes: &[EventEnvelope]) {
    let batch = Batch::of(envelopes).expect("the events are valid");
    log.part(batch, &*env::system()).expect("it works");
}

/// Appends it as who doesn't ask whether it is known.
async fn append(log: &StoredLog, envelope: &EventEnvelope) -> u64 {
    let batch = Batch::of([envelope]).expect("the event is valid");
    log.append_batch(batch).await.expect("it works").seq_nos[0].get()
}

async fn looks(log: &StoredLog) -> (Option<u64>, bool) {
    let looked = log.look().await.expect("it works");
    assert!(looked.refused.is_empty(), "{:?}", looked.refused);
    (looked.bounds.last.map(u64::from), looked.has_adopted)
}

#[test]
fn what_is_left_behind_is_numbered_once_in_its_order() {
    block_on(async {
        let store = MemoryStore::default();
        let (leaving, staying) = (open(&store).await, open(&store).await);
        let envelopes = [0, 1, 2, 3, 4].map(envelope);
        part(&leaving, &envelopes[..3]);
        part(&leaving, &envelopes[3..]);
        assert_eq!(looks(&staying).await, (Some(5), true));
        assert_eq!(looks(&staying).await, (Some(5), false));
        let page = staying.read(&Query::default()).await.expect("it works");
        let ids: Vec<Uuid> = page.envelopes().map(|envelope| envelope.id).collect();
        assert_eq!(ids, envelopes.map(|envelope| envelope.id));
    });
}

#[test]
fn what_was_appended_before_it_is_found_left_behind_is_stored_once() {
    block_on(async {
        let store = MemoryStore::default();
        let (leaving, staying) = (open(&store).await, open(&store).await);
        let (both, left) = (envelope(1), envelope(2));
        part(&leaving, &[both.clone(), left]);
        assert_eq!(append(&leaving, &both).await, 1);
        assert_eq!(looks(&staying).await, (Some(2), true));
    });
}

#[test]
fn what_is_appended_after_it_was_found_left_behind_is_stored_once() {
    block_on(async {
        let store = MemoryStore::default();
        let (leaving, staying) = (open(&store).await, open(&store).await);
        let (both, later) = (envelope(1), envelope(2));
        part(&leaving, std::slice::from_ref(&both));
        assert_eq!(looks(&staying).await, (Some(1), true));
        assert_eq!(append(&leaving, &both).await, 1);
        assert_eq!(append(&leaving, &later).await, 2);
    });
}
