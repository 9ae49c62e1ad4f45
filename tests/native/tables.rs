//! A look into a store in memory, past the log that is in it.

use everbus::Result;
use everbus::log::store::{
    Access, Answers, Before, Bytes, Key, Keys, MemoryStore, Operation, Request, Scan, Scope, Step,
    Store, Table, Want,
};
use futures::FutureExt;
use std::any::Any;

/// The records of a table, in the order of their keys.
pub(crate) fn records(store: &MemoryStore, table: Table) -> Vec<(Key, Bytes)> {
    let ran = store.run(Box::new(All(table, Vec::new())));
    let all: Box<dyn Any> =
        ran.now_or_never().expect("memory waits for nothing").expect("reading works");
    all.downcast::<All>().expect("a store gives back what it got").1
}

struct All(Table, Vec<(Key, Bytes)>);

impl Operation for All {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        let scan = |want| {
            let (table, keys, limit) = (self.0, Keys::All, u32::MAX);
            Request::Scan(Scan { table, keys, reverse: false, limit, want })
        };
        Ok(Step::Ask([Want::Keys, Want::Values].map(scan).into()))
    }

    fn scope(&self) -> Scope {
        Scope { tables: &Table::ALL, access: Access::Read }
    }

    fn go_on(&mut self, mut found: Answers) -> Result<Step> {
        self.1 = found.keys()?.into_iter().zip(found.values()?).collect();
        Ok(Step::Commit(Vec::new()))
    }
}
