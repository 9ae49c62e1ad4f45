//! What every back end has to do, as a suite of scenarios that its tests run.
//!
//! It is there with the feature `conformance`, which is for the tests of back ends alone:
//!
//! ```toml
//! [dev-dependencies]
//! everbus = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! A new back end implements [`Harness`] and names the scenarios in its tests by
//! [`for_each_scenario!`](crate::for_each_scenario); each scenario opens a log of its own and panics
//! with what went wrong.
//!
//! ```
//! use everbus::log::conformance::{self, Harness};
//! use everbus::{EventLog, StoredLog};
//! use std::sync::Arc;
//!
//! struct Memory;
//!
//! impl Harness for Memory {
//!     async fn open(&self) -> Arc<dyn EventLog> {
//!         Arc::new(StoredLog::default())
//!     }
//!     async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
//!         log
//!     }
//! }
//!
//! futures::executor::block_on(conformance::numbers_are_dense_from_one(Memory));
//! ```

mod appending;
mod following;
mod keeping;
mod reading;
mod storing;

pub use appending::*;
pub use following::*;
pub use keeping::*;
pub use reading::*;
pub use storing::*;

use super::EventLog;
use crate::{
    Batch, EntityEvent, EventEnvelope, FrameworkEvent, Json, LinkEvent, Query, SeqNo, Subscription,
    Timestamp, Uuid,
};
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
            ids_of_trimmed_events_are_known_as_long_as_the_others
            an_invalid_event_changes_nothing
            pages_cover_any_range_both_ways
            filters_find_what_a_scan_finds
            filters_find_everything_in_a_long_log
            a_filter_of_many_ids_finds_what_a_scan_finds
            subscriptions_start_at_their_position
            stored_events_are_followed_by_live_ones
            reading_up_to_a_number_ends_there
            a_slow_subscription_misses_nothing
            two_handles_make_one_order
            acknowledging_is_monotonic_and_ends_with_the_log
            positions_are_changed_together_and_refused_alone
            a_claim_fences_off_everybody_before_it
            a_claim_goes_on_after_what_was_acknowledged
            epochs_outlive_the_consumers
            seeking_moves_the_next_subscription
            consumers_are_listed_with_their_lag
            trimming_forgets_whole_segments_and_never_renumbers
            resuming_before_the_trim_point_reports_both_numbers
            a_consumer_that_is_new_begins_at_the_first_stored_event
            merging_changes_nothing_but_the_segments
            what_is_trimmed_is_not_merged
            large_metas_fill_segments
            times_are_found_in_any_order_of_them
            retention_finds_whole_segments_and_the_consumers_they_would_overtake
            times_to_come_keep_nothing_from_getting_old
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
