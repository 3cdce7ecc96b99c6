//! Signing key in a vault: Vestbanken's key stays there, and the app never sees it.

use journeys::{Answer, TestBed, TestOptions, on_spin};
use sandbox::kit::ExternalService;
use sandbox::population::VESTBANKEN;
use serde_json::json;

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start() -> TestBed {
    let mut bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let of_vestbanken =
        bed.services_with_back_end(|back_end| back_end["consumers"] = json!([VESTBANKEN]));
    bed.restart_app_with([of_vestbanken].into()).await;
    bed
}

/// Requests a new token for Vestbanken, whatever is cached.
async fn ask(bed: &TestBed) -> Answer {
    let fields = [("scope", SCOPE), ("skip_cache", "true")];
    bed.back_end_asks(VESTBANKEN, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_signs_and_one_login_serves_many_signatures() {
    let bed = start().await;

    for _ in 0..3 {
        let token = ask(&bed).await.json(200)["access_token"].clone();
        let services = bed.services();
        let token = token.as_str().expect("a token");
        let claims = services.maskinporten.verify(services.clock.now(), token);
        let consumer = claims.expect("a good token")["consumer"]["ID"].clone();
        assert_eq!(consumer, format!("0192:{VESTBANKEN}"));
    }

    if !on_spin() {
        let logins = bed.app().instances("token");
        assert!(bed.calls(ExternalService::Vault) <= 3 + logins);
    }
    bed.log_is_clean(&["vault:v1", "hvs."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_no_longer_holds_is_made_anew() {
    let bed = start().await;
    ask(&bed).await.json(200);

    bed.services().vault.revoke_tokens();

    ask(&bed).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_vault_is_a_source_that_is_down_until_it_is_opened() {
    let bed = start().await;

    bed.services().vault.seal(true);
    let problem = ask(&bed).await.json(503);
    assert_eq!(problem["problem"], "source-down", "{problem}");

    bed.services().vault.seal(false);
    ask(&bed).await.json(200);
}
