//! Vestbanken's key lies in a vault: the app has it sign, and never sees it.

use journeys::{Answer, Bench, Setup, on_spin};
use sandbox::consumer::VESTBANKEN;
use sandbox::world::Counterparty;

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start() -> Bench {
    Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await
}

/// A new token for Vestbanken, whatever is kept.
async fn ask(bench: &Bench) -> Answer {
    let fields = [("scope", SCOPE), ("skip_cache", "true")];
    bench.back_end_asks(VESTBANKEN, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_signs_and_one_login_serves_many_signatures() {
    let bench = start().await;

    for _ in 0..3 {
        let token = ask(&bench).await.json(200)["access_token"].clone();
        let world = bench.world();
        let token = token.as_str().expect("a token");
        let claims = world.maskinporten.verify(world.clock.now(), token);
        let consumer = claims.expect("a good token")["consumer"]["ID"].clone();
        assert_eq!(consumer, format!("0192:{VESTBANKEN}"));
    }

    if !on_spin() {
        let logins = bench.app().instances("token");
        assert!(bench.calls(Counterparty::Vault) <= 3 + logins);
    }
    bench.log_is_clean(&["vault:v1", "hvs."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_no_longer_holds_is_made_anew() {
    let bench = start().await;
    ask(&bench).await.json(200);

    bench.world().vault.revoke_tokens();

    ask(&bench).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_vault_is_a_source_that_is_down_until_it_is_opened() {
    let bench = start().await;

    bench.world().vault.seal(true);
    let problem = ask(&bench).await.json(503);
    assert_eq!(problem["problem"], "source-down", "{problem}");

    bench.world().vault.seal(false);
    ask(&bench).await.json(200);
}
