//! [`Writer`]: brings what is published into the log, in groups.
//!
//! # Invariants
//!
//! - The log's order is the order of [`Handle::push`].
//! - While one append is in flight, events collect; the next append takes them all, up to a segment.
//! - An append in flight belongs to nobody: any driver that is polled moves it on, and a driver that
//!   is dropped takes nothing with it.
//! - What is published and not yet committed stays within the limits of [`Handle::push`], but for an
//!   event that comes when nothing waits.
//! - An event that can't be stored fails alone: a group that fails for what one event may be is tried again by halves.
//!   What the platform fails, it fails for the whole group. A log that panics fails the whole group, of which nobody knows
//!   what is stored, and nothing that comes after.
//! - A driver appends what is left when the last handle is gone, and ends then.
//! - What is queued for a log that is immediate is appended by the call that queued it, if there is no driver, or if it makes
//!   a group full. If another thread is in the midst of an append, that thread goes on with the next.

use crate::log::segment::MAX_EVENTS;
use crate::log::{Batch, EventLog};
use crate::platform::BoxFuture;
use crate::{Error, EventEnvelope, Result, SeqNo};
use async_broadcast::{Receiver, Sender};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;
use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};

type InFlight = Shared<BoxFuture<'static, ()>>;

/// An event on its way into the log.
struct Unit {
    envelope: EventEnvelope,
    settle: oneshot::Sender<Result<SeqNo>>,
}

/// How much waits to be committed, or may.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    pub(crate) events: usize,
    /// Of text: payloads and metas.
    pub(crate) bytes: usize,
}

/// The queue in front of a log.
pub(crate) struct Writer {
    log: Arc<dyn EventLog>,
    state: Mutex<State>,
    /// Wakes the drivers that wait for something to do.
    work: Sender<()>,
    /// Keeps that channel open while nobody drives.
    idle: async_broadcast::InactiveReceiver<()>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Unit>,
    /// What is queued and what is in flight.
    load: Load,
    in_flight: Option<InFlight>,
    /// How many events have been tried.
    tried: u64,
    /// How many events have been queued.
    pushed: u64,
    /// The first failure since the last flush that nobody was told of.
    unreported: Option<Error>,
}

/// What buses and receipts share of a writer: once the last of them is gone nothing more is pushed.
#[derive(Debug)]
pub(crate) struct Handle(Arc<Writer>);

/// The outcome of one publish.
pub(crate) struct Pending {
    /// Whether the queue had room for it.
    pub(crate) is_queued: bool,
    writer: Arc<Handle>,
    outcome: oneshot::Receiver<Result<SeqNo>>,
}

/// Drives a writer until its last handle is gone and the queue is empty.
pub(crate) struct Driver {
    writer: Arc<Writer>,
    work: Receiver<()>,
}

impl Handle {
    pub(crate) fn new(log: Arc<dyn EventLog>) -> Handle {
        Handle(Arc::new(Writer::new(log)))
    }

    /// Queues an event if the model allows it and there is room for it within `limits`. If not, it has failed: the outcome is
    /// there.
    pub(crate) fn push(self: &Arc<Self>, envelope: EventEnvelope, limits: Load) -> Pending {
        let (settle, outcome) = oneshot::channel();
        let writer = self.clone();
        let refuse = |settle: oneshot::Sender<_>, error| {
            // The receiver is still here.
            let _ = settle.send(Err(error));
        };
        if let Err(error) = envelope.check() {
            refuse(settle, error);
            return Pending { is_queued: false, writer, outcome };
        }
        let mut state = self.lock();
        let Load { events, bytes } = state.load;
        let load = Load { events: events + 1, bytes: bytes + envelope.text_bytes() };
        if events > 0 && (load.events > limits.events || load.bytes > limits.bytes) {
            refuse(settle, Error::QueueFull { events, bytes });
            return Pending { is_queued: false, writer, outcome };
        }
        state.load = load;
        state.pushed += 1;
        state.queue.push_back(Unit { envelope, settle });
        drop(state);
        // Fails only if nobody waits for work.
        let _ = self.work.try_broadcast(());
        Pending { is_queued: true, writer, outcome }
    }
}

impl Deref for Handle {
    type Target = Arc<Writer>;

    fn deref(&self) -> &Arc<Writer> {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.work.close();
    }
}

impl Writer {
    fn new(log: Arc<dyn EventLog>) -> Writer {
        let (mut work, receiver) = async_broadcast::broadcast(1);
        work.set_overflow(true);
        let idle = receiver.deactivate();
        Writer { log, state: Mutex::default(), work, idle }
    }

    pub(crate) fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Resolves once what is queued now has been tried.
    pub(crate) async fn flush(self: &Arc<Self>) -> Result<()> {
        let end = self.lock().pushed;
        while self.lock().tried < end
            && let Some(append) = self.next_append()
        {
            append.await;
        }
        self.help();
        self.lock().unreported.take().map_or(Ok(()), Err)
    }

