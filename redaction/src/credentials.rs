//! Credentials, recognised by their form.

use crate::REMOVED;

/// Beginnings of a JSON object in base64. JSON Web Tokens begin with one of them (RFC 7519).
const JSON_OBJECT: [&str; 2] = ["eyJ", "eyAi"];

/// Prefixes of vault tokens: service, batch and recovery tokens.
const VAULT: [&str; 3] = ["hvs.", "hvb.", "hvr."];

/// Minimum number of characters after such a beginning.
const SHORTEST: usize = 4;

/// Prefixes of tokens in vaults before 1.10, with the minimum number of letters and digits that
/// follow.
const OLD_VAULT: [&str; 3] = ["s.", "b.", "r."];
const OLD_VAULT_LENGTH: usize = 20;

/// Minimum length in bytes of a random-looking word that counts as a secret: 15 bytes in base64.
const LONG: usize = 20;

/// Maximum length of a digest in hexadecimal digits. More digits are a secret.
const LONGEST_DIGEST: usize = 128;

/// Minimum number of listed byte values that count as a secret.
const MOST_BYTES: usize = 8;

/// `Authorization` schemes that are followed by a credential.
const SCHEMES: [&str; 3] = ["bearer", "basic", "dpop"];

/// Returns `text` without credentials.
pub(crate) fn removed(text: &str) -> String {
    let text = without_lists(&without_pem(text));
    let mut clean = String::with_capacity(text.len());
    let mut follows_scheme = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        if word.is_empty() {
            clean.push_str(piece);
            continue;
        }
        if follows_scheme && !is_plain(word) {
            clean.push_str(REMOVED);
        } else {
            clean.push_str(&within(&without_password(word)));
        }
        clean.push_str(piece.get(word.len()..).unwrap_or_default());
        let last = word.rsplit(|character: char| !character.is_ascii_alphabetic());
        let last = last.into_iter().next().unwrap_or_default();
        follows_scheme = SCHEMES
            .iter()
            .any(|scheme| last.eq_ignore_ascii_case(scheme));
    }
    clean
}

/// Returns whether the word is plain text, such as `token` after `Bearer`, or a parameter of a challenge (RFC 6750 §3).
fn is_plain(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    let name = name.trim_end_matches([',', '.', ':', ';', ')']);
    name.len() <= 17
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Removes PEM from its first boundary to its last (RFC 7468), also with damaged dashes and line
/// breaks. If a boundary is missing, removal starts at the beginning of the text, or continues to
/// its end.
fn without_pem(text: &str) -> String {
    // The letters of ASCII change, and no position does.
    let small = text.to_ascii_lowercase();
    let mut clean = String::new();
    let mut next = 0;
    let ended = mark(&small, "end ", 0)
        .filter(|(start, _)| mark(&small, "begin ", 0).is_none_or(|(begun, _)| begun > *start));
    if let Some((_, end)) = ended {
        clean.push_str(REMOVED);
        next = end;
    }
    while let Some((start, begun)) = mark(&small, "begin ", next) {
        clean.push_str(text.get(next..start).unwrap_or_default());
        clean.push_str(REMOVED);
        next = mark(&small, "end ", begun).map_or(text.len(), |(_, end)| end);
    }
    clean.push_str(text.get(next..).unwrap_or_default());
    clean
}

/// Finds the first PEM boundary at or after `from`: at least two dashes, `word`, and a label with
/// an ending of `LABELS`. Returns its range, dashes included.
fn mark(small: &str, word: &str, from: usize) -> Option<(usize, usize)> {
    const FEWEST_DASHES: usize = 2;
    const LABELS: [&str; 6] = ["key", "certificate", "request", "crl", "parameters", "data"];
    let is_dash = |character: char| matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let mut position = from;
    loop {
        let found = position + small.get(position..)?.find(word)?;
        let inside = found + word.len();
        let rest = small.get(inside..)?;
        let length =
            rest.find(|character: char| !character.is_ascii_alphanumeric() && character != ' ');
        let label = rest.get(..length.unwrap_or(rest.len()))?;
        let before = small.get(..found)?.trim_end_matches(is_dash);
        let after = rest.get(label.len()..)?.trim_start_matches(is_dash);
        let dashes = small.get(before.len()..found)?.chars().count();
        if dashes >= FEWEST_DASHES && LABELS.iter().any(|end| label.ends_with(end)) {
            return Some((before.len(), small.len() - after.len()));
        }
        position = inside;
    }
}

/// Removes bytes listed as numbers, as programs print them: `[80, 82, 73, …]`.
fn without_lists(text: &str) -> String {
    let is_of_list =
        |character: char| character.is_ascii_digit() || matches!(character, ',' | ' ' | '\n');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (other, begun) = rest.split_at(rest.find(is_of_list).unwrap_or(rest.len()));
        let end = begun.find(|character| !is_of_list(character));
        let (list, after) = begun.split_at(end.unwrap_or(begun.len()));
        clean.push_str(other);
        clean.push_str(if are_bytes(list) { REMOVED } else { list });
        rest = after;
    }
    clean
}

fn are_bytes(list: &str) -> bool {
    let list = list.trim_matches([',', ' ', '\n']);
    let mut numbers = list.split(',').map(str::trim);
    list.matches(',').count() + 1 >= MOST_BYTES
        && numbers.all(|number| number.parse::<u8>().is_ok())
}

/// Removes the user information from `scheme://user:password@host` (RFC 3986 §3.2.1).
fn without_password(word: &str) -> String {
    let mut clean = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, address)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        rest = address;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A password with a slash in it is one too, where the address has no other `@`.
        let end = authority.rfind('@').or_else(|| rest.find('@'));
        if let Some(host) = end.and_then(|end| rest.get(end..)) {
            clean.push_str(REMOVED);
            rest = host;
        }
    }
    clean.push_str(rest);
    clean
}

