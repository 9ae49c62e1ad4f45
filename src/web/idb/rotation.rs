//! Rotation: has Chromium begin a new log file, so that nothing is lost when it is killed twice.
//!
//! Chromium keeps an origin's IndexedDB in LevelDB and opens it with `reuse_logs`. If the browser was
//! killed while it wrote a record, the next one writes on behind the torn record; and when that log is
//! read again, it counts as corrupt, and Chromium throws away all databases of the origin, with everything
//! that was committed ([google/leveldb#1287](https://github.com/google/leveldb/issues/1287)). Of the
//! kills of `tests/js/accidents/kills.test.js` one in sixty did that.
//!
//! Deleting a database compacts LevelDB: what is in the log goes to a table, and a new log begins. That
//! takes some milliseconds outside of the page, from its first bus on. A commit that is faster is told of
//! when it is done.

use super::connection::{close_when_open, factory};
use super::listen;
use futures::channel::oneshot;
use futures::future::{FutureExt, LocalBoxFuture, Shared, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{JsString, Reflect};
use std::cell::{Cell, RefCell};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

/// The longest that a commit waits for it, in milliseconds: the platform may have its reasons.
const PATIENCE: u32 = 5000;

thread_local! {
    static IS_BEGUN: Cell<bool> = const { Cell::new(false) };
    static DONE: RefCell<Option<Shared<LocalBoxFuture<'static, ()>>>> = const { RefCell::new(None) };
}

/// Begins a new log file, once in the life of a page or worker, which a browser that is killed ends, too.
pub(super) fn once() {
    if IS_BEGUN.replace(true) || !is_chromium() {
        return;
    }
    // Without it everything works as long as nothing tears the log.
    let Ok(factory) = factory() else { return };
    // A log's name begins with `everbus:`, and nobody else has this one.
    let mut id = Uuid::encode_buffer();
    let name = ["everbus rotation ", Uuid::new_v4().hyphenated().encode_lower(&mut id)].concat();
    let Ok(request) = factory.open(&name) else { return };
    let (sender, deleted) = oneshot::channel::<()>();
    let limit = TimeoutFuture::new(PATIENCE);
    let done = async move { drop(select(deleted, limit).await) };
    DONE.replace(Some(done.boxed_local().shared()));
    close_when_open(&request);
    // Told only of a database that wasn't there before this call.
    listen::once(&request, "upgradeneeded", move |_| {
        // It waits until that one is made and closed.
        if let Ok(request) = factory.delete_database(&name) {
            listen::once(&request, "success", move |_| drop(sender)).forget();
        }
    })
    .forget();
}

/// Waits until a new log file has begun: what was committed before is safe from then on.
pub(super) async fn done() {
    let done = DONE.with_borrow(Clone::clone);
    if let Some(done) = done {
        done.await;
    }
}

/// Whether this is Chromium: the others don't have `navigator.userAgentData`, and don't use LevelDB. Plain http doesn't
/// have it either: there what the browser says of itself has to do. Who says so falsely has a database for a moment.
fn is_chromium() -> bool {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from(name));
    let navigator = get(&js_sys::global(), "navigator").unwrap_or_default();
    let agent = get(&navigator, "userAgent").ok().filter(JsValue::is_string);
    // Rust's own search is a kilobyte of WebAssembly.
    agent.is_some_and(|agent| agent.unchecked_into::<JsString>().includes("Chrome/", 0))
        || get(&navigator, "userAgentData").is_ok_and(|found| !found.is_undefined())
}
