//! [`EventBus`]: live publish and subscribe, over a log if it has one.

use crate::log::EventLog;
use crate::platform::MaybeSend;
use crate::writer::{Handle, Load, Pending};
use crate::{Env, Error, EventEnvelope, FrameworkEvent, RecvError, Result, SeqNo, env};
use async_broadcast::{InactiveReceiver, Sender};
use futures::Stream;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use uuid::Uuid;

/// Live publish and subscribe. It is bounded, never blocks the publisher, and tells a slow receiver
/// how many events it missed.
///
/// Receivers get each event as it is published, without a number. With a log every event is also
/// appended to it, in the order of publishing. For events that are durable and numbered subscribe to the log.
///
/// A log in memory, or any other that is [immediate](EventLog::is_immediate), has an event when `publish` returns, unless another
/// thread is just appending: then that one appends it. Any other log gets its events by whoever drives the bus: the future
/// of [`drive`](Self::drive) on an executor of your choice, [`flush`](Self::flush), or [`Receipt::committed`]. Without any
/// of them the queue fills, and [at its limit](Self::with_queue_limit) refuses what is published. What nobody has appended when
/// the last handle, receipt and driver of the bus are gone is lost: await `flush`, or the future of `drive`, before a server
/// ends.
///
/// Clones are cheap and share one bus.
///
/// # Examples
///
/// ```
/// use everbus::{EntityEvent, EventBus, EventLog, StoredLog, Uuid};
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let bus = EventBus::new(1024).with_event_log(Arc::new(StoredLog::default()));
/// let mut receiver = bus.subscribe();
///
/// let event = EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) };
/// assert_eq!(bus.publish(event), 1);
/// assert_eq!(receiver.recv().await?.event.entity_type(), Some("order"));
///
/// bus.flush().await?;
/// assert_eq!(bus.event_log().expect("it was given").last_seq_no().await?.map(u64::from), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct EventBus {
    env: Arc<dyn Env>,
    origin: Uuid,
    /// Locked while an event goes to the receivers and to the writer, so that both see one order.
    sender: Arc<Mutex<Sender<EventEnvelope>>>,
    /// Keeps the channel open while nobody listens.
    listeners: InactiveReceiver<EventEnvelope>,
    writer: Option<Arc<Handle>>,
    queue_limits: Load,
}

/// What became of a published event.
#[derive(Debug)]
#[must_use = "only its receipt tells whether an event is durable: without one, publish it with `publish`"]
pub struct Receipt {
    /// The envelope's id.
    pub id: Uuid,
    /// How many live receivers there were; 0 if the event was refused.
    pub receivers: usize,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    /// There is no log.
    Unlogged,
    /// There is none, and the model doesn't allow the event.
    Refused(Error),
    Pending(Pending),
}

impl EventBus {
    /// A bus without a log, whose receivers may fall behind by `capacity` events.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0, or so large that there is no memory for it: room for so many envelopes is reserved at once.
    pub fn new(capacity: usize) -> EventBus {
        assert!(capacity > 0, "the capacity of a bus is at least 1");
        let (mut sender, receiver) = async_broadcast::broadcast(capacity);
        sender.set_overflow(true);
        let env = env::system();
        EventBus {
            origin: env.new_id(),
            env,
            sender: Arc::new(Mutex::new(sender)),
            listeners: receiver.deactivate(),
            writer: None,
            queue_limits: Load { events: 1_000_000, bytes: 128 << 20 },
        }
    }

    /// The bus with another clock and randomness.
    #[must_use = "the bus is the one that is returned"]
    pub fn with_env(mut self, env: Arc<dyn Env>) -> EventBus {
        self.origin = env.new_id();
        self.env = env;
        self
    }

    /// The bus with a log, which gets every event that is published on this handle and its clones from now on. Handles
    /// that were cloned before have the log that they had. What waits for an earlier log still goes there if
    /// somebody drives it.
    #[must_use = "the bus is the one that is returned"]
    pub fn with_event_log(mut self, log: Arc<dyn EventLog>) -> EventBus {
        self.writer = Some(Arc::new(Handle::new(log)));
        self
    }

    /// The bus with a queue of at most so many events and so many bytes of payloads and metas that are published and
    /// not yet in the log; without this, 1,000,000 events and 128 MiB.
    ///
    /// An event that doesn't fit is refused with [`Error::QueueFull`]: it is neither delivered nor appended. One that
    /// comes when nothing waits always fits. To stay below, await [`flush`](Self::flush) or [`Receipt::committed`] in
    /// between.
    #[must_use = "the bus is the one that is returned"]
    pub fn with_queue_limit(mut self, events: usize, bytes: usize) -> EventBus {
        self.queue_limits = Load { events, bytes };
        self
    }

    /// The log, if there is one.
    pub fn event_log(&self) -> Option<&Arc<dyn EventLog>> {
        self.writer.as_ref().map(|writer| writer.log())
    }

    /// Which bus this is: the origin of what it publishes.
    pub fn origin(&self) -> Uuid {
        self.origin
    }

    /// Publishes and says how many live receivers there were; 0 is not an error.
    ///
    /// With a log, a failed append is reported by [`flush`](Self::flush). Nobody receives an event that is refused: one that
    /// the model doesn't allow, with a payload that is too large for instance, or for which the queue has no room.
    pub fn publish(&self, event: impl Into<FrameworkEvent>) -> usize {
        self.publish_tracked(event).receivers
    }

