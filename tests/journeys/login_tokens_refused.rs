//! Login tokens that do not hold. None of them gets as far as a counterparty.

use journeys::{Bench, SOLE_PROPRIETORSHIP};
use sandbox::bank::{Overrides, Signature};
use sandbox::world::Counterparty;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_a_clear_problem() {
    let bench = Bench::start().await;
    let ordinary = Overrides::default;
    let cases = [
        ("expired", ordinary().expires_in(-60), "login-expired"),
        (
            "of the wrong audience",
            ordinary().claim("aud", "elsewhere"),
            "login-required",
        ),
        (
            "without an audience",
            ordinary().claim("aud", Value::Null),
            "login-required",
        ),
        (
            "of another issuer",
            ordinary().claim("iss", "https://elsewhere.example"),
            "login-required",
        ),
        (
            "without an end",
            ordinary().claim("exp", Value::Null),
            "login-required",
        ),
        (
            "not yet valid",
            ordinary().claim("nbf", 4_102_444_800_u64),
            "login-required",
        ),
        (
            "signed by another key",
            ordinary().signed(Signature::ForeignKey),
            "login-required",
        ),
        (
            "signed by an unknown key",
            ordinary().signed(Signature::UnknownKey),
            "login-required",
        ),
        (
            "unsigned",
            ordinary().signed(Signature::None),
            "login-required",
        ),
        (
            "with the public key as secret",
            ordinary().signed(Signature::PublicKeyAsSecret),
            "login-required",
        ),
    ];
    for (what, overrides, slug) in cases {
        let customer = bench.customer("ragna").with_login(&overrides);
        let answer = customer.open_claims(SOLE_PROPRIETORSHIP).await;
        assert!(answer.body.contains(slug), "{what}: {answer:#?}");
        answer.problem(401, slug);
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{what}"
        );
    }
    for counterparty in [
        Counterparty::Maskinporten,
        Counterparty::Altinn,
        Counterparty::Skatteetaten,
    ] {
        assert_eq!(bench.calls(counterparty), 0, "{counterparty:?}");
    }
    bench.log_is_clean(&["04827896468", SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_no_token_and_no_bearer() {
    let bench = Bench::start().await;
    let http = reqwest::Client::new();
    for header in [
        None,
        Some("Basic abc"),
        Some("Bearer"),
        Some("Bearer not.a.token"),
        Some("Bearer a.b.c.d.e"),
    ] {
        let mut request = http.get(format!("{}/claims/aapnekrav", bench.public_url));
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let answer = journeys::Answer::read(request.send().await.expect("an answer")).await;
        answer.problem(401, "login-required");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_without_anybody_being_logged_out() {
    let bench = Bench::start().await;
    let before = bench.customer("ragna");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");

    bench.world().bank.change_key().expect("a new key");

    let after = bench.customer("ragna");
    after
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
}
