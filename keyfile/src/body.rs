//! Content of a block: headers and base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::block::is_line_break;
use crate::encoding::OTHER;
use crate::{Deviation, Fault};

/// Characters of a line (RFC 7468 §2).
const WIDTH: usize = 64;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Names and values.
type Headers = Vec<(String, String)>;

/// Headers and decoded content of a block.
pub(crate) struct Body {
    pub(crate) headers: Headers,
    pub(crate) der: Vec<u8>,
}

/// Reads `text`, which begins on `line`.
pub(crate) fn read(text: &[u8], line: usize, oddities: &mut Vec<Deviation>) -> Result<Body, Fault> {
    let (headers, text) = headers(text, line)?;
    let mut lines = Lines::default();
    let mut number = line;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'\\' => rest = lines.escape(rest).ok_or(Fault::Character(number))?,
            byte if is_line_break(*byte) => {
                number += usize::from(*byte == b'\n');
                lines.line_break();
            }
            byte if byte.is_ascii_whitespace() => lines.blank(),
            byte if is_quote(*byte) || *byte == b',' => lines.oddities.push(Deviation::Quoted),
            byte if *byte >= OTHER => lines.oddities.push(Deviation::NotAscii),
            byte if byte.is_ascii_alphanumeric() || b"+/=".contains(byte) => lines.push(*byte),
            _ => return Err(Fault::Character(number)),
        }
    }
    if lines.text.is_empty() {
        return Err(Fault::Empty(line));
    }
    let der = BASE64
        .decode(&lines.text)
        .map_err(|_| Fault::Base64(line))?;
    oddities.extend(lines.into_oddities());
    Ok(Body { headers, der })
}

/// Base64 by lines, and the deviations in how it is laid out.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    lengths: Vec<usize>,
    current: usize,
    has_breaks: bool,
    has_escapes: bool,
    /// True until something of the line has been read.
    is_at_start: bool,
    oddities: Vec<Deviation>,
}

impl Lines {
    fn push(&mut self, byte: u8) {
        self.text.push(byte);
        self.current += 1;
        self.is_at_start = false;
    }

    fn end(&mut self) {
        if self.current > 0 {
            self.lengths.push(self.current);
        }
        self.current = 0;
    }

    fn line_break(&mut self) {
        self.has_breaks = true;
        self.is_at_start = true;
        self.end();
    }

    fn blank(&mut self) {
        if self.is_at_start {
            self.oddities.push(Deviation::Indented);
        }
        self.end();
    }

    /// Reads what follows a backslash: a line break or a slash, as JSON and shells write them.
    fn escape<'a>(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        self.has_escapes = true;
        let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        let (escaped, after) = rest.get(backslashes..)?.split_first()?;
        match escaped {
            b'n' | b'r' | b't' => self.end(),
            b'/' => self.push(b'/'),
            byte if is_line_break(*byte) => self.line_break(),
            _ => return None,
        }
        Some(after)
    }

    fn into_oddities(mut self) -> Vec<Deviation> {
        self.end();
        if self.has_escapes {
            self.oddities.push(Deviation::EscapedLineBreaks);
        } else if !self.has_breaks {
            self.oddities.push(Deviation::OneLine);
        }
        let is_usual = |(place, length): (usize, &usize)| {
            let is_last = place + 1 == self.lengths.len();
            *length == WIDTH || (is_last && *length < WIDTH)
        };
        let has_lines = self.has_escapes || self.has_breaks;
        if has_lines && !self.lengths.iter().enumerate().all(is_usual) {
            self.oddities.push(Deviation::LineLength);
        }
        if !self.text.len().is_multiple_of(4) {
            self.oddities.push(Deviation::Padding);
        }
        self.oddities
    }
}

/// Splits headers (RFC 1421 §4.4) from the text behind the empty line that ends them.
fn headers(text: &[u8], line: usize) -> Result<(Headers, &[u8]), Fault> {
    if !text.contains(&b':') {
        return Ok((Vec::new(), text));
    }
    let mut found = Vec::new();
    let mut rest = text;
    let mut is_first = true;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (this, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let this = this.trim_ascii();
        if this.is_empty() {
            if !is_first {
                return Ok((found, rest));
            }
        } else if let Some(colon) = this.iter().position(|byte| *byte == b':') {
            let (name, value) = this.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(name), text(value)));
        }
        is_first = false;
    }
    Err(Fault::Headers(line))
}

pub(crate) const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'>')
}
