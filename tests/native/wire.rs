//! The wire: the golden file both ways, and the samples that the package is tested with, too.

use everbus::{
    Action, Batch, EventEnvelope, EventKind, Filter, FrameworkEvent, Json, SeekPosition,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GOLDEN: &str = include_str!("../golden/wire.ndjson");
const EVENTS: &str = include_str!("../samples/events.ndjson");
const FILTERS: &str = include_str!("../samples/filters.ndjson");

fn lines(file: &str) -> impl Iterator<Item = (String, Value)> {
    file.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("each line is JSON");
        (line["name"].as_str().expect("each line has a name").to_owned(), line)
    })
}

/// Parses a golden value and prints it again.
fn there_and_back<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let parsed: T = serde_json::from_value(value.clone()).expect("the golden value parses");
    let text = serde_json::to_string(&parsed).expect("it prints");
    let from_text: T = serde_json::from_str(&text).expect("what it prints parses");
    assert_eq!(serde_json::to_value(&from_text).expect("it prints"), value.clone());
    serde_json::from_str(&text).expect("what it prints is JSON")
}

#[test]
fn the_golden_file_parses_and_prints_to_the_same_values() {
    let mut seen = BTreeMap::<&str, usize>::new();
    for (name, line) in lines(GOLDEN) {
        let value = &line["value"];
        let (kind, printed) = match name.split('.').next().expect("a name has a first part") {
            "entity" | "link" => ("event", there_and_back::<FrameworkEvent>(value)),
            "envelope" => ("envelope", there_and_back::<EventEnvelope>(value)),
            "seek" => ("seek", there_and_back::<SeekPosition>(value)),
            // The frames of a transport that isn't part of this crate; the events in them are.
            "client" | "server" => match &value["data"]["event"] {
                Value::Null => continue,
                _ => {
                    let envelope = &value["data"];
                    assert_eq!(there_and_back::<EventEnvelope>(envelope), *envelope);
                    continue;
                }
            },
            other => panic!("a golden line of an unknown kind: {other}"),
        };
        assert_eq!(printed, *value, "{name}");
        *seen.entry(kind).or_default() += 1;
    }
    assert_eq!(seen, BTreeMap::from([("event", 6), ("envelope", 2), ("seek", 4)]));
}

#[test]
fn the_filters_of_the_golden_file_are_filters() {
    let filters: Vec<Filter> = lines(GOLDEN)
        .filter_map(|(_, line)| line["value"].get("filter").cloned())
        .map(|filter| serde_json::from_value(filter).expect("the golden filter parses"))
        .collect();
    assert_eq!(filters.len(), 3);
    assert_eq!(filters.iter().filter(|filter| filter.is_empty()).count(), 1);
}

/// Parses an event and looks at its type's length, as an append does.
fn accept(event: &Value) -> Result<FrameworkEvent, String> {
    let event: FrameworkEvent =
        serde_json::from_str(&event.to_string()).map_err(|error| error.to_string())?;
    let envelope = EventEnvelope::new(event.clone(), &*everbus::env::system());
    drop(Batch::of([&envelope]).map_err(|error| error.to_string())?);
    Ok(event)
}

#[test]
fn the_sample_events_are_accepted_and_refused_as_they_say() {
    let mut counts = [0, 0];
    for (name, line) in lines(EVENTS) {
        let ok = line["ok"].as_bool().expect("a sample says whether it is good");
        let accepted = accept(&line["event"]);
        assert_eq!(accepted.is_ok(), ok, "{name}: {accepted:?}");
        counts[usize::from(ok)] += 1;
    }
    assert!(counts[0] > 10 && counts[1] > 10, "{counts:?}");
}

#[test]
fn the_sample_filters_match_as_they_say() {
    let events: Vec<(String, FrameworkEvent)> = lines(EVENTS)
        .filter(|(_, line)| line["ok"] == true)
        .map(|(name, line)| (name, accept(&line["event"]).expect("the sample is good")))
        .collect();
    for (name, line) in lines(FILTERS) {
        let filter = serde_json::from_value::<Filter>(line["filter"].clone());
        if line["ok"] != true {
            assert!(filter.is_err(), "{name}: {filter:?}");
            continue;
        }
        let filter = filter.unwrap_or_else(|error| panic!("{name}: {error}"));
        let matches: Vec<&str> = events
            .iter()
            .filter(|(_, event)| filter.matches_event(event))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(json!(matches), line["matches"], "{name}");
    }
}

