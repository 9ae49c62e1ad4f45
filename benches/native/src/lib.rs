//! The events that the native benches work on, after the pattern of the demo's: airports, and routes between them.

use everbus::{EntityEvent, EventEnvelope, FrameworkEvent, Json, LinkEvent, Uuid, env};

/// The id of the airport with this number.
pub fn airport_id(number: usize) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

/// An airport comes into being. Its envelope has about 350 bytes of JSON.
pub fn airport(number: usize) -> FrameworkEvent {
    let latitude = 24.5 + (number % 250) as f64 / 10.0;
    let text = format!(
        r#"{{"code":"A{number:03}","name":"Airport number {number}","city":"Springfield","state":"IL","latitude":{latitude},"longitude":-89.65}}"#
    );
    EntityEvent::Created {
        entity_type: "airport".into(),
        entity_id: airport_id(number),
        data: Json::parse(&text).expect("it is JSON"),
    }
    .into()
}

/// A route from one airport to the next comes into being.
pub fn route(number: usize) -> FrameworkEvent {
    LinkEvent::Created {
        link_type: "route".into(),
        link_id: Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0000 + number as u128),
        source_id: airport_id(number % 100),
        target_id: airport_id(number % 100 + 1),
        metadata: Some(Json::parse(&format!(r#"{{"flights":{number}}}"#)).expect("it is JSON")),
    }
    .into()
}

/// A thousand envelopes: airports and routes in turn.
pub fn envelopes() -> Vec<EventEnvelope> {
    let env = env::system();
    let event = |i: usize| if i.is_multiple_of(2) { airport(i) } else { route(i) };
    (0..1000).map(|i| EventEnvelope::new(event(i), &*env)).collect()
}
