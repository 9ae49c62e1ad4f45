//! [`Notice`]: what the writer of a commit tells the other handles of the same log.
//!
//! # Invariants
//!
//! - A notice that opens was sealed by somebody who knows the log's incarnation, which only the log's
//!   own storage tells. Whoever can forge one could as well write to the log.
//! - It tells of events that were durable before it was sealed. Lost, late, doubled or out of order,
//!   it is right, and its numbers say what to do with it.

use crate::SeqNo;
use crate::log::Segment;
use siphasher::sip::SipHasher24;
use std::sync::Arc;
use uuid::Uuid;

/// The largest segment that a notice carries, in bytes. Larger ones are read as fast as they are sent,
/// and sending would be for nothing if nobody listens.
const MOST_CARRIED: usize = 32 << 10;

/// What another handle of a log has committed: its numbers, and the events if they are few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    first: SeqNo,
    last: SeqNo,
    segment: Option<Arc<Segment>>,
}

impl Notice {
    /// Tells of the segments of one commit, in order; `None` if there are none.
    pub fn of(segments: &[Arc<Segment>]) -> Option<Notice> {
        let (first, last) = (segments.first()?.first(), segments.last()?.last());
        let carried = |segment: &&Arc<Segment>| segment.as_bytes().len() <= MOST_CARRIED;
        let segment = segments.first().filter(carried).filter(|_| segments.len() == 1).cloned();
        Some(Notice { first, last, segment })
    }

    /// The number of the first event.
    pub fn first(&self) -> SeqNo {
        self.first
    }

    /// The number of the last event.
    pub fn last(&self) -> SeqNo {
        self.last
    }

    /// The events, if the notice carries them.
    pub fn segment(&self) -> Option<&Arc<Segment>> {
        self.segment.as_ref()
    }

    /// The bytes to send, for the log with this incarnation: a seal of what follows, two numbers, and
    /// the segment.
    pub fn seal(&self, incarnation: Uuid) -> Vec<u8> {
        let segment = self.segment.as_ref().map_or(&[][..], |segment| segment.as_bytes());
        let numbers = [self.first, self.last].map(|n| n.get().to_le_bytes());
        let content = [numbers.as_flattened(), segment].concat();
        [&seal_of(&content, incarnation)[..], &content[..]].concat()
    }

    /// Reads what [`seal`](Self::seal) made for the same log; `None` for anything else.
    pub fn open(bytes: &[u8], incarnation: Uuid) -> Option<Notice> {
        let (seal, content) = bytes.split_first_chunk::<8>()?;
        if *seal != seal_of(content, incarnation) {
            return None;
        }
        let (first, content) = content.split_first_chunk::<8>()?;
        let (last, content) = content.split_first_chunk::<8>()?;
        let [first, last] = [first, last].map(|n| SeqNo::new(u64::from_le_bytes(*n)).ok());
        let (first, last) = (first?, last?);
        let segment = match content {
            [] => None,
            _ => Some(Arc::new(Segment::decode(content.to_vec()).ok()?)),
        };
        let fits = segment.as_ref().is_none_or(|s| (s.first(), s.last()) == (first, last));
        (first <= last && fits).then_some(Notice { first, last, segment })
    }
}

fn seal_of(content: &[u8], incarnation: Uuid) -> [u8; 8] {
    SipHasher24::new_with_key(incarnation.as_bytes()).hash(content).to_le_bytes()
}
