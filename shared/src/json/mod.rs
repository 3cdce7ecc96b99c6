//! JSON from outside: its members, its size, its lists, and what a caller is told of one that cannot be read.

mod bounded;
mod size;
mod unambiguous;

use serde::Deserialize;
use serde_json::error::Category;

use crate::problem::{Kind, Problem};

pub(crate) use bounded::{list, map};
pub(crate) use size::Size;
pub(crate) use unambiguous::{check, read};

/// Prefix of serde's error text for a list with too many elements. Such a text holds two numbers and nothing that the
/// caller sent.
const INVALID_LENGTH: &str = "invalid length ";

/// Reads the body of a request, which must be JSON of the shape of `T` without a member that stands twice.
///
/// # Errors
/// [`Kind::RequestInvalid`] with the line and column. The parser's own words may quote what was sent and are left out, but
/// for those about a list that is too long.
pub(crate) fn request<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    let read = check(body).and_then(|()| serde_json::from_slice(body));
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let is_too_long = error.classify() == Category::Data && text.starts_with(INVALID_LENGTH);
        Problem::new(Kind::RequestInvalid).detail(if is_too_long {
            format!("The JSON is not what is expected: {text}")
        } else {
            format!("The JSON is not what is expected at line {line}, column {column}")
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(default, deserialize_with = "list::<3, _, _>")]
        numbers: Vec<u8>,
        #[serde(default, deserialize_with = "map::<2, _, _>")]
        names: BTreeMap<String, String>,
    }

    fn detail(body: &str) -> String {
        let problem = request::<Body>(body.as_bytes()).expect_err("refused");
        assert_eq!(problem.kind, Kind::RequestInvalid);
        problem.detail.expect("a detail").into()
    }

    #[test]
    fn lists_of_the_allowed_length_are_read() {
        let body: Body =
            request(br#"{"numbers":[1,2,3],"names":{"a":"1","b":"2"}}"#).expect("JSON");
        assert_eq!(body.numbers, [1, 2, 3]);
        assert_eq!(body.names.len(), 2);
        let body: Body = request(b"{}").expect("JSON");
        assert!(body.numbers.is_empty() && body.names.is_empty());
    }

    #[test]
    fn the_element_beyond_ends_the_reading() {
        let told = detail(r#"{"numbers":[1,2,3,4]}"#);
        assert!(
            told.contains("invalid length 4, expected at most 3 elements"),
            "{told}"
        );
        let told = detail(r#"{"names":{"a":"1","b":"2","c":"3"}}"#);
        assert!(
            told.contains("invalid length 3, expected at most 2 members"),
            "{told}"
        );
    }

    #[test]
    fn nothing_of_the_callers_is_repeated() {
        for body in [
            r#"{"invalid length 02829090123":1}"#,
            r#"{"numbers":["invalid length 02829090123"]}"#,
            r#"{"numbers":"invalid length 02829090123"}"#,
            r"invalid length 02829090123",
            r#"{"numbers":[1,2,3,"02829090123"]}"#,
        ] {
            let told = detail(body);
            assert!(!told.contains("02829090123"), "{told}");
        }
    }
}
