//! [`JsStore`]: a store that is written in JavaScript, as the package's are.

use super::call::Call;
use crate::log::store::{Answers, Before, Operation, Request, Scope, Step, Store};
use crate::platform::{AnyError, Callback};
use crate::{Cause, Error, Result};
use async_trait::async_trait;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// What a store of the package can do: see `Store` in `pkg/src/core/binding.ts`.
    #[derive(Debug)]
    pub type JsDriver;

    #[wasm_bindgen(method, catch)]
    fn run(this: &JsDriver, call: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = writeBlind)]
    fn write_blind(
        this: &JsDriver,
        table: u8,
        key: JsValue,
        record: Uint8Array,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    fn interrupt(this: &JsDriver);

    #[wasm_bindgen(method, setter, js_name = onClosed)]
    fn set_on_closed(this: &JsDriver, tell: &Function);

    #[wasm_bindgen(method)]
    fn close(this: &JsDriver);

    /// A `Call`, as JavaScript holds it.
    type JsCall;

    #[wasm_bindgen(method, catch)]
    fn conclude(this: &JsCall) -> Result<JsValue, JsValue>;
}

/// A store in JavaScript. A [`StoredLog`](crate::StoredLog) over it is a log wherever that stores it: the package's own in
/// IndexedDB, for instance.
#[derive(Debug)]
pub struct JsStore(JsDriver);

impl JsStore {
    /// The store that this object is.
    pub fn new(driver: JsDriver) -> JsStore {
        JsStore(driver)
    }
}

#[async_trait(?Send)]
impl Store for JsStore {
    async fn run(&self, operation: Box<dyn Operation>) -> Result<Box<dyn Operation>> {
        let (done, failed) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(None)));
        let (place, watched) = (done.clone(), Watched { operation, failed: failed.clone() });
        let call = JsValue::from(Call::new(Box::new(watched), move |watched| {
            place.replace(Some(watched));
            Ok(JsValue::UNDEFINED)
        }));
        let running = self.0.run(&call).map_err(from_js)?;
        if let Err(thrown) = JsFuture::from(running).await {
            // What the operation itself failed with has lost nothing on its way.
            return Err(failed.take().unwrap_or_else(|| from_js(thrown)));
        }
        call.unchecked_into::<JsCall>().conclude().map_err(from_js)?;
        let watched: Box<dyn Any> = done.take().ok_or_else(Error::unfinished)?;
        let watched = watched.downcast::<Watched>().map_err(|_| Error::unfinished())?;
        Ok(watched.operation)
    }

    fn write_blind(&self, writes: Vec<Request>) -> Result<()> {
        for write in writes {
            let Request::Add(table, key, record) = write else {
                return Err(Error::Unsupported("blind, a store in JavaScript only adds".into()));
            };
            let record = Uint8Array::from(record.as_slice());
            self.0.write_blind(table as u8, Call::key(&key), record).map_err(from_js)?;
        }
        Ok(())
    }

    fn interrupt(&self) {
        self.0.interrupt();
    }

    fn on_closed(&self, tell: Callback<Error>) {
        let tell: Box<dyn FnOnce(JsValue)> = Box::new(move |error| tell(from_js(error)));
        self.0.set_on_closed(Closure::once_into_js(tell).unchecked_ref());
    }

    fn close(&self) {
        self.0.close();
    }
}

/// An operation whose last failure is kept: in JavaScript it would become another error.
struct Watched {
    operation: Box<dyn Operation>,
    failed: Rc<RefCell<Option<Error>>>,
}

impl Watched {
    fn keep(&self, step: Result<Step>) -> Result<Step> {
        self.failed.replace(step.as_ref().err().cloned());
        step
    }
}

impl Operation for Watched {
    fn begin(&mut self, before: Before) -> Result<Step> {
        let step = self.operation.begin(before);
        self.keep(step)
    }

    fn scope(&self) -> Scope {
        self.operation.scope()
    }

    fn go_on(&mut self, found: Answers) -> Result<Step> {
        let step = self.operation.go_on(found);
        self.keep(step)
    }
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

/// The error for what JavaScript has thrown: by its code, if it is the package's.
fn from_js(thrown: JsValue) -> Error {
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
