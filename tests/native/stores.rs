//! Stores: that of memory, one that fails, and one that is written here, outside the crate, in sixty lines. Each passes the
//! suite of stores, and a log over it the suite of logs.

use async_trait::async_trait;
use everbus::log::conformance::{self, Harness, StoreHarness};
use everbus::log::store::{
    Answers, Before, Bytes, Fault, Faulty, Found, Key, Keys, MemoryStore, Operation, Request, Step,
    Store, Table, Want,
};
use everbus::{Error, EventLog, Result, StoredLog};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A store as somebody else would write it: one tree for all tables.
#[derive(Clone, Debug, Default)]
struct Tree(Arc<Mutex<BTreeMap<(Table, Key), Bytes>>>);

#[async_trait]
impl Store for Tree {
    async fn run(&self, mut operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        let mut tree = self.0.lock().expect("nobody has panicked");
        let mut before = Before::Nothing;
        'transactions: loop {
            let mut changed = tree.clone();
            let mut step = operation.begin(before)?;
            let (last, goes_on) = loop {
                step = match step {
                    Step::Ask(requests) => {
                        let mut found = Vec::new();
                        for request in requests {
                            found.extend(apply(&mut changed, request)?);
                        }
                        operation.go_on(Answers::from(found))?
                    }
                    Step::Again => {
                        before = Before::Undone;
                        continue 'transactions;
                    }
                    Step::Commit(last) => break (last, false),
                    Step::Next(last) => break (last, true),
                }
            };
            for write in last {
                apply(&mut changed, write)?;
            }
            *tree = changed;
            if !goes_on {
                return Ok(operation);
            }
            before = Before::Committed;
        }
    }
}

fn apply(tree: &mut BTreeMap<(Table, Key), Bytes>, request: Request) -> Result<Option<Found>> {
    match request {
        Request::Get(table, key) => {
            return Ok(Some(Found::Value(tree.get(&(table, key)).cloned())));
        }
        Request::Scan(scan) => {
            let within = tree
                .iter()
                .filter(|((table, key), _)| *table == scan.table && is_in(key, &scan.keys));
            let mut records: Vec<_> = within.collect();
            if scan.reverse {
                records.reverse();
            }
            let records = records.into_iter().take(scan.limit as usize);
            return Ok(Some(match scan.want {
                Want::Keys => Found::Keys(records.map(|((_, key), _)| key.clone()).collect()),
                Want::Sizes => Found::Sizes(
                    records.map(|((_, key), value)| (key.clone(), value.len() as u64)).collect(),
                ),
                Want::Values => Found::Values(records.map(|(_, value)| value.clone()).collect()),
            }));
        }
        Request::Put(table, key, value) => drop(tree.insert((table, key), value)),
        Request::Add(table, key, value) => {
            if tree.insert((table, key), value).is_some() {
                return Err(Error::storage("it is there already"));
            }
        }
        Request::Delete(of, keys) => {
            tree.retain(|(table, key), _| *table != of || !is_in(key, &keys))
        }
    }
    Ok(None)
}

fn is_in(key: &Key, keys: &Keys) -> bool {
    match keys {
        Keys::All => true,
        Keys::One(one) => key == one,
        Keys::Numbers(from, to) => (Key::Number(*from)..=Key::Number(*to)).contains(key),
    }
}

/// Memory that fails now and then, as platforms do, and is always tried again.
#[derive(Clone, Debug, Default)]
struct Shaky {
    memory: MemoryStore,
    count: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Shaky {
    async fn run(&self, operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        let faults = || match self.count.fetch_add(1, Ordering::Relaxed) % 11 {
            2 => Fault::Undone,
            5 => Fault::Mistold,
            7 => Fault::Lost,
            _ => Fault::None,
        };
        Faulty::new(self.memory.clone(), faults).run(operation).await
    }
}

/// Makes stores of a kind, and logs over them.
#[derive(Default)]
struct Fresh<S>(Mutex<S>);

impl<S: Store + Clone + Default + 'static> Fresh<S> {
    fn anew(&self) -> S {
        let mut store = self.0.lock().expect("nobody has panicked");
        *store = S::default();
        store.clone()
    }

    async fn log(store: S) -> Arc<dyn EventLog> {
        let env = everbus::env::system();
        Arc::new(StoredLog::open(store, &*env).await.expect("it works"))
    }
}

impl<S: Store + Clone + Default + 'static> StoreHarness for Fresh<S> {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.anew())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }
}

impl<S: Store + Clone + Default + 'static> Harness for Fresh<S> {
    async fn open(&self) -> Arc<dyn EventLog> {
        Fresh::log(self.anew()).await
    }

    async fn reopen(&self, _: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        let store = self.0.lock().expect("nobody has panicked").clone();
        Fresh::log(store).await
    }
}

macro_rules! stores {
    ($($scenario:ident)*) => {
        $(#[test]
        fn $scenario() {
            futures::executor::block_on(conformance::$scenario(Fresh::<Kind>::default()));
        })*
    };
}

mod memory {
    use super::{Fresh, MemoryStore as Kind, conformance};
    everbus::for_each_store_scenario!(stores);
    everbus::for_each_scenario!(stores);
}

mod shaky {
    use super::{Fresh, Shaky as Kind, conformance};
    everbus::for_each_scenario!(stores);
}

mod tree {
    use super::{Fresh, Tree as Kind, conformance};
    everbus::for_each_store_scenario!(stores);
    everbus::for_each_scenario!(stores);
}
