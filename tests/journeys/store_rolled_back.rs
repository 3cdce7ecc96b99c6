//! Attacks by a writer to the stores who restores earlier copies of sealed rows. The rows are
//! genuine, so they open; their content is compared with the external services wherever it could
//! harm.

use std::time::Duration;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use reqwest::Method;
use sandbox::bank::Overrides;
use sandbox::kit::ExternalService;
use sandbox::population::FJORDBANKEN;

/// Time after which a token with a consent in it is no longer cached.
const TOKEN_KEPT: Duration = Duration::from_secs(121);

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_was_revoked_is_refused_with_its_token() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let (consents, tokens) = (bed.stored_rows("consents"), bed.stored_rows("tokens"));
        bed.browser().revokes(&ragna.pid).await;
        bed.advance(TOKEN_KEPT);
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-revoked");
        let reads = bed.calls(ExternalService::Skatteetaten);

        bed.put_back("consents", &consents).await;
        bed.put_back("tokens", &tokens).await;

        let ragna = bed.customer("ragna");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-revoked");
        assert_eq!(
            bed.calls(ExternalService::Skatteetaten),
            reads,
            "{altinn:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_rejected_is_looked_up_again() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let open = bed.stored_rows("consents");
        bed.browser().refuses(&address, &ragna.pid).await;
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "rejected");

        bed.put_back("consents", &open).await;
        bed.advance_to_next_look();

        let ragna = bed.customer("ragna");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-rejected");
        assert_eq!(bed.calls(ExternalService::Skatteetaten), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_expired_is_not_used() {
    let mut bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let fields = [("scope", "skatteetaten:kravogbetalinger")];
    bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    let tokens = bed.stored_rows("tokens");
    bed.advance(Duration::from_hours(1));
    bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    let minted = bed.minted();

    bed.put_back("tokens", &tokens).await;

    bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    assert_eq!(bed.minted(), minted + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_key_that_was_withdrawn_is_believed_for_the_rest_of_its_ten_minutes() {
    let mut bed = TestBed::start().await;
    let login = Overrides::default().expires_in(3_000);
    let old = bed.customer("ragna").with_login(&login).login().to_owned();
    let reads = async |bed: &TestBed| {
        let path = "/claims/aapnekrav";
        bed.get_with_login(&old, path, SOLE_PROPRIETORSHIP).await
    };
    reads(&bed).await.problem(403, "consent-required");
    let keys = bed.stored_rows("keys");
    bed.services().bank.change_key().expect("a key");
    assert!(bed.services().bank.retire_key());
    bed.advance_to_next_look();
    let new = bed.customer("ragna");
    new.open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
    reads(&bed).await.problem(401, "login-required");

    bed.put_back("keys", &keys).await;

    reads(&bed).await.problem(403, "consent-required");
    bed.advance(Duration::from_mins(10));
    reads(&bed).await.problem(401, "login-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_signed_is_in_progress_until_its_signer_visits_again() {
    let mut bed = TestBed::start().await;
    let (id, redirect) = bed.customer("ragna").orders().await;
    let jobs = bed.stored_rows("jobs");
    let exit = bed.browser().signs(&redirect, "ragna", "sign").await;
    bed.browser().visits(&exit).await;
    assert_eq!(bed.customer("ragna").job(&id).await["status"], "completed");
    bed.drains().await.json(200);

    bed.put_back("jobs", &jobs).await;

    let ragna = bed.customer("ragna");
    assert_eq!(ragna.job(&id).await["status"], "in_progress");
    let pades = format!("/signatures/{id}/pades");
    ragna
        .send(Method::GET, &pades, None, None)
        .await
        .problem(409, "signature-not-ready");
    bed.browser().visits(&exit).await;
    let ragna = bed.customer("ragna");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    assert_eq!(ragna.fetches(&id, "pades").await.0, 200);
}
