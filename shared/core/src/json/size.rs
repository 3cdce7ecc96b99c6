//! Size of a JSON text without its large strings, counted while it arrives.

use memchr::{memchr, memchr2};

/// Streaming counter of the bytes of a JSON text. Strings that are the value of one given name, at
/// any depth, are excluded.
///
/// The text is not validated: invalid JSON is counted approximately, but never as fewer than its
/// bytes outside of strings.
#[derive(Debug)]
pub struct Size {
    /// Member name whose strings are excluded. A name that is written with escapes does not match.
    uncounted: &'static [u8],
    counted: usize,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// Position outside of strings.
    Between(Last),
    /// Position in a string.
    Within {
        /// `true` if the bytes of the string are excluded.
        is_uncounted: bool,
        /// Number of leading bytes that match the name; `None` after the first difference.
        alike: Option<usize>,
        /// `true` if the preceding byte was a backslash.
        is_escaped: bool,
    },
}

/// Last token before a position outside of strings, ignoring blanks.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// String that equals the sought name.
    Name,
    /// Colon after the sought name.
    Colon,
    Other,
}

impl Size {
    /// Creates a counter that excludes the strings of the member `uncounted`.
    pub const fn but_for(uncounted: &'static str) -> Self {
        Self {
            uncounted: uncounted.as_bytes(),
            counted: 0,
            place: Place::Between(Last::Other),
        }
    }

    /// Returns the number of bytes counted so far.
    pub const fn counted(&self) -> usize {
        self.counted
    }

    /// Counts the next piece of the text.
    pub fn add(&mut self, mut piece: &[u8]) {
        while let Some((first, _)) = piece.split_first() {
            let taken = match self.place {
                Place::Between(last) => self.between(last, piece),
                Place::Within {
                    is_uncounted,
                    is_escaped: true,
                    ..
                } => {
                    // The byte after a backslash is skipped, whatever it is.
                    self.count(1, is_uncounted);
                    self.place = Place::Within {
                        is_uncounted,
                        alike: None,
                        is_escaped: false,
                    };
                    1
                }
                Place::Within {
                    is_uncounted,
                    alike,
                    is_escaped: false,
                } if *first == b'"' => {
                    self.count(1, false);
                    let is_name = alike == Some(self.uncounted.len()) && !is_uncounted;
                    self.place = Place::Between(if is_name { Last::Name } else { Last::Other });
                    1
                }
                Place::Within {
                    is_uncounted,
                    alike,
                    is_escaped: false,
                } => self.within(is_uncounted, alike, piece),
            };
            piece = piece.get(taken..).unwrap_or_default();
        }
    }

    /// Counts a piece outside of strings, up to the next string's opening quote, and returns its
    /// length.
    fn between(&mut self, last: Last, piece: &[u8]) -> usize {
        let quote = memchr(b'"', piece);
        let outside = piece.get(..quote.unwrap_or(piece.len())).unwrap_or(piece);
        let last = outside
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .fold(last, |last, byte| match (last, byte) {
                (Last::Name, b':') => Last::Colon,
                _ => Last::Other,
            });
        let taken = outside.len().saturating_add(usize::from(quote.is_some()));
        self.count(taken, false);
        self.place = match quote {
            Some(_) => Place::Within {
                is_uncounted: matches!(last, Last::Colon),
                alike: Some(0),
                is_escaped: false,
            },
            None => Place::Between(last),
        };
        taken
    }

    /// Counts a piece of a string, up to its closing quote or just after the next backslash, and
    /// returns its length.
    fn within(&mut self, is_uncounted: bool, alike: Option<usize>, piece: &[u8]) -> usize {
        let end = memchr2(b'"', b'\\', piece);
        let text = piece.get(..end.unwrap_or(piece.len())).unwrap_or(piece);
        let alike = alike.and_then(|alike| {
            let rest = self.uncounted.get(alike..)?;
            let is_alike = rest.starts_with(text);
            is_alike.then(|| alike.saturating_add(text.len()))
        });
        let is_escape = end.and_then(|end| piece.get(end)) == Some(&b'\\');
        let taken = text.len().saturating_add(usize::from(is_escape));
        self.count(taken, is_uncounted);
        self.place = Place::Within {
            is_uncounted,
            alike,
            is_escaped: is_escape,
        };
        taken
    }

    fn count(&mut self, bytes: usize, is_uncounted: bool) {
        if !is_uncounted {
            self.counted = self.counted.saturating_add(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> usize {
        let mut whole = Size::but_for("content");
        whole.add(text.as_bytes());
        // The result does not depend on the division into pieces.
        for length in 1..=text.len().min(9) {
            let mut size = Size::but_for("content");
            for piece in text.as_bytes().chunks(length) {
                size.add(piece);
            }
            assert_eq!(
                size.counted(),
                whole.counted(),
                "{text} in pieces of {length}"
            );
        }
        whole.counted()
    }

    #[test]
    fn only_the_strings_of_that_name_do_not_count() {
        for (text, without) in [
            ("", 0),
            (r#"{"a":"content","b":["content"]}"#, 0),
            (r#"{"content":"AAAA"}"#, 4),
            ("{\"content\" \r\n:\t\"AAAA\"}", 4),
            (r#"{"content":"A\"A\\","b":"cc"}"#, 6),
            (r#"{"content":"A\u0041"}"#, 7),
            (r#"[{"content":"AA"},{"content":"BBB"}]"#, 5),
            (r#"{"content":{"x":"AAAA"}}"#, 0),
            (r#"{"content":["AAAA"]}"#, 0),
            (r#"{"content":7,"b":"AAAA"}"#, 0),
            (r#"{"contents":"AAAA"}"#, 0),
            (r#"{"conten":"AAAA"}"#, 0),
            (r#"{"cont\u0065nt":"AAAA"}"#, 0),
            (r#"{"x":"content","y":"AAAA"}"#, 0),
            (r#"{"content":"content","y":"AAAA"}"#, 7),
            // Invalid JSON must not hide bytes outside of strings.
            (r#""content""AAAA""#, 0),
            (r#"{"content"::"AAAA"}"#, 0),
        ] {
            assert_eq!(counted(text), text.len() - without, "{text}");
        }
    }
}
