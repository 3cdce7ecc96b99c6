//! Top-level dictionaries of a PDF: those of its indirect objects and its trailers (ISO 32000-1
//! §7.2, §7.3).
//!
//! The scan runs from the beginning of the file to its end, skips comments, strings and streams,
//! and does not use the cross-reference table: damaged or missing parts do no harm.

use memchr::memmem;

/// Keywords between objects. A dictionary that is still open at one of them is broken.
const BETWEEN_OBJECTS: [&[u8]; 6] = [
    b"obj",
    b"endobj",
    b"stream",
    b"trailer",
    b"xref",
    b"startxref",
];

/// Relevant entries of a dictionary.
#[derive(Default)]
pub(super) struct Dictionary<'a> {
    /// `true` after the word `trailer`.
    is_trailer: bool,
    kind: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    /// `Length`, if it is a direct number; it may also be a reference to another object.
    length: Option<usize>,
    has_encrypt: bool,
}

impl<'a> Dictionary<'a> {
    /// Returns whether the file is encrypted: the entry `Encrypt` of a trailer, or of the
    /// cross-reference stream in its place (ISO 32000-1 §7.5.5, §7.5.8.2, §7.6.1), which are never
    /// compressed.
    pub(super) fn encrypts(&self) -> bool {
        let is_reference_stream = self.kind.is_some_and(|kind| is(kind, b"XRef"));
        self.has_encrypt && (self.is_trailer || is_reference_stream)
    }

    pub(super) fn is_catalog(&self) -> bool {
        self.kind.is_some_and(|kind| is(kind, b"Catalog"))
    }

    /// Returns the value of `Version`.
    pub(super) fn version(&self) -> Option<Vec<u8>> {
        self.version.map(|name| decoded(name).collect())
    }

    fn set(&mut self, key: &[u8], value: &Token<'a>) {
        match value {
            Token::Name(name) if is(key, b"Type") => self.kind = Some(name),
            Token::Name(name) if is(key, b"Version") => self.version = Some(name),
            Token::Word(word) if is(key, b"Length") => self.length = number(word),
            // `Encrypt` is a reference such as `12 0 R`, or a dictionary; `null` means no entry.
            Token::Word(word) if is(key, b"Encrypt") => self.has_encrypt = number(word).is_some(),
            Token::Open if is(key, b"Encrypt") => self.has_encrypt = true,
            _ => {}
        }
    }
}

/// Relevant part of a file.
pub(super) enum Part<'a> {
    /// Dictionary of an object or a trailer.
    Dictionary(Dictionary<'a>),
    /// Data of an object stream, which holds other objects and is usually compressed (ISO 32000-1
    /// §7.5.7).
    Objects(&'a [u8]),
}

/// Iterator over the parts of a file.
pub(super) struct Parts<'a> {
    rest: &'a [u8],
    is_trailer: bool,
    /// Number of open arrays around the next token.
    arrays: usize,
    stream: PendingStream,
}

/// Stream that may follow the preceding dictionary.
#[derive(Default)]
struct PendingStream {
    /// `Length` of the dictionary.
    length: Option<usize>,
    /// True if the stream holds objects.
    holds_objects: bool,
}

