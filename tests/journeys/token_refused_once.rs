//! Single refusal by Skatteetaten of a token that the app considers valid.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::kit::{Content, ExternalService, Fault};

const UNAUTHORIZED: Fault = Fault::Status {
    code: http::StatusCode::UNAUTHORIZED,
    body: Content::Empty,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_is_fetched_and_the_call_made_again() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let minted = bed.minted();
        bed.fault(ExternalService::Skatteetaten, 1, UNAUTHORIZED);

        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        assert_eq!(bed.minted(), minted + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_is_a_refusal() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        let calls = bed.calls(ExternalService::Skatteetaten);
        bed.fault(ExternalService::Skatteetaten, None, UNAUTHORIZED);

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(502, "source-refused");

        assert_eq!(bed.calls(ExternalService::Skatteetaten), calls + 2);
    }
}
