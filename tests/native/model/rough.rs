//! What happens to the logs: a store that fails, randomness, and a clock.

use crate::fuzz::Random;
use crate::handover::pause;
use async_trait::async_trait;
use everbus::log::store::{Fault, Faulty, MemoryStore, Operation, Request, Store};
use everbus::{Env, Error, Result, Timestamp};
use std::fmt::{Debug, Formatter};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// Memory whose transactions let others go first, have faults, and are sometimes refused.
#[derive(Clone, Debug)]
pub(super) struct Rough {
    pub(super) memory: MemoryStore,
    pub(super) random: Dice,
    /// In how many of 64 transactions something happens.
    pub(super) odds: usize,
}

#[async_trait]
impl Store for Rough {
    async fn run(&self, operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        if self.random.below(64 * 8) < self.odds {
            return Err(Error::QuotaExceeded { cause: None });
        }
        let faults = || match self.random.below(64) < self.odds {
            true => {
                [Fault::Undone, Fault::Lost, Fault::Mistold, Fault::GivenUp, Fault::GivenUpAfter]
                    [self.random.below(5)]
            }
            false => Fault::None,
        };
        let pausing = Pausing(self.memory.clone(), self.random.clone());
        Faulty::new(pausing, faults).run(operation).await
    }

    fn write_blind(&self, writes: Vec<Request>) -> Result<()> {
        self.memory.write_blind(writes)
    }
}

#[derive(Debug)]
struct Pausing(MemoryStore, Dice);

#[async_trait]
impl Store for Pausing {
    async fn run(&self, operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        for _ in 0..self.1.below(3) {
            pause().await;
        }
        self.0.run(operation).await
    }
}

/// Everybody draws from the same numbers.
#[derive(Clone)]
pub(super) struct Dice(Arc<Mutex<Random>>);

impl Dice {
    pub(super) fn of(seed: u64) -> Dice {
        Dice(Arc::new(Mutex::new(Random(seed))))
    }

    pub(super) fn below(&self, bound: usize) -> usize {
        self.0.lock().expect("nobody has panicked").below(bound)
    }

    pub(super) fn up_to(&self, most: u64) -> u64 {
        self.below(most as usize + 1) as u64
    }
}

impl Debug for Dice {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dice")
    }
}

/// A clock that goes on whenever somebody looks at it.
#[derive(Debug)]
pub(super) struct Clock(Dice, AtomicI64);

impl Clock {
    pub(super) fn of(random: Dice) -> Clock {
        Clock(random, AtomicI64::new(1_000))
    }
}

impl Env for Clock {
    fn now(&self) -> Timestamp {
        let millis = self.1.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_millisecond(millis).expect("it is a time")
    }

    fn random(&self) -> [u8; 16] {
        [(); 16].map(|()| self.0.below(256) as u8)
    }
}
