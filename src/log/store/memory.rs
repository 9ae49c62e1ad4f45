//! [`MemoryStore`]: tables in memory, as long as somebody holds them.

use super::{
    Access, Answers, Before, Bytes, Found, Key, Keys, Operation, Request, Scan, Step, Store,
};
use super::{Table, Want};
use crate::{Error, Result};
use async_trait::async_trait;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tables in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Tables>>);

/// The records of each table, in the order of their keys: a log's are mostly added at the end and taken from the front.
#[derive(Default)]
struct Tables([Vec<(Key, Bytes)>; Table::ALL.len()]);

impl MemoryStore {
    /// Tables that hold nothing but this record.
    pub(crate) fn of(table: Table, key: Key, value: Bytes) -> MemoryStore {
        let store = MemoryStore::default();
        store.lock().put(table, key, value);
        store
    }

    /// Runs an operation, which waits for nothing here.
    pub(crate) fn run_now(&self, operation: &mut dyn Operation) -> Result<()> {
        let mut tables = self.lock();
        let mut before = Before::Nothing;
        while let Some(ended) = tables.transact(operation, before)? {
            before = ended;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        // Nothing is written before nothing can fail any more.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
impl Store for MemoryStore {
    async fn run(&self, mut operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        self.run_now(&mut *operation)?;
        Ok(operation)
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn write_blind(&self, writes: Vec<Request>) -> Result<()> {
        self.lock().write(writes)
    }
}

impl Tables {
    /// Runs a transaction. Returns how it ended if another one follows.
    fn transact(
        &mut self,
        operation: &mut dyn Operation,
        before: Before,
    ) -> Result<Option<Before>> {
        let mut step = operation.begin(before)?;
        let may_write = operation.scope().access != Access::Read;
        let mut writes = Vec::new();
        let (last, follows) = loop {
            match step {
                Step::Ask(requests) => {
                    let mut found = Vec::new();
                    for request in requests {
                        match request {
                            Request::Get(table, key) => {
                                found.push(Found::Value(self.get(table, &key)))
                            }
                            Request::Scan(scan) => found.push(self.scan(&scan)),
                            write => writes.push(write),
                        }
                    }
                    step = operation.go_on(Answers::from(found))?;
                }
                Step::Again => return Ok(Some(Before::Undone)),
                Step::Commit(last) => break (last, None),
                Step::Next(last) => break (last, Some(Before::Committed)),
            }
        };
        writes.extend(last);
        if !may_write && !writes.is_empty() {
            return Err(Error::storage("an operation that only reads asks to write"));
        }
        self.write(writes)?;
        Ok(follows)
    }

    fn table(&mut self, table: Table) -> &mut Vec<(Key, Bytes)> {
        &mut self.0[table as usize]
    }

    /// Where a key is, or would be.
    fn find(&self, table: Table, key: &Key) -> Result<usize, usize> {
        self.0[table as usize].binary_search_by(|(known, _)| known.cmp(key))
    }

    fn get(&self, table: Table, key: &Key) -> Option<Bytes> {
        let at = self.find(table, key).ok()?;
        Some(self.0[table as usize][at].1.clone())
    }

    fn put(&mut self, table: Table, key: Key, value: Bytes) {
        match self.find(table, &key) {
            Ok(at) => self.table(table)[at].1 = value,
            Err(at) => self.table(table).insert(at, (key, value)),
        }
    }

    /// Where records with these keys are.
    fn range(&self, table: Table, keys: &Keys) -> Range<usize> {
        let at = |key: &Key| self.find(table, key).unwrap_or_else(|at| at);
        let behind = |key: &Key| self.find(table, key).map_or_else(|at| at, |at| at + 1);
        match keys {
            Keys::All => 0..self.0[table as usize].len(),
            Keys::One(key) => at(key)..behind(key),
            Keys::Numbers(from, to) if from <= to => {
                at(&Key::Number(*from))..behind(&Key::Number(*to))
            }
            Keys::Numbers(..) => 0..0,
        }
    }

    fn scan(&self, scan: &Scan) -> Found {
        let mut range = self.range(scan.table, &scan.keys);
        let limit = scan.limit as usize;
        if scan.reverse {
            range.start = range.start.max(range.end.saturating_sub(limit));
        } else {
            range.end = range.end.min(range.start.saturating_add(limit));
        }
        let mut records: Vec<&(Key, Bytes)> = self.0[scan.table as usize][range].iter().collect();
        if scan.reverse {
            records.reverse();
        }
        let records = records.into_iter();
        match scan.want {
            Want::Keys => Found::Keys(records.map(|(key, _)| key.clone()).collect()),
            Want::Sizes => Found::Sizes(
                records.map(|(key, value)| (key.clone(), value.len() as u64)).collect(),
            ),
            Want::Values => Found::Values(records.map(|(_, value)| value.clone()).collect()),
        }
    }

    /// Makes the writes in their order. If one of them can't be made, none is.
    fn write(&mut self, writes: Vec<Request>) -> Result<()> {
        for (index, write) in writes.iter().enumerate() {
            if let Request::Add(table, key, _) = write
                && self.find(*table, key).is_ok()
                && !writes[..index].iter().any(|earlier| deletes(earlier, *table, key))
            {
                return Err(Error::storage("a record that is added is there already"));
            }
        }
        for write in writes {
            match write {
                Request::Put(table, key, value) | Request::Add(table, key, value) => {
                    self.put(table, key, value);
                }
                Request::Delete(table, keys) => {
                    let range = self.range(table, &keys);
                    self.table(table).drain(range);
                }
                Request::Get(..) | Request::Scan(_) => {}
            }
        }
        Ok(())
    }
}

fn deletes(request: &Request, table: Table, key: &Key) -> bool {
    let Request::Delete(of, keys) = request else { return false };
    *of == table
        && match (keys, key) {
            (Keys::All, _) => true,
            (Keys::One(one), key) => one == key,
            (Keys::Numbers(from, to), Key::Number(number)) => (from..=to).contains(&number),
            (Keys::Numbers(..), Key::Text(_)) => false,
        }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
