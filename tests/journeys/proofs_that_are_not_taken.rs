//! Invalid consent tokens from Altinn 2, forged or of another consent: the app logs the reason and
//! never passes the token on.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::altinn2::{Proofs, Switches};
use sandbox::kit::ExternalService::Skatteetaten;

fn switch(bed: &TestBed, proofs: Proofs) {
    bed.services().altinn2.set_switches(Switches {
        proofs,
        ..Switches::default()
    });
}

/// Rotates Altinn's signing certificate to the announced one.
async fn rotate(bed: &TestBed) {
    let services = bed.sandbox.services().clone();
    let rotating = tokio::task::spawn_blocking(move || services.altinn2.rotate_keys());
    rotating.await.expect("a task").expect("keys");
}

/// Counts the requests for the published keys.
fn asked_for_keys(bed: &TestBed) -> usize {
    let entries = bed.services().journal.entries();
    entries
        .iter()
        .filter(|entry| entry.route == "/api/metadata/jwk")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_one_is_not_made_and_the_log_tells_why() {
    let bed = TestBed::with_altinn(Generation::Two).await;
    let parten = bed.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    for (proofs, told) in [
        (Proofs::Tampered, "its signature does not hold"),
        (Proofs::AnotherParty, "the consent is another party's"),
        (
            Proofs::AnotherConsumer,
            "the consent is for another consumer",
        ),
        (Proofs::AnotherService, "the consent is to something else"),
        (Proofs::Expired, "it has expired"),
        (
            Proofs::UnknownKey,
            "Altinn publishes no RS256 key of its kid",
        ),
    ] {
        switch(&bed, proofs);
        let answer = parten.open_claims(SOLE_PROPRIETORSHIP).await;
        let problem = answer.problem(502, "proof-refused");
        assert_eq!(problem.get("detail"), None, "{problem}");
        let id = problem["correlation_id"].as_str().expect("an id");
        let lines = bed.log.lines();
        let mut lines = lines.iter().filter(|line| line.contains(id));
        assert!(lines.any(|line| line.contains(told)), "{proofs:?}");
    }
    assert_eq!(bed.calls(Skatteetaten), 0);
    switch(&bed, Proofs::Good);
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    bed.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP, "314055403"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_way_back_one_of_another_consent_settles_and_a_false_one_does_not() {
    let bed = TestBed::with_altinn(Generation::Two).await;
    let parten = bed.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    switch(&bed, Proofs::Tampered);
    let callback = bed
        .browser()
        .approves_and_leaves(&address, &parten.pid)
        .await;
    let back = bed.browser().visits(&callback).await;
    assert!(
        back.header("location").ends_with("?consent=pending"),
        "{back:#?}"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-pending");
    // Altinn's own token is for another party: that is no consent to this one.
    switch(&bed, Proofs::AnotherParty);
    bed.advance_to_next_look();
    let back = bed.browser().visits(&callback).await;
    assert!(
        back.header("location").ends_with("?consent=rejected"),
        "{back:#?}"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-rejected");
    switch(&bed, Proofs::Good);
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_rolled_over_stops_nobody() {
    let bed = TestBed::with_altinn(Generation::Two).await;
    let parten = bed.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let asked = asked_for_keys(&bed);
    assert!(asked > 0);
    // The secondary key was published with the primary.
    rotate(&bed).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(asked_for_keys(&bed), asked);
    // The next one is new, and the keys are fetched at most once in five seconds.
    bed.advance_to_next_look();
    rotate(&bed).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(asked_for_keys(&bed), asked + 1);
}
