//! Commits as they happen: how a log tells its subscriptions.

mod notice;

pub use notice::Notice;

use super::Segment;
use crate::RecvError;
use async_broadcast::{InactiveReceiver, Receiver, Sender, TryRecvError};
use futures::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many commits a listener may fall behind before it goes back to reading.
const CAPACITY: usize = 16;

/// What a log tells its listeners.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Commit {
    /// These events have become durable, through this handle of the log or a clone.
    Stored(Arc<Segment>),
    /// Somebody else may have appended to the log: only reading tells.
    Elsewhere,
}

/// What a log commits, in order, from the moment of listening.
///
/// As a stream it ends once the log is closed.
#[derive(Debug)]
#[must_use = "commits are only told to who receives them"]
pub struct Commits(Receiver<Commit>);

impl Commits {
    /// The next commit.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] with a number of commits if the listener fell behind,
    /// [`RecvError::Closed`] once the log is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Result<Commit, RecvError> {
        self.0.recv_direct().await.map_err(RecvError::of)
    }

    /// The next commit if there is one by now.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Option<Result<Commit, RecvError>> {
        match self.0.try_recv() {
            Ok(commit) => Some(Ok(commit)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Overflowed(missed)) => Some(Err(RecvError::Lagged(missed))),
            Err(TryRecvError::Closed) => Some(Err(RecvError::Closed)),
        }
    }
}

impl Stream for Commits {
    type Item = Result<Commit, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let commit = ready!(Pin::new(&mut self.0).poll_recv(cx));
        Poll::Ready(commit.map(|commit| commit.map_err(RecvError::of)))
    }
}

/// The sending end of [`Commits`], for back ends.
#[derive(Clone, Debug)]
pub struct CommitSender {
    sender: Sender<Commit>,
    /// Keeps the channel open while nobody listens.
    _open: InactiveReceiver<Commit>,
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
        self.send(Commit::Stored(segment.clone()));
    }

    /// Makes the listeners read on: somebody else may have appended.
    pub fn wake(&self) {
        self.send(Commit::Elsewhere);
    }

    /// Ends every listener.
    pub fn close(&self) {
        self.sender.close();
    }

    fn send(&self, commit: Commit) {
        // Fails only if nobody listens, or the log is closed.
        let _ = self.sender.try_broadcast(commit);
    }
}

impl Default for CommitSender {
    fn default() -> Self {
        CommitSender::new()
    }
}
