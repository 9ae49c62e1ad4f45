//! The suite of IndexedDB in a dedicated worker.
#![cfg(target_arch = "wasm32")]

#[path = "indexeddb/suite.rs"]
mod suite;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
