//! The segment format: round trips, the golden file, and damage of every kind.

use everbus::log::{Commit, Segment};
use everbus::{
    Batch, EntityEvent, EventEnvelope, EventLog, FrameworkEvent, Json, LinkEvent, Query, StoredLog,
    Timestamp, Uuid,
};
use futures::executor::block_on;
use proptest::prelude::*;

/// The segments that these events are stored as.
fn encode(envelopes: &[EventEnvelope]) -> Vec<Segment> {
    let log = StoredLog::default();
    let mut commits = log.commits();
    block_on(async {
        let batch = Batch::of(envelopes).expect("the events are valid");
        log.append_batch(batch).await.expect("a log in memory takes them");
        log.close();
        let mut segments = Vec::new();
        while let Ok(commit) = commits.recv().await {
            let Commit::Stored(segment) = commit else { panic!("nobody else appends") };
            segments.push(Segment::clone(&segment));
        }
        segments
    })
}

fn encode_one(envelopes: &[EventEnvelope]) -> Vec<u8> {
    let segments = encode(envelopes);
    assert_eq!(segments.len(), 1);
    segments[0].as_bytes().to_vec()
}

/// The wire's golden events, which have every optional part between them.
fn golden() -> Vec<EventEnvelope> {
    let wire = include_str!("../golden/wire.ndjson");
    let values = wire.lines().map(|line| -> serde_json::Value {
        serde_json::from_str(line).expect("each line is JSON")
    });
    let mut envelopes: Vec<EventEnvelope> = values
        .filter(|line| line["value"].get("kind").is_some())
        .zip(1..)
        .map(|(line, n)| {
            let event = line["value"].clone();
            let wire = serde_json::json!({
                "id": Uuid::from_u128(n),
                "timestamp": "2026-11-23T08:32:21.566Z",
                "event": event,
            });
            serde_json::from_value(wire).expect("the golden event parses")
        })
        .collect();
    envelopes[1].timestamp = "2026-11-23T08:32:21.566719838Z".parse().expect("it is a time");
    envelopes[2].origin = Some(Uuid::from_u128(99));
    envelopes[3].meta = Some(Json::parse(r#"{"actor":"☃"}"#).expect("it is JSON"));
    envelopes
}

#[test]
fn the_golden_segment_is_what_is_written_and_reads_as_it_was() {
    let golden_file = include_bytes!("../golden/segment-v1.bin");
    let written = encode_one(&golden());
    assert_eq!(written, golden_file, "the format has changed: give it another version");
    let read = Segment::decode(golden_file.to_vec()).expect("the golden file is sound");
    let envelopes: Vec<_> = read.envelopes().map(|e| EventEnvelope { seq_no: None, ..e }).collect();
    assert_eq!(envelopes, golden());
}

#[test]
fn every_truncation_is_detected() {
    let bytes = encode_one(&golden());
    for length in 0..bytes.len() {
        let error = Segment::decode(bytes[..length].to_vec()).expect_err("it is truncated");
        assert_eq!(error.code(), "corrupt", "at {length}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(Segment::decode(longer).expect_err("it is too long").code(), "corrupt");
}

#[test]
fn every_flipped_bit_is_detected() {
    let bytes = encode_one(&golden());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = Segment::decode(flipped).expect_err("a bit is flipped");
        // A flipped bit in the version's two bytes reads as another version of the format.
        let expected = if (32..48).contains(&bit) { "unsupported" } else { "corrupt" };
        assert_eq!(error.code(), expected, "bit {bit}");
    }
}

#[test]
fn any_two_swapped_words_are_detected() {
    let bytes = encode_one(&golden());
    let words = bytes.len() / 8;
    for a in 3..words {
        for b in a + 1..words {
            let mut swapped = bytes.clone();
            for at in 0..8 {
                swapped.swap(a * 8 + at, b * 8 + at);
            }
            if swapped != bytes {
                assert!(Segment::decode(swapped).is_err(), "words {a} and {b}");
            }
        }
    }
}

#[test]
fn segments_are_bounded_in_events_and_in_bytes() {
    let large = Json::new(&"x".repeat(300_000)).expect("it is JSON");
    let mut envelopes = golden();
    envelopes.truncate(1);
    let one = envelopes[0].clone();
    assert_eq!(encode(&vec![one.clone(); 2500]).len(), 3);
    let event = EntityEvent::Created {
        entity_type: "t".into(),
        entity_id: Uuid::from_u128(1),
        data: large,
    };
    let large = EventEnvelope { event: event.into(), ..one };
    let segments = encode(&vec![large; 10]);
    let lengths: Vec<_> = segments.iter().map(|s| s.last().get() - s.first().get() + 1).collect();
    assert_eq!(lengths, [4, 4, 2]);
}

prop_compose! {
    /// A payload with every oddity of Unicode and of JSON that a text can have.
    fn any_json()(text in any::<String>(), number in any::<f64>(), escape in "\\\\u[dD][89abAB][0-9a-f]{2}|\\\\n|")
        -> Json
    {
        let text = serde_json::to_string(&text).expect("a string is JSON");
        let number = if number.is_finite() { number } else { 0.0 };
        let json = format!("{{{text}:[{number},\"{escape}\",null],\"__proto__\":{{}}}}");
        Json::parse(&json).expect("it is JSON")
    }
}

fn any_id() -> impl Strategy<Value = Uuid> {
    // Few and many: ids repeat in real logs.
    prop_oneof![(0..4u128).prop_map(Uuid::from_u128), any::<u128>().prop_map(Uuid::from_u128)]
}

fn any_event() -> impl Strategy<Value = FrameworkEvent> {
    let entity = ("[a-c\u{e9}\u{1d11e}*\"\\\\\u{0}]{1,3}", any_id(), any_json(), 0..3).prop_map(
        |(entity_type, entity_id, data, action)| match action {
            0 => EntityEvent::Created { entity_type, entity_id, data }.into(),
            1 => EntityEvent::Updated { entity_type, entity_id, data }.into(),
            _ => EntityEvent::Deleted { entity_type, entity_id }.into(),
        },
    );
    let ids = (any_id(), any_id(), any_id());
    let link = ("[a-c]{1,3}", ids, proptest::option::of(any_json()), 0..3).prop_map(
        |(link_type, (link_id, source_id, target_id), metadata, action)| match action {
            0 => LinkEvent::Created { link_type, link_id, source_id, target_id, metadata }.into(),
            1 => LinkEvent::Updated { link_type, link_id, source_id, target_id, metadata }.into(),
            _ => LinkEvent::Deleted { link_type, link_id, source_id, target_id }.into(),
        },
    );
    prop_oneof![entity, link]
}

prop_compose! {
    fn any_envelope()(
        id in any_id(),
        nanosecond in -377_705_023_201_000_000_000i128..253_402_207_200_000_000_000i128,
        event in any_event(),
        origin in proptest::option::of(any_id()),
        meta in proptest::option::of(any_json()),
    ) -> EventEnvelope {
        let timestamp = Timestamp::from_nanosecond(nanosecond).expect("it is in range");
        let mut envelope = EventEnvelope::new(event, &*everbus::env::system());
        envelope.id = id;
        envelope.timestamp = timestamp;
        envelope.origin = origin;
        envelope.meta = meta;
        envelope
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(envelopes in proptest::collection::vec(any_envelope(), 1..60)) {
        let bytes = encode_one(&envelopes);
        let segment = Segment::decode(bytes).expect("it was just written");
        let read: Vec<_> = segment.envelopes().map(|e| EventEnvelope { seq_no: None, ..e }).collect();
        prop_assert_eq!(read, envelopes);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Segment::decode(bytes).is_err());
    }

    #[test]
    fn filters_never_skip_a_match(envelopes in proptest::collection::vec(any_envelope(), 1..60), id in any_id()) {
        let log = StoredLog::default();
        let filter: everbus::Filter =
            serde_json::from_value(serde_json::json!({ "touches": id })).expect("it is a filter");
        let expected: Vec<Uuid> =
            envelopes.iter().filter(|e| filter.matches(e)).map(|e| e.id).collect();
        let found = block_on(async {
            log.append_batch(Batch::of(&envelopes)?).await?;
            log.read(&Query { filter, ..Query::default() }).await
        });
        let found: Vec<Uuid> = found.expect("it works").envelopes().map(|e| e.id).collect();
        prop_assert_eq!(found, expected);
    }
}
