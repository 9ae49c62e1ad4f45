//! [`Filter`]: which events a subscriber wants.

use crate::event::{Action, EventKind};
use crate::wire::{self, parse_id};
use crate::{Error, EventEnvelope, FrameworkEvent, Result};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Which events a subscriber wants. Every given field has to match; a field with several values matches any of them.
///
/// A type that ends in `*` matches by prefix. [`entity_type`](Self::entity_type) never matches a link event, nor
/// [`link_type`](Self::link_type) an entity event. [`entity_id`](Self::entity_id) is an entity's id or a link's own;
/// [`touches`](Self::touches) is an entity's id or a link's source or target.
///
/// # Examples
///
/// ```
/// use everbus::Filter;
///
/// let filter: Filter = r#"{ "entity_type": ["order", "invoice_*"] }"#.parse()?;
/// assert!(!filter.is_empty());
/// // A misspelt filter never means "everything".
/// assert!(r#"{ "entity_typ": "order" }"#.parse::<Filter>().is_err());
/// # Ok::<(), everbus::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", default, deny_unknown_fields)]
pub struct Filter {
    /// Entities or links.
    #[serde(deserialize_with = "kind", skip_serializing_if = "Option::is_none")]
    pub kind: Option<EventKind>,
    /// What happened.
    #[serde(deserialize_with = "actions", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Vec<Action>>,
    /// The entity's type, or a prefix of it and `*`.
    #[serde(deserialize_with = "strings", skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<Vec<String>>,
    /// The entity's id, or the link's own.
    #[serde(with = "id_texts", skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<Vec<Uuid>>,
    /// The link's type, or a prefix of it and `*`.
    #[serde(deserialize_with = "strings", skip_serializing_if = "Option::is_none")]
    pub link_type: Option<Vec<String>>,
    /// Where the link starts.
    #[serde(with = "id_texts", skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Vec<Uuid>>,
    /// Where the link ends.
    #[serde(with = "id_texts", skip_serializing_if = "Option::is_none")]
    pub target_id: Option<Vec<Uuid>>,
    /// The entity's id, or either end of the link.
    #[serde(with = "id_texts", skip_serializing_if = "Option::is_none")]
    pub touches: Option<Vec<Uuid>>,
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The derived function, which `remote` has made an inherent one.
        Filter::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Filter, D::Error> {
        struct Fields(Filter);

        impl<'de> Deserialize<'de> for Fields {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
                // The derived function, which `remote` has made an inherent one.
                Filter::deserialize(deserializer).map(Fields)
            }
        }
        wire::object(deserializer).map(|Fields(filter)| filter)
    }
}

/// From JSON, as filters are written.
impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Filter> {
        serde_json::from_str(text).map_err(|error| Error::InvalidFilter(error.to_string()))
    }
}

/// As JSON.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// What a filter looks at beside the type, whether it comes from an event or from a segment's columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: EventKind,
    pub(crate) action: Action,
    pub(crate) subject: Uuid,
    pub(crate) ends: Option<(Uuid, Uuid)>,
}

impl Filter {
    /// Whether this matches everything.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether the event in `envelope` matches.
    pub fn matches(&self, envelope: &EventEnvelope) -> bool {
        self.matches_event(&envelope.event)
    }

    /// Whether `event` matches.
    pub fn matches_event(&self, event: &FrameworkEvent) -> bool {
        let head = Head {
            kind: event.event_kind(),
            action: event.action(),
            subject: event.entity_id(),
            ends: event.ends(),
        };
        self.matches_type(head.kind, event.type_name())
            && self.matches_head(&head, |ids, id| ids.contains(&id))
    }

    /// Whether an event of this kind and type can match.
    pub(crate) fn matches_type(&self, kind: EventKind, name: &str) -> bool {
        let matches = |patterns: &[String]| patterns.iter().any(|p| matches_pattern(p, name));
        self.kind.is_none_or(|wanted| wanted == kind)
            && wants(&self.entity_type, |types| kind == EventKind::Entity && matches(types))
            && wants(&self.link_type, |types| kind == EventKind::Link && matches(types))
    }