/// Examines the parts of `word` that may be tokens.
fn within(word: &str) -> String {
    let is_of_token = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '+' | '/')
    };
    let mut clean = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        let (other, begun) = rest.split_at(rest.find(is_of_token).unwrap_or(rest.len()));
        let end = begun.find(|character| !is_of_token(character));
        let (token, after) = begun.split_at(end.unwrap_or(begun.len()));
        clean.push_str(other);
        match secret_in(token) {
            Some(start) => {
                clean.push_str(token.get(..start).unwrap_or_default());
                clean.push_str(REMOVED);
            }
            None => clean.push_str(token),
        }
        rest = after;
    }
    clean
}

/// Returns the position of the first secret in `token`.
fn secret_in(token: &str) -> Option<usize> {
    let known = JSON_OBJECT.iter().chain(&VAULT);
    let known = known.filter_map(|begin| {
        let (before, after) = token.split_once(begin)?;
        (after.len() >= SHORTEST).then_some(before.len())
    });
    let old = OLD_VAULT.iter().filter(|begin| {
        let after = token.strip_prefix(**begin);
        let after = after.and_then(|after| after.split('.').next());
        after.is_some_and(|after| {
            after.len() >= OLD_VAULT_LENGTH
                && after.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    });
    let mut parts = token
        .split('.')
        .flat_map(|part| part.split('/').chain([part]));
    let random = parts.any(is_random).then_some(0);
    known.chain(old.map(|_| 0)).chain(random).min()
}

/// Returns whether lowercase letters, uppercase letters and digits change as often as in random text, which they
/// do not in words and paths, or whether the part has more hexadecimal digits than a digest.
fn is_random(part: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let kinds: Vec<u8> = part.bytes().filter_map(kind).collect();
    let changes = kinds
        .iter()
        .zip(kinds.iter().skip(1))
        .filter(|(one, other)| one != other);
    let is_mixed =
        [0, 1, 2].iter().all(|kind| kinds.contains(kind)) && changes.count() * 3 >= kinds.len();
    let is_hexadecimal =
        part.len() > LONGEST_DIGEST && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    part.len() >= LONG && is_mixed || is_hexadecimal
}

#[cfg(test)]
mod tests {
    use super::removed;

    const RANDOM: &str = "BIepn9RUSrLEwaMNhcMkq5hP7zYIlT9dmKc0BoNSHYU";

    #[test]
    fn credentials_are_removed() {
        for (text, clean) in [
            ("Bearer eyJhbGciOi.eyJpc3Mi.c2ln", "Bearer …"),
            ("token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln&x=1", "token=…&x=1"),
            ("xeyJhbGciOiJ9", "x…"),
            ("\"eyAiYWxnIjoiUlMyNTYifQ\"", "\"…\""),
            (
                "authorization: bearer s3cr3t!/+=, then",
                "authorization: bearer … then",
            ),
            (
                "Proxy-Authorization: Basic YTpi",
                "Proxy-Authorization: Basic …",
            ),
            ("hvs.CAESIJ-x_1.y denied", "… denied"),
            ("token hvb.AAAAAQJ: no", "token …: no"),
            ("(hvr.CAESIJ1x)", "(…)"),
            ("s.8Uk2TXbRk5bJvLr0aPq3ZcYd no", "… no"),
            ("s.8Uk2TXbRk5bJvLr0aPq3ZcYd.nsid no", "… no"),
            ("redis://:pass word@host", "redis://:pass word@host"),
            (
                "redis://app:p%20w@host:6379/0 is down",
                "redis://…@host:6379/0 is down",
            ),
            ("redis://app:p/w@host/0", "redis://…@host/0"),
            ("a [80, 82, 73, 86, 65, 84, 69, 32] b", "a […] b"),
        ] {
            assert_eq!(removed(text), clean);
        }
        for (text, clean) in [
            ("-----BEGIN LABEL----- MIIE -----END LABEL----- no", "… no"),
            ("key: -----BEGIN LABEL-----MIIE", "key: …"),
            ("\"-----BEGIN RSA LABEL-----\\nMIIE\"", "\"…"),
        ] {
            assert_eq!(removed(&text.replace("LABEL", "PRIVATE KEY")), clean);
        }
        assert_eq!(removed(&format!("key {RANDOM}, no")), "key …, no");
        assert_eq!(removed("MIGHAgEA/MBMGByqG+SM49AgEGCCqG"), "…");
        assert_eq!(removed(&format!("keys/{RANDOM}.pem: no")), "…: no");
        assert_eq!(removed(&"4d4947484167454".repeat(10)), "…");
    }

    #[test]
    fn other_words_survive() {
        for text in [
            "the Bearer token is missing",
            "Bearer realm=\"x\", error=\"invalid_token\"",
            "Bearer error=\"invalid_token\"",
            "[1, 2, 3, 4, 5, 6, 7]",
            "401, 403, 404, 409, 410, 412, 429, 500",
            "s.no and b.example.com",
            "hvs. is how they begin",
            "begin key",
            "cannot send data--it broke",
            "the key at the end of the certificate",
            "/Users/Kari/Documents/Project2026/Innsyn/conf/keys",
            "/tmp/.tmpAbC1dE/authentication-chain.pem",
            "skatteetaten:innsynIKravOgBetalinger2",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "no.skatteetaten.fastsetting2025.UventetFeilVedUthenting",
        ] {
            let expected = if text.contains("path@2x") {
                "https://…@2x/three"
            } else {
                text
            };
            assert_eq!(removed(text), expected);
        }
    }
}
