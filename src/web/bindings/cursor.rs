//! A reader of the log, as JavaScript has it.

use super::promise;
use crate::log::Commits;
use crate::log::{Following, Wants};
use crate::web::convert;
use crate::{Error, Filter, Result, SeqNo, StoredLog};
use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::Promise;
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A subscription to a log.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cursor(Rc<State>);

#[derive(Debug)]
struct State {
    log: StoredLog,
    epoch: u64,
    /// The last number in the log when it was opened.
    last: u64,
    /// Out while a call to `next` is running, and once it is closed.
    reader: RefCell<Option<Reader>>,
    close: RefCell<Option<oneshot::Sender<()>>>,
}

#[derive(Debug)]
struct Reader {
    following: Following,
    /// The number up to which everything was stored, until that is told.
    goal: Option<u64>,
    commits: Commits,
    closed: oneshot::Receiver<()>,
}

impl Cursor {
    pub(super) fn new(
        log: StoredLog,
        commits: Commits,
        next: SeqNo,
        filter: Filter,
        skip_trimmed: bool,
        epoch: u64,
    ) -> Cursor {
        let (close, closed) = oneshot::channel();
        let mut following = Following::from(next, filter);
        if skip_trimmed {
            following.skip_trimmed();
        }
        let last = log.last_seen();
        let reader = Reader { following, goal: Some(last), commits, closed };
        let (reader, close) = (RefCell::new(Some(reader)), RefCell::new(Some(close)));
        Cursor(Rc::new(State { log, epoch, last, reader, close }))
    }
}

#[wasm_bindgen]
impl Cursor {
    /// The epoch of its claim, 0 if it isn't exclusive.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.0.epoch as f64
    }

    /// The last number in the log when it was opened, 0 for none.
    #[wasm_bindgen(getter)]
    pub fn last(&self) -> f64 {
        self.0.last as f64
    }

    /// The next events that match, as a chunk; `null`, once, when there are none up to `last` any more; `undefined` once the
    /// cursor or the log is closed.
    pub fn next(&self) -> Promise {
        let state = self.0.clone();
        promise(async move {
            let Some(mut reader) = state.reader.take() else {
                return Ok(JsValue::UNDEFINED);
            };
            let outcome = reader.next(&state.log).await;
            // Once it is closed, nobody reads on.
            if state.close.borrow().is_some() {
                state.reader.replace(Some(reader));
            }
            outcome
        })
    }

    /// Ends the subscription.
    pub fn close(&self) {
        let close = self.0.close.take();
        let reader = self.0.reader.take();
        drop((close, reader));
    }
}

impl Reader {
    async fn next(&mut self, log: &StoredLog) -> Result<JsValue> {
        loop {
            if self.goal.is_some_and(|goal| self.following.has_passed(goal)) {
                self.goal = None;
                return Ok(JsValue::NULL);
            }
            match self.following.wants() {
                Wants::Nothing(chunk) => return Ok(convert::chunk(&chunk)),
                Wants::Page(query) => match log.make(log.reading(&query)).await {
                    Ok(page) => self.following.read(page)?,
                    Err(Error::Closed(_)) => return Ok(JsValue::UNDEFINED),
                    Err(error) => return Err(error),
                },
                Wants::Commit => {
                    let commit = match select(pin!(self.commits.recv()), &mut self.closed).await {
                        Either::Left((commit, _)) => commit,
                        Either::Right(_) => return Ok(JsValue::UNDEFINED),
                    };
                    if !self.following.hear(commit) {
                        return Ok(JsValue::UNDEFINED);
                    }
                }
            }
        }
    }
}
