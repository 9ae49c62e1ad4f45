//! The event model: what happens to entities and to the links between them.

use crate::{Error, Json, Result};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The most bytes of UTF-8 that an entity type or a link type may have. It has at least one.
pub const MAX_TYPE_BYTES: usize = 255;

/// What happened to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityEvent {
    /// The entity came into being.
    Created {
        /// What kind of thing it is, such as `order`.
        entity_type: String,
        /// Which one it is.
        entity_id: Uuid,
        /// Its state.
        data: Json,
    },
    /// The entity changed.
    Updated {
        /// What kind of thing it is, such as `order`.
        entity_type: String,
        /// Which one it is.
        entity_id: Uuid,
        /// Its state, or what changed of it: the application decides.
        data: Json,
    },
    /// The entity is gone.
    Deleted {
        /// What kind of thing it was, such as `order`.
        entity_type: String,
        /// Which one it was.
        entity_id: Uuid,
    },
}

/// What happened to a link between two entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// The link came into being.
    Created {
        /// What kind of link it is, such as `has_invoice`.
        link_type: String,
        /// Which one it is.
        link_id: Uuid,
        /// Where it starts.
        source_id: Uuid,
        /// Where it ends.
        target_id: Uuid,
        /// What it carries. JSON `null` is the same as none.
        metadata: Option<Json>,
    },
    /// The link's metadata changed.
    Updated {
        /// What kind of link it is, such as `has_invoice`.
        link_type: String,
        /// Which one it is.
        link_id: Uuid,
        /// Where it starts.
        source_id: Uuid,
        /// Where it ends.
        target_id: Uuid,
        /// What it carries. JSON `null` is the same as none.
        metadata: Option<Json>,
    },
    /// The link is gone.
    Deleted {
        /// What kind of link it was, such as `has_invoice`.
        link_type: String,
        /// Which one it was.
        link_id: Uuid,
        /// Where it started.
        source_id: Uuid,
        /// Where it ended.
        target_id: Uuid,
    },
}

/// An event: something that happened to an entity or to a link.
///
/// # Examples
///
/// ```
/// use everbus::{EntityEvent, EventKind, FrameworkEvent, Uuid};
/// use serde_json::json;
///
/// let event = FrameworkEvent::from(EntityEvent::Created {
///     entity_type: "order".into(),
///     entity_id: Uuid::from_u128(1),
///     data: json!({ "amount": 42.0 }).into(),
/// });
/// assert_eq!(event.event_kind(), EventKind::Entity);
/// assert_eq!(event.entity_type(), Some("order"));
/// assert_eq!(event.link_type(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameworkEvent {
    /// Something happened to an entity.
    Entity(EntityEvent),
    /// Something happened to a link.
    Link(LinkEvent),
}

/// Whether an event is about an entity or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// About an entity.
    Entity,
    /// About a link.
    Link,
}

/// What an event did to its entity or link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It came into being.
    Created,
    /// It changed.
    Updated,
    /// It is gone.
    Deleted,
}

impl EventKind {
    /// The tag on the wire: `entity` or `link`.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Entity => "entity",
            EventKind::Link => "link",
        }
    }

    /// The kind with this tag.
    pub fn from_tag(tag: &str) -> Option<EventKind> {
        [EventKind::Entity, EventKind::Link].into_iter().find(|kind| kind.as_str() == tag)
    }
}

impl Action {
    /// The tag on the wire: `created`, `updated` or `deleted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Created => "created",
            Action::Updated => "updated",
            Action::Deleted => "deleted",
        }
    }

    /// The action with this tag.
    pub fn from_tag(tag: &str) -> Option<Action> {
        [Action::Created, Action::Updated, Action::Deleted]
            .into_iter()
            .find(|action| action.as_str() == tag)
    }
}

impl PartialEq<&str> for EventKind {
    fn eq(&self, tag: &&str) -> bool {
        self.as_str() == *tag
    }
}

