//! Failures of Maskinporten, Altinn and Skatteetaten, each down, slow, resetting, answering
//! nonsense, or closing a kept connection: the customer gets a clear problem, and the app recovers
//! with them.
//!
//! Failures of Maskinporten and Skatteetaten do not depend on the generation of Altinn, and are
//! tested with one.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::kit::ExternalService::{self, Altinn2, Maskinporten, Skatteetaten};
use sandbox::kit::{Content, Fault};

/// Problems that the customer may see: status and type.
type Problems = &'static [(u16, &'static str)];

/// Fault with a delay above all deadlines of the app.
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

/// Pairs each fault with each Altinn.
fn at_both() -> impl Iterator<Item = (Generation, (Fault, Problems))> {
    let at = |altinn| faults().into_iter().map(move |fault| (altinn, fault));
    Generation::BOTH.into_iter().flat_map(at)
}

/// Checks a failure while claims are read, with a consent and an empty cache.
async fn fails_when_claims_are_read(altinn: Generation, counterparty: ExternalService) {
    for (fault, expected) in faults() {
        let mut bed = TestBed::with_altinn(altinn).await;
        bed.customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        bed.restart_app().await;
        bed.advance(std::time::Duration::from_mins(5));
        let ragna = bed.customer("ragna");
        bed.fault(counterparty, None, fault);

        let answer = ragna.open_claims(SOLE_PROPRIETORSHIP).await;

        let found = expected.iter().find(|(status, _)| *status == answer.status);
        let (status, slug) =
            found.unwrap_or_else(|| panic!("{counterparty:?} {fault:?}: {answer:#?}"));
        answer.problem(*status, slug);
        bed.services().faults.clear();
        bed.advance(std::time::Duration::from_mins(1));
        bed.customer("ragna")
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .json(200);
        bed.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
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

/// Altinn 3 gets no call then: the consent is in Maskinporten's token.
#[tokio::test(flavor = "multi_thread")]
async fn altinn_2_when_its_proof_is_fetched() {
    fails_when_claims_are_read(Generation::Two, Altinn2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn altinn_when_a_consent_is_asked_for() {
    for (altinn, (fault, expected)) in at_both() {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        bed.fault(altinn.counterparty(), None, fault);

        let answer = ragna.ask_consent(SOLE_PROPRIETORSHIP).await;

        let found = expected.iter().find(|(status, _)| *status == answer.status);
        let (status, slug) = found.unwrap_or_else(|| panic!("{fault:?}: {answer:#?}"));
        answer.problem(*status, slug);
        bed.services().faults.clear();
        // Whether or not Altinn had acted on it, a repeated request leads to one consent.
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let requests = altinn.requests(&bed.sandbox).len();
        match altinn {
            Generation::Three => assert_eq!(requests, 1, "{fault:?}: the same id is repeated"),
            // Altinn 2 names requests itself: each of three attempts whose answer was lost has made
            // one without a redirect.
            Generation::Two => assert!(requests <= 4, "{fault:?}: {requests} requests"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn altinn_when_the_browser_comes_back() {
    for (altinn, (fault, _)) in at_both() {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;
        bed.fault(altinn.counterparty(), None, fault);

        let back = bed.browser().visits(&callback).await;

        assert!(
            back.header("location").ends_with("?consent=pending"),
            "{fault:?}: {back:#?}"
        );
        bed.services().faults.clear();
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_was_closed_is_not_the_customers_trouble() {
    let [three, two] = Generation::BOTH.map(|altinn| (altinn, altinn.counterparty()));
    let others = [Maskinporten, Skatteetaten].map(|counterparty| (Generation::Three, counterparty));
    for (altinn, counterparty) in others.into_iter().chain([three, two]) {
        let bed = TestBed::with_altinn(altinn).await;
        bed.fault(counterparty, None, Fault::CloseAfter);
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        for _ in 0..5 {
            ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
            bed.advance(std::time::Duration::from_secs(121));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_are_said_with_when_to_come_back() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        bed.fault(
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
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        bed.fault(counterparty, 1, DOWN);
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
