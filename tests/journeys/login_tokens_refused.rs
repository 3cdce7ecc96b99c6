//! Login tokens that do not hold. None of them gets as far as a counterparty.

use std::time::{Duration, Instant};

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
async fn a_new_key_is_taken_within_ten_seconds_whatever_strangers_send() {
    let bench = Bench::start().await;
    let before = bench.customer("ragna");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
    let unknown = Overrides::default().signed(Signature::UnknownKey);
    let stranger = bench.customer("odd").with_login(&unknown);
    let strangers = async || {
        for path in ["/claims/aapnekrav", "/consent", "/persons/oppslag"] {
            let answer = stranger.get(path, SOLE_PROPRIETORSHIP).await;
            answer.problem(401, "login-required");
        }
    };
    strangers().await;

    bench.world().bank.change_key().expect("a new key");

    let (rotated, fetched) = (Instant::now(), bench.calls(Counterparty::Login));
    let after = bench.customer("ragna");
    for path in ["/claims/aapnekrav", "/consent"] {
        while after.get(path, SOLE_PROPRIETORSHIP).await.status == 401 {
            strangers().await;
            before.get(path, SOLE_PROPRIETORSHIP).await;
            let took = rotated.elapsed();
            assert!(took < Duration::from_secs(10), "{path}: {took:?}");
        }
    }
    let most = rotated.elapsed().as_secs() / 5 + 1;
    let fetched = bench.calls(Counterparty::Login) - fetched;
    assert!((1..=most).contains(&fetched), "{fetched} of {most}");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_instances_of_all_components_take_the_keys_that_are_there() {
    let mut bench = Bench::start().await;
    let asks_everybody = async |bench: &Bench| {
        let ragna = bench.customer("ragna");
        for path in [
            "/claims/aapnekrav",
            "/accounting/aapnekrav",
            "/income/inntekter?fraOgMed=2026-01&tilOgMed=2026-03",
            "/consent",
            "/persons/oppslag",
            "/signatures/unknown",
        ] {
            let answer = ragna.get(path, SOLE_PROPRIETORSHIP).await;
            assert_ne!(answer.status, 401, "{path}: {answer:#?}");
        }
    };
    asks_everybody(&bench).await;
    assert_eq!(bench.calls(Counterparty::Login), 1);
    bench.restart_app().await;
    asks_everybody(&bench).await;
    assert_eq!(bench.calls(Counterparty::Login), 1);
    let file = bench.store_file("keys");
    let written = file.with_file_name("keys.db-wal");
    let row = [file, written].map(|file| std::fs::read(file).unwrap_or_default());
    let row = row.concat();
    let shows = |text: &[u8]| row.windows(text.len()).any(|window| window == text);
    assert!(shows(b"spin_key_value") && !shows(b"kid") && !shows(b"jwks"));
}
