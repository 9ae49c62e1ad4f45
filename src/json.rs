//! [`Json`]: a payload as text, serialised once in its life.

mod read;
mod write;

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A JSON value kept as its text.
///
/// An event's payload is serialised once, when it is published, and from then on only its text
/// travels: through the bus, into the log, and out again. Cloning is cheap. Equality is that of the
/// text; compare with a [`serde_json::Value`] for the equality of values.
///
/// With serde it is whatever value it holds, in any format that describes itself. From JSON text, and into it, it goes as
/// it stands, to the last digit. In between, inside tagged, untagged and flattened types for instance, serde has values and
/// no text: then `1.50` comes out as `1.5`, and a number that is too large for an `f64` is refused.
///
/// # Examples
///
/// ```
/// use everbus::Json;
/// use serde_json::json;
///
/// let payload = Json::from(json!({ "amount": 42.0 }));
/// assert_eq!(payload.as_str(), r#"{"amount":42.0}"#);
/// assert_eq!(payload, json!({ "amount": 42.0 }));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

impl Json {
    /// The most bytes of UTF-8 that a payload's text may have: 1 MiB.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Serialises `value`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if `value` can't be JSON, or its text has over [`Json::MAX_BYTES`].
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Json> {
        let text = serde_json::to_string(value)
            .map_err(|e| Error::event(format!("the payload is no JSON: {e}")))?;
        Json::checked(text.as_str().into())
    }

    /// Takes text that has to be one JSON value.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if `text` is no JSON, or has over [`Json::MAX_BYTES`].
    pub fn parse(text: &str) -> Result<Json> {
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|e| Error::event(format!("the payload is no JSON: {e}")))?;
        Json::checked(raw.get().into())
    }

    /// The value, read as a `T`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if the payload has another shape.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0)
            .map_err(|e| Error::event(format!("the payload has another shape: {e}")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses a text of over [`Json::MAX_BYTES`].
    pub(crate) fn check(&self) -> Result<()> {
        check_length(self.0.len())
    }

    pub(crate) fn is_null(&self) -> bool {
        &*self.0 == "null"
    }

    pub(crate) fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }

    /// Text from a segment, which was validated when it was written.
    pub(crate) fn trusted(text: &str) -> Json {
        Json(text.into())
    }

    fn checked(text: Arc<str>) -> Result<Json> {
        check_length(text.len())?;
        Ok(Json(text))
    }
}

/// Refuses payload text of over [`Json::MAX_BYTES`].
pub(crate) fn check_length(bytes: usize) -> Result<()> {
    if bytes > Json::MAX_BYTES {
        return Err(Error::event(format!(
            "the payload has {bytes} bytes of JSON, the most is {}: store large values elsewhere and publish a reference",
            Json::MAX_BYTES
        )));
    }
    Ok(())
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<serde_json::Value> for Json {
    fn eq(&self, other: &serde_json::Value) -> bool {
        serde_json::from_str::<serde_json::Value>(&self.0).is_ok_and(|value| value == *other)
    }
}

/// The value's text. How long that may be is looked at when it is published or appended.
impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Json {
        Json(value.to_string().into())
    }
}

/// As [`Json::parse`].
impl FromStr for Json {
    type Err = Error;

    fn from_str(text: &str) -> Result<Json> {
        Json::parse(text)
    }
}

impl Default for Json {
    /// `null`.
    fn default() -> Json {
        Json::trusted("null")
    }
}
