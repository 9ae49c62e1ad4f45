//! The wire: how events and envelopes look as JSON.
//!
//! - Tags are `kind` and `action` in snake case, beside the event's fields.
//! - A deleted event has neither `data` nor `metadata`. Other link events always write `metadata`,
//!   `null` if there is none; reading, missing metadata is none. Missing `data` is an error.
//! - `seq_no`, `origin` and `meta` are absent when not set.
//! - Unknown fields are ignored. Unknown kinds and actions, and arrays in place of objects, are errors.
//! - An [`EntityEvent`] or a [`LinkEvent`] by itself is written without `kind`, and read with it or without.
//! - Timestamps are RFC 3339 in UTC with 3 or 9 digits of a second. Ids are 36 characters.

use crate::{
    Action, EntityEvent, EventEnvelope, EventKind, FrameworkEvent, Json, LinkEvent, Timestamp,
};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use uuid::Uuid;

impl Serialize for FrameworkEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.event_kind())?;
        match self {
            FrameworkEvent::Entity(event) => write_entity(event, &mut map)?,
            FrameworkEvent::Link(event) => write_link(event, &mut map)?,
        }
        map.end()
    }
}

impl Serialize for EntityEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_entity(self, &mut map)?;
        map.end()
    }
}

impl Serialize for LinkEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_link(self, &mut map)?;
        map.end()
    }
}

fn write_entity<M: SerializeMap>(event: &EntityEvent, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("action", &event.action())?;
    let (entity_type, entity_id, data) = match event {
        EntityEvent::Created { entity_type, entity_id, data }
        | EntityEvent::Updated { entity_type, entity_id, data } => {
            (entity_type, entity_id, Some(data))
        }
        EntityEvent::Deleted { entity_type, entity_id } => (entity_type, entity_id, None),
    };
    map.serialize_entry("entity_type", entity_type)?;
    map.serialize_entry("entity_id", entity_id.as_hyphenated())?;
    data.map_or(Ok(()), |data| map.serialize_entry("data", data))
}

fn write_link<M: SerializeMap>(event: &LinkEvent, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("action", &event.action())?;
    let (link_type, link_id, ends, metadata) = match event {
        LinkEvent::Created { link_type, link_id, source_id, target_id, metadata }
        | LinkEvent::Updated { link_type, link_id, source_id, target_id, metadata } => {
            (link_type, link_id, (source_id, target_id), Some(metadata))
        }
        LinkEvent::Deleted { link_type, link_id, source_id, target_id } => {
            (link_type, link_id, (source_id, target_id), None)
        }
    };
    map.serialize_entry("link_type", link_type)?;
    map.serialize_entry("link_id", link_id.as_hyphenated())?;
    map.serialize_entry("source_id", ends.0.as_hyphenated())?;
    map.serialize_entry("target_id", ends.1.as_hyphenated())?;
    metadata.map_or(Ok(()), |metadata| map.serialize_entry("metadata", metadata))
}

impl<'de> Deserialize<'de> for FrameworkEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = object::<EventFields, D>(deserializer)?;
        match fields.kind {
            Some(EventKind::Entity) => fields.entity().map(FrameworkEvent::Entity),
            Some(EventKind::Link) => fields.link().map(FrameworkEvent::Link),
            None => Err("the event has no kind".into()),
        }
        .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for EntityEvent {
    /// Reads what a [`FrameworkEvent`] about an entity is written as, with its `kind` or without.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = object::<EventFields, D>(deserializer)?;
        fields.is_of(EventKind::Entity).and_then(|()| fields.entity()).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for LinkEvent {
    /// Reads what a [`FrameworkEvent`] about a link is written as, with its `kind` or without.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = object::<EventFields, D>(deserializer)?;
        fields.is_of(EventKind::Link).and_then(|()| fields.link()).map_err(D::Error::custom)
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Cow::<str>::deserialize(deserializer)?;
        tag.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Cow::<str>::deserialize(deserializer)?;
        tag.parse().map_err(D::Error::custom)
    }
}

impl Serialize for EventEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id.as_hyphenated())?;
        map.serialize_entry("timestamp", &format_timestamp(self.timestamp))?;
        map.serialize_entry("event", &self.event)?;
        if let Some(seq_no) = &self.seq_no {
            map.serialize_entry("seq_no", seq_no)?;
        }
        if let Some(origin) = &self.origin {
            map.serialize_entry("origin", origin.as_hyphenated())?;
        }
        if let Some(meta) = &self.meta {
            map.serialize_entry("meta", meta)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for EventEnvelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = object::<EnvelopeFields, D>(deserializer)?;
        if fields.meta.as_ref().is_some_and(|meta| !meta.is_object()) {
            return Err(D::Error::custom("meta has to be a JSON object"));
        }
        Ok(EventEnvelope {
            id: fields.id.0,
            timestamp: fields.timestamp,
            event: fields.event,
            seq_no: fields.seq_no,
            origin: fields.origin.map(|id| id.0),
            meta: fields.meta,
        })
    }
}

