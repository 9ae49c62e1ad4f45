//! Opening a log, and looking at its head.

use super::{ask_for_head, done, get_head, head_of, put_head};
use crate::log::head::Head;
use crate::log::store::{
    Access, Answers, Before, Keys, Operation, Request, Scan, Scope, Step, Table, Want,
};
use crate::{Result, Uuid};

/// Reads the head of whatever log is there, and makes an empty one where none is.
#[derive(Debug)]
pub(crate) struct Open {
    /// The head; until it is read that of the log that it would make.
    pub(crate) head: Head,
}

impl Open {
    pub(crate) fn or_make(id: Uuid) -> Open {
        Open { head: Head::new(id) }
    }
}

impl Operation for Open {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        let (table, keys) = (Table::Segments, Keys::All);
        let any = Scan { table, keys, reverse: false, limit: 1, want: Want::Keys };
        Ok(Step::Ask(vec![get_head(), Request::Scan(any)]))
    }

    fn scope(&self) -> Scope {
        Scope { tables: &[Table::Meta, Table::Segments], access: Access::Write }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        if let Some(bytes) = found.value()? {
            self.head = Head::from_bytes(&bytes)?;
            return Ok(done());
        }
        // A head that is gone is no reason to begin anew over what is there.
        if !found.keys()?.is_empty() {
            return Err(Head::damaged());
        }
        Ok(Step::Commit(vec![put_head(&self.head)]))
    }
}

/// Reads the head.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) head: Head,
}

impl Look {
    pub(crate) fn at(log: Uuid) -> Look {
        Look { head: Head::new(log) }
    }
}

impl Operation for Look {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        ask_for_head()
    }

    fn scope(&self) -> Scope {
        Scope { tables: &[Table::Meta], access: Access::Read }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        self.head = head_of(self.head.incarnation, &mut found)?;
        Ok(done())
    }
}
