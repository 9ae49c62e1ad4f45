//! Commits as they happen: how a log tells its subscriptions.

use super::Segment;
use crate::RecvError;
use async_broadcast::{InactiveReceiver, Receiver, Sender};
use std::sync::Arc;

/// How many segments a listener may fall behind before it goes back to reading.
const CAPACITY: usize = 16;

/// The segments that a log commits, in order, from the moment of listening.
#[derive(Debug)]
pub struct Commits(Receiver<Arc<Segment>>);

impl Commits {
    /// The next segment that becomes durable.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] with a number of segments if the listener fell behind,
    /// [`RecvError::Closed`] once the log is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Result<Arc<Segment>, RecvError> {
        self.0.recv_direct().await.map_err(RecvError::from)
    }
}

/// The sending end of [`Commits`], for back ends.
#[derive(Clone, Debug)]
pub struct CommitSender {
    sender: Sender<Arc<Segment>>,
    /// Keeps the channel open while nobody listens.
    _open: InactiveReceiver<Arc<Segment>>,
}

impl CommitSender {
    /// A channel without listeners.
    pub fn new() -> CommitSender {
        let (mut sender, receiver) = async_broadcast::broadcast(CAPACITY);
        sender.set_overflow(true);
        CommitSender { sender, _open: receiver.deactivate() }
    }

    /// Listens from now on.
    pub fn listen(&self) -> Commits {
        Commits(self.sender.new_receiver())
    }

    /// Tells the listeners of a segment that is durable.
    pub fn announce(&self, segment: &Arc<Segment>) {
        if self.sender.receiver_count() > 0 {
            // Fails only if the last listener has just gone, or the log is closed.
            let _ = self.sender.try_broadcast(segment.clone());
        }
    }

    /// Ends every listener.
    pub fn close(&self) {
        self.sender.close();
    }
}

impl Default for CommitSender {
    fn default() -> Self {
        CommitSender::new()
    }
}
