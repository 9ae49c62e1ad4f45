//! *The event bus that remembers.*
//!
//! everbus is publish and subscribe for entity and link events, over a durable log: a reload, a late
//! subscriber or a slow reader misses nothing. This crate is its core. It knows no clock, no
//! randomness, no executor and no browser; natively its futures run on any executor. Compiled to
//! WebAssembly it is the heart of the npm package `everbus`.
//!
//! - [`FrameworkEvent`] is what happens; [`EventEnvelope`] is how it travels.
//! - [`EventBus`] delivers live; [`EventLog`] remembers, in order, and hands over from stored to live.
//! - [`Filter`] and [`SeekPosition`] say which events, and from where.
//!
//! ```
//! use everbus::{EntityEvent, EventBus, EventLog, StoredLog, SeekPosition, Uuid};
//! use serde_json::json;
//! use std::sync::Arc;
//!
//! # futures::executor::block_on(async {
//! let log = Arc::new(StoredLog::default());
//! let bus = EventBus::default().with_event_log(log.clone());
//!
//! bus.publish(EntityEvent::Created {
//!     entity_type: "order".into(),
//!     entity_id: Uuid::from_u128(1),
//!     data: json!({ "amount": 42.0 }).into(),
//! });
//! bus.flush().await?;
//!
//! let mut late = log.subscribe("late", SeekPosition::Beginning).await?;
//! let envelope = late.next().await.expect("the log is open")?;
//! assert_eq!(envelope.seq_no.map(u64::from), Some(1));
//! # Ok::<(), everbus::Error>(())
//! # }).unwrap();
//! ```
//!
//! There are no features to choose for what an application needs, and natively nothing is built that is for JavaScript. The
//! feature `conformance` has the suites that prove a back end, for its tests. For `wasm32-unknown-unknown` the feature
//! `js-store` has `web::JsStore`, by which a log is in a store that is written in JavaScript; `bindings` is private.
#![forbid(unsafe_code)]

mod bus;
pub mod env;
mod envelope;
mod error;
mod event;
mod filter;
mod json;
pub mod log;
pub mod platform;
mod seek;
mod seq_no;
#[cfg(target_arch = "wasm32")]
pub mod web;
mod wire;
mod writer;

pub use bus::{EventBus, Receipt, Receiver};
pub use env::Env;
pub use envelope::EventEnvelope;
pub use error::{Cause, Error, RecvError, Result};
pub use event::{Action, EntityEvent, EventKind, FrameworkEvent, LinkEvent, MAX_TYPE_BYTES};
pub use filter::Filter;
pub use jiff::Timestamp;
pub use json::Json;
pub use log::{Batch, EventLog, Query, StoredLog, Subscription};
pub use log::{Claim, ConsumerInfo, Cursor, CursorChange, CursorMove, MAX_NAME_BYTES};
pub use seek::SeekPosition;
pub use seq_no::{ParseSeqNoError, SeqNo, SeqNoOutOfRange};
pub use uuid::Uuid;
