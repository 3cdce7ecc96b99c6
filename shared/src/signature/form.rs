//! `multipart/form-data` (RFC 7578), as an app sends an order: without a copy, for the documents may be large.

use bytes::Bytes;
use memchr::memmem;

use crate::problem::{Kind, Problem};

/// More parts than an order can have.
const MOST_PARTS: usize = 32;

/// The longest head of a part, in bytes.
const LONGEST_HEAD: usize = 4 * 1024;

/// An order as a form.
#[derive(Debug)]
pub(super) struct Form {
    /// The part `job`: JSON.
    pub(super) job: Bytes,
    /// The parts `document`, in the order in which they stand.
    pub(super) documents: Vec<Bytes>,
}

impl Form {
    /// Reads a body whose `Content-Type` is `content_type`.
    pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Self, Problem> {
        let boundary = boundary(content_type).ok_or_else(|| invalid("has no boundary"))?;
        let (mut job, mut documents) = (None, Vec::new());
        for part in parts(body, boundary)? {
            match part.name.as_str() {
                "job" if job.is_none() => job = Some(part.content),
                "document" => documents.push(part.content),
                "job" => return Err(invalid("has two parts called job")),
                _ => {
                    return Err(invalid(
                        "has a part that is called neither job nor document",
                    ));
                }
            }
        }
        let job = job.ok_or_else(|| invalid("has no part called job"))?;
        Ok(Self { job, documents })
    }
}

struct Part {
    name: String,
    content: Bytes,
}

fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Problem> {
    let broken = || invalid("is cut off, or parted by something else than its boundary");
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter may be the very beginning, without a line break before it.
    let opening = delimiter.strip_prefix("\r\n").unwrap_or_default();
    let mut rest = if body.starts_with(opening.as_bytes()) {
        body.slice(opening.len()..)
    } else {
        after(body, delimiter.as_bytes()).ok_or_else(broken)?
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        // RFC 2046 §5.1.1 lets blanks follow a boundary.
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

/// A part from the line break before its head on.
fn read_part(part: &Bytes) -> Option<Part> {
    let head = memmem::find(part, b"\r\n\r\n").filter(|length| *length <= LONGEST_HEAD)?;
    let lines = std::str::from_utf8(part.get(..head)?).ok()?;
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

/// 1 to 70 characters that need no escaping (RFC 2046 §5.1.1).
fn boundary(content_type: &str) -> Option<&str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    parameter(content_type, "boundary")
        .filter(|boundary| (1..=70).contains(&boundary.len()) && boundary.bytes().all(allowed))
}

/// The value of a parameter behind a semicolon, without its quotes. The values wanted here need no escapes, but a file's name
/// may hold anything.
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
    Problem::new(Kind::RequestInvalid).detail(format!("The form {reason}"))
}
