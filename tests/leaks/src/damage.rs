//! Damage to a secret between its creation and the file or setting that it is read from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// Secret with damage.
pub struct DamagedSecret {
    /// Name of the damage.
    pub name: &'static str,
    /// Damaged content.
    pub bytes: Vec<u8>,
}

impl DamagedSecret {
    /// Returns the bytes as text, for a setting. Invalid UTF-8 is replaced, since neither an
    /// environment nor a document can have it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Returns damaged variants of `text`, which may be PEM or one line.
pub fn damaged(text: &str) -> Vec<DamagedSecret> {
    let line = text.trim_end();
    let texts = [
        with_other_lines(line),
        with_other_marks(line),
        wrapped(line),
    ];
    let texts = texts.into_iter().flatten();
    let as_bytes = texts.map(|(name, text)| (name, text.into_bytes()));
    as_bytes
        .chain(in_other_encodings(line))
        .map(|(name, bytes)| DamagedSecret { name, bytes })
        .collect()
}

/// Applies the changes of editors, forms and environments to line breaks.
fn with_other_lines(line: &str) -> Vec<(&'static str, String)> {
    let first = line.lines().next().unwrap_or_default();
    let last = line.lines().last().unwrap_or_default();
    let each = |change: &dyn Fn(&str) -> String| line.lines().map(change).collect::<String>();
    vec![
        ("as it is", line.to_owned()),
        ("empty", String::new()),
        ("on one line", line.replace('\n', "")),
        ("on one line with blanks", line.replace('\n', " ")),
        ("with literal \\n", line.replace('\n', "\\n")),
        ("with doubly escaped \\n", line.replace('\n', "\\\\n")),
        ("CRLF", line.replace('\n', "\r\n")),
        ("CR alone", line.replace('\n', "\r")),
        ("cut in two", line[..line.len() / 2].to_owned()),
        (
            "without its last line",
            line.trim_end_matches(last).to_owned(),
        ),
        (
            "without its first line",
            line.trim_start_matches(first).to_owned(),
        ),
        ("indented", each(&|line| format!("    {line}\n"))),
        (
            "with blanks at the ends of lines",
            each(&|line| format!("{line}  \n")),
        ),
        (
            "with an empty line after each",
            each(&|line| format!("{line}\n\n")),
        ),
    ]
}

/// Changes the marks of PEM, and its letters.
fn with_other_marks(line: &str) -> Vec<(&'static str, String)> {
    let relabelled = |label: &str| line.replace("PRIVATE KEY", label);
    let body: Vec<&str> = line
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let headers = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n";
    vec![
        ("its body alone", body.join("\n")),
        ("labelled as a certificate", relabelled("CERTIFICATE")),
        ("labelled as encrypted", relabelled("ENCRYPTED PRIVATE KEY")),
        ("labelled as EC", relabelled("EC PRIVATE KEY")),
        ("labelled as a public key", relabelled("PUBLIC KEY")),
        (
            "with another label at its end",
            line.replace("END PRIVATE", "END PUBLIC"),
        ),
        ("with four dashes", line.replace("-----", "----")),
        ("with en dashes", line.replace('-', "\u{2013}")),
        ("in small letters", line.to_lowercase()),
        ("in capital letters", line.to_uppercase()),
        ("with a wrong character", line.replacen('A', "!", 1)),
        ("with headers", line.replacen('\n', headers, 1)),
        ("with a zero byte", line.replacen('\n', "\0\n", 1) + "\0"),
    ]
}

/// Wraps the secret, and adds text beside it.
fn wrapped(line: &str) -> Vec<(&'static str, String)> {
    let hexadecimal: Vec<String> = line.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        ("BOM", format!("\u{feff}{line}")),
        ("doubled", format!("{line}{line}")),
        ("doubled with a line break", format!("{line}\n{line}")),
        ("in double quotes", format!("\"{line}\"")),
        ("in single quotes", format!("'{line}'")),
        ("escaped as JSON", json!(line).to_string()),
        ("in a JSON object", json!({ "key": line }).to_string()),
        ("with garbage after it", format!("{line}garbage")),
        ("with garbage before it", format!("garbage{line}")),
        ("as an assignment", format!("KEY={line}")),
        (
            "as YAML",
            format!("key: |\n  {}", line.replace('\n', "\n  ")),
        ),
        ("base64 of it", STANDARD.encode(line)),
        ("hexadecimal of it", hexadecimal.concat()),
    ]
}

/// Returns the text in encodings other than UTF-8, around it or as a whole.
fn in_other_encodings(line: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = line.encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        (
            "Latin-1 before it",
            [b"n\xf8kkel ".as_slice(), line.as_bytes()].concat(),
        ),
        (
            "Latin-1 in a line before it",
            [b"n\xf8kkel\n".as_slice(), line.as_bytes()].concat(),
        ),
        (
            "Latin-1 after it",
            [line.as_bytes(), b"\xe5".as_slice()].concat(),
        ),
        ("UTF-16", [0xff, 0xfe].into_iter().chain(utf16).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::damaged;

    #[test]
    fn there_are_many_and_they_differ() {
        let block = "-----BEGIN LABEL-----\nAAECAwQFBgcICQ==\n-----END LABEL-----\n";
        let all = damaged(&block.replace("LABEL", "PRIVATE KEY"));
        let distinct: BTreeSet<_> = all.iter().map(|damaged| &damaged.bytes).collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.len() > 40);
        // For one line, many changes give the same result; the rest is still enough.
        let all = damaged("AAECAwQFBgcICQoLDA0ODw");
        let distinct: BTreeSet<_> = all.iter().map(|damaged| &damaged.bytes).collect();
        assert!(distinct.len() >= 20, "{}", distinct.len());
    }
}
