//! Errors on their way to JavaScript.

use crate::Error;
use js_sys::{Function, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    static MAKE_ERROR: RefCell<Option<Function>> = const { RefCell::new(None) };
    #[cfg(feature = "bindings")]
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets what makes an error of the package from a code, a message and a cause, and whom a panic is told.
#[cfg(feature = "bindings")]
#[wasm_bindgen]
pub fn setup(make_error: Function, on_panic: Function) {
    MAKE_ERROR.set(Some(make_error));
    ON_PANIC.set(Some(on_panic));
    std::panic::set_hook(Box::new(|info| {
        if let Some(on_panic) = ON_PANIC.with_borrow(Clone::clone) {
            // The module is lost either way.
            let _ = on_panic.call1(&JsValue::NULL, &JsValue::from(info.to_string()));
        }
    }));
}

/// The package's error for `error`.
pub(super) fn to_js(error: Error) -> JsValue {
    let cause = match error {
        Error::Conflict { expected, actual } => {
            numbers([("expected", expected), ("actual", actual)])
        }
        Error::Held { current } => numbers([("epoch", 0), ("current", current)]),
        Error::TakenOver { epoch, current } => numbers([("epoch", epoch), ("current", current)]),
        Error::Trimmed { requested, first } => {
            numbers([("requested", requested), ("first", first)])
        }
        Error::Corrupt { events: Some((first, last)), .. } => {
            numbers([("first", first.get()), ("last", last.get())])
        }
        _ => JsValue::UNDEFINED,
    };
    let message = JsValue::from(error.to_string());
    match MAKE_ERROR.with_borrow(Clone::clone) {
        Some(make) => make
            .call3(&JsValue::NULL, &JsValue::from(error.code()), &message, &cause)
            .unwrap_or_else(|thrown| thrown),
        None => js_sys::Error::new(&error.to_string()).into(),
    }
}

/// The numbers that an error is about, as an object.
fn numbers(fields: [(&str, u64); 2]) -> JsValue {
    let object = Object::new();
    for (name, number) in fields {
        // Setting a field of a fresh plain object can't fail.
        let _ = Reflect::set(&object, &JsValue::from(name), &JsValue::from(number as f64));
    }
    object.into()
}
