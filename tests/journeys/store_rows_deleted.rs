//! Attacks by a writer to the stores who deletes rows. They cause no read or signature that would
//! not have been possible; the loss is the rows' protection from repetition and from excess.

use journeys::{Answer, Generation, SOLE_PROPRIETORSHIP, TestBed};
use reqwest::Method;
use sandbox::kit::ExternalService;
use serde_json::json;

const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_asked_for_anew() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        bed.delete_rows("consents").await;

        let ragna = bed.customer("ragna");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_comes_back_finds_nothing_and_settles_nothing() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        bed.delete_rows("consents").await;

        let page = bed.browser().visits(&callback).await;
        assert!((400..500).contains(&page.status), "{page:#?}");
        let ragna = bed.customer("ragna");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_of_open_requests_begins_again() {
    let mut bed = TestBed::start().await;
    let month =
        |month: u8| json!({ "fraOgMed": format!("2025-{month:02}"), "tilOgMed": "2025-12" });
    let year = |month: u8| json!({ "fraOgMed": format!("2024-{month:02}"), "tilOgMed": "2024-12" });
    let asked: Vec<_> = (1..=12).map(month).chain((1..=8).map(year)).collect();
    let ragna = bed.customer("ragna");
    for period in asked {
        ragna.ask_consent_to("inntekt", period).await.json(201);
    }
    let next = year(9);
    ragna
        .ask_consent_to("inntekt", next.clone())
        .await
        .problem(429, "too-many-calls");

    bed.delete_rows("consents").await;

    let ragna = bed.customer("ragna");
    ragna.ask_consent_to("inntekt", next).await.json(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_keys_are_fetched_anew() {
    let mut bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let minted = bed.minted();

    bed.delete_rows("tokens").await;
    bed.delete_rows("keys").await;

    let ragna = bed.customer("ragna");
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(bed.minted(), minted + 1);
    assert!(bed.stored_rows("keys").count() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_lost_and_may_be_ordered_twice() {
    let mut bed = TestBed::start().await;
    let order = async |bed: &TestBed| {
        let order = bed.customer("ragna").order_to_send();
        let answer = order.header("Idempotency-Key", KEY).send().await;
        Answer::read(answer.expect("an answer")).await.json(201)
    };
    let first = order(&bed).await;
    let id = first["id"].as_str().expect("an id").to_owned();
    assert_eq!(order(&bed).await["id"], first["id"]);
    let [at_posten] = bed.jobs_at_posten().await[..] else {
        panic!("one job")
    };

    bed.delete_rows("jobs").await;

    let ragna = bed.customer("ragna");
    ragna
        .send(Method::GET, &format!("/signatures/{id}"), None, None)
        .await
        .problem(404, "signature-unknown");
    bed.everybody_signs(at_posten).await;
    let drained = bed.drains().await.json(200);
    assert_eq!(
        (&drained["changes"], &drained["orphans"]),
        (&1.into(), &1.into()),
        "{drained}"
    );
    // The id is derived from the key, and now refers to another job of Posten's.
    assert_eq!(order(&bed).await["id"], first["id"]);
    assert_eq!(bed.jobs_at_posten().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_asked_once_before_its_time() {
    let mut bed = TestBed::start().await;
    let too_early = |bed: &TestBed| {
        let entries = bed.services().journal.entries();
        let refused = entries
            .iter()
            .filter(|entry| entry.service == ExternalService::Posten && entry.status == 429);
        refused.count()
    };
    for _ in 0..2 {
        bed.drains().await.json(200);
    }
    // One for each consumer and flow.
    let queues = bed.calls(ExternalService::Posten);
    assert_eq!((too_early(&bed), queues > 0), (0, true));

    bed.delete_rows("jobs").await;

    for _ in 0..2 {
        bed.drains().await.json(200);
    }
    assert_eq!(bed.calls(ExternalService::Posten), 2 * queues);
    assert_eq!(u64::try_from(too_early(&bed)), Ok(queues));
}
