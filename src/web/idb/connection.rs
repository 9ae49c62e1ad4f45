//! [`Connection`]: an open database, and how it is opened and deleted.

use super::clock::while_running;
use super::{VERSION, database_name, listen, upgrade};
use crate::web::error::{from_idb, unavailable};
use crate::{Error, Result};
use futures::channel::oneshot;
use futures::future::{Either, pending, select};
use gloo_events::EventListener;
use std::cell::RefCell;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequestReadyState, IdbVersionChangeEvent,
};

/// How long the platform may take to open a database, in milliseconds. Some never answer in private modes.
const OPEN_TIMEOUT: u32 = 10_000;
/// How long others may take to close their connections once they were asked to, in milliseconds.
const BLOCKED_TIMEOUT: u32 = 3_000;

/// Why a database is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The platform closed the connection; a new one may work.
    Disconnected,
    /// Somebody deletes the database.
    Deleted,
    /// A newer version of everbus changes the stores.
    Upgraded,
}

/// An open database. Dropping it closes the database once its transactions have ended.
pub(super) struct Connection {
    database: IdbDatabase,
    _listeners: [EventListener; 2],
}

impl Connection {
    /// Opens the database of the log `name`, and makes it if it isn't there and `may_create` says so.
    /// `on_lost` is called when the database is taken away; the connection has then given it free.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if there is no IndexedDB, or it refuses or doesn't answer in time;
    /// [`Error::Blocked`]; [`Error::Unsupported`] if a newer everbus wrote the database;
    /// [`Error::Closed`] if it isn't there and may not be made.
    pub(super) async fn open(
        name: &str,
        may_create: bool,
        on_lost: impl Fn(Lost) + 'static,
    ) -> Result<Connection> {
        let request = factory()?
            .open_with_u32(&database_name(name), VERSION)
            .map_err(|thrown| unavailable("IndexedDB refuses to open a database", thrown))?;
        // Why nothing is to be opened after all.
        let refused: Rc<RefCell<Option<Error>>> = Rc::default();
        let upgrade = listen::once(&request, "upgradeneeded", {
            let (request, refused) = (request.clone(), refused.clone());
            move |event| {
                let event: &IdbVersionChangeEvent = event.unchecked_ref();
                let is_new = event.old_version() == 0.0;
                let upgraded = if is_new && !may_create {
                    Err(Error::deleted())
                } else {
                    upgrade::upgrade(&request)
                };
                if let Err(error) = upgraded {
                    // What the platform has failed it tells itself.
                    let is_platforms = matches!(error, Error::Storage { .. });
                    refused.replace(Some(error).filter(|_| !is_platforms));
                    undo(&request);
                }
            }
        });
        let mut opening = Opening { request, upgrade: Some(upgrade), is_answered: false };
        let outcome = outcome(
            &opening.request,
            "another connection keeps the log from being upgraded: close the other tabs",
        );
        let answer = match select(pin!(outcome), pin!(while_running(OPEN_TIMEOUT))).await {
            Either::Left((answer, _)) => answer,
            // The answer is there, and this page was only too busy to be told.
            Either::Right((_, outcome)) if is_done(&opening.request) => outcome.await,
            Either::Right(_) => {
                const LATE: &str = "IndexedDB didn't open a database in 10 s";
                return Err(unavailable(LATE, JsValue::UNDEFINED));
            }
        };
        opening.is_answered = !matches!(answer, Err(Error::Blocked(_)));
        let database: IdbDatabase = answer
            .map_err(|error| match (refused.take(), error) {
                (Some(refused), _) => refused,
                (None, Error::Storage { cause, .. }) => Error::Unavailable {
                    message: "IndexedDB refuses to open a database".into(),
                    cause,
                },
                (None, other) => other,
            })?
            .unchecked_into();
        Ok(Connection::watch(database, on_lost))
    }

    fn watch(database: IdbDatabase, on_lost: impl Fn(Lost) + 'static) -> Connection {
        let on_lost = Rc::new(on_lost);
        let version_change = listen::on(&database, "versionchange", {
            let (database, on_lost) = (database.clone(), on_lost.clone());
            move |event| {
                // Closing here, at once, is what keeps the other side from being blocked.
                database.close();
                let event: &IdbVersionChangeEvent = event.unchecked_ref();
                let deleted = event.new_version().is_none();
                on_lost(if deleted { Lost::Deleted } else { Lost::Upgraded });
            }
        });
        let close = listen::on(&database, "close", move |_| on_lost(Lost::Disconnected));
        Connection { database, _listeners: [version_change, close] }
    }

