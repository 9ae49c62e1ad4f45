//! Reading a [`Json`]: from JSON as the text that is there, from everything else value by value.

use super::Json;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::{self, Write};

/// By this name serde_json is asked for a value's text: it then gives a map of this one key. Whoever doesn't know it gives
/// the value.
const TEXT: &str = "$serde_json::private::RawValue";
/// The one key of the map that a number is for serde_json's feature `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_newtype_struct(TEXT, Whole)
    }
}

/// The text of a whole value.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Json, D::Error> {
        let mut text = String::new();
        Value(&mut text).deserialize(value)?;
        Json::checked(text.into()).map_err(D::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let Some(TextKey) = map.next_key()? else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        // Looked at once more: a format may give anybody's map for what it is asked for by any name.
        let text = map.next_value::<String>()?;
        Json::parse(&text).map_err(A::Error::custom)
    }
}

/// The key under which serde_json gives a text.
struct TextKey;

impl<'de> Deserialize<'de> for TextKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TextKey, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = TextKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the text of a JSON value")
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<TextKey, E> {
                (key == TEXT)
                    .then_some(TextKey)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(key), &self))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// Writes a value at the end of a text. Keys keep their order, and are never behaviour.
struct Value<'a>(&'a mut String);

impl Value<'_> {
    fn put<E: Error>(self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), E> {
        self.0.push_str(&serde_json::to_string(value).map_err(E::custom)?);
        Ok(())
    }

    fn put_number<E: Error>(self, number: impl fmt::Display) -> Result<(), E> {
        write!(self.0, "{number}").map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(&())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.put(&())
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.deserialize(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.deserialize(value)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put_number(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put_number(number)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<(), E> {
        self.put_number(number)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<(), E> {
        self.put_number(number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        if !number.is_finite() {
            return Err(E::custom(format!("{number} is no JSON")));
        }
        self.put(&number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push('[');
        let start = self.0.len();
        loop {
            let end = self.0.len();
            if end > start {
                self.0.push(',');
            }
            if items.next_element_seed(Value(self.0))?.is_none() {
                self.0.truncate(end);
                self.0.push(']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(mut key) = map.next_key::<String>()? else {
            self.0.push_str("{}");
            return Ok(());
        };
        let start = self.0.len();
        self.0.push('{');
        loop {
            Value(self.0).put(&key)?;
            self.0.push(':');
            let value = self.0.len();
            map.next_value_seed(Value(self.0))?;
            let Some(next) = map.next_key()? else {
                self.0.push('}');
                let is_first = value == start + NUMBER.len() + 4;
                if is_first && key == NUMBER {
                    take_number(self.0, start, value);
                }
                return Ok(());
            };
            self.0.push(',');
            key = next;
        }
    }
}

/// Puts a number in place of the map, at the end of a text, in which serde_json gives one.
fn take_number(text: &mut String, start: usize, value: usize) {
    let number = text[value..].trim_matches(['"', '}']).to_owned();
    let is_number = number.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if is_number && serde_json::from_str::<IgnoredAny>(&number).is_ok() {
        text.truncate(start);
        text.push_str(&number);
    }
}
