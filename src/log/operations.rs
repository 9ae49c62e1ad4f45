//! What a log does with its store, an operation for each: synchronous machines that know what records mean, and
//! nothing of how they are stored.
//!
//! # Invariants
//!
//! - Whatever writes reads the head first, in the same transaction, and writes it last: so a log is one order without a
//!   leader, and one that somebody deleted and made again isn't taken for this one.
//! - A segment is added, never put: two appends that believed in one number fail, and don't overwrite.
//! - What is damaged is told by number and passed over. Nothing is written over it.

mod append;
mod chapters;
mod cursors;
mod ids;
mod merge;
mod open;
mod parting;
mod read;
mod segments;
mod start;
mod surplus;
mod trim;

pub(super) use append::{Append, Doubt, Written};
pub(super) use chapters::Index;
pub(super) use cursors::{DeleteCursor, ListCursors, MoveCursors};
pub(super) use merge::Merge;
pub(super) use open::{Look, Open};
pub(super) use parting::{Adopt, encode as encode_parting};
pub(super) use read::Read;
pub(super) use start::FindStart;
pub(super) use surplus::FindSurplus;
pub(super) use trim::Trim;

use super::head::{HEAD, Head};
use super::store::{Answers, Key, Request, Step, Table};
use crate::{Error, Result, Uuid};

fn get_head() -> Request {
    Request::Get(Table::Meta, Key::from(HEAD))
}

fn put_head(head: &Head) -> Request {
    Request::Put(Table::Meta, Key::from(HEAD), head.to_bytes())
}

/// The head that was asked for, if it is still that of the log with this id.
fn head_of(log: Uuid, found: &mut Answers) -> Result<Head> {
    let head = Head::from_bytes(&found.value()?.ok_or_else(Head::damaged)?)?;
    if head.incarnation == log { Ok(head) } else { Err(Error::deleted()) }
}

/// Begins with a look at the head.
fn ask_for_head() -> Result<Step> {
    Ok(Step::Ask(vec![get_head()]))
}

/// Ends without a change.
fn done() -> Step {
    Step::Commit(Vec::new())
}