    pub(super) fn database(&self) -> &IdbDatabase {
        &self.database
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.close();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.database.name()).finish()
    }
}

/// Deletes the database of the log `name`. Open connections of everbus give it free.
///
/// # Errors
///
/// [`Error::Blocked`] if another connection doesn't: the database is deleted when it ends.
pub async fn delete(name: &str) -> Result<()> {
    let request = factory()?
        .delete_database(&database_name(name))
        .map_err(|thrown| unavailable("IndexedDB refuses to delete a database", thrown))?;
    outcome(
        &request,
        "another connection keeps the log from being deleted: it is deleted when that one closes",
    )
    .await
    .map(drop)
}

/// The platform's IndexedDB: looking for it may throw, and there may be none.
pub(super) fn factory() -> Result<IdbFactory> {
    const MISSING: &str = "there is no IndexedDB here";
    let found = js_sys::Reflect::get(&js_sys::global(), &JsValue::from("indexedDB"))
        .map_err(|thrown| unavailable("IndexedDB is forbidden here", thrown))?;
    if found.is_null_or_undefined() {
        return Err(unavailable(MISSING, JsValue::UNDEFINED));
    }
    Ok(found.unchecked_into())
}

/// How a request to open or to delete ends.
///
/// A connection that is closing, but still has a transaction, blocks the request for a moment; one
/// that doesn't close blocks it for good. Only after some time is it the second.
async fn outcome(request: &IdbOpenDbRequest, blocked: &str) -> Result<JsValue> {
    let (sender, done) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let (is_blocked, blocking) = oneshot::channel();
    let listen = |event: &'static str, succeeded: bool| {
        let sender = sender.clone();
        listen::once(request, event, move |_| {
            let sender = sender.borrow_mut().take();
            // Nobody waits any more: then nobody wants to know.
            let _ = sender.map(|sender| sender.send(succeeded));
        })
    };
    let _listeners = [
        listen("success", true),
        listen("error", false),
        listen::once(request, "blocked", move |_| {
            let _ = is_blocked.send(());
        }),
    ];
    let patience = pin!(async {
        if blocking.await.is_err() {
            pending::<()>().await;
        }
        while_running(BLOCKED_TIMEOUT).await;
    });
    match select(done, patience).await {
        Either::Left((Ok(true), _)) => {
            request.result().map_err(|thrown| from_idb("opening the database", thrown))
        }
        Either::Left(_) => {
            let thrown = request.error().ok().flatten();
            Err(from_idb("opening the database", thrown.map_or(JsValue::UNDEFINED, JsValue::from)))
        }
        Either::Right(_) => Err(Error::Blocked(blocked.into())),
    }
}

/// A request to open. If it is dropped before it is answered, because it takes too long or who waits
/// for it has gone, nobody is left to close what it opens after all, which would block who deletes it.
struct Opening {
    request: IdbOpenDbRequest,
    upgrade: Option<EventListener>,
    is_answered: bool,
}

impl Drop for Opening {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        close_when_open(&self.request);
        // And it must not be left without its stores.
        if let Some(upgrade) = self.upgrade.take() {
            upgrade.forget();
        }
    }
}

/// Closes the database that a request has opened, or opens after all.
pub(super) fn close_when_open(request: &IdbOpenDbRequest) {
    let late = request.clone();
    let close = move || {
        if let Some(database) = late.result().ok().filter(|result| !result.is_undefined()) {
            database.unchecked_into::<IdbDatabase>().close();
        }
    };
    close();
    listen::once(request, "success", move |_| close()).forget();
}

/// Whether a request has its answer, of which nobody may have been told yet.
fn is_done(request: &IdbOpenDbRequest) -> bool {
    request.ready_state() == IdbRequestReadyState::Done
}

/// Makes the upgrade and the request for it fail, so that nothing is changed.
fn undo(request: &IdbOpenDbRequest) {
    if let Some(upgrade) = request.transaction() {
        // Fails only if it has failed already.
        let _ = upgrade.abort();
    }
}
