//! Pages of lists of orders, and cursors: positions in such a list.

use innsyn_core::problem::Problem;
use innsyn_runtime::inbound::Query;
use time::OffsetDateTime;

use super::index::hour_at;
use crate::signature::order_request::invalid;

/// Maximum number of orders on a page.
const MOST: usize = 100;

/// Number of orders on a page if the caller names none.
const USUAL: usize = 50;

/// Query parameters of every list.
pub(in crate::signature) const PAGE_PARAMETERS: &[&str] = &["limit", "cursor"];

/// Number of half bytes of each number in a cursor.
const LENGTH: usize = 8;

/// Size of a page, and its position in the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::signature) struct PageQuery {
    pub(in crate::signature) limit: usize,
    pub(in crate::signature) cursor: Option<Cursor>,
}

impl PageQuery {
    /// Reads `limit` and `cursor`.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for a value that cannot be read.
    pub(in crate::signature) fn read(query: &Query) -> Result<Self, Problem> {
        let limit = match query.get("limit") {
            None => USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| invalid("limit must be a number from 1 to 100"))?,
        };
        let cursor = query.get("cursor").map(Cursor::parse).transpose()?;
        Ok(Self { limit, cursor })
    }
}

/// Position in a list: the slot of an hour, or of a reference, where the hour is 0.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::signature) struct Cursor {
    /// Hour, counted from 1970.
    pub(super) hour: u32,
    pub(super) slot: u32,
}

impl Cursor {
    /// Returns the position of a job in a list by time: the hour, and the first letters of its id,
    /// which are random, in place of a slot.
    pub(in crate::signature) fn from_job(time: OffsetDateTime, id: &str) -> Self {
        Self {
            hour: hour_at(time),
            slot: id.get(..LENGTH).and_then(number).unwrap_or_default(),
        }
    }

    /// Parses the cursor of a page before.
    pub(in crate::signature) fn parse(text: &str) -> Result<Self, Problem> {
        let read = || {
            let (hour, slot) = text.split_at_checked(LENGTH)?;
            Some(Self {
                hour: number(hour)?,
                slot: number(slot)?,
            })
        };
        read().ok_or_else(|| invalid("cursor is not the next_cursor of a page"))
    }

    /// Returns the cursor as text: each half byte is a letter from `a` to `p`, so that a search for
    /// national identity numbers never matches it.
    pub(in crate::signature) fn to_text(self) -> String {
        let digits = [self.hour, self.slot].map(|number| format!("{number:08x}"));
        let letter = |digit: char| {
            let value = digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok());
            char::from(b'a'.saturating_add(value.unwrap_or_default()))
        };
        digits.concat().chars().map(letter).collect()
    }
}

fn number(letters: &str) -> Option<u32> {
    if letters.len() != LENGTH || !letters.bytes().all(|byte| (b'a'..=b'p').contains(&byte)) {
        return None;
    }
    let digits = letters
        .bytes()
        .filter_map(|byte| char::from_digit(u32::from(byte.saturating_sub(b'a')), 16));
    u32::from_str_radix(&digits.collect::<String>(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_no_digits_and_is_read_again() {
        for (hour, slot) in [(0, 0), (499_000, 31), (u32::MAX, u32::MAX)] {
            let cursor = Cursor { hour, slot };
            let text = cursor.to_text();
            assert!(text.bytes().all(|byte| byte.is_ascii_lowercase()), "{text}");
            assert_eq!(Cursor::parse(&text), Ok(cursor));
        }
        for text in [
            "",
            "a",
            "aaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaq",
            "aaaaaaaåaaaaaaa",
        ] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
