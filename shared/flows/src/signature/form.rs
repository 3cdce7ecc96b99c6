//! Parser of `multipart/form-data` (RFC 7578), in which an app sends an order. It does not copy,
//! because documents may be large.

use bytes::Bytes;
use memchr::memmem;

use innsyn_core::problem::{Kind, Problem};

/// Maximum number of parts, more than an order can have.
const MOST_PARTS: usize = 32;

/// Maximum length of a part's head, in bytes.
const LONGEST_HEAD: usize = 4 * 1024;

/// Name of the part with the encoding of the form's texts (RFC 7578 §4.6), which browsers fill in.
const CHARSET: &str = "_charset_";

/// Order in form encoding.
#[derive(Debug)]
pub(super) struct Form {
    /// Part `job`: JSON.
    pub(super) job: Bytes,
    /// Parts `document`, in the order of the body.
    pub(super) documents: Vec<Bytes>,
}

impl Form {
    /// Parses a body whose `Content-Type` is `content_type`.
    pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Self, Problem> {
        let boundary = boundary(content_type).ok_or_else(|| invalid("has no boundary"))?;
        let (mut job, mut charset, mut documents) = (None, None, Vec::new());
        for part in parts(body, boundary)? {
            match part.name.as_str() {
                "job" if job.is_none() => job = Some(part.content),
                CHARSET if charset.is_none() => charset = Some(part.content),
                "document" => documents.push(part.content),
                "job" => return Err(invalid("has two parts called job")),
                CHARSET => return Err(invalid("has two parts called _charset_")),
                _ => {
                    return Err(invalid(
                        "has a part that is called neither job nor document",
                    ));
                }
            }
        }
        let job = job.ok_or_else(|| invalid("has no part called job"))?;
        // JSON is UTF-8 whatever `_charset_` says (RFC 8259 §8.1). A contradiction would lead to
        // misread texts.
        if std::str::from_utf8(&job).is_err() {
            return Err(invalid("has a part called job that is not UTF-8"));
        }
        if charset.is_some_and(|charset| !is_utf8(&charset) && !job.is_ascii()) {
            return Err(invalid(
                "says a _charset_ other than UTF-8, which the part called job must have",
            ));
        }
        Ok(Self { job, documents })
    }
}

struct Part {
    name: String,
    content: Bytes,
}

fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Problem> {
    let broken = || invalid("is incomplete, or its parts are not separated by its boundary");
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter may be at the very beginning, without a line break before it.
    let opening = delimiter.strip_prefix("\r\n").unwrap_or_default();
    let mut rest = if body.starts_with(opening.as_bytes()) {
        body.slice(opening.len()..)
    } else {
        after(body, delimiter.as_bytes()).ok_or_else(broken)?
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        // RFC 2046 §5.1.1 allows blanks after a boundary.
        let line = memmem::find(&rest, b"\r\n").ok_or_else(broken)?;
        let blank = rest
            .iter()
            .take(line)
            .all(|byte| matches!(byte, b' ' | b'\t'));
        if !blank || parts.len() == MOST_PARTS {
            return Err(broken());
        }
        let part = rest.slice(line..);
        let end = memmem::find(&part, delimiter.as_bytes()).ok_or_else(broken)?;
        rest = part.slice(end.saturating_add(delimiter.len())..);
        parts.push(
            read_part(&part.slice(..end)).ok_or_else(|| invalid("has a part without a name"))?,
        );
    }
    Ok(parts)
}

/// Returns whether a `_charset_` names UTF-8, by a name that browsers know (Encoding Standard
/// §4.2).
fn is_utf8(charset: &[u8]) -> bool {
    let charset = charset.trim_ascii();
    [&b"utf-8"[..], b"utf8", b"us-ascii", b"ascii"]
        .iter()
        .any(|name| charset.eq_ignore_ascii_case(name))
}

/// Parses a part, from the line break before its head. The head may have any encoding: browsers
/// write the name of a file in that of the page, and only ASCII is searched for.
fn read_part(part: &Bytes) -> Option<Part> {
    let head = memmem::find(part, b"\r\n\r\n").filter(|length| *length <= LONGEST_HEAD)?;
    let lines = String::from_utf8_lossy(part.get(..head)?);
    let mut fields = lines.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, disposition) =
        fields.find(|(field, _)| field.trim().eq_ignore_ascii_case("content-disposition"))?;
    let is_data = disposition
        .trim_start()
        .get(..9)?
        .eq_ignore_ascii_case("form-data");
    Some(Part {
        name: parameter(disposition, "name")
            .filter(|_| is_data)?
            .to_owned(),
        content: part.slice(head.saturating_add(4)..),
    })
}

fn after(body: &Bytes, pattern: &[u8]) -> Option<Bytes> {
    let place = memmem::find(body, pattern)?;
    Some(body.slice(place.saturating_add(pattern.len())..))
}

/// Returns the boundary: 1 to 70 characters that need no escaping (RFC 2046 §5.1.1).
fn boundary(content_type: &str) -> Option<&str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    parameter(content_type, "boundary")
        .filter(|boundary| (1..=70).contains(&boundary.len()) && boundary.bytes().all(allowed))
}

/// Returns the value of a parameter after a semicolon, without its quotes. The values used here
/// need no escapes, but the name of a file may hold anything.
fn parameter<'a>(field: &'a str, wanted: &str) -> Option<&'a str> {
    let (_, mut rest) = field.split_once(';')?;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_at_checked(closing_quote(quoted)?)?;
                (value, after.split_once(';').map_or("", |(_, rest)| rest))
            }
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim());
        }
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

fn invalid(reason: &str) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(format!("The multipart form {reason}"))
}
