//! Consumers: their positions change in one transaction with a look at the head.

use super::{done, get_head, head_of, put_head};
use crate::log::consumer::{ConsumerInfo, Cursor, CursorChange, CursorMove};
use crate::log::head::{Bounds, Head};
use crate::log::store::{
    Access, Answers, Before, Bytes, Key, Keys, Operation, Request, Scan, Scope, Step, Table, Want,
};
use crate::{Error, Result, Uuid};

const TABLES: &[Table] = &[Table::Meta, Table::Consumers];

/// Makes changes, each after the one before it. One that is refused keeps no other from being made.
#[derive(Debug)]
pub(crate) struct MoveCursors {
    pub(crate) head: Head,
    moves: Vec<CursorMove>,
    /// What has become of each.
    pub(crate) outcomes: Vec<Result<Cursor>>,
}

impl MoveCursors {
    pub(crate) fn of(log: Uuid, moves: Vec<CursorMove>) -> MoveCursors {
        MoveCursors { head: Head::new(log), moves, outcomes: Vec::new() }
    }
}

impl Operation for MoveCursors {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        let mut requests = vec![get_head()];
        for each in &self.moves {
            requests.push(Request::Get(Table::Consumers, Key::from(&*each.consumer)));
        }
        Ok(Step::Ask(requests))
    }

    fn scope(&self) -> Scope {
        Scope { tables: TABLES, access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        let before = head_of(self.head.incarnation, &mut found)?;
        self.head = before;
        self.outcomes.clear();
        let mut changed: Vec<(&str, Cursor)> = Vec::new();
        for each in &self.moves {
            let record = found.value()?;
            let stored = match changed.iter().rfind(|(name, _)| *name == each.consumer) {
                Some((_, cursor)) => Ok(Some(*cursor)),
                // A damaged record is its own consumer's trouble.
                None => record.map(|bytes| read(&each.consumer, &bytes)).transpose(),
            };
            let head = &mut self.head;
            self.outcomes.push(stored.and_then(|stored| {
                let epoch = stored.map_or(0, Cursor::epoch).max(head.epoch) + 1;
                let cursor = Cursor::apply(stored, each, head.bounds(), epoch)?;
                if let CursorChange::Claim { .. } = each.change {
                    head.epoch = epoch;
                }
                if stored != Some(cursor) {
                    changed.push((&each.consumer, cursor));
                }
                Ok(cursor)
            }));
        }
        let mut writes = Vec::new();
        for (name, cursor) in changed {
            writes.push(Request::Put(Table::Consumers, Key::from(name), cursor.to_bytes()));
        }
        if self.head != before {
            writes.push(put_head(&self.head));
        }
        Ok(Step::Commit(writes))
    }
}

/// Lists every consumer, by name.
#[derive(Debug)]
pub(crate) struct ListCursors {
    log: Uuid,
    pub(crate) consumers: Vec<ConsumerInfo>,
}

impl ListCursors {
    pub(crate) fn of(log: Uuid) -> ListCursors {
        ListCursors { log, consumers: Vec::new() }
    }
}

impl Operation for ListCursors {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        let [names, records] = all();
        Ok(Step::Ask(vec![get_head(), names, records]))
    }

    fn scope(&self) -> Scope {
        Scope { tables: TABLES, access: Access::Read }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        let bounds = head_of(self.log, &mut found)?.bounds();
        self.consumers = infos(&mut found, bounds)?.into_iter().collect::<Result<_>>()?;
        Ok(done())
    }
}

/// Asks for every consumer.
pub(super) fn all() -> [Request; 2] {
    [Want::Keys, Want::Values].map(|want| {
        let (table, keys) = (Table::Consumers, Keys::All);
        Request::Scan(Scan { table, keys, reverse: false, limit: u32::MAX, want })
    })
}

/// Takes the answers to [`all`]: of a record that is damaged an error.
pub(super) fn infos(found: &mut Answers, bounds: Bounds) -> Result<Vec<Result<ConsumerInfo>>> {
    let names = found.keys()?;
    let infos = names.iter().zip(found.values()?).map(|(name, bytes)| match name {
        Key::Text(name) => Ok(read(name, &bytes)?.info(name, bounds)),
        Key::Number(_) => Err(Error::corrupt("a consumer has a number in the place of a name")),
    });
    Ok(infos.collect())
}

/// Forgets a consumer.
#[derive(Debug)]
pub(crate) struct DeleteCursor {
    log: Uuid,
    name: Key,
    pub(crate) was_there: bool,
}

impl DeleteCursor {
    pub(crate) fn of(log: Uuid, name: &str) -> DeleteCursor {
        DeleteCursor { log, name: Key::from(name), was_there: false }
    }
}

impl Operation for DeleteCursor {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        Ok(Step::Ask(vec![get_head(), Request::Get(Table::Consumers, self.name.clone())]))
    }

    fn scope(&self) -> Scope {
        Scope { tables: TABLES, access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        head_of(self.log, &mut found)?;
        self.was_there |= found.value()?.is_some();
        let this = Keys::One(self.name.clone());
        Ok(Step::Commit(vec![Request::Delete(Table::Consumers, this)]))
    }
}

/// Reads a consumer's record.
pub(super) fn read(name: &str, bytes: &Bytes) -> Result<Cursor> {
    Cursor::from_bytes(bytes).ok_or_else(|| {
        let message =
            format!("the position of the consumer \"{name}\" is damaged: delete the consumer");
        Error::corrupt(message)
    })
}
