//! [`Env`]: the clock and the randomness, injected.

use crate::platform::{MaybeSend, MaybeSync};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

#[cfg(not(target_arch = "wasm32"))]
mod stock;

/// Where a bus and a log get the time and their randomness from.
///
/// Tests inject their own, and are deterministic.
///
/// # Examples
///
/// ```
/// use everbus::{Env, Timestamp};
///
/// #[derive(Debug)]
/// struct Frozen;
///
/// impl Env for Frozen {
///     fn now(&self) -> Timestamp {
///         Timestamp::UNIX_EPOCH
///     }
///     fn random(&self) -> [u8; 16] {
///         [7; 16]
///     }
/// }
///
/// assert_eq!(Frozen.new_id().get_version_num(), 7);
/// ```
pub trait Env: fmt::Debug + MaybeSend + MaybeSync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Sixteen bytes that nobody can guess.
    fn random(&self) -> [u8; 16];

    /// A fresh UUID v7.
    fn new_id(&self) -> Uuid {
        let millis = self.now().as_millisecond().max(0).unsigned_abs();
        let random = self.random();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}

/// The platform's own clock and randomness.
pub fn system() -> Arc<dyn Env> {
    #[cfg(not(target_arch = "wasm32"))]
    return Arc::new(SystemEnv);
    #[cfg(target_arch = "wasm32")]
    return Arc::new(crate::web::WebEnv);
}

/// The operating system's clock and randomness.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnv;

#[cfg(not(target_arch = "wasm32"))]
impl Env for SystemEnv {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// # Panics
    ///
    /// If the operating system has no randomness to give.
    fn random(&self) -> [u8; 16] {
        stock::draw()
    }
}
