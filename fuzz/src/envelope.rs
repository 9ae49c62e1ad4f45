//! The wire: what is read as an event or an envelope is written as it was and reads the same again, also through a
//! segment; and a payload is whatever is JSON.

use super::{events, store};
use everbus::{Batch, EventEnvelope, FrameworkEvent, Json, SeekPosition};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::fmt::Debug;

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(serde_json::from_slice::<Json>(input).is_err());
        return;
    };
    check_json(text);
    there_and_back::<SeekPosition>(text);
    there_and_back::<FrameworkEvent>(text);
    if let Some(envelope) = there_and_back::<EventEnvelope>(text)
        && let Ok(batch) = Batch::of([&envelope])
    {
        assert_eq!(events(&store(batch)), [EventEnvelope { seq_no: None, ..envelope }]);
    }
}

fn check_json(text: &str) {
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let json = match Json::parse(text) {
        Ok(json) => json,
        Err(error) => {
            assert!(!is_json || text.len() > Json::MAX_BYTES, "{error}");
            return;
        }
    };
    assert!(is_json, "Json takes what is none");
    assert_eq!(json.as_str(), text.trim_matches([' ', '\t', '\r', '\n']));
    assert_eq!(serde_json::to_string(&json).expect("it is JSON"), json.as_str());
    // Not all JSON has a value here: numbers may be too large, nesting too deep.
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        assert_eq!(json, value);
    }
}

fn there_and_back<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) -> Option<T> {
    let read: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(again, read);
    assert_eq!(serde_json::to_string(&again).expect("it was written before"), written);
    Some(read)
}
