//! Changes of a job.

use super::status::{Change, JobStatus, SignerStatus, read};
use super::*;

/// Recorded form: the namespace of the API under a prefix, another as the default.
const DIRECT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns4:direct-signature-job-status-response xmlns="http://uri.etsi.org/01903/v1.3.2#" xmlns:ns4="http://signering.posten.no/schema/v1">
    <ns4:reference>sak-ZqVb0yJ2bqkYt2mD</ns4:reference>
    <ns4:signature-job-id>90417</ns4:signature-job-id>
    <ns4:signature-job-status>FAILED</ns4:signature-job-status>
    <ns4:status signer="part-2" since="2026-11-19T10:02:44.120+01:00"> REJECTED </ns4:status>
    <ns4:status signer="17897432161" since="2026-11-19T09:31:07.482+01:00">SIGNED</ns4:status>
    <ns4:confirmation-url>https://api.posten.example/api/310000205/portal/signature-jobs/90417/status/complete</ns4:confirmation-url>
    <ns4:xades-url signer="17897432161">https://api.posten.example/api/310000205/portal/signature-jobs/90417/xades/7701</ns4:xades-url>
</ns4:direct-signature-job-status-response>"#;

const PORTAL: &str = r#"<portal-signature-job-status-change-response xmlns="http://signering.posten.no/schema/v1">
    <signature-job-id>90418</signature-job-id>
    <status>IN_PROGRESS</status>
    <confirmation-url>https://api.posten.example/j/complete</confirmation-url>
    <cancellation-url>https://api.posten.example/j/cancel</cancellation-url>
    <delete-documents-url>https://api.posten.example/j/delete-documents</delete-documents-url>
    <signatures>
        <signature>
            <status since="2026-11-23T08:00:00Z">WAITING</status>
            <identifier><sms number="40000002"/></identifier>
        </signature>
        <signature>
            <status since="2026-11-23T08:14:55.031+01:00">SIGNED</status>
            <personal-identification-number>17897432161</personal-identification-number>
            <xades-url>https://api.posten.example/j/xades/8801</xades-url>
        </signature>
        <signature>
            <status since="2026-11-23T08:00:00.000+01:00">GONE_FISHING</status>
            <identifier><email address="o'leder&amp;co@bedrift.example"/><sms number="40000001"/></identifier>
        </signature>
        <pades-url>https://api.posten.example/j/pades</pades-url>
    </signatures>
</portal-signature-job-status-change-response>"#;

fn change(flow: Flow, body: &str) -> Result<Change, UnreadableAnswer> {
    read(&posten(), flow, body.as_bytes())
}

fn path(address: Option<&Address>) -> Option<&str> {
    address.map(Address::as_str)
}

#[test]
fn of_a_direct_job() {
    let change = change(Flow::Direct, DIRECT).expect("a change");
    assert_eq!(change.job_id, 90417);
    assert_eq!(change.reference.as_deref(), Some("sak-ZqVb0yJ2bqkYt2mD"));
    assert_eq!(change.job, JobStatus::Failed);
    let confirmation = "/api/310000205/portal/signature-jobs/90417/status/complete";
    assert_eq!(path(change.confirmation.as_ref()), Some(confirmation));
    assert_eq!(
        (
            path(change.cancellation.as_ref()),
            path(change.pades.as_ref())
        ),
        (None, None)
    );
    let [second, first] = change.signers.as_slice() else {
        panic!("{change:?}")
    };
    assert_eq!(first.who, Some(direct().signers[0].identity()));
    assert_eq!(first.status, SignerStatus::Signed);
    assert_eq!(first.since, datetime!(2026-11-19 09:31:07.482 +01:00));
    assert!(path(first.xades.as_ref()).is_some_and(|path| path.ends_with("/xades/7701")));
    assert_eq!(second.who, Some(direct().signers[1].identity()));
    assert_eq!(second.status, SignerStatus::Rejected);
    assert_eq!(second.xades, None);
    let printed = format!("{change:?}");
    assert!(
        !printed.contains(KARI) && !printed.contains("part-2"),
        "{printed}"
    );
}

#[test]
fn of_a_direct_job_with_one_signer_who_is_not_named() {
    let body = DIRECT
        .replace(" signer=\"17897432161\"", "")
        .replace(" signer=\"part-2\"", " signer=\"\"");
    let change = change(Flow::Direct, &body).expect("a change");
    assert_eq!(change.signers[1].who, None);
    assert!(path(change.signers[1].xades.as_ref()).is_some());
    assert_eq!(change.signers[0].xades, None);
}

