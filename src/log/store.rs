//! [`Store`]: where a log keeps its records, and [`Operation`]: what one transaction does with them.
//!
//! This is the seam below a log. A store knows tables, keys and bytes, and nothing of what they mean; an
//! operation knows what they mean, and nothing of how they are stored. So a back end is a driver of some hundred
//! lines, which every log gets its whole behaviour over: [`StoredLog`](super::StoredLog).
//!
//! # Guarantees of a store
//!
//! - A transaction is made whole or not at all, whoever else writes and whatever crashes.
//! - Transactions that write a table come one after the other, those of other handles, tabs and processes, too.
//!   One that only reads sees what was there when it began.
//! - [`Store::run`] resolves only once what was written is durable.
//!
//! # Examples
//!
//! An operation that counts how often it was run:
//!
//! ```
//! use everbus::log::store::{Access, Answers, Before, Key, MemoryStore, Operation, Request, Scope, Step, Store, Table};
//! use everbus::{Error, Result};
//! use std::sync::Arc;
//!
//! #[derive(Debug)]
//! struct Count;
//!
//! impl Operation for Count {
//!     fn begin(&mut self, _before: Before) -> Result<Step> {
//!         Ok(Step::Ask(vec![Request::Get(Table::Meta, Key::from("count"))]))
//!     }
//!     fn scope(&self) -> Scope {
//!         Scope { tables: &[Table::Meta], access: Access::Write }
//!     }
//!     fn go_on(&mut self, mut found: Answers) -> Result<Step> {
//!         let count = found.value()?.map_or(0, |bytes| bytes[0]) + 1;
//!         let value = Arc::new(vec![count]);
//!         Ok(Step::Commit(vec![Request::Put(Table::Meta, Key::from("count"), value)]))
//!     }
//! }
//!
//! # futures::executor::block_on(async {
//! let store = MemoryStore::default();
//! store.run(Box::new(Count)).await?;
//! store.run(Box::new(Count)).await?;
//! # Ok::<(), Error>(())
//! # }).unwrap();
//! ```

mod faults;
mod memory;

pub use faults::{Fault, Faulty};
pub use memory::MemoryStore;

use crate::platform::{Callback, MaybeSend, MaybeSync};
use crate::{Error, Result, SeqNo};
use async_trait::async_trait;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What is stored under a key. Cloning is cheap.
pub type Bytes = Arc<Vec<u8>>;

/// The tables that a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// The log's head, and what else there is one of.
    Meta,
    /// Runs of events, by their first number.
    Segments,
    /// What segments hold, 16 at a time, by the first number of the first.
    Chapters,
    /// The positions of consumers, by name.
    Consumers,
    /// What was published by those who had no time to have it numbered, by the moment.
    Parting,
    /// The ids of the newest events that were trimmed, by their first number.
    Ids,
    /// The compacted prefix of the log.
    Base,
    /// The states of the application's own projections, by name.
    Folds,
    /// Runs of events that a hub has numbered, by their first number.
    MirrorSegments,
    /// What these hold.
    MirrorChapters,
    /// What a hub has refused, by the number in the outbox.
    Fates,
    /// What stands for events that a hub doesn't have any more.
    Snapshots,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 12] = [
        Table::Meta,
        Table::Segments,
        Table::Chapters,
        Table::Consumers,
        Table::Parting,
        Table::Ids,
        Table::Base,
        Table::Folds,
        Table::MirrorSegments,
        Table::MirrorChapters,
        Table::Fates,
        Table::Snapshots,
    ];

    /// The table's name, for stores that name theirs.
    pub fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Segments => "segments",
            Table::Chapters => "chapters",
            Table::Consumers => "consumers",
            Table::Parting => "parting",
            Table::Ids => "ids",
            Table::Base => "base",
            Table::Folds => "folds",
            Table::MirrorSegments => "mirror-segments",
            Table::MirrorChapters => "mirror-chapters",
            Table::Fates => "fates",
            Table::Snapshots => "snapshots",
        }
    }
}

/// The key of a record. A table has keys of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// From 0 to 2^53 − 1.
    Number(u64),
    /// Of at most 255 bytes, in the order of its bytes.
    Text(Box<str>),
}

impl From<u64> for Key {
    fn from(number: u64) -> Key {
        Key::Number(number)
    }
}

impl From<SeqNo> for Key {
    fn from(number: SeqNo) -> Key {
        Key::Number(number.get())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key::Text(text.into())
    }
}

/// Some keys of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All there are.
    All,
    /// Those from a number to another, both included; none if the second is smaller.
    Numbers(u64, u64),
    /// One.
    One(Key),
}

impl Keys {
    /// Whether there is no key that it could be.
    pub fn is_empty(&self) -> bool {
        matches!(self, Keys::Numbers(from, to) if from > to)
    }
}

/// Which records to look at, and what of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The table.
    pub table: Table,
    /// Of these keys.
    pub keys: Keys,
    /// Whether the largest key comes first.
    pub reverse: bool,
    /// The most records, at least 1.
    pub limit: u32,
    /// What is wanted of each.
    pub want: Want,
}

/// What a [`Scan`] wants of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Its key.
    Keys,
    /// Its key, and how many bytes are stored under it.
    Sizes,
    /// What is stored under its key.
    Values,
}

/// What an operation asks of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// What is stored under a key.
    Get(Table, Key),
    /// Records in the order of their keys.
    Scan(Scan),
    /// Stores something under a key, in the place of what is there.
    Put(Table, Key, Bytes),
    /// Stores something under a key that isn't there. If it is, the transaction fails.
    Add(Table, Key, Bytes),
    /// Deletes all records of these keys.
    Delete(Table, Keys),
}