enum Token<'a> {
    /// Name without its slash.
    Name(&'a [u8]),
    /// Number or keyword.
    Word(&'a [u8]),
    /// Beginning of a dictionary.
    Open,
    /// End of a dictionary.
    Close,
    OpenArray,
    CloseArray,
    Other,
}

impl<'a> Parts<'a> {
    pub(super) const fn new(file: &'a [u8]) -> Self {
        Self {
            rest: file,
            is_trailer: false,
            arrays: 0,
            stream: PendingStream {
                length: None,
                holds_objects: false,
            },
        }
    }

    fn dictionary(&mut self) -> Dictionary<'a> {
        let mut dictionary = Dictionary {
            is_trailer: self.is_trailer,
            ..Dictionary::default()
        };
        let (mut depth, mut key) = (1_usize, None);
        while depth > 0 {
            let before = self.rest;
            let Some(token) = self.token() else { break };
            match &token {
                Token::Word(word) if BETWEEN_OBJECTS.contains(word) => {
                    self.rest = before;
                    break;
                }
                Token::Name(name) if depth == 1 && key.is_none() => key = Some(*name),
                _ => {
                    if depth == 1
                        && let Some(key) = key.take()
                    {
                        dictionary.set(key, &token);
                    }
                }
            }
            match token {
                Token::Open | Token::OpenArray => depth = depth.saturating_add(1),
                Token::Close | Token::CloseArray => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        dictionary
    }

    fn token(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let whole = self.rest;
        let (first, after) = whole.split_first()?;
        self.rest = after;
        Some(match (first, after) {
            (b'/', _) => Token::Name(self.take_while(is_regular)),
            (b'(', _) => {
                self.skip_string();
                Token::Other
            }
            (b'<', [b'<', after @ ..]) => {
                self.rest = after;
                Token::Open
            }
            (b'>', [b'>', after @ ..]) => {
                self.rest = after;
                Token::Close
            }
            // A hexadecimal string ends at a bracket that means nothing by itself.
            (b'<' | b'>', _) => Token::Other,
            (b'[', _) => Token::OpenArray,
            (b']', _) => Token::CloseArray,
            (byte, _) if is_regular(*byte) => {
                self.rest = whole;
                Token::Word(self.take_while(is_regular))
            }
            _ => Token::Other,
        })
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !belongs(*byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(is_blank);
        while self.rest.starts_with(b"%") {
            self.take_while(|byte| !matches!(byte, b'\r' | b'\n'));
            self.take_while(is_blank);
        }
    }

    /// Skips a string up to the closing parenthesis. Balanced parentheses in a string need no
    /// escape (ISO 32000-1 §7.3.4.2).
    fn skip_string(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            self.take_while(|byte| !matches!(byte, b'(' | b')' | b'\\'));
            match self.rest {
                [b'\\', _, after @ ..] => self.rest = after,
                [b'(', after @ ..] => (self.rest, depth) = (after, depth.saturating_add(1)),
                [b')', after @ ..] => (self.rest, depth) = (after, depth.saturating_sub(1)),
                _ => {
                    self.rest = &[];
                    break;
                }
            }
        }
    }

    /// Takes the data of a stream, after the word `stream`. Its length is used only if the end of
    /// the stream follows it: a stream may hold another file, with the same keywords.
    fn take_stream(&mut self, length: Option<usize>) -> &'a [u8] {
        const END: &[u8] = b"endstream";
        let after = |line: &[u8]| self.rest.strip_prefix(line);
        let data = after(b"\r\n").or_else(|| after(b"\n"));
        let data = data.or_else(|| after(b"\r")).unwrap_or(self.rest);
        let ends_at = |place: &usize| {
            let end = data.get(*place..).map(<[u8]>::trim_ascii_start);
            end.is_some_and(|end| end.starts_with(END))
        };
        let told = length.filter(ends_at);
        let end = told.or_else(|| memmem::find(data, END));
        let (data, rest) = data.split_at(end.unwrap_or(data.len()));
        let rest = rest.trim_ascii_start();
        self.rest = rest.strip_prefix(END).unwrap_or(rest);
        data
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        loop {
            match self.token()? {
                Token::Word(word) => {
                    if BETWEEN_OBJECTS.contains(&word) {
                        self.arrays = 0;
                        self.is_trailer = word == b"trailer";
                    }
                    let stream = std::mem::take(&mut self.stream);
                    if word == b"stream" {
                        let data = self.take_stream(stream.length);
                        if stream.holds_objects {
                            return Some(Part::Objects(data));
                        }
                    }
                }
                Token::Open => {
                    let dictionary = self.dictionary();
                    let holds_objects = dictionary.kind.is_some_and(|kind| is(kind, b"ObjStm"));
                    self.stream = PendingStream {
                        length: dictionary.length,
                        holds_objects,
                    };
                    if self.arrays == 0 {
                        return Some(Part::Dictionary(dictionary));
                    }
                }
                Token::OpenArray => self.arrays = self.arrays.saturating_add(1),
                Token::CloseArray => self.arrays = self.arrays.saturating_sub(1),
                Token::Name(_) | Token::Close | Token::Other => {}
            }
        }
    }
}

/// Decodes a name, whose characters may be written as `#` and two hexadecimal digits (ISO 32000-1
/// §7.3.5).
fn decoded(mut name: &[u8]) -> impl Iterator<Item = u8> {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    std::iter::from_fn(move || {
        let (first, after) = name.split_first()?;
        let escaped = match (first, after) {
            (b'#', [high, low, after @ ..]) => hex(high)
                .zip(hex(low))
                .and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
                .map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, after));
        name = after;
        Some(byte)
    })
}

fn is(name: &[u8], wanted: &[u8]) -> bool {
    decoded(name).eq(wanted.iter().copied())
}

fn number(word: &[u8]) -> Option<usize> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Returns whether a byte is a white-space character (ISO 32000-1, table 1).
const fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

/// Returns whether a byte is neither white space nor a delimiter (ISO 32000-1, table 2).
const fn is_regular(byte: u8) -> bool {
    let delimits = matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    );
    !is_blank(byte) && !delimits
}
