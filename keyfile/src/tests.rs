#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test, what is not as expected ends it"
)]
#![allow(clippy::too_many_lines, reason = "a table is read in one piece")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A key by its first bytes; nothing reads the rest.
fn key() -> Vec<u8> {
    let mut der = vec![0x30, 0x82, 0, 200, 2, 1, 0, 0x30];
    der.extend((0..192).map(|byte| u8::try_from(byte).unwrap()));
    der
}

fn block(label: &str, der: &[u8], width: usize, line_break: &str) -> String {
    let base64 = STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(width);
    let lines: Vec<&str> = lines
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join(line_break);
    format!(
        "-----BEGIN {label}-----{line_break}{body}{line_break}-----END {label}-----{line_break}"
    )
}

fn usual() -> String {
    block("PRIVATE KEY", &key(), 64, "\n")
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = mark.then_some('\u{feff}');
    let text: String = mark.into_iter().chain(text.chars()).collect();
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn every_layout_is_read_and_the_odd_ones_are_named() {
    let usual = usual();
    let each = |change: &dyn Fn(&str) -> String| -> String {
        usual.lines().map(change).collect::<Vec<_>>().concat()
    };
    let quoted = each(&|line| format!("\"{line}\\n\"\n"));
    let mail = each(&|line| format!("> {line}\n"));
    let indented = each(&|line| format!("    {line}\n"));
    let trailing = each(&|line| format!("{line}  \t\n"));
    let json = usual.replace('\n', "\\n").replace('/', "\\/");
    let text = |text: &str| text.as_bytes().to_vec();
    let cases: Vec<(&str, Vec<u8>, &[Deviation])> = vec![
        ("as it should be", text(&usual), &[]),
        ("CRLF", text(&usual.replace('\n', "\r\n")), &[]),
        ("CR", text(&usual.replace('\n', "\r")), &[]),
        ("trailing blanks", text(&trailing), &[]),
        (
            "text around",
            text(&format!("Bag Attributes: 1\n{usual}\nend\n")),
            &[],
        ),
        ("no last line break", text(usual.trim_end()), &[]),
        (
            "Latin-1 around",
            [b"utl\xf8per\n", usual.as_bytes()].concat(),
            &[],
        ),
        (
            "76 columns",
            text(&block("PRIVATE KEY", &key(), 76, "\n")),
            &[Deviation::LineLength],
        ),
        (
            "one long line",
            text(&block("PRIVATE KEY", &key(), 9999, "\n")),
            &[Deviation::LineLength],
        ),
        (
            "one line",
            text(&usual.replace('\n', " ")),
            &[Deviation::OneLine],
        ),
        (
            "no blanks",
            text(&usual.replace('\n', "")),
            &[Deviation::OneLine],
        ),
        (
            "escapes",
            text(&usual.replace('\n', "\\n")),
            &[Deviation::EscapedLineBreaks],
        ),
        ("JSON", text(&json), &[Deviation::EscapedLineBreaks]),
        ("indented", text(&indented), &[Deviation::Indented]),
        (
            "between quotes",
            text(&format!("\"{}\"", usual.trim_end())),
            &[Deviation::Quoted],
        ),
        (
            "a string of C",
            text(&quoted),
            &[Deviation::EscapedLineBreaks, Deviation::Quoted],
        ),
        (
            "in a mail",
            text(&mail),
            &[Deviation::Indented, Deviation::Quoted],
        ),
        (
            "a name before",
            text(&format!("key: {usual}")),
            &[Deviation::TextOnBoundary],
        ),
        (
            "BOM",
            text(&format!("\u{feff}{usual}")),
            &[Deviation::ByteOrderMark],
        ),
        (
            "NBSP",
            text(&usual.replacen("\nMI", "\n\u{a0}MI", 1)),
            &[Deviation::NotAscii],
        ),
        (
            "no padding",
            text(&usual.replace('=', "")),
            &[Deviation::Padding],
        ),
        (
            "UTF-16LE",
            utf16(&usual, u16::to_le_bytes, true),
            &[Deviation::Utf16],
        ),
        (
            "UTF-16BE",
            utf16(&usual, u16::to_be_bytes, true),
            &[Deviation::Utf16],
        ),
        (
            "UTF-16LE without mark",
            utf16(&usual, u16::to_le_bytes, false),
            &[Deviation::Utf16],
        ),
        (
            "UTF-16BE without mark",
            utf16(&usual, u16::to_be_bytes, false),
            &[Deviation::Utf16],
        ),
    ];
    for (name, bytes, oddities) in cases {
        let pem = Pem::read(&bytes);
        let found = pem.private_keys();
        assert_eq!(
            found.as_deref(),
            Ok(&[(KeyForm::Pkcs8, key().as_slice())][..]),
            "{name}"
        );
        let odd: Vec<Deviation> = pem.oddities.clone();
        let is_expected = |odd: &Deviation| oddities.contains(odd) || *odd == Deviation::Indented;
        assert!(odd.iter().all(is_expected), "{name}: {odd:?}");
        assert!(
            oddities.iter().all(|wanted| odd.contains(wanted)),
            "{name}: {odd:?}"
        );
        assert_eq!(odd.is_empty(), oddities.is_empty(), "{name}: {odd:?}");
    }
}

#[test]
fn what_cannot_be_read_has_a_cause_and_a_line() {
    let usual = usual();
    let lines: Vec<&str> = usual.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n");
    for (name, text, fault) in [
        ("no END", without_end.clone(), Fault::NoEnd(1)),
        (
            "no END, then another",
            format!("{without_end}\n{usual}"),
            Fault::NoEnd(1),
        ),
        (
            "another END",
            usual.replace("END PRIVATE", "END PUBLIC"),
            Fault::End(lines.len()),
        ),
        (
            "no BEGIN",
            lines[1..].join("\n"),
            Fault::End(lines.len() - 1),
        ),
        (
            "BEGIN cut",
            usual.replace("KEY-----\nMI", "KEY\nMI"),
            Fault::Boundary(1),
        ),
        (
            "four hyphens",
            usual.replace("-----", "----"),
            Fault::Boundary(1),
        ),
        ("dashes", usual.replace("-----", "—"), Fault::Boundary(1)),
        (
            "a star",
            usual.replacen("\nMI", "\nM*", 1),
            Fault::Character(2),
        ),
        (
            "cut short",
            usual.replacen("\nMI", "\nM", 1),
            Fault::Base64(1),
        ),
        (
            "empty",
            "\n-----BEGIN LABEL-----\n-----END LABEL-----".replace("LABEL", "PRIVATE KEY"),
            Fault::Empty(2),
        ),
        (
            "headers",
            usual.replacen("\nMI", "\nA: b\nMI", 1),
            Fault::Headers(1),
        ),
    ] {
        let pem = Pem::read(text.as_bytes());
        assert_eq!(pem.faults.first(), Some(&fault), "{name}");
        assert_eq!(pem.private_keys(), Err(PemError::Fault(fault)), "{name}");
        let said = format!("{:?} {fault} {:?}", pem, pem.private_keys());
        let secret = &lines[1][8..24];
        assert!(!said.contains(secret), "{name}: {said}");
    }
}

#[test]
fn what_is_missing_is_told_apart() {
    let labelled = |label: &str| block(label, &key(), 64, "\n");
    let keys = |text: &str| {
        Pem::read(text.as_bytes())
            .private_keys()
            .map(|keys| keys.len())
    };
    assert_eq!(keys(""), Err(PemError::NoPrivateKey));
    assert_eq!(keys(&labelled("CERTIFICATE")), Err(PemError::NoPrivateKey));
    assert_eq!(
        keys(&labelled("ENCRYPTED PRIVATE KEY")),
        Err(PemError::Encrypted)
    );
    assert_eq!(keys(&(usual() + &labelled("RSA PRIVATE KEY"))), Ok(2));
    let old = usual().replacen(
        "\nMI",
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMI",
        1,
    );
    assert_eq!(keys(&old), Err(PemError::Encrypted));
    let header = ("DEK-Info".to_owned(), "AES-256-CBC,00".to_owned());
    assert!(
        Pem::read(old.as_bytes()).blocks[0]
            .headers
            .contains(&header)
    );
    assert_eq!(
        keys(&block("PRIVATE KEY", b"no key", 64, "\n")),
        Err(PemError::NotAKey)
    );

    let certificates = |text: &str| {
        Pem::read(text.as_bytes())
            .certificates()
            .map(|all| all.len())
    };
    assert_eq!(certificates(&usual()), Err(PemError::NoCertificate));
    assert_eq!(
        certificates(&labelled("TRUSTED CERTIFICATE")),
        Err(PemError::TrustedCertificate)
    );
    assert_eq!(
        certificates(&(labelled("CERTIFICATE") + &labelled("X509 CERTIFICATE"))),
        Ok(2)
    );
    // A certificate that is passed over would be missed later, in another place.
    let half = labelled("CERTIFICATE") + "-----BEGIN CERTIFICATE-----\nMI";
    assert_eq!(certificates(&half), Err(PemError::Fault(Fault::NoEnd(8))));
}

#[test]
fn keys_are_recognised_by_their_content() {
    for (start, form) in [
        (&[0x30, 0x10, 2, 1, 0, 0x30][..], Some(KeyForm::Pkcs8)),
        (&[0x30, 0x82, 1, 1, 2, 1, 1, 0x30], Some(KeyForm::Pkcs8)),
        (&[0x30, 0x82, 1, 1, 2, 1, 0, 2], Some(KeyForm::Pkcs1)),
        (&[0x30, 0x10, 2, 1, 1, 4], Some(KeyForm::Sec1)),
        (&[0x30, 0x10, 2, 1, 3, 0x30], None),
        (&[0x30], None),
        (&[], None),
    ] {
        assert_eq!(KeyForm::detect(start), form);
    }
}

#[test]
fn no_input_panics() {
    let usual = usual();
    for end in 0..usual.len() {
        Pem::read(&usual.as_bytes()[..end]);
        Pem::read(&usual.as_bytes()[end..]);
    }
    Pem::read(&[0xFF, 0xFE, 0]);
    Pem::read(b"-----BEGIN -----END -----BEGIN----------END-----");
}
