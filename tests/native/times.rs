//! Finding a time in a log that others change meanwhile.

use crate::hooked::{Hook, Hooked, Operation};
use async_trait::async_trait;
use everbus::{EntityEvent, EventEnvelope, EventLog, SeqNo, StoredLog, Timestamp, Uuid};
use futures::executor::block_on;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("it is a time")
}

/// Trims the log before this number when it has told its bounds.
#[derive(Clone, Debug)]
struct Trimming(StoredLog, SeqNo);

#[async_trait]
impl Hook for Trimming {
    async fn after(&self, operation: Operation<'_>) {
        if let Operation::Bounds = operation {
            self.0.trim(self.1).await.expect("it works");
        }
    }
}

#[test]
fn a_time_is_found_in_a_log_that_is_trimmed_meanwhile() {
    block_on(async {
        for before in [2, 50, 51, 61, 100, 101] {
            let log = StoredLog::default();
            for n in 1..=100 {
                let event = EntityEvent::Deleted {
                    entity_type: "thing".into(),
                    entity_id: Uuid::from_u64_pair(0, n),
                };
                let envelope = EventEnvelope::new(event.into(), &*everbus::env::system());
                let timestamp = at(n as i64);
                log.append(EventEnvelope { timestamp, ..envelope }).await.expect("it works");
            }
            let before = SeqNo::new(before).expect("it is a number");
            let log = Hooked { log: log.clone(), hook: Trimming(log, before) };
            let found = log.find_time(at(5)).await.expect("it works");
            let first = log.log.bounds().await.expect("it works").first;
            let expected = first.map(|first| first.get().max(5));
            assert_eq!(found.map(u64::from), expected, "trimmed before {before}");
        }
    });
}
