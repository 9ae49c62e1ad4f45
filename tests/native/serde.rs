//! Serde: events, envelopes and payloads inside other types, and in formats other than JSON.

use everbus::log::{Bounds, Stats};
use everbus::{
    Action, ConsumerInfo, EntityEvent, EventEnvelope, EventKind, Filter, FrameworkEvent, Json,
    LinkEvent, SeqNo, Uuid,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Debug;

const GOLDEN: &str = include_str!("../golden/wire.ndjson");
const EVENTS: &str = include_str!("../samples/events.ndjson");
const FILTERS: &str = include_str!("../samples/filters.ndjson");

fn lines(file: &str) -> impl Iterator<Item = Value> {
    file.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"))
}

/// The values of the golden file that are envelopes, also those that a server's frames hold.
fn golden_envelopes() -> Vec<Value> {
    let is_envelope = |value: &Value| value.get("timestamp").is_some();
    let values = lines(GOLDEN).flat_map(|line| {
        [line["value"].clone(), line["value"]["data"].clone()].into_iter().filter(is_envelope)
    });
    values.collect()
}

fn golden_events() -> Vec<Value> {
    let name = |line: &Value| line["name"].as_str().expect("each line has a name").to_owned();
    let is_event =
        |line: &Value| name(line).starts_with("entity.") || name(line).starts_with("link.");
    lines(GOLDEN).filter(is_event).map(|line| line["value"].clone()).collect()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tagged {
    Event(EventEnvelope),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
enum Adjacent {
    Event(EventEnvelope),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Closing { reason: String },
    Envelope(EventEnvelope),
    Event(FrameworkEvent),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    topic: String,
    #[serde(flatten)]
    envelope: EventEnvelope,
}

/// Reads what it writes, in each format, and through a [`Value`].
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("it is JSON");
    assert_eq!(serde_json::from_str::<T>(&text).expect("it was JSON"), *value, "{text}");
    let tree = serde_json::to_value(value).expect("it is a value");
    assert_eq!(serde_json::from_value::<T>(tree).expect("it was a value"), *value, "{text}");
    let yaml = serde_yaml_ng::to_string(value).expect("it is YAML");
    assert!(!yaml.contains("private"), "{yaml}");
    assert_eq!(serde_yaml_ng::from_str::<T>(&yaml).expect("it was YAML"), *value, "{yaml}");
    let packed = rmp_serde::to_vec_named(value).expect("it is MessagePack");
    assert_eq!(rmp_serde::from_slice::<T>(&packed).expect("it was MessagePack"), *value, "{text}");
}

#[test]
fn envelopes_are_read_and_written_inside_other_types_and_formats() {
    let envelopes = golden_envelopes();
    assert!(envelopes.len() > 2, "{}", envelopes.len());
    for value in envelopes {
        let envelope = || serde_json::from_value::<EventEnvelope>(value.clone()).expect("it is");
        there_and_back(&envelope());
        there_and_back(&Tagged::Event(envelope()));
        there_and_back(&Adjacent::Event(envelope()));
        there_and_back(&Untagged::Envelope(envelope()));
        there_and_back(&Flat { topic: "orders".into(), envelope: envelope() });
        there_and_back(&vec![Some(envelope()), None]);
    }
}

#[test]
fn a_frame_of_a_server_is_read_without_naming_its_fields() {
    let frame = r#"{"type":"event","subscription":"s","id":"00000000-0000-7000-8000-000000000001",
        "timestamp":"2026-11-23T08:32:21.566Z","event":{"kind":"entity","action":"created",
        "entity_type":"order","entity_id":"00000000-0000-0000-0000-000000000001",
        "data":{"b":[1,-2,2.5,true,null,"\u2028"],"a":{"__proto__":{}}}}}"#;
    let Tagged::Event(envelope) = serde_json::from_str(frame).expect("it is a frame");
    let data = r#"{"b":[1,-2,2.5,true,null,"\u2028"],"a":{"__proto__":{}}}"#;
    let data: String = data.replace(r"\u2028", "\u{2028}");
    assert_eq!(envelope.event.payload().map(Json::as_str), Some(&*data), "keys keep their order");
}

#[test]
fn the_samples_are_good_and_bad_wherever_they_stand() {
    for line in lines(EVENTS) {
        // A type's length is looked at by the append.
        let is_read = serde_json::from_value::<FrameworkEvent>(line["event"].clone()).is_ok();
        assert!(is_read || line["ok"] == false, "{line}");
        let untagged = serde_json::from_value::<Untagged>(line["event"].clone());
        assert_eq!(untagged.is_ok(), is_read, "{line}: {untagged:?}");
        let yaml = serde_yaml_ng::to_string(&line["event"]).expect("it is YAML");
        let from_yaml = serde_yaml_ng::from_str::<FrameworkEvent>(&yaml);
        assert_eq!(from_yaml.is_ok(), is_read, "{yaml}: {from_yaml:?}");
    }
}

#[test]
fn yaml_that_a_person_writes_is_an_event() {
    let yaml = "
kind: entity
action: created
entity_type: order
entity_id: 00000000-0000-0000-0000-000000000001
data:
  amount: 42
  tags: [a, null]
";
    let event: FrameworkEvent = serde_yaml_ng::from_str(yaml).expect("it is an event");
    let data = event.payload().expect("it has data").as_str();
    assert_eq!(data, r#"{"amount":42,"tags":["a",null]}"#);
    for refused in [".nan", "[.inf]", "!tag 1"] {
        let yaml = yaml.replace("  amount: 42\n  tags: [a, null]\n", &format!("  {refused}\n"));
        assert!(serde_yaml_ng::from_str::<FrameworkEvent>(&yaml).is_err(), "{refused}");
    }
}

#[test]
fn entity_and_link_events_are_written_without_their_kind_and_read_with_or_without_it() {
    for mut value in golden_events() {
        let event: FrameworkEvent = serde_json::from_value(value.clone()).expect("it is an event");
        let (with_kind, kind) = (value.clone(), event.event_kind());
        value.as_object_mut().expect("it is an object").remove("kind");
        match event {
            FrameworkEvent::Entity(event) => {
                assert_eq!(serde_json::to_value(&event).expect("it is JSON"), value);
                assert_eq!(serde_json::from_value::<EntityEvent>(with_kind).expect("it is"), event);
                there_and_back(&event);
            }
            FrameworkEvent::Link(event) => {
                assert_eq!(serde_json::to_value(&event).expect("it is JSON"), value);
                assert_eq!(serde_json::from_value::<LinkEvent>(with_kind).expect("it is"), event);
                there_and_back(&event);
            }
        }
        value["kind"] = json!(if kind == EventKind::Entity { "link" } else { "entity" });
        assert!(serde_json::from_value::<EntityEvent>(value.clone()).is_err(), "{value}");
        assert!(serde_json::from_value::<LinkEvent>(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn a_payload_that_names_what_serde_json_does_inside_is_data() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Payload {
        Any(Json),
    }
    let key = "$serde_json::private::RawValue";
    for text in [format!(r#"{{"{key}":"no JSON"}}"#), format!(r#"[{{"{key}":1,"a":"2"}}]"#)] {
        let Payload::Any(untagged) = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(untagged.as_str(), text);
        assert_eq!(serde_json::from_str::<Json>(&text).expect("it is JSON").as_str(), text);
    }
    // What a number is inside of serde_json where another crate asks for numbers as texts.
    let key = "$serde_json::private::Number";
    let text =
        format!(r#"{{"a":{{"{key}":"1.50"}},"b":{{"{key}":"no"}},"c":{{"d":0,"{key}":"1"}}}}"#);
    let Payload::Any(untagged) = serde_json::from_str(&text).expect("it is JSON");
    let expected = format!(r#"{{"a":1.50,"b":{{"{key}":"no"}},"c":{{"d":0,"{key}":"1"}}}}"#);
    assert_eq!(untagged.as_str(), expected);
}

#[test]
fn a_payload_that_is_read_value_by_value_is_limited_too() {
    let text = json!({ "text": "x".repeat(Json::MAX_BYTES) });
    assert!(serde_json::from_value::<Json>(text.clone()).is_err());
    let yaml = serde_yaml_ng::to_string(&text).expect("it is YAML");
    assert!(serde_yaml_ng::from_str::<Json>(&yaml).is_err());
}

#[test]
fn filters_are_written_as_they_are_read() {
    let mut count = 0;
    for line in lines(FILTERS).filter(|line| line["ok"] == true) {
        let filter: Filter = serde_json::from_value(line["filter"].clone()).expect("it is good");
        there_and_back(&filter);
        count += 1;
    }
    assert!(count > 20, "{count}");
    let filter = Filter {
        kind: Some(EventKind::Link),
        event_type: Some(vec![Action::Created]),
        touches: Some(vec![Uuid::from_u128(10)]),
        ..Filter::default()
    };
    let written = serde_json::to_string(&filter).expect("it is JSON");
    let wire = r#"{"kind":"link","event_type":["created"],"touches":["00000000-0000-0000-0000-00000000000a"]}"#;
    assert_eq!(written, wire);
}

#[test]
fn kinds_and_actions_are_their_tags() {
    for action in [Action::Created, Action::Updated, Action::Deleted] {
        assert_eq!(serde_json::to_value(action).expect("it is JSON"), action.as_str());
        there_and_back(&action);
    }
    for kind in [EventKind::Entity, EventKind::Link] {
        assert_eq!(serde_json::to_value(kind).expect("it is JSON"), kind.as_str());
        there_and_back(&kind);
    }
    for refused in [json!("Created"), json!({ "created": null }), json!(0), json!("upserted")] {
        assert!(serde_json::from_value::<Action>(refused.clone()).is_err(), "{refused}");
        assert!(serde_json::from_value::<EventKind>(refused.clone()).is_err(), "{refused}");
    }
}

#[test]
fn what_a_log_says_of_itself_can_be_sent() {
    let bounds = Bounds { first: Some(SeqNo::FIRST), last: SeqNo::new(7).ok() };
    let mut stats = Stats::default();
    (stats.events, stats.bounds) = (7, bounds);
    there_and_back(&stats);
    let written = serde_json::to_value(stats).expect("it is JSON");
    let bounds = json!({ "first": 1, "last": 7 });
    assert_eq!(written, json!({ "events": 7, "segments": 0, "bytes": 0, "bounds": bounds }));

    let info = json!({ "name": "mailer", "last_acked": 7, "lag": 0, "held_by": null });
    let read: ConsumerInfo = serde_json::from_value(info.clone()).expect("it is one");
    there_and_back(&read);
    assert_eq!(serde_json::to_value(read).expect("it is JSON"), info);
}
