//! [`EventEnvelope`]: an event with its identity, its time and its place.

use crate::event::check_type;
use crate::{Env, Error, FrameworkEvent, Json, Result, SeqNo, Timestamp};
use uuid::Uuid;

/// An event as it travels: with an id, a timestamp and, once a log has it, a number.
///
/// # Examples
///
/// ```
/// use everbus::{EventEnvelope, FrameworkEvent};
///
/// let event: FrameworkEvent = serde_json::from_str(
///     r#"{"kind":"entity","action":"deleted","entity_type":"order",
///         "entity_id":"00000000-0000-0000-0000-000000000001"}"#,
/// )?;
/// let envelope = EventEnvelope::new(event, &*everbus::env::system());
/// assert_eq!(envelope.id.get_version_num(), 7);
/// assert_eq!(envelope.seq_no, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventEnvelope {
    /// UUID v7: unique, and the key that makes an append idempotent.
    pub id: Uuid,
    /// When it was published. Never an ordering key: order is [`seq_no`](Self::seq_no).
    pub timestamp: Timestamp,
    /// What happened.
    pub event: FrameworkEvent,
    /// Its place in the log, once the log has assigned it.
    pub seq_no: Option<SeqNo>,
    /// Which open bus published it.
    pub origin: Option<Uuid>,
    /// A JSON object of the publisher's, carried verbatim and never interpreted.
    pub meta: Option<Json>,
}

impl EventEnvelope {
    /// Wraps `event` with a fresh id and the time, both from `env`.
    pub fn new(event: FrameworkEvent, env: &dyn Env) -> EventEnvelope {
        EventEnvelope {
            id: env.new_id(),
            timestamp: env.now(),
            event,
            seq_no: None,
            origin: None,
            meta: None,
        }
    }

    /// Refuses what the model doesn't allow.
    pub(crate) fn check(&self) -> Result<()> {
        check_type(self.event.type_name())?;
        if self.meta.as_ref().is_some_and(|meta| !meta.is_object()) {
            return Err(Error::event("meta has to be a JSON object"));
        }
        [self.event.payload(), self.meta.as_ref()].into_iter().flatten().try_for_each(Json::check)
    }

    /// The bytes of its payload and its meta.
    pub(crate) fn text_bytes(&self) -> usize {
        [self.event.payload(), self.meta.as_ref()]
            .into_iter()
            .flatten()
            .map(|json| json.as_str().len())
            .sum()
    }
}
