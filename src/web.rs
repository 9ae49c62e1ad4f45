//! The web layer: the only place that knows JavaScript.
//!
//! Thin on purpose: it converts what comes in, calls the core, and converts what goes out. The
//! npm package's TypeScript is the only caller of the bindings, which are there with the feature `bindings`; with `js-store`
//! there is [`JsStore`], by which a log in Rust is in a store that JavaScript has.
//!
//! # Invariants
//!
//! - Nothing here panics: no `unwrap`, no `expect`, no indexing.
//! - Nothing is borrowed while JavaScript runs.

#![cfg_attr(
    feature = "bindings",
    expect(
        unreachable_pub,
        reason = "exports to JavaScript are public, whatever module they are in"
    )
)]

#[cfg(feature = "bindings")]
mod bindings;
#[cfg(any(feature = "bindings", feature = "js-store"))]
mod call;
#[cfg(feature = "bindings")]
mod convert;
mod env;
#[cfg(any(feature = "bindings", feature = "js-store"))]
mod error;
#[cfg(feature = "js-store")]
mod store;

pub(crate) use env::WebEnv;
#[cfg(feature = "js-store")]
pub use store::{JsDriver, JsStore};
