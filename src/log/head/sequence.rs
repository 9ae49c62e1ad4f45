//! How the events of a batch get their numbers.

use super::{Appended, Head, Known, RecentIds};
use crate::log::batch::Batch;
use crate::log::segment::Segment;
use crate::{Error, Result, SeqNo, Uuid};

/// A batch with its numbers, ready to be stored.
#[derive(Debug)]
pub(crate) struct Sequenced {
    pub(crate) segments: Vec<Segment>,
    pub(crate) head: Head,
    pub(crate) appended: Appended,
}

impl Head {
    /// Refuses a batch whose condition isn't met.
    pub(crate) fn check(&self, batch: &Batch) -> Result<()> {
        match batch.expected_last {
            Some(expected) if expected != self.last => {
                Err(Error::Conflict { expected, actual: self.last })
            }
            _ => Ok(()),
        }
    }

    /// Numbers the events of `batch`. `recent` has to be there if the batch asks for its ids to be
    /// looked up; events that it knows are left out. A batch that it knows as a whole has met its condition.
    pub(crate) fn sequence(self, batch: Batch, recent: Option<&RecentIds>) -> Result<Sequenced> {
        debug_assert!(recent.is_some() || !batch.checks_ids);
        let known = match recent {
            Some(recent) => recent.look_up(&batch),
            None => vec![Known::New; batch.len()],
        };
        if known.contains(&Known::New) || batch.is_empty() {
            self.check(&batch)?;
        }
        if known.iter().all(|known| *known == Known::New) {
            return self.number(batch, &known);
        }
        self.number(batch.only_new(&known)?, &known)
    }

    fn number(self, batch: Batch, known: &[Known]) -> Result<Sequenced> {
        let mut head = self;
        let mut segments = Vec::new();
        for draft in batch.into_drafts()? {
            let first = SeqNo::new(head.last + 1)?;
            SeqNo::new(head.last + draft.len())?;
            let segment = draft.seal(first, head.latest);
            head.extend(&segment);
            segments.push(segment);
        }
        let mut next = self.last;
        let mut seq_nos: Vec<SeqNo> = Vec::with_capacity(known.len());
        for known in known {
            seq_nos.push(match known {
                Known::New => {
                    next += 1;
                    SeqNo::new(next)?
                }
                Known::Stored(seq_no) => *seq_no,
                Known::Repeated(row) => seq_nos[*row],
            });
        }
        let first_new = segments.first().map(Segment::first);
        Ok(Sequenced { segments, head, appended: Appended { first_new, seq_nos } })
    }
}

impl Batch {
    /// The events, in order, as segments that follow each other from `first` on: for a back end with an order of its own.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPosition`] past the largest number.
    pub fn into_segments(self, first: SeqNo) -> Result<Vec<Segment>> {
        let before = Head { last: first.get() - 1, ..Head::new(Uuid::nil()) };
        let known = vec![Known::New; self.len()];
        Ok(before.number(self, &known)?.segments)
    }

    /// The batch without the events that the log knows.
    pub(crate) fn only_new(self, known: &[Known]) -> Result<Batch> {
        let mut batch = self.without_events();
        let mut known = known.iter();
        for draft in self.into_drafts()? {
            let segment = draft.seal(SeqNo::FIRST, i64::MIN);
            for (entry, known) in segment.entries().zip(&mut known) {
                if *known == Known::New {
                    batch.growing()?.push_entry(entry)?;
                }
            }
        }
        Ok(batch)
    }
}
