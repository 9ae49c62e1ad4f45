//! What is beyond a retention in a log that others trim meanwhile.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::log::Retention;
use everbus::{EntityEvent, EventEnvelope, EventLog, MemoryLog, SeqNo, Timestamp, Uuid};
use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Trims the log once so many operations have had their effect.
#[derive(Clone, Debug)]
struct Trimming {
    log: MemoryLog,
    before: SeqNo,
    after: Arc<AtomicUsize>,
}

#[async_trait]
impl Hook for Trimming {
    async fn after(&self, _: Operation<'_>) {
        if self.after.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.log.trim(self.before).await.expect("it works");
        }
    }
}

#[test]
fn what_others_trim_meanwhile_is_not_trimmed_once_more() {
    block_on(async {
        for after in 1..=6 {
            let log = MemoryLog::default();
            for n in 1..=10 {
                let entity_id = Uuid::from_u64_pair(0, n);
                let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id };
                let envelope = EventEnvelope::new(event.into(), &*everbus::env::system());
                log.append(envelope).await.expect("it works");
            }
            let bytes = log.stats().await.expect("it works").bytes;
            let retention = Retention { max_bytes: Some(bytes / 2), ..Retention::default() };
            let before = SeqNo::new(6).expect("it is a number");
            let hook = Trimming { log: log.clone(), before, after: Arc::new(after.into()) };
            let hooked = Hooked { log: log.clone(), hook };
            let surplus = hooked.surplus(&retention, Timestamp::now()).await.expect("it works");
            if let Some(surplus) = surplus {
                log.trim(surplus.before).await.expect("it works");
            }
            let first = log.first_seq_no().await.expect("it works");
            assert_eq!(first.map(u64::from), Some(6), "trimmed after {after} operations");
        }
    });
}