    /// As [`publish`](Self::publish), with a receipt that tells when the event is durable.
    pub fn publish_tracked(&self, event: impl Into<FrameworkEvent>) -> Receipt {
        let mut envelope = EventEnvelope::new(event.into(), &*self.env);
        envelope.origin = Some(self.origin);
        let id = envelope.id;
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = match &self.writer {
            Some(writer) => Outcome::Pending(writer.push(envelope.clone(), self.queue_limits)),
            None => envelope.check().map_or_else(Outcome::Refused, |()| Outcome::Unlogged),
        };
        if outcome.is_refused() {
            return Receipt { id, receivers: 0, outcome };
        }
        let receivers = sender.receiver_count();
        // Fails only if nobody listens: the channel overwrites what is oldest, and is never closed.
        let _ = sender.try_broadcast(envelope);
        drop(sender);
        if let Some(writer) = &self.writer {
            writer.help();
        }
        Receipt { id, receivers, outcome }
    }

    /// Receives what is published from now on.
    pub fn subscribe(&self) -> Receiver {
        Receiver(self.listeners.activate_cloned())
    }

    /// How many live receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.listeners.receiver_count()
    }

    /// Resolves once everything that was published before the call is in the log.
    ///
    /// # Errors
    ///
    /// The first failure of an append since the last flush whose receipt nobody kept.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: whoever drives the bus next goes on.
    pub async fn flush(&self) -> Result<()> {
        match &self.writer {
            Some(writer) => writer.flush().await,
            None => Ok(()),
        }
    }

    /// A future that appends what is published. Spawn it on any executor. As long as it lives `publish` leaves the appends to it,
    /// also those to a log that is immediate, which then come in groups; but `publish` appends a group that is full itself.
    ///
    /// It ends once the last handle of the bus and the last receipt are gone and everything is in the log: a server that
    /// shuts down drops its handles and awaits it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: whoever drives the bus next goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use everbus::{EntityEvent, EventBus, EventLog, StoredLog, Uuid};
    /// use std::sync::Arc;
    ///
    /// # futures::executor::block_on(async {
    /// let log = Arc::new(StoredLog::default());
    /// let bus = EventBus::default().with_event_log(log.clone());
    /// let driver = bus.drive(); // with tokio: tokio::spawn(bus.drive())
    ///
    /// bus.publish(EntityEvent::Deleted { entity_type: "order".into(), entity_id: Uuid::from_u128(1) });
    /// drop(bus);
    /// driver.await;
    /// assert_eq!(log.last_seq_no().await?.map(u64::from), Some(1));
    /// # Ok::<(), everbus::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn drive(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        let driver = self.writer.as_ref().map(|writer| writer.driver());
        async move {
            if let Some(driver) = driver {
                driver.run().await;
            }
        }
    }
}

/// Without what is published.
impl fmt::Debug for EventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBus")
            .field("origin", &self.origin)
            .field("receivers", &self.receiver_count())
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}

impl Default for EventBus {
    /// A bus without a log, whose receivers may fall behind by 1024 events.
    fn default() -> Self {
        EventBus::new(1024)
    }
}

impl Receipt {
    /// Resolves to the event's number once it is durable; to `None` without a log.
    ///
    /// # Errors
    ///
    /// What kept the event out of the log; without a log, why nobody received it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future, or the receipt, leaves the event on its way; a failure is then reported by [`EventBus::flush`].
    pub async fn committed(self) -> Result<Option<SeqNo>, Error> {
        match self.outcome {
            Outcome::Unlogged => Ok(None),
            Outcome::Refused(error) => Err(error),
            Outcome::Pending(pending) => pending.settled().await.map(Some),
        }
    }
}

impl Outcome {
    fn is_refused(&self) -> bool {
        match self {
            Outcome::Unlogged => false,
            Outcome::Refused(_) => true,
            Outcome::Pending(pending) => !pending.is_queued,
        }
    }
}

/// Receives what is published on an [`EventBus`].
///
/// As a stream it gives what [`recv`](Self::recv) does, and ends once every handle of the bus is gone.
///
/// # Examples
///
/// ```
/// use everbus::{EntityEvent, EventBus, Uuid};
/// use futures::TryStreamExt;
///
/// # futures::executor::block_on(async {
/// let bus = EventBus::default();
/// let receiver = bus.subscribe();
/// for n in 1..=3 {
///     let entity_id = Uuid::from_u128(n);
///     bus.publish(EntityEvent::Deleted { entity_type: "order".into(), entity_id });
/// }
/// drop(bus);
///
/// let events = receiver.map_ok(|envelope| envelope.event.entity_id());
/// assert_eq!(events.try_collect::<Vec<_>>().await?.len(), 3);
/// # Ok::<(), everbus::RecvError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "a receiver only gets what is received from it"]
pub struct Receiver(async_broadcast::Receiver<EventEnvelope>);

impl Receiver {
    /// The next event; waits for one.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`], once an episode, with how many events were missed: the next call gives the
    /// oldest retained one. [`RecvError::Closed`] once every handle of the bus is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no event.
    // Inlined in other crates, too: the envelope is copied less often on its way out.
    #[inline]
    pub async fn recv(&mut self) -> Result<EventEnvelope, RecvError> {
        self.0.recv_direct().await.map_err(RecvError::of)
    }
}

impl Stream for Receiver {
    type Item = Result<EventEnvelope, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let envelope = ready!(Pin::new(&mut self.0).poll_recv(cx));
        Poll::Ready(envelope.map(|envelope| envelope.map_err(RecvError::of)))
    }
}

/// Without what it hasn't received yet.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