#[test]
fn of_a_portal_job() {
    let change = change(Flow::Portal, PORTAL).expect("a change");
    assert_eq!(change.job_id, 90418);
    assert_eq!(change.reference, None);
    assert_eq!(change.job, JobStatus::InProgress);
    assert_eq!(path(change.confirmation.as_ref()), Some("/j/complete"));
    assert_eq!(path(change.cancellation.as_ref()), Some("/j/cancel"));
    assert_eq!(
        path(change.delete_documents.as_ref()),
        Some("/j/delete-documents")
    );
    assert_eq!(path(change.pades.as_ref()), Some("/j/pades"));
    let [contact, person, other] = change.signers.as_slice() else {
        panic!("{change:?}")
    };
    assert_eq!(contact.who, Some(portal().signers[2].identity()));
    assert_eq!(contact.status, SignerStatus::Waiting);
    assert_eq!(contact.since, datetime!(2026-11-23 8:00 UTC));
    assert_eq!(person.who, Some(portal().signers[0].identity()));
    assert_eq!(path(person.xades.as_ref()), Some("/j/xades/8801"));
    let Some(Identity::Contact { email, sms }) = &other.who else {
        panic!("{other:?}")
    };
    assert_eq!(email.as_deref(), Some("o'leder&co@bedrift.example"));
    assert_eq!(sms.as_deref(), Some("40000001"));
    // The list of statuses is open.
    assert_eq!(other.status, SignerStatus::Other("GONE_FISHING".to_owned()));
    assert!(!format!("{change:?}").contains("4000"));
}

#[test]
fn the_words_for_how_a_signer_stands() {
    for word in [
        "WAITING",
        "SIGNED",
        "REJECTED",
        "EXPIRED",
        "FAILED",
        "CANCELLED",
        "RESERVED",
        "CONTACT_INFORMATION_MISSING",
        "BLOCKED",
        "SIGNERS_NAME_NOT_AVAILABLE",
        "NOT_APPLICABLE",
    ] {
        let status = SignerStatus::from_text(word);
        assert_eq!(status.as_str(), word);
        assert!(!matches!(status, SignerStatus::Other(_)), "{word}");
    }
    assert_eq!(SignerStatus::from_text("signed").as_str(), "signed");
}

#[test]
fn how_a_job_stands() {
    for (word, status) in [
        ("IN_PROGRESS", JobStatus::InProgress),
        ("COMPLETED_SUCCESSFULLY", JobStatus::Completed),
        ("FAILED", JobStatus::Failed),
    ] {
        let body = PORTAL.replace("IN_PROGRESS", word);
        assert_eq!(
            change(Flow::Portal, &body).map(|change| change.job),
            Ok(status)
        );
    }
}

#[test]
fn changes_that_cannot_be_used() {
    for (flow, from, to, error) in [
        (Flow::Portal, "", "", None),
        (
            Flow::Portal,
            "confirmation-url",
            "x",
            Some(UnreadableAnswer::Element("confirmation-url")),
        ),
        (
            Flow::Portal,
            "IN_PROGRESS",
            "PAUSED",
            Some(UnreadableAnswer::Element("status")),
        ),
        (
            Flow::Portal,
            "signatures>",
            "x>",
            Some(UnreadableAnswer::Element("signatures")),
        ),
        (
            Flow::Portal,
            "signature>",
            "x>",
            Some(UnreadableAnswer::Element("status")),
        ),
        (
            Flow::Portal,
            "status since",
            "x since",
            Some(UnreadableAnswer::Malformed),
        ),
        (
            Flow::Portal,
            "since=",
            "sinc=",
            Some(UnreadableAnswer::Element("since")),
        ),
        (
            Flow::Portal,
            "2026-11-23T08:00:00Z",
            "2026-11-23T08:00:00",
            Some(UnreadableAnswer::Element("since")),
        ),
        (
            Flow::Portal,
            ">90418<",
            "><",
            Some(UnreadableAnswer::Element("signature-job-id")),
        ),
        (
            Flow::Portal,
            "https://api.posten.example/j/pades",
            "https://evil.example/",
            Some(UnreadableAnswer::Foreign("pades-url")),
        ),
        (
            Flow::Portal,
            "https://api.posten.example/j/xades",
            "/j/xades",
            Some(UnreadableAnswer::Foreign("xades-url")),
        ),
        (
            Flow::Direct,
            "ns4:status ",
            "ns4:x ",
            Some(UnreadableAnswer::Malformed),
        ),
        (
            Flow::Direct,
            "signature-job-status>",
            "x>",
            Some(UnreadableAnswer::Element("signature-job-status")),
        ),
        (
            Flow::Direct,
            "\"http://signering.posten.no/schema/v1\"",
            "\"x\"",
            Some(UnreadableAnswer::Message),
        ),
    ] {
        let body = match flow {
            Flow::Direct => DIRECT,
            Flow::Portal => PORTAL,
        };
        let body = body.replace(from, to);
        assert_eq!(change(flow, &body).err(), error, "{from} {to}");
    }
    assert_eq!(
        change(Flow::Direct, PORTAL).err(),
        Some(UnreadableAnswer::Message)
    );
}
