//! A reader of the log, as JavaScript has it.

use crate::log::{Commits, Following, Ledger, Wants};
use crate::web::call::Call;
use crate::web::convert;
use crate::{Filter, SeqNo};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A subscription to a log.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cursor {
    ledger: Ledger,
    epoch: u64,
    /// The last number in the log when it was opened.
    last: u64,
    reader: Rc<RefCell<Reader>>,
}

#[derive(Debug)]
struct Reader {
    following: Following,
    /// The number up to which everything was stored, until that is told.
    goal: Option<u64>,
    commits: Commits,
}

impl Cursor {
    pub(super) fn new(
        ledger: Ledger,
        commits: Commits,
        next: SeqNo,
        filter: Filter,
        skip_trimmed: bool,
        epoch: u64,
    ) -> Cursor {
        let mut following = Following::from(next, filter);
        if skip_trimmed {
            following.skip_trimmed();
        }
        let last = ledger.last_seen();
        let reader = Rc::new(RefCell::new(Reader { following, goal: Some(last), commits }));
        Cursor { ledger, epoch, last, reader }
    }
}

#[wasm_bindgen]
impl Cursor {
    /// The epoch of its claim, 0 if it isn't exclusive.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.epoch as f64
    }

    /// The last number in the log when it was opened, 0 for none.
    #[wasm_bindgen(getter)]
    pub fn last(&self) -> f64 {
        self.last as f64
    }

    /// What comes next: an array is a chunk of events that match; a `Call` has to be run and concluded before it goes on;
    /// `false` says that there is nothing before the next commit, `null`, once, that there is nothing up to `last` any more;
    /// `undefined` that the log is closed.
    pub fn next(&self) -> JsValue {
        let mut reader = self.reader.borrow_mut();
        let Reader { following, goal, commits } = &mut *reader;
        loop {
            if goal.is_some_and(|goal| following.has_passed(goal)) {
                *goal = None;
                return JsValue::NULL;
            }
            match following.wants() {
                Wants::Nothing(chunk) => return convert::chunk(&chunk),
                Wants::Page(query) => {
                    let (read, reader) = (self.ledger.reading(&query), self.reader.clone());
                    let ledger = self.ledger.clone();
                    let call = Call::new(read.operation, move |done| {
                        let page = (read.conclude)(&ledger, done)?;
                        reader.borrow_mut().following.read(page)?;
                        Ok(JsValue::UNDEFINED)
                    });
                    return call.into();
                }
                Wants::Commit => match commits.try_recv() {
                    None => return JsValue::FALSE,
                    Some(commit) => {
                        if !following.hear(commit) {
                            return JsValue::UNDEFINED;
                        }
                    }
                },
            }
        }
    }
}
