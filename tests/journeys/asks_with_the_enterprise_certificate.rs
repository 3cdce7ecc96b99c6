//! A consent of Altinn 2's that is asked for with the API key and the enterprise certificate, which the host shows in TLS: no token
//! of Maskinporten's is needed for Altinn.

use std::collections::BTreeMap;

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP, Setup};
use sandbox::world::Counterparty::Skatteetaten;

async fn bench(enterprise_certificate: bool) -> Bench {
    let start = ("altinn_start".to_owned(), "certificate".to_owned());
    let setup = Setup {
        altinn: Generation::Two,
        variables: BTreeMap::from([start]),
        enterprise_certificate,
        ..Setup::default()
    };
    Bench::with(setup).await
}

/// The scopes of all tokens that Maskinporten has given.
fn scopes(bench: &Bench) -> Vec<String> {
    let minted = bench.world().maskinporten.minted().into_iter();
    minted.map(|(identity, _)| identity.scope).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_question_to_claims_and_until_the_bank_gives_it_up() {
    let bench = bench(true).await;
    let parten = bench.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    let back = bench.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
    assert_eq!(scopes(&bench), [""; 0]);

    let claims = parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
    assert_eq!(scopes(&bench), ["skatteetaten:kravogbetalinger"]);
    let entries = bench.world().journal.entries();
    let read = entries
        .iter()
        .rfind(|entry| entry.counterparty == Skatteetaten);
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
    assert_eq!(scopes(&bench), ["skatteetaten:kravogbetalinger"]);
    bench.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_is_taken_back() {
    let bench = bench(true).await;
    let parten = bench.customer("ragna");
    parten.consent_address(SOLE_PROPRIETORSHIP).await;
    assert_eq!(
        parten.withdraws_consent(SOLE_PROPRIETORSHIP).await,
        "revoked"
    );
    assert!(Generation::Two.requests(&bench.sandbox).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_certificate_altinn_knows_nobody() {
    let bench = bench(false).await;
    let parten = bench.customer("ragna");
    let refused = parten.ask_consent(SOLE_PROPRIETORSHIP).await;
    refused.problem(502, "source-refused");
    assert!(Generation::Two.requests(&bench.sandbox).is_empty());
}
