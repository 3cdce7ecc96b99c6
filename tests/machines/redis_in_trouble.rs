//! Redis is down, full or slow: customers get an error in a few seconds, nothing is lost, and the
//! app recovers with Redis.

use std::time::{Duration, Instant};

use journeys::{ANOTHER_PROPRIETORSHIP, Answer, SOLE_PROPRIETORSHIP};
use sandbox::kit::ExternalService;

use crate::fleet::Fleet;

/// Longest time until a customer gets the error.
const SOON: Duration = Duration::from_secs(5);

/// Checks the error that the customer gets.
#[track_caller]
fn is_told(answer: &Answer) {
    answer.problem(503, "store-down");
    assert!(!answer.header("retry-after").is_empty(), "{answer:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_restarted() {
    let Some(mut fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let (job, _) = ragna.orders().await;
    let kept = (fleet.redis.rows("consents"), fleet.redis.rows("jobs"));

    fleet.redis.kill();
    let start = Instant::now();
    // Both hosts.
    is_told(&ragna.open_claims(SOLE_PROPRIETORSHIP).await);
    is_told(&ragna.ask_consent(SOLE_PROPRIETORSHIP).await);
    assert!(start.elapsed() < 2 * SOON, "{:?}", start.elapsed());

    fleet.redis.restart();
    assert_eq!(
        kept,
        (fleet.redis.rows("consents"), fleet.redis.rows("jobs"))
    );
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(ragna.job(&job).await["status"], "in_progress");
    }

    // A restart without requests has no effect, and a host may start before Redis does.
    fleet.redis.kill();
    fleet.hosts.kill(1);
    fleet.boot(1);
    fleet.redis.restart();
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(ragna.job(&job).await["status"], "in_progress");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_down_when_the_customer_comes_back_from_altinn() {
    let Some(mut fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    let browser = fleet.bed.browser();
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
    let callback = browser.approves_and_leaves(&address, &ragna.pid).await;
    fleet.redis.kill();
    let page = browser.visits(&callback).await;
    assert_eq!(page.status, 503, "{page:#?}");
    assert!(
        page.body
            .contains("Svaret du ga i Altinn, har ikke gått tapt")
    );

    fleet.redis.restart();
    // As the page says: the customer can go back to the bank.
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let back = browser.visits(&callback).await;
    assert!(back.header("location").contains("consent=granted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_full() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let (ragna, solveig) = (fleet.bed.customer("ragna"), fleet.bed.customer("solveig"));
    let browser = fleet.bed.browser();
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let address = solveig.consent_address(ANOTHER_PROPRIETORSHIP).await;
    let callback = browser.approves_and_leaves(&address, &solveig.pid).await;
    let (at_altinn, at_posten) = (
        fleet.bed.calls_to_altinn(),
        fleet.bed.calls(ExternalService::Posten),
    );
    let kept = fleet.redis.rows("consents");

    for server in [&fleet.redis, &fleet.tokens] {
        server.cli(&["config", "set", "maxmemory", "1"]);
    }
    // Operations that need a new row do not start anywhere else either.
    for _ in 0..2 {
        is_told(&ragna.ask_consent(&ragna.pid).await);
        is_told(&ragna.orders_with(|_| ()).await);
    }
    assert_eq!(fleet.bed.calls_to_altinn(), at_altinn);
    assert_eq!(fleet.bed.calls(ExternalService::Posten), at_posten);
    // Existing rows are read, on both hosts.
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
    // The customer gets Altinn's answer, although the store cannot record it.
    let back = browser.visits(&callback).await;
    assert!(
        back.header("location").contains("consent=granted"),
        "{back:#?}"
    );
    assert_eq!(fleet.redis.rows("consents"), kept);

    for server in [&fleet.redis, &fleet.tokens] {
        server.cli(&["config", "set", "maxmemory", "0"]);
    }
    ragna.consent_address(&ragna.pid).await;
    for _ in 0..2 {
        assert_eq!(
            solveig.consent_status(ANOTHER_PROPRIETORSHIP).await,
            "granted"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_slow() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    let browser = fleet.bed.browser();
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let address = ragna.consent_address(&ragna.pid).await;
    let callback = browser.approves_and_leaves(&address, &ragna.pid).await;
    let kept = fleet.redis.rows("consents");

    fleet.redis.freeze();
    // Connected hosts, and one that tries to connect.
    fleet.hosts.kill(1);
    fleet.boot(1);
    for _ in 0..2 {
        let asked = Instant::now();
        is_told(&ragna.open_claims(SOLE_PROPRIETORSHIP).await);
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
    let page = browser.visits(&callback).await;
    assert_eq!(page.status, 503, "{page:#?}");

    fleet.redis.thaw();
    assert_eq!(fleet.redis.rows("consents"), kept);
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
    let back = browser.visits(&callback).await;
    assert!(back.header("location").contains("consent=granted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_tokens_is_slow_and_then_gone() {
    let Some(mut fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    // Hosts with empty memory.
    for number in 0..2 {
        fleet.hosts.kill(number);
        fleet.boot(number);
    }
    fleet.tokens.cli(&["client", "pause", "8000", "all"]);
    let minted = fleet.bed.minted();
    for host in 0..2 {
        let asked = Instant::now();
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert!(asked.elapsed() < SOON, "host {host}: {:?}", asked.elapsed());
    }
    // One for each host, since they cannot share.
    assert_eq!(fleet.bed.minted(), minted + 2);

    fleet.tokens.kill();
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
