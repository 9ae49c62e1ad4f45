//! Reading a log: where to begin, pages of what is stored, and then what is committed.

mod page;
mod start;
mod subscription;
mod time;

pub(super) use page::beyond;
pub use page::{Chunk, Page, PageBuilder, Query};
pub(super) use start::start;
pub use start::{Reader, Start};
pub use subscription::Subscription;
#[cfg(all(feature = "bindings", target_arch = "wasm32"))]
pub(crate) use subscription::{Following, Wants};
pub(super) use time::find as find_time;
