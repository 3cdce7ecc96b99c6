//! Skatteetaten refuses a token that we hold good, once.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};
use sandbox::fault::{Content, Fault};
use sandbox::world::Counterparty;

const UNAUTHORIZED: Fault = Fault::Status {
    code: http::StatusCode::UNAUTHORIZED,
    body: Content::Empty,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_is_fetched_and_the_call_made_again() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let minted = bench.minted();
        bench.fault(Counterparty::Skatteetaten, 1, UNAUTHORIZED);

        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        assert_eq!(bench.minted(), minted + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_is_a_refusal() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        let calls = bench.calls(Counterparty::Skatteetaten);
        bench.fault(Counterparty::Skatteetaten, None, UNAUTHORIZED);

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(502, "source-refused");

        assert_eq!(bench.calls(Counterparty::Skatteetaten), calls + 2);
    }
}
