//! Maskinporten, Altinn and Skatteetaten, each down, slow, resetting, answering nonsense, or closing a
//! connection that was kept: the customer gets a clear problem, and all is well when they are.
//!
//! What Maskinporten and Skatteetaten do wrong is the same whichever Altinn it is, and is tried with one.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};
use sandbox::fault::{Content, Fault};
use sandbox::world::Counterparty::{self, Altinn2, Maskinporten, Skatteetaten};

/// What the customer may be told: statuses, and types of problem.
type Problems = &'static [(u16, &'static str)];

/// Longer than any deadline of ours.
const TOO_SLOW: Fault = Fault::Slow {
    milliseconds: 60_000,
};
const DOWN: Fault = Fault::Status {
    code: http::StatusCode::SERVICE_UNAVAILABLE,
    body: Content::Html,
};

fn faults() -> [(Fault, Problems); 6] {
    [
        (DOWN, &[(503, "source-down")]),
        (TOO_SLOW, &[(504, "source-slow")]),
        (Fault::ResetBefore, &[(503, "source-down")]),
        (Fault::ResetAfter, &[(503, "source-down")]),
        (Fault::Nonsense, &[(502, "source-unreadable")]),
        (
            Fault::Truncated,
            &[(503, "source-down"), (502, "source-unreadable")],
        ),
    ]
}

/// Every fault at each Altinn.
fn at_both() -> impl Iterator<Item = (Generation, (Fault, Problems))> {
    let at = |altinn| faults().into_iter().map(move |fault| (altinn, fault));
    Generation::BOTH.into_iter().flat_map(at)
}

/// The customer has a consent; the counterparty fails when claims are asked for, on a cold cache.
async fn fails_when_claims_are_read(altinn: Generation, counterparty: Counterparty) {
    for (fault, expected) in faults() {
        let mut bench = Bench::of(altinn).await;
        bench
            .customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        bench.restart_app().await;
        bench.advance(std::time::Duration::from_mins(5));
        let ragna = bench.customer("ragna");
        bench.fault(counterparty, None, fault);

        let answer = ragna.open_claims(SOLE_PROPRIETORSHIP).await;

        let found = expected.iter().find(|(status, _)| *status == answer.status);
        let (status, slug) =
            found.unwrap_or_else(|| panic!("{counterparty:?} {fault:?}: {answer:#?}"));
        answer.problem(*status, slug);
        bench.world().faults.clear();
        bench.advance(std::time::Duration::from_mins(1));
        bench
            .customer("ragna")
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .json(200);
        bench.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maskinporten() {
    fails_when_claims_are_read(Generation::Three, Maskinporten).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skatteetaten() {
    fails_when_claims_are_read(Generation::Three, Skatteetaten).await;
}

/// Altinn 3 is not asked then: the consent is in Maskinporten's token.
#[tokio::test(flavor = "multi_thread")]
async fn altinn_2_when_its_proof_is_fetched() {
    fails_when_claims_are_read(Generation::Two, Altinn2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn altinn_when_a_consent_is_asked_for() {
    for (altinn, (fault, expected)) in at_both() {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        bench.fault(altinn.counterparty(), None, fault);

        let answer = ragna.ask_consent(SOLE_PROPRIETORSHIP).await;

        let found = expected.iter().find(|(status, _)| *status == answer.status);
        let (status, slug) = found.unwrap_or_else(|| panic!("{fault:?}: {answer:#?}"));
        answer.problem(*status, slug);
        bench.world().faults.clear();
        // Whether or not Altinn had acted on it, asking again leads to one consent.
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let requests = altinn.requests(&bench.sandbox).len();
        match altinn {
            Generation::Three => assert_eq!(requests, 1, "{fault:?}: the same id is repeated"),
            // It names requests itself: each of three attempts whose answer was lost has made one that nobody is sent to.
            Generation::Two => assert!(requests <= 4, "{fault:?}: {requests} requests"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn altinn_when_the_browser_comes_back() {
    for (altinn, (fault, _)) in at_both() {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bench
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;
        bench.fault(altinn.counterparty(), None, fault);

        let back = bench.browser().visits(&callback).await;

        assert!(
            back.header("location").ends_with("?consent=pending"),
            "{fault:?}: {back:#?}"
        );
        bench.world().faults.clear();
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_was_closed_is_not_the_customers_trouble() {
    let [three, two] = Generation::BOTH.map(|altinn| (altinn, altinn.counterparty()));
    let others = [Maskinporten, Skatteetaten].map(|counterparty| (Generation::Three, counterparty));
    for (altinn, counterparty) in others.into_iter().chain([three, two]) {
        let bench = Bench::of(altinn).await;
        bench.fault(counterparty, None, Fault::CloseAfter);
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        for _ in 0..5 {
            ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
            bench.advance(std::time::Duration::from_secs(121));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_are_said_with_when_to_come_back() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        bench.fault(
            Skatteetaten,
            None,
            Fault::TooManyRequests {
                retry_after: Some(120),
            },
        );

        let answer = ragna.open_claims(SOLE_PROPRIETORSHIP).await;

        answer.problem(429, "too-many-calls");
        assert_eq!(answer.header("retry-after"), "120");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_moment_is_overcome() {
    let source = |altinn| [(altinn, Maskinporten), (altinn, Skatteetaten)];
    let proof = (Generation::Two, Altinn2);
    let all = Generation::BOTH.into_iter().flat_map(source).chain([proof]);
    for (altinn, counterparty) in all {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        bench.fault(counterparty, 1, DOWN);
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
