//! JSON without duplicate member names.
//!
//! Duplicate names are ambiguous: parsers differ in which one they use (RFC 8259 §4), and two
//! parsers of this app may differ too.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::text::folded;

/// Maximum number of members of an object: more than any of the app's documents has.
const MOST_MEMBERS: usize = 1024;

/// Parses JSON and rejects objects with duplicate member names, compared without regard to case and
/// width.
///
/// # Errors
/// As for [`serde_json::from_slice`]. The error's text may quote the input.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    check(json)?;
    serde_json::from_slice(json)
}

/// Checks that no object of the document has two members with the same name.
///
/// # Errors
/// Fails at the second member, or if the document is not JSON.
pub fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice(json).map(|Unambiguous| ())
}

/// Any JSON value. Only the names of members are kept, while they are compared.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.len() == MOST_MEMBERS {
                return Err(de::Error::custom("too many members"));
            }
            if !names.insert(folded(&name)) {
                return Err(de::Error::custom("a member stands twice"));
            }
            map.next_value::<Self>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn members_that_stand_twice_are_refused_at_any_depth() {
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"A":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":1,"ａ":2}"#,
            r#"{"x":[{"type":"urn:altinn:consent","type":"urn:altinn:systemuser"}]}"#,
            r#"[[{"x":{"fraOgMed":"2026-01","fraogmed":"2025-01"}}]]"#,
        ] {
            let error = read::<Value>(json.as_bytes()).expect_err(json);
            assert!(error.to_string().contains("twice"), "{error}");
            assert_eq!(error.line(), 1);
        }
        let many: Vec<String> = (0..=MOST_MEMBERS).map(|n| format!("\"m{n}\":0")).collect();
        assert!(check(format!("{{{}}}", many.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn everything_else_is_read() {
        for json in [
            r#"{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":null,"d":-1.5e3,"e":true,"f":"\n"}"#,
            "[]",
            "null",
            "1",
        ] {
            let value: Value = read(json.as_bytes()).expect(json);
            assert_eq!(value, serde_json::from_str::<Value>(json).expect(json));
        }
        assert!(read::<Value>(b"{").is_err());
        assert!(read::<u8>(b"\"x\"").is_err());
    }
}
