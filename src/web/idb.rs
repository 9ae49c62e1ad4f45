//! A log in IndexedDB.
//!
//! The database `everbus:NAME` has four stores: `segments` and `chapters`, by the number of their
//! first event; `meta`, with the one record `head`; and `consumers`, by name.

mod chapters;
mod connection;
mod consumers;
mod damage;
mod listen;
mod log;
mod merge;
mod read;
mod records;
mod rotation;
mod transaction;
mod trim;

pub use connection::delete;
pub use log::IndexedDbLog;

const SEGMENTS: &str = "segments";
const CHAPTERS: &str = "chapters";
const META: &str = "meta";
const CONSUMERS: &str = "consumers";
const HEAD: &str = "head";
/// The version of the stores.
const VERSION: u32 = 1;

fn database_name(log: &str) -> String {
    format!("everbus:{log}")
}