#[test]
fn accessors_tell_entities_and_links_apart() {
    let events: Vec<FrameworkEvent> = lines(GOLDEN)
        .filter(|(name, _)| name.starts_with("entity.") || name.starts_with("link."))
        .map(|(_, line)| serde_json::from_value(line["value"].clone()).expect("it parses"))
        .collect();
    let [entity, link] = [&events[0], &events[3]];
    assert_eq!((entity.event_kind(), entity.action()), (EventKind::Entity, Action::Created));
    assert_eq!((entity.entity_type(), entity.link_type()), (Some("order"), None));
    assert_eq!((entity.source_id(), entity.target_id()), (None, None));
    assert_eq!(entity.entity_id().as_u128(), 1);
    assert_eq!((link.event_kind(), link.action()), (EventKind::Link, Action::Created));
    assert_eq!((link.entity_type(), link.link_type()), (None, Some("has_invoice")));
    assert_eq!(link.entity_id().as_u128(), 2);
    assert_eq!(link.source_id().map(|id| id.as_u128()), Some(3));
    assert_eq!(link.target_id().map(|id| id.as_u128()), Some(4));
}

#[test]
fn payload_text_is_carried_to_the_last_character() {
    let text = r#"{"__proto__":1,"a":1.50,"a":"\ud800","z":1e400}"#;
    let wire = format!(
        r#"{{"kind":"entity","action":"created","entity_type":"t","entity_id":"00000000-0000-0000-0000-000000000001","data":{text}}}"#
    );
    let event: FrameworkEvent = serde_json::from_str(&wire).expect("it parses");
    assert_eq!(event.payload().map(Json::as_str), Some(text));
    assert_eq!(serde_json::to_string(&event).expect("it prints"), wire);
}

#[test]
fn timestamps_are_read_strictly_and_printed_with_three_or_nine_digits() {
    let envelope = |timestamp: &str| {
        let event = json!({"kind": "entity", "action": "deleted", "entity_type": "t", "entity_id": "00000000-0000-0000-0000-000000000001"});
        let id = "53f14b36-c984-422c-86d5-8590d0fe6e5f";
        serde_json::from_value::<EventEnvelope>(
            json!({"id": id, "timestamp": timestamp, "event": event}),
        )
    };
    for (read, printed) in [
        ("2026-11-23T08:32:21Z", "2026-11-23T08:32:21.000Z"),
        ("2026-11-23T08:32:21.5Z", "2026-11-23T08:32:21.500Z"),
        ("2026-11-23T08:32:21.566719Z", "2026-11-23T08:32:21.566719000Z"),
        ("2026-11-23T08:32:21.566719838Z", "2026-11-23T08:32:21.566719838Z"),
        ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
    ] {
        let envelope = envelope(read).unwrap_or_else(|error| panic!("{read}: {error}"));
        assert_eq!(serde_json::to_value(envelope).expect("it prints")["timestamp"], printed);
    }
    for refused in [
        "",
        "2026-11-23",
        "2026-11-23T08:32Z",
        "2026-11-23T08:32:21",
        "2026-11-23T08:32:21+00:00",
        "2026-11-23t08:32:21Z",
        "2026-11-23T08:32:21z",
        "2026-11-23 08:32:21Z",
        "2026-02-29T00:00:00Z",
        "2026-11-23T08:32:60Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T08:32:21.Z",
        "2026-11-23T08:32:21.1234567890Z",
    ] {
        assert!(envelope(refused).is_err(), "{refused}");
    }
}

#[test]
fn an_oversized_payload_is_refused() {
    let fits = "x".repeat(Json::MAX_BYTES - 2);
    assert!(Json::new(&fits).is_ok());
    let error = Json::new(&format!("{fits}x")).expect_err("it has a byte too many");
    assert_eq!(error.code(), "invalid_event");
}