impl PartialEq<&str> for Action {
    fn eq(&self, tag: &&str) -> bool {
        self.as_str() == *tag
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// From its tag.
impl FromStr for EventKind {
    type Err = Error;

    fn from_str(tag: &str) -> Result<EventKind> {
        EventKind::from_tag(tag).ok_or_else(|| Error::event(format!("unknown kind \"{tag}\"")))
    }
}

/// From its tag.
impl FromStr for Action {
    type Err = Error;

    fn from_str(tag: &str) -> Result<Action> {
        Action::from_tag(tag).ok_or_else(|| Error::event(format!("unknown action \"{tag}\"")))
    }
}

impl EntityEvent {
    /// What happened.
    pub fn action(&self) -> Action {
        match self {
            EntityEvent::Created { .. } => Action::Created,
            EntityEvent::Updated { .. } => Action::Updated,
            EntityEvent::Deleted { .. } => Action::Deleted,
        }
    }

    /// The event of this action. `data` is asked for only if the action has any.
    pub(crate) fn assemble<E>(
        action: Action,
        entity_type: String,
        entity_id: Uuid,
        data: impl FnOnce() -> Result<Json, E>,
    ) -> Result<EntityEvent, E> {
        Ok(match action {
            Action::Created => EntityEvent::Created { entity_type, entity_id, data: data()? },
            Action::Updated => EntityEvent::Updated { entity_type, entity_id, data: data()? },
            Action::Deleted => EntityEvent::Deleted { entity_type, entity_id },
        })
    }
}

impl LinkEvent {
    /// What happened.
    pub fn action(&self) -> Action {
        match self {
            LinkEvent::Created { .. } => Action::Created,
            LinkEvent::Updated { .. } => Action::Updated,
            LinkEvent::Deleted { .. } => Action::Deleted,
        }
    }

    /// The event of this action, from one end to the other.
    pub(crate) fn assemble(
        action: Action,
        link_type: String,
        link_id: Uuid,
        (source_id, target_id): (Uuid, Uuid),
        metadata: Option<Json>,
    ) -> LinkEvent {
        match action {
            Action::Created => {
                LinkEvent::Created { link_type, link_id, source_id, target_id, metadata }
            }
            Action::Updated => {
                LinkEvent::Updated { link_type, link_id, source_id, target_id, metadata }
            }
            Action::Deleted => LinkEvent::Deleted { link_type, link_id, source_id, target_id },
        }
    }
}

impl FrameworkEvent {
    /// Whether this is about an entity or a link.
    pub fn event_kind(&self) -> EventKind {
        match self {
            FrameworkEvent::Entity(_) => EventKind::Entity,
            FrameworkEvent::Link(_) => EventKind::Link,
        }
    }

    /// What happened.
    pub fn action(&self) -> Action {
        match self {
            FrameworkEvent::Entity(event) => event.action(),
            FrameworkEvent::Link(event) => event.action(),
        }
    }

    /// The entity's type, `None` for a link.
    pub fn entity_type(&self) -> Option<&str> {
        matches!(self, FrameworkEvent::Entity(_)).then(|| self.type_name())
    }

    /// The link's type, `None` for an entity.
    pub fn link_type(&self) -> Option<&str> {
        matches!(self, FrameworkEvent::Link(_)).then(|| self.type_name())
    }

    /// The entity's id, or the link's own.
    pub fn entity_id(&self) -> Uuid {
        match self {
            FrameworkEvent::Entity(
                EntityEvent::Created { entity_id, .. }
                | EntityEvent::Updated { entity_id, .. }
                | EntityEvent::Deleted { entity_id, .. },
            ) => *entity_id,
            FrameworkEvent::Link(
                LinkEvent::Created { link_id, .. }
                | LinkEvent::Updated { link_id, .. }
                | LinkEvent::Deleted { link_id, .. },
            ) => *link_id,
        }
    }

    /// Where the link starts, `None` for an entity.
    pub fn source_id(&self) -> Option<Uuid> {
        self.ends().map(|(source, _)| source)
    }

    /// Where the link ends, `None` for an entity.
    pub fn target_id(&self) -> Option<Uuid> {
        self.ends().map(|(_, target)| target)
    }

    /// The entity's data or the link's metadata, where there is any.
    pub fn payload(&self) -> Option<&Json> {
        match self {
            FrameworkEvent::Entity(
                EntityEvent::Created { data, .. } | EntityEvent::Updated { data, .. },
            ) => Some(data),
            FrameworkEvent::Link(
                LinkEvent::Created { metadata, .. } | LinkEvent::Updated { metadata, .. },
            ) => metadata.as_ref().filter(|metadata| !metadata.is_null()),
            _ => None,
        }
    }

    /// The entity's or the link's type.
    pub(crate) fn type_name(&self) -> &str {
        match self {
            FrameworkEvent::Entity(
                EntityEvent::Created { entity_type, .. }
                | EntityEvent::Updated { entity_type, .. }
                | EntityEvent::Deleted { entity_type, .. },
            ) => entity_type,
            FrameworkEvent::Link(
                LinkEvent::Created { link_type, .. }
                | LinkEvent::Updated { link_type, .. }
                | LinkEvent::Deleted { link_type, .. },
            ) => link_type,
        }
    }

    pub(crate) fn ends(&self) -> Option<(Uuid, Uuid)> {
        match self {
            FrameworkEvent::Entity(_) => None,
            FrameworkEvent::Link(
                LinkEvent::Created { source_id, target_id, .. }
                | LinkEvent::Updated { source_id, target_id, .. }
                | LinkEvent::Deleted { source_id, target_id, .. },
            ) => Some((*source_id, *target_id)),
        }
    }
}

impl From<EntityEvent> for FrameworkEvent {
    fn from(event: EntityEvent) -> Self {
        FrameworkEvent::Entity(event)
    }
}

impl From<LinkEvent> for FrameworkEvent {
    fn from(event: LinkEvent) -> Self {
        FrameworkEvent::Link(event)
    }
}

/// Refuses an empty or an overlong type.
pub(crate) fn check_type(name: &str) -> Result<()> {
    match name.len() {
        0 => Err(Error::event("the type is empty: name what kind of entity or link it is")),
        1..=MAX_TYPE_BYTES => Ok(()),
        n => Err(Error::event(format!(
            "the type has {n} bytes, the most is {MAX_TYPE_BYTES}: {}…",
            name.chars().take(20).collect::<String>()
        ))),
    }
}