/// The fields of every event. Which of them have to be there depends on the tags; the others are
/// ignored, whatever they hold.
#[derive(Deserialize)]
struct EventFields {
    kind: Option<EventKind>,
    action: Action,
    #[serde(default, deserialize_with = "present")]
    entity_type: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    entity_id: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    data: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    link_type: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    link_id: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    source_id: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    target_id: Option<Json>,
    metadata: Option<Json>,
}

#[derive(Deserialize)]
struct EnvelopeFields {
    id: Id,
    #[serde(deserialize_with = "timestamp")]
    timestamp: Timestamp,
    event: FrameworkEvent,
    seq_no: Option<crate::SeqNo>,
    origin: Option<Id>,
    meta: Option<Json>,
}

impl EventFields {
    /// Refuses another kind than this one; none may be said.
    fn is_of(&self, kind: EventKind) -> Result<(), String> {
        match self.kind.filter(|said| *said != kind) {
            Some(said) => Err(format!("the event's kind is \"{said}\", but has to be \"{kind}\"")),
            None => Ok(()),
        }
    }

    fn entity(self) -> Result<EntityEvent, String> {
        let entity_type = given::<String>(&self.entity_type, "entity_type")?;
        let Id(entity_id) = given(&self.entity_id, "entity_id")?;
        let data = || self.data.ok_or("the event has no data".into());
        EntityEvent::assemble(self.action, entity_type, entity_id, data)
    }

    fn link(self) -> Result<LinkEvent, String> {
        let link_type = given::<String>(&self.link_type, "link_type")?;
        let id = |value: &Option<Json>, name| given::<Id>(value, name).map(|id| id.0);
        let link_id = id(&self.link_id, "link_id")?;
        let ends = (id(&self.source_id, "source_id")?, id(&self.target_id, "target_id")?);
        Ok(LinkEvent::assemble(self.action, link_type, link_id, ends, self.metadata))
    }
}

/// The value of a field that has to be there.
fn given<T: DeserializeOwned>(value: &Option<Json>, name: &str) -> Result<T, String> {
    let value = value.as_ref().ok_or_else(|| format!("the event has no {name}"))?;
    serde_json::from_str(value.as_str()).map_err(|error| format!("the event's {name}: {error}"))
}

/// Deserialises a `T` from an object only: serde would take an array of its fields, too.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// A field that may be missing, but whose `null` is a value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    parse_timestamp(&text).ok_or_else(|| {
        D::Error::custom(format!("\"{text}\" is no timestamp: write RFC 3339 in UTC, ending in Z"))
    })
}

/// Writes 3 digits of a second, or 9 when there is something below the millisecond.
pub(crate) fn format_timestamp(timestamp: Timestamp) -> String {
    if timestamp.subsec_nanosecond() % 1_000_000 == 0 {
        format!("{timestamp:.3}")
    } else {
        format!("{timestamp:.9}")
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.1 to 9 digits]Z` and nothing else: jiff alone takes more forms.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_at_checked(19)?;
    let fraction = fraction.strip_suffix('Z')?;
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(have, want)| match want {
                b'0' => have.is_ascii_digit(),
                _ => have == want,
            })
    };
    let digits = fraction.strip_prefix('.');
    let fraction_is_sound = match digits {
        None => fraction.is_empty(),
        Some(digits) => {
            (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        }
    };
    let leap_second = seconds.ends_with("60");
    (shaped(seconds, "0000-00-00T00:00:00") && fraction_is_sound && !leap_second)
        .then(|| text.parse().ok())
        .flatten()
}

/// A UUID in its text form of 36 characters; the uuid crate alone takes more forms.
struct Id(Uuid);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        parse_id(&text).map(Id).ok_or_else(|| D::Error::custom(format!("\"{text}\" is no UUID")))
    }
}

/// Reads a UUID of 36 characters.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    parse_id_bytes(text.as_bytes().try_into().ok()?)
}

/// Reads a UUID of 36 characters. By a table, because every event has two to four of them; the uuid
/// crate's parser, which takes more forms, was 8 % of an append.
pub(crate) fn parse_id_bytes(text: &[u8; 36]) -> Option<Uuid> {
    const STARTS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut digits = 0;
    let bytes = STARTS.map(|at| {
        let (high, low) = (HEX[usize::from(text[at])], HEX[usize::from(text[at + 1])]);
        digits |= high | low;
        high << 4 | low
    });
    let hyphenated = [8, 13, 18, 23].into_iter().all(|at| text[at] == b'-');
    (hyphenated && digits < 16).then(|| Uuid::from_bytes(bytes))
}

/// The value of each hexadecimal digit, 255 for any other byte.
const HEX: [u8; 256] = {
    let mut values = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};
