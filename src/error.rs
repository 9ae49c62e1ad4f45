//! What can go wrong, as one enum with stable codes.

use crate::platform::Shared;
use crate::seq_no::{ParseSeqNoError, SeqNo, SeqNoOutOfRange};

/// What lies behind an [`Error`]: a back end's own error.
///
/// `Send + Sync` natively; in WebAssembly it may hold a JavaScript value.
pub type Cause = Shared<dyn crate::platform::AnyError>;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. [`code`](Error::code) is stable; the text is for people.
///
/// # Examples
///
/// ```
/// use everbus::{Error, SeqNo};
///
/// let error = Error::from(SeqNo::new(0).unwrap_err());
/// assert_eq!(error.code(), "invalid_position");
/// assert_eq!(error.to_string(), "0 is no sequence number: they start at 1 and end at 9007199254740991");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An event, an envelope or a payload that the model doesn't allow.
    #[error("{0}")]
    InvalidEvent(String),
    /// A filter with an unknown field or a value of the wrong type.
    #[error("{0}")]
    InvalidFilter(String),
    /// A number or a position that the log can't have.
    #[error("{0}")]
    InvalidPosition(String),
    /// An argument that is out of its range.
    #[error("{0}")]
    InvalidOption(String),
    /// The bus or the log is closed, or its storage was deleted.
    #[error("{0}")]
    Closed(String),
    /// The log had moved on when a conditional append reached it.
    #[error(
        "expected the log to end at {expected}, but it ends at {actual}: read on and decide again"
    )]
    Conflict {
        /// The last number that the caller expected, 0 for an empty log.
        expected: u64,
        /// The log's last number, 0 for an empty log.
        actual: u64,
    },
    /// A bus had too much in its queue to take another event.
    #[error(
        "{events} events with {bytes} bytes of text wait to be committed, which leaves no room for another: \
         await `committed` or `flush` in between"
    )]
    QueueFull {
        /// How many events waited.
        events: usize,
        /// The bytes of their payloads and metas.
        bytes: usize,
    },
    /// An exclusive subscription holds the consumer, and this acknowledgement doesn't come from it.
    #[error(
        "an exclusive subscription holds the consumer (its epoch is {current}): acknowledge where it runs, or end it"
    )]
    Held {
        /// The epoch of the claim that holds it.
        current: u64,
    },
    /// The claim under which something was acknowledged is no longer the newest.
    #[error(
        "the consumer was taken over (the epoch is {current}, this claim's is {epoch}): its events come again where it is held now"
    )]
    TakenOver {
        /// The epoch of the claim.
        epoch: u64,
        /// The newest epoch; 0 if the consumer was deleted.
        current: u64,
    },
    /// The log no longer has the events that a reader wants next.
    #[error(
        "event {requested} was trimmed, and the log now starts at {first}: seek to it, or skip what is gone"
    )]
    Trimmed {
        /// The number that was wanted.
        requested: u64,
        /// The first number that is stored, or will be.
        first: u64,
    },
    /// The storage is full. What is stored stays readable.
    #[error("the storage is full: trim the log or free some space, then publish again")]
    QuotaExceeded {
        /// The back end's own error.
        #[source]
        cause: Option<Cause>,
    },
    /// Another connection keeps the storage from being opened or deleted.
    #[error("{0}")]
    Blocked(String),
    /// The platform has no such storage, or refuses or fails to open it.
    #[error("{message}")]
    Unavailable {
        /// What was tried, and what to do.
        message: String,
        /// The back end's own error.
        #[source]
        cause: Option<Cause>,
    },
    /// What is stored is not what was written. Nothing is written over it, and the rest stays readable.
    #[error("{message}")]
    Corrupt {
        /// What is damaged, and what to do.
        message: String,
        /// The first and the last number of the events that can't be read; `None` if no range of
        /// events is known or meant.
        events: Option<(SeqNo, SeqNo)>,
    },
    /// Any other failure of the storage.
    #[error("{message}")]
    Storage {
        /// What was being done.
        message: String,
        /// The back end's own error.
        #[source]
        cause: Option<Cause>,
    },
    /// The request is valid, but this version or this back end can't do it.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    /// The stable code of this error, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            Error::InvalidEvent(_) => "invalid_event",
            Error::InvalidFilter(_) => "invalid_filter",
            Error::InvalidPosition(_) => "invalid_position",
            Error::InvalidOption(_) => "invalid_option",
            Error::Closed(_) => "closed",
            Error::Conflict { .. } | Error::Held { .. } | Error::TakenOver { .. } => "conflict",
            Error::QueueFull { .. } => "queue_full",
            Error::Trimmed { .. } => "trimmed",
            Error::QuotaExceeded { .. } => "quota_exceeded",
            Error::Blocked(_) => "blocked",
            Error::Unavailable { .. } => "unavailable",
            Error::Corrupt { .. } => "corrupt",
            Error::Storage { .. } => "storage",
            Error::Unsupported(_) => "unsupported",
        }
    }

    /// The back end's own error behind this one, if there is one.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Error::QuotaExceeded { cause }
            | Error::Unavailable { cause, .. }
            | Error::Storage { cause, .. } => cause.as_ref(),
            _ => None,
        }
    }

    /// [`Error::Storage`] without a cause.
    pub fn storage(message: impl Into<String>) -> Self {
        Error::Storage { message: message.into(), cause: None }
    }

    pub(crate) fn event(message: impl Into<String>) -> Self {
        Error::InvalidEvent(message.into())
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Error::Corrupt { message: message.into(), events: None }
    }

    pub(crate) fn closed() -> Self {
        Error::Closed("the log is closed: open it again".into())
    }

    pub(crate) fn unfinished() -> Self {
        Error::storage("the store has ended an operation before it was done")
    }

    pub(crate) fn deleted() -> Self {
        Error::Closed("the log was deleted: open it again to start anew".into())
    }

    pub(crate) fn past_the_end(seq_no: SeqNo, last: u64) -> Self {
        Error::InvalidPosition(format!("{seq_no} is past the end of the log, which is {last}"))
    }
}

impl From<SeqNoOutOfRange> for Error {
    fn from(error: SeqNoOutOfRange) -> Self {
        Error::InvalidPosition(error.to_string())
    }
}

impl From<ParseSeqNoError> for Error {
    fn from(error: ParseSeqNoError) -> Self {
        Error::InvalidPosition(error.to_string())
    }
}

/// Why [`Receiver::recv`](crate::Receiver::recv) has no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecvError {
    /// The receiver fell behind and missed this many events. It goes on with the oldest retained one.
    #[error("the receiver fell behind and missed {0} events")]
    Lagged(u64),
    /// Every handle of the bus is gone and everything was received.
    #[error("the bus is closed")]
    Closed,
}

impl RecvError {
    /// What a channel says. Its own error isn't part of the crate's interface, nor a reason for a new major version.
    pub(crate) fn of(error: async_broadcast::RecvError) -> RecvError {
        match error {
            async_broadcast::RecvError::Overflowed(missed) => RecvError::Lagged(missed),
            async_broadcast::RecvError::Closed => RecvError::Closed,
        }
    }
}