impl Request {
    /// Whether there is an answer to it.
    pub fn is_read(&self) -> bool {
        matches!(self, Request::Get(..) | Request::Scan(_))
    }
}

/// What a store found for one [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// For [`Request::Get`]: `None` if there is nothing under the key. What somebody else has put there, and is no
    /// bytes, is no bytes here.
    Value(Option<Bytes>),
    /// For [`Want::Keys`].
    Keys(Vec<Key>),
    /// For [`Want::Sizes`].
    Sizes(Vec<(Key, u64)>),
    /// For [`Want::Values`].
    Values(Vec<Bytes>),
}

/// What a store found for those requests of a step that read, in their order. They are taken one by one.
#[derive(Debug)]
pub struct Answers(pub(super) std::vec::IntoIter<Found>);

impl From<Vec<Found>> for Answers {
    fn from(found: Vec<Found>) -> Answers {
        Answers(found.into_iter())
    }
}

impl Answers {
    /// What is under the key that was asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] if the store has answered something else, as for the other three.
    pub fn value(&mut self) -> Result<Option<Bytes>> {
        match self.0.next() {
            Some(Found::Value(value)) => Ok(value),
            _ => Err(mistaken()),
        }
    }

    /// The keys.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn keys(&mut self) -> Result<Vec<Key>> {
        match self.0.next() {
            Some(Found::Keys(keys)) => Ok(keys),
            _ => Err(mistaken()),
        }
    }

    /// The keys and sizes.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn sizes(&mut self) -> Result<Vec<(Key, u64)>> {
        match self.0.next() {
            Some(Found::Sizes(sizes)) => Ok(sizes),
            _ => Err(mistaken()),
        }
    }

    /// The values.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn values(&mut self) -> Result<Vec<Bytes>> {
        match self.0.next() {
            Some(Found::Values(values)) => Ok(values),
            _ => Err(mistaken()),
        }
    }
}

fn mistaken() -> Error {
    Error::storage("the store has answered something else than it was asked")
}

/// How an operation goes on.
#[derive(Debug)]
pub enum Step {
    /// Makes these requests, in this order and at once, and goes on with what those find that read.
    Ask(Vec<Request>),
    /// Undoes what was asked so far, and begins anew in another transaction.
    Again,
    /// Makes these last requests, none of which reads, and commits: then the operation is done.
    Commit(Vec<Request>),
    /// Ends the transaction as [`Commit`](Step::Commit) does, and begins another: there is more to do.
    Next(Vec<Request>),
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read.
    Read,
    /// Write what survives a crash of the process.
    Write,
    /// Write what also survives a power cut, where the store can promise it.
    WriteStrict,
}

/// Which tables a transaction needs, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tables.
    pub tables: &'static [Table],
    /// What it does with them.
    pub access: Access,
}

/// How the transaction before ended, that an operation has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There was none.
    Nothing,
    /// It is durable: [`Step::Next`].
    Committed,
    /// It was undone: [`Step::Again`], or it has failed.
    Undone,
    /// It has failed, and may have been made all the same.
    InDoubt,
}

/// What a transaction does, or several: a machine that asks, is told what was found, and goes on. It neither waits nor reads
/// clocks, so that a store can drive it wherever its answers arrive.
///
/// An error that it returns undoes the transaction, and is the result. It doesn't ask for what it has written in the same
/// transaction.
pub trait Operation: Any + MaybeSend {
    /// How a transaction begins, if that is how the one before it ended.
    ///
    /// # Errors
    ///
    /// What keeps it from being done.
    fn begin(&mut self, before: Before) -> Result<Step>;

    /// What the transaction needs that begins so.
    fn scope(&self) -> Scope;

    /// How it goes on with what was found.
    ///
    /// # Errors
    ///
    /// What keeps it from being done.
    fn go_on(&mut self, found: Answers) -> Result<Step>;
}

/// Where a log keeps its records: a back end. See the [module](self) for what it guarantees, and
/// the feature `conformance` for the tests that prove it.
#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
pub trait Store: fmt::Debug + MaybeSend + MaybeSync {
    /// Runs an operation, a transaction after the other, and gives it back once all is durable. What the platform fails in
    /// passing is tried again in here.
    ///
    /// # Errors
    ///
    /// What the operation returned; [`Error::QuotaExceeded`], [`Error::Closed`], [`Error::Unavailable`]: then nothing has
    /// changed. [`Error::Storage`]: then it may have been made all the same.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the transaction is made whole or not at all.
    async fn run(&self, operation: Box<dyn Operation>) -> Result<Box<dyn Operation>>;

    /// Writes to [`Table::Parting`] at once, without a look at what is there and without waiting: for those who stop running.
    /// Nobody is told whether it has come to anything.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], which is what a store does whose process is told in time; [`Error::Closed`].
    fn write_blind(&self, _writes: Vec<Request>) -> Result<()> {
        Err(Error::Unsupported("this store has no need to write blind".into()))
    }

    /// Undoes what is running, and begins it anew once this process runs on: it is about to stand still, and others would wait
    /// for it. Nothing to do for a store whose transactions wait for nothing.
    fn interrupt(&self) {}

    /// Whether operations are done when their future is first polled, whoever polls it: see
    /// [`EventLog::is_immediate`](crate::EventLog::is_immediate).
    fn is_immediate(&self) -> bool {
        false
    }

    /// Whom to tell, at most once, if it is closed for good from outside. A store that can't be has nothing to do here.
    fn on_closed(&self, _tell: Callback<Error>) {}

    /// Gives free what it holds, once what is running has ended. Nothing is run afterwards.
    fn close(&self) {}
}
