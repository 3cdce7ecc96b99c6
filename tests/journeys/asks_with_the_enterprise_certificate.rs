//! Consent of Altinn 2 requested with the API key and the enterprise certificate, which the host
//! presents in TLS: Altinn needs no Maskinporten token.

use std::collections::BTreeMap;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::kit::ExternalService::Skatteetaten;

async fn bed(enterprise_certificate: bool) -> TestBed {
    let start = ("altinn_start".to_owned(), "certificate".to_owned());
    let options = TestOptions {
        altinn: Generation::Two,
        variables: BTreeMap::from([start]),
        enterprise_certificate,
        ..TestOptions::default()
    };
    TestBed::with(options).await
}

/// Lists the scopes of all tokens that Maskinporten has issued.
fn scopes(bed: &TestBed) -> Vec<String> {
    let minted = bed.services().maskinporten.minted().into_iter();
    minted.map(|(identity, _)| identity.scope).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_question_to_claims_and_until_the_bank_gives_it_up() {
    let bed = bed(true).await;
    let parten = bed.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    let back = bed.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
    assert_eq!(scopes(&bed), [""; 0]);

    let claims = parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
    assert_eq!(scopes(&bed), ["skatteetaten:kravogbetalinger"]);
    let entries = bed.services().journal.entries();
    let read = entries.iter().rfind(|entry| entry.service == Skatteetaten);
    let note = read.and_then(|entry| entry.note.as_deref());
    assert_eq!(note, Some("headers: Authorization, AltinnSamtykke"));

    assert_eq!(
        parten.withdraws_consent(SOLE_PROPRIETORSHIP).await,
        "revoked"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-revoked");
    assert_eq!(scopes(&bed), ["skatteetaten:kravogbetalinger"]);
    bed.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_is_taken_back() {
    let bed = bed(true).await;
    let parten = bed.customer("ragna");
    parten.consent_address(SOLE_PROPRIETORSHIP).await;
    assert_eq!(
        parten.withdraws_consent(SOLE_PROPRIETORSHIP).await,
        "revoked"
    );
    assert!(Generation::Two.requests(&bed.sandbox).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_certificate_altinn_knows_nobody() {
    let bed = bed(false).await;
    let parten = bed.customer("ragna");
    let refused = parten.ask_consent(SOLE_PROPRIETORSHIP).await;
    refused.problem(502, "source-refused");
    assert!(Generation::Two.requests(&bed.sandbox).is_empty());
}
