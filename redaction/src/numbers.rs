//! Numbers that may be a person's.
//!
//! A run of eleven digits or more is removed. So are neighbouring groups of digits that have eleven digits together, as in
//! `028290 90123` or `02.82.90-90123`: up to three blanks, dashes, dots, slashes or invisible characters may stand between two
//! groups. Nine-digit organisation numbers survive, alone, in groups of three, and in lists of either. Dates, times, UUIDs
//! and IPv4 addresses are not looked at, except that a run of eleven digits is removed from a UUID too. Digits of every
//! script count ([`char::is_numeric`]).

use crate::REMOVED;

/// Number of digits of a national identity number.
const PERSON: usize = 11;

/// Maximum number of characters between two groups of one number.
const WIDEST_SEPARATOR: usize = 3;

/// Run of digits, with the positions of its characters.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
}

impl Group {
    const fn digits(self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// Returns `text` without numbers.
pub(crate) fn removed(text: &str) -> String {
    if text
        .chars()
        .filter(|character| character.is_numeric())
        .count()
        < PERSON
    {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut spans: Vec<Group> = Vec::new();
    for chain in chains(&characters) {
        spans.extend(persons(&characters, &chain));
    }
    let mut clean = String::with_capacity(text.len());
    let mut next = 0;
    for span in spans {
        // The windows of one chain may overlap.
        if span.start >= next {
            clean.extend(characters.get(next..span.start).unwrap_or_default());
            clean.push_str(REMOVED);
        }
        next = next.max(span.end);
    }
    clean.extend(characters.get(next..).unwrap_or_default());
    clean
}

/// Returns the chains of digit groups that are close enough to be one number.
fn chains(characters: &[char]) -> Vec<Vec<Group>> {
    let mut chains: Vec<Vec<Group>> = Vec::new();
    let mut position = 0;
    while let Some(rest) = characters.get(position..).filter(|rest| !rest.is_empty()) {
        let before = position
            .checked_sub(1)
            .and_then(|last| characters.get(last));
        let is_start = !before.is_some_and(|before| before.is_alphanumeric());
        if let Some(length) = is_start.then(|| well_known(rest)).flatten() {
            // Whatever follows begins a number of its own.
            chains.push(Vec::new());
            position += length;
            continue;
        }
        let digits = count(rest, |character| character.is_numeric());
        if digits == 0 {
            position += 1;
            continue;
        }
        let group = Group {
            start: position,
            end: position + digits,
        };
        let last = chains.last_mut().filter(|chain| {
            chain.last().is_some_and(|last| {
                let between = characters.get(last.end..group.start).unwrap_or_default();
                between.len() <= WIDEST_SEPARATOR && between.iter().copied().all(is_separator)
            })
        });
        match last {
            Some(chain) => chain.push(group),
            None => chains.push(vec![group]),
        }
        position = group.end;
    }
    chains
}

/// Returns the parts of a chain that may be a person's number, in order.
fn persons(characters: &[char], chain: &[Group]) -> Vec<Group> {
    let mut spans = Vec::new();
    let is_address = is_ipv4(characters, chain);
    for (first, group) in chain.iter().enumerate() {
        if group.digits() >= PERSON {
            spans.push(*group);
            continue;
        }
        let mut digits = 0;
        for last in chain.iter().skip(first) {
            digits += last.digits();
            if digits >= PERSON {
                if digits == PERSON && !is_address {
                    spans.push(Group {
                        start: group.start,
                        end: last.end,
                    });
                }
                break;
            }
        }
    }
    spans
}

/// Returns whether people and programs use the character as a separator between groups of a number.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | '/' | '\\' | '_' | '+' | '\''
                // Soft hyphen, middle dot, Armenian hyphen, and the punctuation of Unicode that looks like a dash, a dot or nothing.
                | '\u{ad}' | '\u{b7}' | '\u{58a}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{2024}'
                | '\u{2027}' | '\u{2043}' | '\u{2044}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}'
                | '\u{2212}' | '\u{2215}' | '\u{22c5}' | '\u{30fb}' | '\u{fe58}' | '\u{fe63}' | '\u{feff}' | '\u{ff0d}'
                | '\u{ff0e}' | '\u{ff0f}'
        )
}

/// Returns the length of a UUID, date or time of day (RFC 3339) at the beginning of `rest`; `None`
/// if there is none. These are known not to be a person's number.
fn well_known(rest: &[char]) -> Option<usize> {
    let ends = |length: usize| !rest.get(length).is_some_and(|next| next.is_alphanumeric());
    if has_form(rest, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") && ends(36) {
        let node = rest.get(24..36).unwrap_or_default();
        let runs = node.split(|character| !character.is_ascii_digit());
        return runs.into_iter().all(|run| run.len() < PERSON).then_some(36);
    }
    if has_form(rest, "dddd-dd-dd") {
        let time = rest
            .get(10)
            .is_some_and(|next| matches!(next, 'T' | 't' | ' '));
        let time = time.then(|| time_of_day(rest.get(11..)?)).flatten();
        return match time {
            Some(length) => Some(11 + length),
            None => ends(10).then_some(10),
        };
    }
    time_of_day(rest)
}

/// Returns the length of a time such as `12:00:00` at the beginning, with an optional fraction of
/// up to nine digits and an optional offset.
fn time_of_day(rest: &[char]) -> Option<usize> {
    if !has_form(rest, "dd:dd:dd") {
        return None;
    }
    let mut length = 8;
    if rest.get(length) == Some(&'.') {
        let digits = count(rest.get(9..)?, char::is_ascii_digit);
        if !(1..=9).contains(&digits) {
            return None;
        }
        length += 1 + digits;
    }
    let after = rest.get(length..).unwrap_or_default();
    if has_form(after, "+dd:dd") || has_form(after, "-dd:dd") {
        length += 6;
    }
    let next = rest.get(length);
    let ends = next.is_none_or(|next| matches!(next, 'Z' | 'z') || !next.is_alphanumeric());
    ends.then_some(length)
}

/// Returns whether `rest` begins with `form`, in which `h` is a hexadecimal digit and `d` a decimal one.
fn has_form(rest: &[char], form: &str) -> bool {
    rest.len() >= form.len()
        && rest
            .iter()
            .zip(form.chars())
            .all(|(character, form)| match form {
                'h' => character.is_ascii_hexdigit(),
                'd' => character.is_ascii_digit(),
                form => *character == form,
            })
}

fn is_ipv4(characters: &[char], chain: &[Group]) -> bool {
    let [first, _, _, last] = chain else {
        return false;
    };
    let text: String = characters
        .get(first.start..last.end)
        .unwrap_or_default()
        .iter()
        .collect();
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

fn count(characters: &[char], is_one: impl Fn(&char) -> bool) -> usize {
    characters
        .iter()
        .take_while(|character| is_one(character))
        .count()
}

#[cfg(test)]
mod tests {
    use super::removed;

    #[test]
    fn a_number_is_removed_however_it_is_written() {
        for number in [
            "02829090123",
            "028290 90123",
            "028290-90123",
            "028290.90123",
            "02 82 90 90123",
            "02.82.90-90123",
            "028 290 901 23",
            "0 2 8 2 9 0 9 0 1 2 3",
            "028290/90123",
            "028290 - 90123",
            "028290\u{a0}90123",
            "028290\u{2009}90123",
            "028290\u{202f}90123",
            "028290\u{2011}90123",
            "028290\u{2013}90123",
            "028290\u{200b}90123",
            "028290\u{ad}90123",
            "028290\t90123",
            "０２８２９０９０１２３",
            "０２８２９０ ９０１２３",
            "٠٢٨٢٩٠٩٠١٢٣",
            "०२८२९०९०१२३",
            "𝟎𝟐𝟖𝟐𝟗𝟎𝟗𝟎𝟏𝟐𝟑",
            "0282909０１２３",
            "028290901234567",
        ] {
            assert_eq!(removed(number), "…", "{number}");
            assert_eq!(removed(&format!("for {number}, no")), "for …, no");
            assert_eq!(removed(&format!("pnr{number}x")), "pnr…x");
        }
        assert_eq!(removed("5 02829090123 6"), "5 … 6");
        assert_eq!(removed("310000205 02829090123"), "310000205 …");
        assert_eq!(removed("028290 90123, 028290 90123"), "…, …");
        assert_eq!(removed("2026-01-01 028290 90123"), "2026-01-01 …");
        let uuid = "6f1c0e8d-3b5a-4f7e-9a2d-02829090123a";
        assert_eq!(removed(uuid), "6f1c0e8d-3b5a-4f7e-9a2d-…a");
    }

    #[test]
    fn other_numbers_survive() {
        for text in [
            "310000205",
            "310 000 205",
            "310\u{a0}000\u{a0}205",
            "310000205 310000302 310000409",
            "310 000 205 310 000 302",
            "310000205, 310000302",
            "0192:310000205",
            "NTRNO-310000205",
            "6f1c0e82-8290-4012-8345-6789012345ab",
            "0282909a-0123-4012-8345-6789012345ab",
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.123456789Z",
            "2026-01-01 12:00:00.123456+02:00 400",
            "12:00:00.123456789",
            "2026-01-01 2026-12-31",
            "2026-01-01 400",
            "192.168.100.200:8443",
            "401 403 404 500",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "22 33 44 55",
            "1234567890",
            "½ 02829090",
        ] {
            assert_eq!(removed(text), text);
        }
    }
}
