//! Requests and manifests, held to the vendor's schemas.

use sandbox::population::FJORDBANKEN;

use crate::posten::package_writer::{Draft, KARI, OLA, PDF};
use crate::posten::support::TestBed;

const SCHEMA: &str = "SCHEMA_VALIDATION_ERROR";
const INVALID: &str = "ASICE_VALIDATION_FAILED";

#[tokio::test]
async fn the_request_is_held_to_its_schema() {
    let bed = TestBed::in_a_hurry().await;
    let long = "x".repeat(501);
    let long_url = format!("<error-url>{long}</error-url>");
    let long_reference = format!("<reference>{}</reference>", "æ".repeat(51));
    for (from, to, why) in [
        (
            "<reference>sak-417</reference>",
            long_reference.as_str(),
            "cvc-maxLength-valid: reference",
        ),
        (
            "<error-url>http://localhost:1/feil</error-url>",
            "",
            "exit-urls lacks error-url",
        ),
        (
            "<error-url>http://localhost:1/feil</error-url>",
            &long_url,
            "cvc-maxLength-valid",
        ),
        ("POLLING", "polling", "cvc-enumeration-valid"),
        (
            "<polling-queue>",
            "<reference/><polling-queue>",
            "no place there for reference",
        ),
        (
            "<exit-urls>",
            "<exit-urls>text",
            "has text among its elements",
        ),
        ("<exit-urls>", "<exit-urls a=\"\">", "another attribute"),
        (
            "</direct-signature-job-request>",
            "<polling-queue/></direct-signature-job-request>",
            "polling-queue",
        ),
        ("</direct-signature-job-request>", "", "not well-formed"),
        (
            "<direct-signature",
            "<!DOCTYPE a><direct-signature",
            "DOCTYPE",
        ),
        (
            "http://signering.posten.no/schema/v1",
            "http://signering.posten.no/schema/v2",
            "cvc-elt.1",
        ),
    ] {
        let draft = Draft::direct().request(from, to);
        bed.create(&draft).await.is_refused(400, SCHEMA, why);
    }
    let kept = format!("<reference>{}</reference>", "æ".repeat(50));
    for (from, to) in [
        ("<reference>sak-417</reference>", kept.as_str()),
        ("<reference>sak-417</reference>", ""),
        (
            "<status-retrieval-method>POLLING</status-retrieval-method>",
            "",
        ),
        ("<polling-queue>innsending</polling-queue>", ""),
        ("http://localhost:1/feil", "\n   http://localhost:1/feil\n"),
    ] {
        bed.create(&Draft::direct().request(from, to))
            .await
            .is_taken();
    }
    // The other flow's request.
    let mut draft = Draft::portal();
    draft.request = Draft::direct().request;
    bed.create(&draft)
        .await
        .is_refused(400, SCHEMA, "cvc-elt.1");
}

