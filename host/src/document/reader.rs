//! Deserializer for a TOML value whose errors cannot hold the value: the errors of the `toml` crate
//! quote it.

use std::fmt::{self, Display};

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_path_to_error::{Path, Segment};
use toml::Value;

use super::key_path::joined;

/// Longest name of a key or a variant that a message repeats.
const LONGEST_NAME: usize = 32;

/// Deserialises a `T`; an error names the place of the fault.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(Node(value)).map_err(|error| {
        let place = place(error.path());
        let separator = if place.is_empty() { "" } else { ": " };
        format!("{place}{separator}{}", error.inner())
    })
}

/// Returns the path of keys to a value. A key that does not look like a name is not repeated.
fn place(path: &Path) -> String {
    let mut place = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => place = format!("{place}[{index}]"),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                let name = if is_name(name) { name.as_str() } else { "…" };
                place = joined(&place, name);
            }
            Segment::Unknown => place = joined(&place, "…"),
        }
    }
    place
}

/// Value in the document.
struct Node(Value);

impl<'de> Deserializer<'de> for Node {
    type Error = InvalidValue;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            Value::Integer(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(truth) => visitor.visit_bool(truth),
            // No setting is a date.
            Value::Datetime(_) => Err(InvalidValue("a date is not expected here".to_owned())),
            Value::Array(list) => {
                let mut list = SeqDeserializer::new(list.into_iter().map(Node));
                let read = visitor.visit_seq(&mut list)?;
                list.end().map(|()| read)
            }
            Value::Table(table) => {
                let pairs = table.into_iter().map(|(key, value)| (key, Node(value)));
                let mut pairs = MapDeserializer::new(pairs);
                let read = visitor.visit_map(&mut pairs)?;
                pairs.end().map(|()| read)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            Value::Table(table) => {
                let pairs = table.into_iter().map(|(key, value)| (key, Node(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(pairs)))
            }
            _ => Err(InvalidValue("a name is expected".to_owned())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, InvalidValue> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Error: an unexpected value. Names are repeated if they look like names, values never.
#[derive(Debug)]
struct InvalidValue(String);

impl Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidValue {}

impl Error for InvalidValue {
    /// Omits the message: it may contain anything.
    fn custom<T: Display>(_: T) -> Self {
        Self("it is not what is expected here".to_owned())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "a text",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            _ => "another kind of value",
        };
        Self(format!("invalid type: {found}, expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value, expected {expected}"))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self(format!("invalid length {length}, expected {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("duplicate field `{field}`"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self(format!(
            "unknown variant{}, {}",
            named(variant),
            OneOf(expected)
        ))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self(format!(
            "unknown field{}, {}",
            named(field),
            OneOf(expected)
        ))
    }
}

/// Returns the text in quotes, if it is a name.
fn named(name: &str) -> String {
    if is_name(name) {
        format!(" `{name}`")
    } else {
        String::new()
    }
}

/// Returns whether a text consists of letters, `_` and `-` alone, as names in this format do and
/// keys do not.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    text.len() <= LONGEST_NAME && text.bytes().all(is_plain)
}

struct OneOf(&'static [&'static str]);

impl Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|name| format!("`{name}`")).collect();
        match names.as_slice() {
            [] => f.write_str("there are none"),
            names => write!(f, "expected one of {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        #[serde(rename = "text")]
        _text: Option<String>,
        #[serde(rename = "number")]
        _number: Option<u8>,
        #[serde(rename = "list")]
        _list: Option<Vec<String>>,
        #[serde(rename = "kind")]
        _kind: Option<Kind>,
        #[serde(rename = "tagged")]
        _tagged: Option<BTreeMap<String, Tagged>>,
        #[serde(rename = "several")]
        _several: Option<Several>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
    enum Tagged {
        One {
            #[serde(rename = "url")]
            _url: String,
        },
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Several {
        One(#[expect(dead_code, reason = "read to be checked")] String),
        More(#[expect(dead_code, reason = "read to be checked")] Vec<String>),
    }

    fn told(text: &str) -> Result<Whole, String> {
        read(Value::Table(text.parse().unwrap()))
    }

    #[test]
    fn what_fits_is_read() {
        told("text = 'a'\nnumber = 1\nlist = ['a']\nkind = 'one'\nseveral = ['a']\ntagged.a = { type = 'one', url = 'u' }")
            .unwrap();
    }

    #[test]
    fn no_message_has_a_value() {
        for (text, message) in [
            (
                "text = ['Hemmelig1']",
                "text: invalid type: a list, expected a string",
            ),
            (
                "list = 'Hemmelig1'",
                "list: invalid type: a text, expected a sequence",
            ),
            (
                "number = 'Hemmelig1'",
                "number: invalid type: a text, expected u8",
            ),
            ("number = 4711", "number: invalid value, expected u8"),
            (
                "text = 4711",
                "text: invalid type: a number, expected a string",
            ),
            ("text = 1999-12-31", "text: a date is not expected here"),
            (
                "kind = 'Hemmelig1'",
                "kind: unknown variant, expected one of `one`",
            ),
            (
                "kind = 'other'",
                "kind: unknown variant `other`, expected one of `one`",
            ),
            ("kind = 4711", "kind: a name is expected"),
            ("Hemmelig1 = 1", "unknown field, expected one of `text`"),
            ("other = 1", "unknown field `other`, expected one of `text`"),
            (
                "several = { a = 'Hemmelig1' }",
                "several: it is not what is expected here",
            ),
            (
                "tagged.a = { type = 'Hemmelig1' }",
                "tagged.a.type: unknown variant, expected one of `one`",
            ),
            (
                "tagged.a = { type = 'one', url = ['Hemmelig1'] }",
                "invalid type: a list, expected a string",
            ),
            ("tagged.a = { type = 'one' }", "missing field `url`"),
        ] {
            let error = told(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
            assert!(
                !error.contains("Hemmelig1") && !error.contains("4711"),
                "{error}"
            );
        }
    }
}
