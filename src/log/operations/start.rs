//! Starting a subscription: its position is found, and its consumer is made, claimed or moved, in one transaction.

use super::cursors::read;
mod times;

use super::{done, get_head, head_of, put_head};
use crate::log::consumer::{Cursor, CursorChange, CursorMove};
use crate::log::head::Head;
use crate::log::reading::Start;
use crate::log::store::{Access, Answers, Before, Key, Operation, Request, Scope, Step, Table};
use crate::{Error, Result, SeekPosition, SeqNo, Uuid};
use times::{Found, Search};

/// Finds where to start.
#[derive(Debug)]
pub(crate) struct FindStart {
    pub(crate) head: Head,
    start: Start,
    /// The consumer as it is stored.
    stored: Option<Cursor>,
    search: Option<Search>,
    started: Option<Cursor>,
}

impl FindStart {
    pub(crate) fn new(log: Uuid, start: Start) -> FindStart {
        let (head, stored, search, started) = (Head::new(log), None, None, None);
        FindStart { head, start, stored, search, started }
    }

    /// Where to start: the next number, and the claim if one was made.
    pub(crate) fn started(self) -> Result<Cursor> {
        self.started.ok_or_else(Error::unfinished)
    }

    /// Goes on with the search for a time.
    fn search(&mut self, found: Found) -> Result<Step> {
        let number = match found {
            Found::Ask(requests) => return Ok(Step::Ask(requests)),
            Found::At(Some(number)) => number,
            Found::At(None) => SeqNo::new(self.head.last + 1)?,
        };
        self.start(SeekPosition::Sequence(number.get()))
    }

    /// Starts at a position that is no time.
    fn start(&mut self, position: SeekPosition) -> Result<Step> {
        let bounds = self.head.bounds();
        // A number that no log can have is refused before a consumer is made.
        position.resolve(bounds, Cursor::START)?;
        let Some((consumer, change)) = self.start.change(position) else {
            let cursor = Cursor::new(bounds)?;
            self.started = Some(self.start.started(cursor, position, bounds)?);
            return Ok(done());
        };
        let epoch = self.stored.map_or(0, Cursor::epoch).max(self.head.epoch) + 1;
        let moved = CursorMove { consumer: consumer.into(), change };
        let cursor = Cursor::apply(self.stored, &moved, bounds, epoch)?;
        let mut writes = Vec::new();
        if self.stored != Some(cursor) {
            writes.push(Request::Put(Table::Consumers, Key::from(consumer), cursor.to_bytes()));
        }
        if let CursorChange::Claim { .. } = change {
            self.head.epoch = epoch;
            writes.push(put_head(&self.head));
        }
        self.started = Some(self.start.started(cursor, position, bounds)?);
        Ok(Step::Commit(writes))
    }
}

impl Operation for FindStart {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        self.search = None;
        let mut requests = vec![get_head()];
        if let Some(consumer) = self.start.consumer() {
            requests.push(Request::Get(Table::Consumers, Key::from(consumer)));
        }
        Ok(Step::Ask(requests))
    }

    fn scope(&self) -> Scope {
        let is_for_nobody = self.start.consumer().is_none();
        let access = if is_for_nobody { Access::Read } else { Access::Write };
        let tables: &[Table] = match (is_for_nobody, self.start.position) {
            (true, SeekPosition::Time(_)) => &[Table::Meta, Table::Segments],
            (true, _) => &[Table::Meta],
            (false, SeekPosition::Time(_)) => &[Table::Meta, Table::Consumers, Table::Segments],
            (false, _) => &[Table::Meta, Table::Consumers],
        };
        Scope { tables, access }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        if let Some(search) = &mut self.search {
            let found = search.go_on(&mut found)?;
            return self.search(found);
        }
        self.head = head_of(self.head.incarnation, &mut found)?;
        if let Some(consumer) = self.start.consumer() {
            let record = found.value()?;
            self.stored = record.map(|bytes| read(consumer, &bytes)).transpose()?;
        }
        match (self.start.position, self.start.seen) {
            (SeekPosition::Time(time), _) => {
                let (search, found) = Search::of(time, self.head);
                self.search = Some(search);
                self.search(found)
            }
            (SeekPosition::Latest, Some(seen)) => {
                let latest = self.head.bounds().after(seen)?;
                self.start(SeekPosition::Sequence(latest.get()))
            }
            (position, _) => self.start(position),
        }
    }
}
