//! A customer who has consented comes back: no question is asked again, not even after a restart.

use journeys::{Bench, SOLE_PROPRIETORSHIP};
use sandbox::world::Counterparty;

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_outlives_the_app() {
    let mut bench = Bench::start().await;
    bench
        .customer("ragna")
        .gives_consent(SOLE_PROPRIETORSHIP)
        .await;
    let first = bench
        .customer("ragna")
        .open_claims(SOLE_PROPRIETORSHIP)
        .await;

    bench.restart_app().await;

    let ragna = bench.customer("ragna");
    let second = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
    assert_eq!(second.json(200), first.json(200));
    let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(again["status"], "granted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_needs_no_new_token() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let (minted, altinn) = (bench.minted(), bench.calls(Counterparty::Altinn));

    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    assert_eq!(bench.minted(), minted);
    assert_eq!(bench.calls(Counterparty::Altinn), altinn);
}