    /// Whether an event whose type matches does so as a whole; `has` says whether an id is among some.
    fn matches_head(&self, head: &Head, has: impl Fn(&[Uuid], Uuid) -> bool) -> bool {
        let is_end = |ids: &[Uuid], end: fn((Uuid, Uuid)) -> Uuid| {
            head.ends.is_some_and(|ends| has(ids, end(ends)))
        };
        wants(&self.event_type, |actions| actions.contains(&head.action))
            && wants(&self.entity_id, |ids| has(ids, head.subject))
            && wants(&self.source_id, |ids| is_end(ids, |(source, _)| source))
            && wants(&self.target_id, |ids| is_end(ids, |(_, target)| target))
            && wants(&self.touches, |ids| match head.ends {
                None => has(ids, head.subject),
                Some((source, target)) => has(ids, source) || has(ids, target),
            })
    }

    /// Each field of ids: an event that matches has at least one id of each.
    pub(crate) fn id_fields(&self) -> impl Iterator<Item = &[Uuid]> {
        [&self.entity_id, &self.source_id, &self.target_id, &self.touches]
            .into_iter()
            .filter_map(|ids| ids.as_deref())
    }
}

/// A filter that is made ready for many events: what one of them takes doesn't grow with the number of ids.
#[derive(Clone, Debug)]
pub(crate) struct Matcher(Filter);

impl Matcher {
    pub(crate) fn new(mut filter: Filter) -> Matcher {
        let fields = [
            &mut filter.entity_id,
            &mut filter.source_id,
            &mut filter.target_id,
            &mut filter.touches,
        ];
        for ids in fields.into_iter().flatten() {
            // A heap's sorting is a tenth of the code of `sort_unstable`, which every page would load.
            *ids = BinaryHeap::from(std::mem::take(ids)).into_sorted_vec();
        }
        Matcher(filter)
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.0
    }

    /// Whether an event whose type matches does so as a whole.
    pub(crate) fn matches_head(&self, head: &Head) -> bool {
        self.0.matches_head(head, |ids, id| ids.binary_search(&id).is_ok())
    }
}

fn wants<T>(wanted: &Option<Vec<T>>, has: impl FnOnce(&[T]) -> bool) -> bool {
    wanted.as_ref().is_none_or(|wanted| has(wanted))
}

fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

/// One value or an array of them, as filters are written.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(Some(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    }))
}

fn each<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Result<T>,
) -> Result<Option<Vec<T>>, D::Error> {
    let texts = strings(deserializer)?.unwrap_or_default();
    texts.iter().map(|text| parse(text)).collect::<Result<_>>().map(Some).map_err(D::Error::custom)
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EventKind>, D::Error> {
    parse_kind(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

fn actions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Action>>, D::Error> {
    each(deserializer, parse_action)
}

/// Ids as texts, in every format.
mod id_texts {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        ids: &Option<Vec<Uuid>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ids.iter().flatten().map(Uuid::as_hyphenated))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<Uuid>>, D::Error> {
        each(deserializer, parse_filter_id)
    }
}

pub(crate) fn parse_kind(tag: &str) -> Result<EventKind> {
    EventKind::from_tag(tag).ok_or_else(|| unknown("kind", tag, "\"entity\" or \"link\""))
}

pub(crate) fn parse_action(tag: &str) -> Result<Action> {
    Action::from_tag(tag)
        .ok_or_else(|| unknown("event_type", tag, "\"created\", \"updated\" or \"deleted\""))
}

pub(crate) fn parse_filter_id(text: &str) -> Result<Uuid> {
    parse_id(text).ok_or_else(|| unknown("id", text, "a UUID"))
}

fn unknown(field: &str, value: impl fmt::Display, wanted: &str) -> Error {
    Error::InvalidFilter(format!("the filter's {field} is \"{value}\", but has to be {wanted}"))
}