    /// Appends what is queued if the log does that at once, unless there is a driver with little to do.
    pub(crate) fn help(self: &Arc<Self>) {
        let has_driver = self.idle.receiver_count() > 0;
        if !self.log.is_immediate() || (has_driver && self.lock().queue.len() < MAX_EVENTS) {
            return;
        }
        let mut nobody = Context::from_waker(Waker::noop());
        while let Some(mut append) = self.next_append() {
            if append.poll_unpin(&mut nobody).is_pending() {
                // Somebody else is polling it right now, and comes here when that is done.
                return;
            }
        }
    }

    pub(crate) fn driver(self: &Arc<Self>) -> Driver {
        Driver { writer: self.clone(), work: self.idle.activate_cloned() }
    }

    /// The append in flight, or one that takes what is queued, or `None` if there is nothing to do.
    fn next_append(self: &Arc<Self>) -> Option<InFlight> {
        let mut state = self.lock();
        if state.in_flight.is_none() && !state.queue.is_empty() {
            let count = state.queue.len().min(MAX_EVENTS);
            let group: Vec<Unit> = state.queue.drain(..count).collect();
            // The writer holds this future, so the future must not hold the writer.
            let (log, writer) = (self.log.clone(), Arc::downgrade(self));
            let append: BoxFuture<'static, ()> = Box::pin(async move {
                let unreported = append(&*log, &writer, group).await;
                if let Some(writer) = writer.upgrade() {
                    let mut state = writer.lock();
                    state.in_flight = None;
                    state.tried += count as u64;
                    state.unreported = state.unreported.take().or(unreported);
                }
            });
            state.in_flight = Some(append.shared());
        }
        state.in_flight.clone()
    }

    /// Counts out what is about to be settled: whoever learns of that finds room.
    fn leave(&self, group: &[Unit]) {
        let load = &mut self.lock().load;
        load.events -= group.len();
        load.bytes -= group.iter().map(|unit| unit.envelope.text_bytes()).sum::<usize>();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends a group and settles each of its events. Returns the first failure that nobody was told of.
async fn append(log: &dyn EventLog, writer: &Weak<Writer>, group: Vec<Unit>) -> Option<Error> {
    let leave = |group: &[Unit]| writer.upgrade().inspect(|writer| writer.leave(group));
    let mut unreported = None;
    let mut groups = vec![group];
    while let Some(mut group) = groups.pop() {
        // An append that panics must not take those with it who wait for it, or for a later one.
        let appended = AssertUnwindSafe(try_append(log, &group)).catch_unwind().await;
        let panicked = appended.is_err();
        match appended.unwrap_or_else(|panic| Err(panicked_with(&*panic))) {
            Ok(seq_nos) => {
                leave(&group);
                for (unit, seq_no) in group.into_iter().zip(seq_nos) {
                    // Nobody kept the receipt: then nobody wants to know.
                    let _ = unit.settle.send(Ok(seq_no));
                }
            }
            Err(error) if group.len() == 1 || panicked || !is_for_one(&error) => {
                leave(&group);
                for unit in group {
                    if unit.settle.send(Err(error.clone())).is_err() {
                        unreported.get_or_insert_with(|| error.clone());
                    }
                }
            }
            Err(_) => {
                let second_half = group.split_off(group.len() / 2);
                groups.extend([second_half, group]);
            }
        }
    }
    unreported
}

/// Whether a failure may be for what one event of a group is. Of any other every event would fail.
fn is_for_one(error: &Error) -> bool {
    matches!(error, Error::InvalidEvent(_) | Error::QuotaExceeded { .. })
}

fn panicked_with(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("the log panicked: {}", text.unwrap_or("it doesn't say why"));
    Error::Storage { message, cause: None }
}

async fn try_append(log: &dyn EventLog, group: &[Unit]) -> Result<Vec<SeqNo>> {
    let batch = Batch::of(group.iter().map(|unit| &unit.envelope))?;
    Ok(log.append_batch(batch).await?.seq_nos)
}

impl Pending {
    /// Drives the writer until this event is settled.
    pub(crate) async fn settled(mut self) -> Result<SeqNo> {
        loop {
            match self.outcome.try_recv() {
                Ok(Some(outcome)) => {
                    self.writer.help();
                    return outcome;
                }
                Ok(None) => {}
                Err(oneshot::Canceled) => return Err(Error::closed()),
            }
            match self.writer.next_append() {
                Some(append) => append.await,
                // Another driver has just finished the append: the outcome is there.
                None => return (&mut self.outcome).await.unwrap_or_else(|_| Err(Error::closed())),
            }
        }
    }
}

impl Drop for Pending {
    /// A failure that nobody has taken is for the next flush.
    fn drop(&mut self) {
        // From here on the writer knows that nobody takes it.
        self.outcome.close();
        if let Ok(Some(Err(error))) = self.outcome.try_recv() {
            self.writer.lock().unreported.get_or_insert(error);
        }
    }
}

impl Driver {
    pub(crate) async fn run(mut self) {
        loop {
            while let Some(append) = self.writer.next_append() {
                append.await;
            }
            if let Err(async_broadcast::RecvError::Closed) = self.work.recv_direct().await {
                return;
            }
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queued = self.lock().queue.len();
        f.debug_struct("Writer").field("log", &self.log).field("queued", &queued).finish()
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
