//! Consent tokens of Altinn 2's that are not Altinn's, or not of the consent: the app tells which, and shows them to nobody.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};
use sandbox::altinn2::{Proofs, Switches};
use sandbox::world::Counterparty::Skatteetaten;

fn switch(bench: &Bench, proofs: Proofs) {
    bench.world().altinn2.set_switches(Switches {
        proofs,
        ..Switches::default()
    });
}

/// The announced certificate signs from now on.
async fn rotate(bench: &Bench) {
    let world = bench.sandbox.world().clone();
    let rotating = tokio::task::spawn_blocking(move || world.altinn2.rotate_keys(&world));
    rotating.await.expect("a task").expect("keys");
}

/// How often the published keys were asked for.
fn asked_for_keys(bench: &Bench) -> usize {
    let entries = bench.world().journal.entries();
    entries
        .iter()
        .filter(|entry| entry.route == "/api/metadata/jwk")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_one_is_not_made_and_the_log_tells_why() {
    let bench = Bench::of(Generation::Two).await;
    let parten = bench.customer("ragna");
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
        (Proofs::UnknownKey, "Altinn publishes no key of its kid"),
    ] {
        switch(&bench, proofs);
        let answer = parten.open_claims(SOLE_PROPRIETORSHIP).await;
        let problem = answer.problem(502, "proof-refused");
        assert_eq!(problem.get("detail"), None, "{problem}");
        let id = problem["correlation_id"].as_str().expect("an id");
        let lines = bench.log.lines();
        let mut lines = lines.iter().filter(|line| line.contains(id));
        assert!(lines.any(|line| line.contains(told)), "{proofs:?}");
    }
    assert_eq!(bench.calls(Skatteetaten), 0);
    switch(&bench, Proofs::Good);
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    bench.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP, "314055403"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_way_back_one_of_another_consent_settles_and_a_false_one_does_not() {
    let bench = Bench::of(Generation::Two).await;
    let parten = bench.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    switch(&bench, Proofs::Tampered);
    let callback = bench
        .browser()
        .approves_and_leaves(&address, &parten.pid)
        .await;
    let back = bench.browser().visits(&callback).await;
    assert!(
        back.header("location").ends_with("?consent=pending"),
        "{back:#?}"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-pending");
    // Altinn's own word is for another party: that is no consent to this.
    switch(&bench, Proofs::AnotherParty);
    bench.advance_to_next_look();
    let back = bench.browser().visits(&callback).await;
    assert!(
        back.header("location").ends_with("?consent=rejected"),
        "{back:#?}"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-rejected");
    switch(&bench, Proofs::Good);
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_rolled_over_stops_nobody() {
    let bench = Bench::of(Generation::Two).await;
    let parten = bench.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let asked = asked_for_keys(&bench);
    assert!(asked > 0);
    // The secondary key was published with the primary.
    rotate(&bench).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(asked_for_keys(&bench), asked);
    // The next one is new, and the keys are asked for at most once in five seconds.
    bench.advance_to_next_look();
    rotate(&bench).await;
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(asked_for_keys(&bench), asked + 1);
}
