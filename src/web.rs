//! The web layer: the only place that knows JavaScript.
//!
//! Thin on purpose: it converts what comes in, calls the core, and converts what goes out. The
//! npm package's TypeScript is the only caller of the bindings.
//!
//! # Invariants
//!
//! - Nothing here panics: no `unwrap`, no `expect`, no indexing.
//! - Nothing is borrowed while JavaScript runs.

#![expect(
    unreachable_pub,
    reason = "exports to JavaScript are public, whatever module they are in"
)]

mod bindings;
mod convert;
mod env;
mod error;
mod store;

pub(crate) use env::WebEnv;
pub use store::{JsDriver, JsStore};
