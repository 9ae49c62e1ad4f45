//! Waiting, on a thread that may stand still.

use gloo_timers::future::TimeoutFuture;

/// How much of a wait one timer is for, in milliseconds.
const TICK: u32 = 1000;

/// Waits until this page has run for so many milliseconds. While it stands still, because it is busy, at a breakpoint or
/// asleep, nothing that it waits for can be told to it: that time counts as one tick at most.
pub(super) async fn while_running(millis: u32) {
    let mut left = millis;
    while left > 0 {
        let tick = left.min(TICK);
        TimeoutFuture::new(tick).await;
        left -= tick;
    }
}
