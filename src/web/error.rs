//! Errors on their way to JavaScript, and JavaScript's on their way in.

use crate::platform::AnyError;
use crate::{Cause, Error};
use js_sys::{Function, Object, Reflect};
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

thread_local! {
    static MAKE_ERROR: RefCell<Option<Function>> = const { RefCell::new(None) };
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets what makes an error of the package from a code, a message and a cause, and whom a panic is told.
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

/// A JavaScript value as the cause of an error. As text it is its name, as much as a caller in Rust needs.
struct JsCause(JsValue);

impl AnyError for JsCause {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl std::error::Error for JsCause {}

impl fmt::Debug for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Reflect::get(&self.0, &JsValue::from("name")).ok();
        f.write_str(&name.and_then(|name| name.as_string()).unwrap_or_default())
    }
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

/// The error for what JavaScript has thrown: by its code, if it is the package's.
pub(super) fn from_js(thrown: JsValue) -> Error {
    let field = |name: &str| Reflect::get(&thrown, &JsValue::from(name)).ok()?.as_string();
    let message = field("message").unwrap_or_default();
    let code = field("code").unwrap_or_default();
    let cause = (!thrown.is_null_or_undefined()).then(|| Arc::new(JsCause(thrown)) as Cause);
    match code.as_str() {
        "closed" => Error::Closed(message),
        "blocked" => Error::Blocked(message),
        "unsupported" => Error::Unsupported(message),
        "invalid_position" => Error::InvalidPosition(message),
        "invalid_event" => Error::InvalidEvent(message),
        "corrupt" => Error::corrupt(message),
        "quota_exceeded" => Error::QuotaExceeded { cause },
        "unavailable" => Error::Unavailable { message, cause },
        _ => Error::Storage { message, cause },
    }
}
