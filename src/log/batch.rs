//! [`Batch`]: events that are appended together, all or none.

use super::segment::{Columns, Draft, MAX_EVENTS, MAX_TEXT_BYTES, Segment};
use crate::{EventEnvelope, Result, SeqNo};
use std::sync::Arc;

/// Events that are appended together, all or none, with consecutive numbers.
///
/// # Examples
///
/// ```
/// use everbus::{Batch, EventEnvelope};
///
/// let wire = r#"{"id":"53f14b36-c984-422c-86d5-8590d0fe6e5f","timestamp":"2026-11-23T08:32:21.566Z",
///     "event":{"kind":"entity","action":"deleted","entity_type":"order",
///              "entity_id":"00000000-0000-0000-0000-000000000001"}}"#;
/// let envelope: EventEnvelope = serde_json::from_str(wire)?;
/// let batch = Batch::of([&envelope])?.expecting_empty();
/// assert_eq!(batch.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a batch does nothing until it is appended"]
pub struct Batch {
    /// Full segments.
    full: Vec<Draft>,
    /// The segment that is growing.
    growing: Columns,
    pub(crate) expected_last: Option<u64>,
    pub(crate) checks_ids: bool,
    pub(crate) strict: bool,
}

impl Batch {
    /// A batch of these events, in order. Their `seq_no` is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`](crate::Error::InvalidEvent) if the model doesn't allow one of them.
    pub fn of<'a>(envelopes: impl IntoIterator<Item = &'a EventEnvelope>) -> Result<Batch> {
        let mut batch = Batch::default();
        for envelope in envelopes {
            batch.push(envelope)?;
        }
        Ok(batch)
    }

    /// Adds an event.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`](crate::Error::InvalidEvent) if the model doesn't allow it; the batch is unchanged.
    pub fn push(&mut self, envelope: &EventEnvelope) -> Result<()> {
        self.growing()?.push(envelope)
    }

    /// Appends only if `last` is the log's last number at the commit.
    pub fn expecting(mut self, last: SeqNo) -> Batch {
        self.expected_last = Some(last.get());
        self
    }

    /// Appends only if the log has never had an event.
    pub fn expecting_empty(mut self) -> Batch {
        self.expected_last = Some(0);
        self
    }

    /// Leaves out events whose ids are among the newest stored ones, so that a retry changes nothing.
    pub fn idempotent(mut self) -> Batch {
        self.checks_ids = true;
        self
    }

    /// Survives a power cut once committed, where the storage can promise it.
    pub fn strict(mut self) -> Batch {
        self.strict = true;
        self
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.full.iter().map(|draft| draft.len() as usize).sum::<usize>() + self.growing.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.full.is_empty() && self.growing.is_empty()
    }

    /// The last number that the log has to have, 0 for an empty log; `None` for no condition.
    pub fn expected_last(&self) -> Option<u64> {
        self.expected_last
    }

    /// Whether events are to be left out whose ids are among the newest stored ones.
    pub fn is_idempotent(&self) -> bool {
        self.checks_ids
    }

    /// Whether it has to survive a power cut once committed.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// The ids of the envelopes, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &[u8; 16]> {
        self.full.iter().flat_map(Draft::ids).chain(&self.growing.ids)
    }

    /// Adds columns that were checked, as a segment of their own.
    pub(crate) fn push_columns(&mut self, columns: &Columns) -> Result<()> {
        self.full.push(columns.encode()?);
        Ok(())
    }

    /// Takes the events out, and leaves what holds of their append.
    pub(crate) fn take_events(&mut self) -> Batch {
        let rest = self.without_events();
        std::mem::replace(self, rest)
    }

    /// What holds of the append, for no events.
    pub(super) fn without_events(&self) -> Batch {
        let Batch { expected_last, checks_ids, strict, .. } = *self;
        Batch { expected_last, checks_ids, strict, ..Batch::default() }
    }

    /// Puts the events back that were numbered as these segments.
    pub(crate) fn put_back(&mut self, segments: &[Arc<Segment>]) {
        self.full.extend(segments.iter().map(|segment| segment.unseal()));
    }

    /// The segments, all but their numbers.
    pub(crate) fn into_drafts(mut self) -> Result<Vec<Draft>> {
        self.close_segment()?;
        Ok(self.full)
    }

    /// The segment that takes another event.
    pub(super) fn growing(&mut self) -> Result<&mut Columns> {
        if self.growing.len() >= MAX_EVENTS || self.growing.text_bytes() >= MAX_TEXT_BYTES {
            self.close_segment()?;
        }
        Ok(&mut self.growing)
    }

    fn close_segment(&mut self) -> Result<()> {
        let growing = std::mem::take(&mut self.growing);
        if growing.is_empty() { Ok(()) } else { self.push_columns(&growing) }
    }
}
