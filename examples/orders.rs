//! A shop's bus natively: orders are published while nobody listens, a mailer gets them later, and goes
//! on where it had stopped. Needs no executor but `block_on`: `cargo run --example orders`.

use everbus::{EntityEvent, Error, EventBus, EventLog, Json, SeekPosition, SeqNo, StoredLog, Uuid};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct Order {
    customer: String,
    total: f64,
}

fn main() -> Result<(), Error> {
    let log = Arc::new(StoredLog::default());
    let bus = EventBus::default().with_event_log(log.clone());
    block_on(async {
        for (n, (customer, total)) in
            [("Ann", 42.0), ("Bob", 7.5), ("Ann", 12.0)].into_iter().enumerate()
        {
            let order = Order { customer: customer.into(), total };
            let receipt = bus.publish_tracked(EntityEvent::Created {
                entity_type: "order".into(),
                entity_id: Uuid::from_u128(n as u128 + 1),
                data: Json::new(&order)?,
            });
            println!("stored as {:?}", receipt.committed().await?.map(u64::from));
        }

        // The mailer sends two mails, acknowledges the first one only, and stops.
        let first = mail(&*log, 2).await?;
        log.ack("mailer", first[0]).await?;
        // Started again it goes on after what it has acknowledged.
        let rest = mail(&*log, 2).await?;
        log.ack("mailer", rest[1]).await?;

        for consumer in log.consumers().await? {
            println!("{} is {} events behind", consumer.name, consumer.lag);
        }
        Ok(())
    })
}

/// Mails the next `count` orders to their customers. Returns their numbers.
async fn mail(log: &dyn EventLog, count: usize) -> Result<Vec<SeqNo>, Error> {
    let mut orders = log.subscribe("mailer", SeekPosition::LastAcknowledged).await?;
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let Some(envelope) = orders.next().await.transpose()? else { break };
        if let (Some(number), Some(data)) = (envelope.seq_no, envelope.event.payload()) {
            let order: Order = data.to()?;
            println!("to {}: order {} comes to {}", order.customer, u64::from(number), order.total);
            numbers.push(number);
        }
    }
    Ok(numbers)
}
