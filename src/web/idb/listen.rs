//! Listening to events. The callbacks are boxed: the glue for each further type of closure is
//! half a kilobyte of WebAssembly.

use gloo_events::EventListener;
use web_sys::{Event, EventTarget};

/// Calls back at the first event, until the listener is dropped.
pub(super) fn once(
    target: &EventTarget,
    event: &'static str,
    callback: impl FnOnce(&Event) + 'static,
) -> EventListener {
    let callback: Box<dyn FnOnce(&Event)> = Box::new(callback);
    EventListener::once(target, event, callback)
}

/// Calls back at every event, until the listener is dropped.
pub(super) fn on(
    target: &EventTarget,
    event: &'static str,
    callback: impl FnMut(&Event) + 'static,
) -> EventListener {
    let callback: Box<dyn FnMut(&Event)> = Box::new(callback);
    EventListener::new(target, event, callback)
}
