//! The package's store in IndexedDB passes the conformance suite. The host of the tests, a window or a worker, includes this
//! file.

use everbus::log::conformance::Harness;
use everbus::log::store::Table;
use everbus::web::{JsDriver, JsStore};
use everbus::{Batch, EntityEvent, EventEnvelope, EventLog, StoredLog, Uuid};
use js_sys::{Array, Promise};
use std::cell::RefCell;
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/indexeddb/driver.js")]
extern "C" {
    #[wasm_bindgen(js_name = openStore)]
    fn open_store(name: &str, tables: &Array) -> JsDriver;
    #[wasm_bindgen(js_name = deleteStore)]
    fn delete_store(name: &str) -> Promise;
}

async fn open(name: &str) -> StoredLog {
    let env = everbus::env::system();
    let tables: Array = Table::ALL.iter().map(|table| JsValue::from(table.name())).collect();
    let store = JsStore::new(open_store(name, &tables));
    StoredLog::open(store, &*env).await.expect("IndexedDB works here")
}

async fn delete(name: &str) {
    JsFuture::from(delete_store(name)).await.expect("nobody keeps it open");
}

/// A database of its own for each scenario.
#[derive(Default)]
struct IndexedDb {
    open: RefCell<Option<StoredLog>>,
    name: RefCell<String>,
}

impl IndexedDb {
    async fn connect(&self) -> Arc<dyn EventLog> {
        let name = self.name.borrow().clone();
        let log = open(&name).await;
        log.on_closed(Box::new(|error| panic!("closed from outside: {error}")));
        self.open.replace(Some(log.clone()));
        Arc::new(log)
    }
}

impl Harness for IndexedDb {
    async fn open(&self) -> Arc<dyn EventLog> {
        self.name.replace(format!("conformance-{}", Uuid::new_v4()));
        self.connect().await
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        drop(log);
        if let Some(log) = self.open.take() {
            log.close();
        }
        self.connect().await
    }
}

macro_rules! in_a_browser {
    ($($scenario:ident)*) => {
        $(#[wasm_bindgen_test]
        async fn $scenario() {
            everbus::log::conformance::$scenario(IndexedDb::default()).await;
        })*
    };
}
everbus::for_each_scenario!(in_a_browser);

#[wasm_bindgen_test]
async fn deleting_a_log_closes_it_and_a_new_one_starts_at_one() {
    let name = format!("deleted-{}", Uuid::new_v4());
    let (told, closed) = futures::channel::oneshot::channel();
    let told = RefCell::new(Some(told));
    let log = open(&name).await;
    log.on_closed(Box::new(move |error| {
        if let Some(told) = told.borrow_mut().take() {
            told.send(error.code()).expect("the test waits");
        }
    }));
    delete(&name).await;
    assert_eq!(closed.await, Ok("closed"));
    assert_eq!(log.bounds().await.expect_err("it is deleted").code(), "closed");
    let again = open(&name).await;
    assert_eq!(again.last_seq_no().await.expect("it works"), None);
    again.close();
    delete(&name).await;
}

#[wasm_bindgen_test]
async fn what_is_left_behind_is_numbered_by_who_looks_next_once() {
    let (env, name) = (everbus::env::system(), format!("left-{}", Uuid::new_v4()));
    let event = EntityEvent::Deleted { entity_type: "thing".into(), entity_id: Uuid::new_v4() };
    let envelope = EventEnvelope::new(event.into(), &*env);
    let batch = || Batch::of([&envelope]).expect("the event is valid");
    let (log, other) = (open(&name).await, open(&name).await);
    log.part(batch(), &*env).expect("the database is open");
    let looked = other.look().await.expect("it works");
    assert!(looked.has_adopted && looked.refused.is_empty());
    assert_eq!(looked.bounds.last.map(u64::from), Some(1));
    let appended = log.append_batch(batch().idempotent()).await.expect("it works");
    assert_eq!(appended.first_new, None);
    assert!(!log.look().await.expect("it works").has_adopted);
    log.close();
    other.close();
    delete(&name).await;
}

#[wasm_bindgen_test]
fn the_clock_and_the_randomness_are_the_platforms() {
    let env = everbus::env::system();
    assert!(env.now().as_second() > 1_700_000_000);
    assert_ne!(env.random(), env.random());
}
