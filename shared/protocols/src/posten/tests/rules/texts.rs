//! Texts and addresses.

use super::*;

#[test]
fn lengths() {
    each_breaks(
        direct,
        &[
            ("reference", Violation::Length(0, 50), |job| {
                job.reference = "x".repeat(51);
            }),
            ("queue", Violation::Length(1, 200), |job| {
                job.queue = Some(String::new());
            }),
            ("queue", Violation::Length(1, 200), |job| {
                job.queue = Some("x".repeat(201));
            }),
            ("title", Violation::Length(1, 80), |job| {
                job.title = String::new();
            }),
            ("title", Violation::Length(1, 80), |job| {
                job.title = "å".repeat(81);
            }),
            ("description", Violation::Length(0, 220), |job| {
                job.description = Some("x".repeat(221));
            }),
            ("documents[1].title", Violation::Length(1, 80), |job| {
                job.documents[1].title = "x".repeat(81);
            }),
            ("documents[0].title", Violation::Length(1, 80), |job| {
                job.documents[0].title = String::new();
            }),
            ("signers[1].identifier", Violation::Length(1, 80), |job| {
                job.signers[1].who = SignerIdentifier::Own("x".repeat(81));
            }),
            ("signers[1].identifier", Violation::Length(1, 80), |job| {
                job.signers[1].who = SignerIdentifier::Own(String::new());
            }),
            ("exit.completion", Violation::Length(1, 500), |job| {
                exit(job).completion = format!("https://bank.example/{}", "x".repeat(480));
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Violation::Length(1, 80), |job| {
                job.nonsensitive_title = Some("x".repeat(81));
            }),
            ("nonsensitive_title", Violation::Length(1, 80), |job| {
                job.nonsensitive_title = Some(String::new());
            }),
        ],
    );
    all_fit(
        direct,
        &[
            |job| job.reference = "x".repeat(50),
            |job| job.reference = String::new(),
            // Two code points each as written; one as sent.
            |job| job.title = "a\u{30a}".repeat(80),
            |job| job.title = "\u{1f58b}".repeat(80),
            |job| job.description = Some("x".repeat(220)),
            |job| job.description = Some(String::new()),
            |job| job.signers[1].who = SignerIdentifier::Own("å".repeat(80)),
            |job| exit(job).error = format!("https://bank.example/{}", "x".repeat(479)),
        ],
    );
}

/// Returns the digits as full-width characters, as East Asian keyboards write them.
fn full_width(number: &str) -> String {
    let digits = number.bytes().map(u32::from);
    let wide = digits.filter_map(|digit| char::from_u32(digit + 0xff11 - u32::from(b'1')));
    wide.collect()
}

#[test]
fn numbers_of_persons_only_where_they_may_be() {
    each_breaks(
        direct,
        &[
            ("reference", Violation::PersonalData, |job| {
                job.reference = format!("sak-{KARI}");
            }),
            ("queue", Violation::PersonalData, |job| {
                job.queue = Some(KARI.to_owned());
            }),
            ("documents[0].title", Violation::PersonalData, |job| {
                job.documents[0].title = "Avtale 178974 32161".to_owned();
            }),
            ("documents[1].title", Violation::PersonalData, |job| {
                job.documents[1].title = full_width(KARI);
            }),
            ("reference", Violation::PersonalData, |job| {
                job.reference = full_width(KARI);
            }),
            ("queue", Violation::PersonalData, |job| {
                job.queue = Some(full_width(KARI));
            }),
            ("signers[1].identifier", Violation::PersonalData, |job| {
                job.signers[1].who = SignerIdentifier::Own(full_width(OLA));
            }),
            ("signers[1].identifier", Violation::PersonalData, |job| {
                job.signers[1].who = SignerIdentifier::Own(OLA.to_owned());
            }),
            ("exit.completion", Violation::PersonalData, |job| {
                exit(job).completion.push_str("&pid=17897432161");
            }),
            ("exit.rejection", Violation::PersonalData, |job| {
                exit(job).rejection.push_str("&pid=178974%2D32161");
            }),
            ("exit.error", Violation::PersonalData, |job| {
                exit(job).error.push_str("&pid=178974-32161");
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Violation::PersonalData, |job| {
                job.nonsensitive_title = Some(format!("Til {OLA}"));
            }),
            ("nonsensitive_title", Violation::PersonalData, |job| {
                job.nonsensitive_title = Some(full_width(OLA));
            }),
            (
                "signers[1].notifications.email",
                Violation::PersonalData,
                |job| {
                    job.signers[1].notifications =
                        Some(addresses(Some(&format!("{OLA}@bedrift.example")), None));
                },
            ),
        ],
    );
    all_fit(
        direct,
        &[
            |job| job.title = format!("Avtale med {KARI}"),
            |job| job.description = Some(format!("Gjelder {KARI}")),
        ],
    );
}

#[test]
fn characters_that_xml_cannot_hold_or_a_reader_cannot_see() {
    each_breaks(
        direct,
        &[
            ("reference", Violation::Character, |job| {
                job.reference = "a\0".to_owned();
            }),
            ("title", Violation::Character, |job| {
                job.title = "\u{b}".to_owned();
            }),
            ("description", Violation::Character, |job| {
                job.description = Some("\u{ffff}".to_owned());
            }),
            ("documents[0].title", Violation::Character, |job| {
                job.documents[0].title = "\u{1}".to_owned();
            }),
            ("signers[1].identifier", Violation::Character, |job| {
                job.signers[1].who = SignerIdentifier::Own("\u{1f}".to_owned());
            }),
            ("signers[1].identifier", Violation::Blanks, |job| {
                job.signers[1].who = SignerIdentifier::Own(" a".to_owned());
            }),
            ("title", Violation::Character, |job| {
                job.title = "Avtale\r\nBcc: x".to_owned();
            }),
            ("title", Violation::Character, |job| {
                job.title = "Avtale \u{202e}nuur".to_owned();
            }),
            ("title", Violation::Character, |job| {
                job.title = "Av\u{200b}tale".to_owned();
            }),
            ("description", Violation::Character, |job| {
                job.description = Some("Les\navtalen".to_owned());
            }),
            ("documents[0].title", Violation::Character, |job| {
                job.documents[0].title = "\u{2066}Avtale\u{2069}".to_owned();
            }),
            ("queue", Violation::Character, |job| {
                job.queue = Some("inn\tsending".to_owned());
            }),
            ("reference", Violation::Character, |job| {
                job.reference = "sak\u{feff}1".to_owned();
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Violation::Character, |job| {
                job.nonsensitive_title = Some("Avtale\u{2029}".to_owned());
            }),
            ("signers[1].notifications.email", Violation::Email, |job| {
                job.signers[1].notifications =
                    Some(addresses(Some("ola\u{200d}@bedrift.example"), None));
            }),
        ],
    );
}

#[test]
fn where_browsers_are_sent() {
    for address in [
        "x",
        "/path",
        "http://bank.example/",
        "javascript:alert(1)",
        "https://u:p@bank.example/",
        "https://bank.example/#part",
        "app://return",
    ] {
        let mut job = direct();
        exit(&mut job).error = address.to_owned();
        assert_eq!(
            fault(&job),
            Some(("exit.error".to_owned(), Violation::Address)),
            "{address}"
        );
    }
    all_fit(
        direct,
        &[
            |job| exit(job).error = "http://localhost:3000/back".to_owned(),
            |job| exit(job).error = exit(job).completion.clone(),
        ],
    );
}
