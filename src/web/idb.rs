//! A store in IndexedDB: the database `everbus:NAME`, with an object store for each table.
//!
//! This knows connections and transactions, and nothing of what is in them.

mod clock;
mod connection;
mod listen;
mod records;
mod rotation;
mod store;
mod transaction;
mod upgrade;

pub use connection::delete;
pub use store::IndexedDbStore;

/// The version of the database.
const VERSION: u32 = 2;

fn database_name(log: &str) -> String {
    format!("everbus:{log}")
}
