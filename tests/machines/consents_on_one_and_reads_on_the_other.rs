//! Consent and read by one customer with any host answering, while hosts disappear.

use journeys::SOLE_PROPRIETORSHIP;
use sandbox::kit::{ExternalService, Fault};

use crate::fleet::Fleet;

const CLAIMS: &str = "/claims/aapnekrav";

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_starts_on_one_host_comes_back_to_the_other_and_reads_on_both() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let minted = fleet.bed.minted();
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    assert_eq!(fleet.balancer.answered("/consent"), [0]);
    assert_eq!(fleet.balancer.answered("/consent/callback"), [1]);
    assert_eq!(fleet.balancer.answered(CLAIMS), [0, 1]);
    // The other host reuses the first one's tokens.
    assert!(minted > 0);
    assert_eq!(fleet.bed.minted(), minted);
    // Each store is where it was placed.
    assert!(!fleet.redis.rows("consents").is_empty());
    assert!(fleet.redis.rows("tokens").is_empty());
    assert!(!fleet.tokens.rows("tokens").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customers_host_dies_while_they_are_at_altinn() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    let browser = fleet.bed.browser();
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
    let callback = browser.approves_and_leaves(&address, &ragna.pid).await;
    fleet.hosts.kill(0);

    let back = browser.visits(&callback).await;
    assert_eq!(back.status, 303, "{back:#?}");
    let location = back.header("location");
    assert!(location.contains("consent=granted"), "{location}");
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    // The restarted host has all data.
    fleet.boot(0);
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(fleet.balancer.answered(CLAIMS), [1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customers_host_dies_while_it_reads_their_claims() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let calls = fleet.bed.calls(ExternalService::Skatteetaten);
    fleet
        .bed
        .fault(ExternalService::Skatteetaten, 1, Fault::Hang);
    let death = async {
        let reads =
            async |bed: &journeys::TestBed| bed.calls(ExternalService::Skatteetaten) > calls;
        fleet.bed.until(reads).await;
        fleet.hosts.kill(0);
    };
    let (claims, ()) = futures::future::join(ragna.open_claims(SOLE_PROPRIETORSHIP), death).await;
    claims.json(200);
    assert_eq!(fleet.balancer.answered(CLAIMS), [1]);
}
