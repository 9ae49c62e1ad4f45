//! [`WebEnv`]: the clock and the randomness of JavaScript.

use crate::log::segment::join_time;
use crate::{Env, Timestamp, Uuid};

#[derive(Clone, Copy, Debug)]
pub(crate) struct WebEnv;

impl Env for WebEnv {
    fn now(&self) -> Timestamp {
        join_time(js_sys::Date::now() as i64, 0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn random(&self) -> [u8; 16] {
        // A version 4 UUID is random but for six bits, at its bytes 6 and 8.
        let (a, b) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
        let mut random = a;
        random[6] = b[0];
        random[8] = b[1];
        random
    }
}
