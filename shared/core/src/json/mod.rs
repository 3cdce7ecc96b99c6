//! JSON from outside: duplicate members, size limits, bounded lists, and errors that do not quote
//! the input.

mod bounded;
mod size;
mod unambiguous;

use serde::Deserialize;
use serde_json::error::Category;

use crate::problem::{Kind, Problem};

pub use bounded::{list, map};
pub use size::Size;
pub use unambiguous::{check, read};

/// Prefix of serde's error text for a list with too many elements. Such a text holds two numbers
/// and nothing from the caller.
const INVALID_LENGTH: &str = "invalid length ";

/// Byte order mark, which some programs put in front of UTF-8. A reader may ignore it (RFC 8259
/// §8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Parses the body of a request, with or without a byte order mark. The body must be JSON of the
/// shape of `T` without duplicate members.
///
/// # Errors
/// [`Kind::RequestInvalid`] with the line and column. The parser's text may quote the input and is
/// omitted, except for a list that is too long.
pub fn request<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let read = check(body).and_then(|()| serde_json::from_slice(body));
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let is_too_long = error.classify() == Category::Data && text.starts_with(INVALID_LENGTH);
        Problem::new(Kind::RequestInvalid).detail(if is_too_long {
            format!("Invalid JSON: {text}")
        } else {
            format!("Invalid or unexpected JSON at line {line}, column {column}")
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
    fn a_byte_order_mark_in_front_is_ignored() {
        let body: Body = request(b"\xef\xbb\xbf{\"numbers\":[1]}").expect("JSON");
        assert_eq!(body.numbers, [1]);
        for other in [
            "\u{feff}\u{feff}{}",
            "{}\u{feff}",
            "\u{feff}",
            " \u{feff}{}",
        ] {
            assert!(request::<Body>(other.as_bytes()).is_err(), "{other:?}");
        }
        // A truncated mark, and those of other encodings.
        for other in [&b"\xef\xbb{}"[..], b"\xff\xfe{\0}\0", b"\xfe\xff\0{\0}"] {
            assert!(request::<Body>(other).is_err(), "{other:?}");
        }
        let too_large = "{\"numbers\":[300]}";
        assert_eq!(detail(&["\u{feff}", too_large].concat()), detail(too_large));
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
