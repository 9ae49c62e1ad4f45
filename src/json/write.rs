//! Writing a [`Json`]: into JSON as the text that it is, into everything else as its value.

use super::Json;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::any;

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Others would write the text under serde_json's private name for it. No serializer says whose it is but by its
        // type, and should the name of that ever change the text is still JSON, of the same value.
        if any::type_name::<S>().contains("serde_json::") {
            let raw: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
            return raw.serialize(serializer);
        }
        let value: serde_json::Value = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        value.serialize(serializer)
    }
}
