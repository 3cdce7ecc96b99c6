//! Rules for the kind of sender, and for combinations within a job.

use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::posten::FJORDVIK;

use crate::posten::package_writer::{Draft, KARI, PDF};
use crate::posten::support::{Reply, TestBed, order};

const INVALID: &str = "ASICE_VALIDATION_FAILED";
const FEATURE: &str = "FEATURE_NOT_AVAILABLE";

#[tokio::test]
async fn private_organisations_have_less() {
    let bed = TestBed::in_a_hurry().await;
    for (from, to, why) in [
        (
            "</documents>",
            "</documents><required-authentication>3</required-authentication>",
            "level 3",
        ),
        (
            "<notifications><email address=\"kari@example.no\"/></notifications>",
            "<notifications-using-lookup><email/><sms/></notifications-using-lookup>",
            "contact register",
        ),
        (
            "<notifications>",
            "<signature-type>AUTHENTICATED_ELECTRONIC_SIGNATURE</signature-type><notifications>",
            "authenticated",
        ),
        (
            "<availability/>",
            "<identifier-in-signed-documents>NAME</identifier-in-signed-documents>",
            "name alone",
        ),
    ] {
        let draft = Draft::portal().manifest(from, to);
        bed.create(&draft).await.is_refused(400, FEATURE, why);
        let public = draft.manifest(FJORDBANKEN, FJORDVIK);
        for_public(&bed, &public).await.is_taken();
    }
}

#[tokio::test]
async fn public_bodies_have_less_with_advanced_signatures() {
    let bed = TestBed::in_a_hurry().await;
    let advanced = "</personal-identification-number><signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>";
    let public = || {
        Draft::direct()
            .manifest(FJORDBANKEN, FJORDVIK)
            .manifest("</personal-identification-number>", advanced)
    };
    for_public(&bed, &public()).await.is_taken();
    for identifier in ["NAME", "DATE_OF_BIRTH_AND_NAME"] {
        let to = format!(
            "</documents><identifier-in-signed-documents>{identifier}</identifier-in-signed-documents>"
        );
        let said = for_public(&bed, &public().manifest("</documents>", &to)).await;
        said.is_refused(400, FEATURE, "identification");
    }
    let mut two = public().manifest("</documents>", "<document href=\"0001_b.pdf\" mime=\"application/pdf\"><title>B</title></document></documents>");
    two.documents
        .push(("0001_b.pdf".into(), "application/pdf".into(), PDF.into()));
    for_public(&bed, &two)
        .await
        .is_refused(400, FEATURE, "one document");
    let authenticated = two.manifest("<signature-type>ADVANCED", "<signature-type>AUTHENTICATED");
    for_public(&bed, &authenticated).await.is_taken();
}

#[tokio::test]
async fn a_broker_orders_for_those_who_let_it() {
    let bed = TestBed::in_a_hurry().await;
    let draft = Draft::direct().manifest(FJORDBANKEN, INNLANDSBANKEN);
    let posten = &bed.sandbox.services().posten;
    let mut switches = posten.switches();
    switches.brokers.clear();
    posten.set_switches(switches.clone());
    let own = bed.made(order(INNLANDSBANKEN, &[])).await;
    let by_broker = async || bed.create_with(&bed.given(), INNLANDSBANKEN, &draft).await;
    let refused = by_broker().await;
    refused.is_refused(403, "BROKER_NOT_AUTHORIZED", "may not act");
    let brokers = vec![FJORDBANKEN.to_owned()];
    switches.brokers.insert(INNLANDSBANKEN.to_owned(), brokers);
    posten.set_switches(switches);
    by_broker().await.is_taken();

    // The sender itself may have signed, the broker sends.
    let package = draft.package(&own, bed.clock.now());
    let (kind, body) = draft.body(&package);
    let address = format!("{}/direct/signature-jobs", bed.root(INNLANDSBANKEN));
    let said = bed.post(&bed.given(), &address, &kind, body).await;
    said.is_taken();
}

#[tokio::test]
async fn some_things_do_not_go_together_for_anybody() {
    let bed = TestBed::in_a_hurry().await;
    let own = Draft::direct()
        .manifest(&format!("<personal-identification-number>{KARI}</personal-identification-number>"), "<signer-identifier>part-1</signer-identifier>")
        .manifest("</documents>", "</documents><identifier-in-signed-documents>PERSONAL_IDENTIFICATION_NUMBER_AND_NAME</identifier-in-signed-documents>");
    bed.create(&own)
        .await
        .is_refused(400, INVALID, "without a number");
    let lookup = Draft::portal().manifest(FJORDBANKEN, FJORDVIK).manifest(
        "<notifications><email address=\"kari@example.no\"/></notifications>",
        "<notifications-using-lookup><email/></notifications-using-lookup><on-behalf-of>OTHER</on-behalf-of>",
    );
    for_public(&bed, &lookup)
        .await
        .is_refused(400, INVALID, "on behalf of another");
    let nobody = Draft::portal()
        .manifest(FJORDBANKEN, FJORDVIK)
        .manifest(
            &format!("<personal-identification-number>{KARI}</personal-identification-number>"),
            "<identified-by-contact-information/>",
        )
        .manifest(
            "<notifications><email address=\"kari@example.no\"/></notifications>",
            "<notifications-using-lookup><email/></notifications-using-lookup>",
        );
    let said = for_public(&bed, &nobody).await;
    said.is_refused(400, INVALID, "neither named nor reachable");
    let twice = Draft::direct().manifest("</signer>", &format!("</signer><signer><personal-identification-number>{KARI}</personal-identification-number></signer>"));
    bed.create(&twice)
        .await
        .is_refused(400, INVALID, "two signers");
}

/// Creates the draft as the public body.
async fn for_public(bed: &TestBed, draft: &Draft) -> Reply {
    let shown = bed.made(order(FJORDVIK, &[])).await;
    bed.create_with(&shown, FJORDVIK, draft).await
}
