//! Values as texts and texts as values, and when what they are is looked at.

use everbus::{
    Action, Batch, EntityEvent, Error, EventBus, EventEnvelope, EventKind, Filter, Json, SeqNo,
    StoredLog, Uuid,
};
use futures::FutureExt;
use futures::executor::block_on;
use serde_json::json;
use std::sync::Arc;

fn created(entity_type: &str, data: impl Into<Json>) -> EntityEvent {
    let (entity_type, entity_id) = (entity_type.into(), Uuid::nil());
    EntityEvent::Created { entity_type, entity_id, data: data.into() }
}

#[test]
fn what_is_displayed_is_read_again() {
    let json: Json = r#" {"a":1.50} "#.parse().expect("it is JSON");
    assert_eq!(json.to_string(), r#"{"a":1.50}"#);
    assert!(matches!("{".parse::<Json>(), Err(Error::InvalidEvent(_))));
    assert_eq!(Json::default(), json!(null));

    for action in [Action::Created, Action::Updated, Action::Deleted] {
        assert_eq!(action.to_string().parse::<Action>().expect("it is its tag"), action);
        assert_eq!(format!("{action:>8}"), format!("{:>8}", action.as_str()));
    }
    for kind in [EventKind::Entity, EventKind::Link] {
        assert_eq!(kind.to_string().parse::<EventKind>().expect("it is its tag"), kind);
    }
    assert!(matches!("Created".parse::<Action>(), Err(Error::InvalidEvent(_))));
    assert!(matches!("".parse::<EventKind>(), Err(Error::InvalidEvent(_))));

    let filter: Filter = r#"{ "entity_type": "order", "kind": "entity" }"#.parse().expect("it is");
    assert_eq!(filter.to_string(), r#"{"kind":"entity","entity_type":["order"]}"#);
    assert_eq!(filter.to_string().parse::<Filter>().expect("it was one"), filter);
    assert_eq!(Filter::default().to_string(), "{}");
    assert!(matches!("everything".parse::<Filter>(), Err(Error::InvalidFilter(_))));
}

#[test]
fn a_number_is_read_from_its_digits_alone() {
    assert_eq!("7".parse::<SeqNo>().expect("it is one"), 7);
    assert_eq!(SeqNo::MAX.to_string().parse(), Ok(SeqNo::MAX));
    for refused in ["", "0", "+1", "-1", " 1", "1.0", "9007199254740992", "18446744073709551616"] {
        let error = Error::from(refused.parse::<SeqNo>().expect_err(refused));
        assert_eq!(error.code(), "invalid_position", "{error}");
    }
}

#[test]
fn a_value_is_a_payload_whose_length_is_looked_at_when_it_is_appended() {
    let fits = Json::from(json!("x".repeat(Json::MAX_BYTES - 2)));
    let too_long = Json::from(json!("x".repeat(Json::MAX_BYTES - 1)));
    let envelope = |data, meta| EventEnvelope {
        meta,
        ..EventEnvelope::new(created("thing", data).into(), &*everbus::env::system())
    };
    assert_eq!(Batch::of([&envelope(fits, None)]).expect("it fits").len(), 1);
    let object = json!({ "a": too_long.as_str() });
    for refused in [envelope(too_long, None), envelope(Json::default(), Some(object.into()))] {
        assert!(matches!(Batch::of([&refused]), Err(Error::InvalidEvent(_))));
    }
}

#[test]
fn nobody_receives_what_the_model_refuses_and_its_receipt_tells() {
    let log = Arc::new(StoredLog::default());
    for bus in [EventBus::default(), EventBus::default().with_event_log(log)] {
        let mut receiver = bus.subscribe();
        let too_long = json!("x".repeat(Json::MAX_BYTES));
        for refused in [created("thing", too_long), created("", Json::default())] {
            let receipt = bus.publish_tracked(refused);
            assert_eq!(receipt.receivers, 0);
            let error = block_on(receipt.committed()).expect_err("it is refused");
            assert_eq!(error.code(), "invalid_event");
        }
        assert!(receiver.recv().now_or_never().is_none());
        block_on(bus.flush()).expect("the receipts have told");
    }
}
