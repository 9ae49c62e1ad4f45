//! The memory log passes the conformance suite, under two executors.

use everbus::log::conformance::Harness;
use everbus::{EventLog, StoredLog};
use std::sync::Arc;

struct Memory;

impl Harness for Memory {
    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(StoredLog::default())
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        log
    }
}

macro_rules! under_two_executors {
    ($($scenario:ident)*) => {
        mod under_futures {
            $(#[test]
            fn $scenario() {
                futures::executor::block_on(everbus::log::conformance::$scenario(super::Memory));
            })*
        }

        mod under_tokio {
            $(#[tokio::test]
            async fn $scenario() {
                everbus::log::conformance::$scenario(super::Memory).await;
            })*
        }
    };
}
everbus::for_each_scenario!(under_two_executors);
