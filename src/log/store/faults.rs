//! [`Faulty`]: a store that fails as platforms do.

use super::{Access, Answers, Before, Operation, Request, Scope, Step, Store};
use crate::platform::{MaybeSend, MaybeSync};
use crate::{Error, Result};
use async_trait::async_trait;
use std::any::Any;
use std::fmt;

/// What happens to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is undone, and known to be: it is begun anew.
    Undone,
    /// It is undone, and nobody knows: it is begun anew.
    Lost,
    /// It is made, and nobody knows: it is begun anew.
    Mistold,
    /// It is undone, and the store gives up.
    GivenUp,
    /// It is made, and the store gives up, as if it weren't.
    GivenUpAfter,
}

/// A store in front of another one, whose transactions have faults.
///
/// # Examples
///
/// A log over it keeps what it promises:
///
/// ```
/// use everbus::log::store::{Fault, Faulty, MemoryStore};
/// use everbus::{EntityEvent, EventEnvelope, EventLog, StoredLog, Uuid, env};
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// # futures::executor::block_on(async {
/// let count = AtomicUsize::new(0);
/// let every_third = move || match count.fetch_add(1, Ordering::Relaxed) % 3 {
///     2 => Fault::Mistold,
///     _ => Fault::None,
/// };
/// let log = StoredLog::open(Faulty::new(MemoryStore::default(), every_third), &*env::system()).await?;
/// for n in 1..10 {
///     let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(n) };
///     let number = log.append(EventEnvelope::new(event.into(), &*env::system())).await?;
///     assert_eq!(u128::from(number.get()), n);
/// }
/// # Ok::<(), everbus::Error>(())
/// # }).unwrap();
/// ```
pub struct Faulty<S, F> {
    store: S,
    next: F,
}

impl<S, F> Faulty<S, F> {
    /// `next` says what happens to the next transaction.
    pub fn new(store: S, next: F) -> Faulty<S, F> {
        Faulty { store, next }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
impl<S: Store, F: Fn() -> Fault + MaybeSend + MaybeSync> Store for Faulty<S, F> {
    async fn run(&self, mut operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        let mut before = Before::Nothing;
        loop {
            let fault = (self.next)();
            let once = Once { operation, before, fault, ended: None };
            let once: Box<dyn Any> = self.store.run(Box::new(once)).await?;
            let once = once.downcast::<Once>().map_err(|_| Error::unfinished())?;
            operation = once.operation;
            before = match once.ended.ok_or_else(Error::unfinished)? {
                Ended::Done => return Ok(operation),
                Ended::GoesOn(before) => before,
                Ended::GivenUp => return Err(Error::storage("the store has given up")),
            };
        }
    }

    fn write_blind(&self, writes: Vec<Request>) -> Result<()> {
        self.store.write_blind(writes)
    }

    fn close(&self) {
        self.store.close();
    }
}

impl<S: fmt::Debug, F> fmt::Debug for Faulty<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faulty").field(&self.store).finish()
    }
}

/// One transaction of an operation, with its fault.
struct Once {
    operation: Box<dyn Operation>,
    before: Before,
    fault: Fault,
    /// How it ended, once it has.
    ended: Option<Ended>,
}

#[derive(Clone, Copy)]
enum Ended {
    Done,
    GoesOn(Before),
    GivenUp,
}

impl Once {
    fn take(&mut self, step: Step) -> Step {
        let (writes, ended) = match step {
            Step::Ask(requests) => return Step::Ask(requests),
            Step::Again => return self.undo(Ended::GoesOn(Before::Undone)),
            Step::Commit(writes) => (writes, Ended::Done),
            Step::Next(writes) => (writes, Ended::GoesOn(Before::Committed)),
        };
        let made = match self.fault {
            Fault::None => ended,
            Fault::Mistold => Ended::GoesOn(Before::InDoubt),
            Fault::GivenUpAfter => Ended::GivenUp,
            Fault::Undone => return self.undo(Ended::GoesOn(Before::Undone)),
            Fault::Lost => return self.undo(Ended::GoesOn(Before::InDoubt)),
            Fault::GivenUp => return self.undo(Ended::GivenUp),
        };
        self.ended = Some(made);
        Step::Commit(writes)
    }

    /// Ends the transaction, and has nothing done in the next one.
    fn undo(&mut self, ended: Ended) -> Step {
        self.ended = Some(ended);
        Step::Again
    }
}

impl Operation for Once {
    fn begin(&mut self, _before: Before) -> Result<Step> {
        if self.ended.is_some() {
            return Ok(Step::Commit(Vec::new()));
        }
        let step = self.operation.begin(self.before)?;
        Ok(self.take(step))
    }

    fn scope(&self) -> Scope {
        match self.ended {
            Some(_) => Scope { tables: self.operation.scope().tables, access: Access::Read },
            None => self.operation.scope(),
        }
    }

    fn go_on(&mut self, found: Answers) -> Result<Step> {
        let step = self.operation.go_on(found)?;
        Ok(self.take(step))
    }
}