#[tokio::test]
async fn direct_manifests_are_held_to_their_schema() {
    let bed = TestBed::in_a_hurry().await;
    let own = |index| format!("<signer><signer-identifier>{index}</signer-identifier></signer>");
    let eleven = (0..11).map(own).collect::<Vec<_>>().concat();
    let signer = format!(
        "<signer><personal-identification-number>{KARI}</personal-identification-number></signer>"
    );
    let short = format!("<title>{}</title>", "x".repeat(81));
    for (from, to, why) in [
        (
            signer.as_str(),
            eleven.as_str(),
            "stands signer where sender",
        ),
        (&signer, "", "signer"),
        (KARI, "1789743216", "cvc-pattern-valid"),
        (
            "</personal-identification-number>",
            "</personal-identification-number><on-behalf-of>SELF</on-behalf-of><signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>",
            "no place there for signature-type",
        ),
        (FJORDBANKEN, "31000020", "cvc-pattern-valid"),
        (FJORDBANKEN, "310000302", "another sender"),
        (
            "<title>Avtale om lån</title>",
            short.as_str(),
            "cvc-maxLength-valid",
        ),
        (
            "<title>Avtale om lån</title>",
            "<title></title>",
            "cvc-minLength-valid",
        ),
        ("<title>Avtale om lån</title>", "", "stands description"),
        (
            "<description>",
            "<nonsensitive-title>A</nonsensitive-title><description>",
            "nonsensitive-title",
        ),
        ("href=\"0000_avtale.pdf\"", "", "no attribute href"),
        (
            "mime=\"application/pdf\"",
            "mime=\"\"",
            "cvc-minLength-valid",
        ),
        (
            "</documents>",
            "</documents><required-authentication>2</required-authentication>",
            "cvc-enumeration-valid",
        ),
        (
            "</documents>",
            "</documents><availability/>",
            "availability",
        ),
        ("direct-signature", "<!--", "not well-formed"),
        ("<direct-sig", "<!DOCTYPE a><direct-sig", "DOCTYPE"),
    ] {
        let draft = Draft::direct().manifest(from, to);
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
}

#[tokio::test]
async fn portal_manifests_are_held_to_their_schema() {
    let bed = TestBed::in_a_hurry().await;
    for (from, to, why) in [
        (
            "<signer>",
            "<signer order=\"10\">",
            "order is not from 0 to 9",
        ),
        (
            "<email address=\"kari@example.no\"/>",
            "<sms number=\"40000001\"/><email address=\"a@example.no\"/>",
            "no place there for email",
        ),
        ("<email address=\"kari@example.no\"/>", "", "lacks sms"),
        (
            "<email address=\"kari@example.no\"/>",
            "<email/>",
            "no attribute address",
        ),
        (
            "<email address=\"kari@example.no\"/>",
            "<email address=\"a\"> </email>",
            "email is not empty",
        ),
        (
            "</personal-identification-number>",
            "</personal-identification-number><on-behalf-of>SELF</on-behalf-of>",
            "stands on-behalf-of",
        ),
        (
            "<availability/>",
            "<availability><available-seconds>-1</available-seconds></availability>",
            "cvc-minInclusive",
        ),
        (
            "<availability/>",
            "<availability><activation-time>2026-11-23</activation-time></availability>",
            "dateTime",
        ),
        (
            "<availability/>",
            "<availability><available-seconds>7776001</available-seconds></availability>",
            "90 days",
        ),
        (
            "<availability/>",
            "<availability><activation-time>9999-12-31T23:59:59-23:59</activation-time></availability>",
            "366 days",
        ),
    ] {
        let draft = Draft::portal().manifest(from, to);
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
}

#[tokio::test]
async fn everything_that_the_schemas_allow_is_taken() {
    let bed = TestBed::in_a_hurry().await;
    let long_title = format!("<title>{}</title>", "å".repeat(80));
    for (from, to) in [
        (
            "</signer>",
            "</signer><signer><signer-identifier>part-2</signer-identifier><signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type><on-behalf-of>OTHER</on-behalf-of></signer>",
        ),
        ("<title>Avtale om lån</title>", long_title.as_str()),
        ("<description>Les nøye.</description>", "<description/>"),
        ("<description>Les nøye.</description>", "<!-- none -->"),
        (
            "</documents>",
            "</documents><required-authentication>4</required-authentication><identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>",
        ),
    ] {
        bed.create(&Draft::direct().manifest(from, to))
            .await
            .is_taken();
    }
    let second = format!(
        "</signer><signer order=\"1\"><personal-identification-number>{OLA}</personal-identification-number>\
         <signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>\
         <notifications><email address=\"a@example.no\"/><sms number=\"40000001\"/></notifications>\
         <on-behalf-of>OTHER</on-behalf-of></signer>\
         <signer order=\"9\"><identified-by-contact-information/><notifications><sms number=\"40000002\"/></notifications></signer>"
    );
    for (from, to) in [
        ("</signer>", second.as_str()),
        (
            "<description>",
            "<nonsensitive-title>Avtale</nonsensitive-title><description>",
        ),
        ("<availability/>", ""),
        (
            "<availability/>",
            "<availability><activation-time>2026-11-23T08:00:00.5+01:00</activation-time><available-seconds> 7776000 </available-seconds></availability>",
        ),
    ] {
        bed.create(&Draft::portal().manifest(from, to))
            .await
            .is_taken();
    }
    let prefixed = Draft::direct();
    let manifest = prefixed
        .manifest
        .replace('<', "<p:")
        .replace("<p:/", "</p:")
        .replace("xmlns=", "xmlns:p=");
    bed.create(&Draft {
        manifest,
        ..prefixed
    })
    .await
    .is_taken();
}

#[tokio::test]
async fn there_are_at_most_ten_signers_and_twenty_documents() {
    let bed = TestBed::in_a_hurry().await;
    for (signers, documents, why) in [
        (10, 20, None),
        (11, 20, Some("stands signer where sender")),
        (10, 21, Some("no place there for document")),
    ] {
        let mut draft = Draft::direct();
        let own =
            |index| format!("<signer><signer-identifier>{index}</signer-identifier></signer>");
        let more: String = (1..signers).map(own).collect::<Vec<_>>().concat();
        draft = draft.manifest("<sender>", &format!("{more}<sender>"));
        for index in 1..documents {
            let name = format!("{index:04}_b.pdf");
            let listed = format!(
                "<document href=\"{name}\" mime=\"application/pdf\"><title>B</title></document></documents>"
            );
            draft = draft.manifest("</documents>", &listed);
            draft
                .documents
                .push((name, "application/pdf".into(), PDF.into()));
        }
        let said = bed.create(&draft).await;
        match why {
            None => said.is_taken(),
            Some(why) => said.is_refused(400, INVALID, why),
        }
    }
}

#[tokio::test]
async fn the_deprecated_forms_with_one_document_are_taken() {
    let bed = TestBed::in_a_hurry().await;
    for mut draft in [Draft::direct(), Draft::portal()] {
        let start = draft.manifest.find("<title>").unwrap();
        let end = draft.manifest.find("</documents>").unwrap() + "</documents>".len();
        let nonsensitive = if draft.flow == "portal" {
            "<nonsensitive-title>A</nonsensitive-title>"
        } else {
            ""
        };
        let legacy = format!(
            "<document href=\"0000_avtale.pdf\" mime=\"application/pdf\"><title>Avtale</title>{nonsensitive}<description>Les.</description></document>"
        );
        draft.manifest.replace_range(start..end, &legacy);
        bed.create(&draft).await.is_taken();
        let mixed = draft.manifest("<document ", "<title>A</title><document ");
        bed.create(&mixed)
            .await
            .is_refused(400, INVALID, "stands document where documents");
    }
}

#[tokio::test]
async fn no_refusal_repeats_a_number() {
    let bed = TestBed::in_a_hurry().await;
    for draft in [
        Draft::direct().manifest("<title>Avtale om lån</title>", &format!("<{OLA}/>")),
        Draft::direct().manifest("<title>Avtale om lån</title>", &format!("<n{OLA}/>")),
        Draft::direct().manifest(
            "</signer>",
            &format!("<signature-type>{OLA}</signature-type></signer>"),
        ),
        Draft::direct().manifest("<sender>", &format!("<sender a{OLA}=\"{OLA}\">")),
        Draft::direct().manifest(
            "<organization-number>",
            &format!("<organization-number>{OLA}"),
        ),
    ] {
        let said = bed.create(&draft).await;
        assert_eq!(said.status, 400);
        for number in [KARI, OLA] {
            assert!(!said.body.contains(number), "{said:?}");
        }
    }
}
