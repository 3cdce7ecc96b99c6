//! Texts and addresses.

use super::*;

#[test]
fn lengths() {
    each_breaks(
        direct,
        &[
            ("reference", Rule::Length(0, 50), |job| {
                job.reference = "x".repeat(51);
            }),
            ("queue", Rule::Length(1, 200), |job| {
                job.queue = Some(String::new());
            }),
            ("queue", Rule::Length(1, 200), |job| {
                job.queue = Some("x".repeat(201));
            }),
            ("title", Rule::Length(1, 80), |job| {
                job.title = String::new();
            }),
            ("title", Rule::Length(1, 80), |job| {
                job.title = "å".repeat(81);
            }),
            ("description", Rule::Length(0, 220), |job| {
                job.description = Some("x".repeat(221));
            }),
            ("documents[1].title", Rule::Length(1, 80), |job| {
                job.documents[1].title = "x".repeat(81);
            }),
            ("documents[0].title", Rule::Length(1, 80), |job| {
                job.documents[0].title = String::new();
            }),
            ("signers[1].identifier", Rule::Length(1, 80), |job| {
                job.signers[1].who = Who::Own("x".repeat(81));
            }),
            ("signers[1].identifier", Rule::Length(1, 80), |job| {
                job.signers[1].who = Who::Own(String::new());
            }),
            ("exit.completion", Rule::Length(1, 500), |job| {
                exit(job).completion = format!("https://bank.example/{}", "x".repeat(480));
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Rule::Length(1, 80), |job| {
                job.nonsensitive_title = Some("x".repeat(81));
            }),
            ("nonsensitive_title", Rule::Length(1, 80), |job| {
                job.nonsensitive_title = Some(String::new());
            }),
        ],
    );
    all_fit(
        direct,
        &[
            |job| job.reference = "x".repeat(50),
            |job| job.reference = String::new(),
            // Two code points each, as they are written here; one as they are sent.
            |job| job.title = "a\u{30a}".repeat(80),
            |job| job.title = "\u{1f58b}".repeat(80),
            |job| job.description = Some("x".repeat(220)),
            |job| job.description = Some(String::new()),
            |job| job.signers[1].who = Who::Own("å".repeat(80)),
            |job| exit(job).error = format!("https://bank.example/{}", "x".repeat(479)),
        ],
    );
}

/// The digits as East Asian keyboards write them.
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
            ("reference", Rule::PersonalData, |job| {
                job.reference = format!("sak-{KARI}");
            }),
            ("queue", Rule::PersonalData, |job| {
                job.queue = Some(KARI.to_owned());
            }),
            ("documents[0].title", Rule::PersonalData, |job| {
                job.documents[0].title = "Avtale 178974 32161".to_owned();
            }),
            ("documents[1].title", Rule::PersonalData, |job| {
                job.documents[1].title = full_width(KARI);
            }),
            ("reference", Rule::PersonalData, |job| {
                job.reference = full_width(KARI);
            }),
            ("queue", Rule::PersonalData, |job| {
                job.queue = Some(full_width(KARI));
            }),
            ("signers[1].identifier", Rule::PersonalData, |job| {
                job.signers[1].who = Who::Own(full_width(OLA));
            }),
            ("signers[1].identifier", Rule::PersonalData, |job| {
                job.signers[1].who = Who::Own(OLA.to_owned());
            }),
            ("exit.completion", Rule::PersonalData, |job| {
                exit(job).completion.push_str("&pid=17897432161");
            }),
            ("exit.rejection", Rule::PersonalData, |job| {
                exit(job).rejection.push_str("&pid=178974%2D32161");
            }),
            ("exit.error", Rule::PersonalData, |job| {
                exit(job).error.push_str("&pid=178974-32161");
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Rule::PersonalData, |job| {
                job.nonsensitive_title = Some(format!("Til {OLA}"));
            }),
            ("nonsensitive_title", Rule::PersonalData, |job| {
                job.nonsensitive_title = Some(full_width(OLA));
            }),
            (
                "signers[1].notifications.email",
                Rule::PersonalData,
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
            ("reference", Rule::Character, |job| {
                job.reference = "a\0".to_owned();
            }),
            ("title", Rule::Character, |job| {
                job.title = "\u{b}".to_owned();
            }),
            ("description", Rule::Character, |job| {
                job.description = Some("\u{ffff}".to_owned());
            }),
            ("documents[0].title", Rule::Character, |job| {
                job.documents[0].title = "\u{1}".to_owned();
            }),
            ("signers[1].identifier", Rule::Character, |job| {
                job.signers[1].who = Who::Own("\u{1f}".to_owned());
            }),
            ("signers[1].identifier", Rule::Blanks, |job| {
                job.signers[1].who = Who::Own(" a".to_owned());
            }),
            ("title", Rule::Character, |job| {
                job.title = "Avtale\r\nBcc: x".to_owned();
            }),
            ("title", Rule::Character, |job| {
                job.title = "Avtale \u{202e}nuur".to_owned();
            }),
            ("title", Rule::Character, |job| {
                job.title = "Av\u{200b}tale".to_owned();
            }),
            ("description", Rule::Character, |job| {
                job.description = Some("Les\navtalen".to_owned());
            }),
            ("documents[0].title", Rule::Character, |job| {
                job.documents[0].title = "\u{2066}Avtale\u{2069}".to_owned();
            }),
            ("queue", Rule::Character, |job| {
                job.queue = Some("inn\tsending".to_owned());
            }),
            ("reference", Rule::Character, |job| {
                job.reference = "sak\u{feff}1".to_owned();
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("nonsensitive_title", Rule::Character, |job| {
                job.nonsensitive_title = Some("Avtale\u{2029}".to_owned());
            }),
            ("signers[1].notifications.email", Rule::Email, |job| {
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
            Some(("exit.error".to_owned(), Rule::Address)),
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
