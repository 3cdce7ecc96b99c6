//! Answers to the creation of a job.

use super::answer::{created, signer};
use super::*;

const DIRECT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<direct-signature-job-response xmlns="http://signering.posten.no/schema/v1">
    <reference>sak-ZqVb0yJ2bqkYt2mD</reference>
    <signature-job-id>90417</signature-job-id>
    <redirect-url signer="17897432161">https://posten.example/signere/#/-/first</redirect-url>
    <redirect-url signer="part-2">https://posten.example/signere/#/-/second</redirect-url>
    <status-url>https://api.posten.example/api/310000205/direct/signature-jobs/90417/status</status-url>
    <a-new-element><signer>x</signer></a-new-element>
    <signer href="https://api.posten.example/api/310000205/direct/signature-jobs/90417/signers/7702">
        <signer-identifier>part-2</signer-identifier>
        <redirect-url>
            https://posten.example/signere/#/-/second
        </redirect-url>
    </signer>
    <signer href=" https://api.posten.example/api/310000205/direct/signature-jobs/90417/signers/7701 ">
        <personal-identification-number>17897432161</personal-identification-number>
        <redirect-url>https://posten.example/signere/#/-/first</redirect-url>
    </signer>
</direct-signature-job-response>"#;

const PORTAL: &str = r#"<p:portal-signature-job-response xmlns="http://uri.etsi.org/2918/v1.2.1#" xmlns:p="http://signering.posten.no/schema/v1">
    <p:signature-job-id> 9223372036854775807 </p:signature-job-id>
    <signature-job-id>1</signature-job-id>
    <p:cancellation-url>https://api.posten.example/c?a=1&amp;b=2</p:cancellation-url>
</p:portal-signature-job-response>"#;

fn path(address: Option<&Address>) -> Option<&str> {
    address.map(Address::as_str)
}

#[test]
fn a_direct_job() {
    let answer = created(&posten(), Flow::Direct, DIRECT.as_bytes()).expect("an answer");
    assert_eq!(answer.job_id, 90417);
    assert_eq!(answer.reference.as_deref(), Some("sak-ZqVb0yJ2bqkYt2mD"));
    assert_eq!(
        path(answer.status.as_ref()),
        Some("/api/310000205/direct/signature-jobs/90417/status")
    );
    assert_eq!(answer.cancellation, None);
    // Signers are found by identity: their order differs from that of the job.
    let found = |place: usize| {
        let who = direct().signers[place].identity();
        let mut signers = answer.signers.iter();
        signers
            .find(|signer| signer.who == who)
            .expect("the signer")
    };
    assert!(found(0).address.as_str().ends_with("/signers/7701"));
    assert!(found(1).address.as_str().ends_with("/signers/7702"));
    let page = found(1).redirect.expose();
    assert_eq!(page, "https://posten.example/signere/#/-/second");
    let printed = format!("{answer:?}");
    for secret in [KARI, "part-2", "signere"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let polled = DIRECT.replace("status-url", "other-url");
    let answer = created(&posten(), Flow::Direct, polled.as_bytes()).expect("an answer");
    assert_eq!(answer.status, None);
}

#[test]
fn a_portal_job() {
    let answer = created(&posten(), Flow::Portal, PORTAL.as_bytes()).expect("an answer");
    assert_eq!(answer.job_id, i64::MAX);
    assert_eq!(answer.reference, None);
    assert_eq!(path(answer.cancellation.as_ref()), Some("/c?a=1&b=2"));
    assert!(answer.signers.is_empty());
}

#[test]
fn a_new_page() {
    let body = r#"<direct-signer-response xmlns="http://signering.posten.no/schema/v1" href="https://api.posten.example/s/1">
        <signer-identifier>part-2</signer-identifier><redirect-url>https://posten.example/n</redirect-url></direct-signer-response>"#;
    let answer = signer(&posten(), body.as_bytes()).expect("an answer");
    assert_eq!(answer.who, direct().signers[1].identity());
    assert_eq!(answer.address.as_str(), "/s/1");
    assert_eq!(answer.redirect.expose(), "https://posten.example/n");
    let other = signer(&posten(), DIRECT.as_bytes());
    assert_eq!(other, Err(UnreadableAnswer::Message));
}

#[test]
fn answers_that_cannot_be_used() {
    let doctype = format!("<!DOCTYPE a><a/>{}", &DIRECT[56..]);
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    let cases = [
        (String::new(), UnreadableAnswer::Malformed),
        ("You are 310000205".to_owned(), UnreadableAnswer::Malformed),
        ("<html></html>".to_owned(), UnreadableAnswer::Message),
        (PORTAL.to_owned(), UnreadableAnswer::Message),
        (doctype, UnreadableAnswer::Malformed),
        (deep, UnreadableAnswer::Malformed),
        (format!("{DIRECT}<again/>"), UnreadableAnswer::Malformed),
        (format!("{DIRECT}text"), UnreadableAnswer::Malformed),
        (
            DIRECT.replace("</reference>", "&x;</reference>"),
            UnreadableAnswer::Malformed,
        ),
        (
            DIRECT.replace("</reference>", ""),
            UnreadableAnswer::Malformed,
        ),
        (
            DIRECT.replace("schema/v1", "schema/v2"),
            UnreadableAnswer::Message,
        ),
        (
            DIRECT.replace("90417</", "x</"),
            UnreadableAnswer::Element("signature-job-id"),
        ),
        (
            DIRECT.replace("signature-job-id", "id"),
            UnreadableAnswer::Element("signature-job-id"),
        ),
        (
            DIRECT.replace("href=", "ref="),
            UnreadableAnswer::Element("href"),
        ),
        (
            DIRECT.replace("signer-identifier", "x"),
            UnreadableAnswer::Element("signer-identifier"),
        ),
        (
            DIRECT.replace("redirect-url", "x"),
            UnreadableAnswer::Element("redirect-url"),
        ),
        (DIRECT.replace("signer ", "x "), UnreadableAnswer::Malformed),
        (
            DIRECT.replace("href=\"https://api.", "href=\"https://evil."),
            UnreadableAnswer::Foreign("href"),
        ),
        (
            DIRECT.replace("<status-url>https://api.", "<status-url>https://evil."),
            UnreadableAnswer::Foreign("status-url"),
        ),
    ];
    for (place, (body, error)) in cases.into_iter().enumerate() {
        let answer = created(&posten(), Flow::Direct, body.as_bytes());
        assert_eq!(answer.err(), Some(error), "{place}");
    }
    let latin = DIRECT.replace("sak-", "s\u{e5}k-");
    let latin: Vec<u8> = latin.chars().map(|character| character as u8).collect();
    assert_eq!(
        created(&posten(), Flow::Direct, &latin).err(),
        Some(UnreadableAnswer::Malformed)
    );
    let bare = PORTAL.replace("cancellation-url", "x");
    assert_eq!(
        created(&posten(), Flow::Portal, bare.as_bytes()).err(),
        Some(UnreadableAnswer::Element("cancellation-url"))
    );
    let with_mark = format!("\u{feff}{PORTAL}");
    assert!(created(&posten(), Flow::Portal, with_mark.as_bytes()).is_ok());
}

#[test]
fn an_answer_that_breaks_off_cannot_be_used() {
    for length in 0..DIRECT.len() {
        let answer = created(&posten(), Flow::Direct, &DIRECT.as_bytes()[..length]);
        assert!(answer.is_err(), "{length}");
    }
}
