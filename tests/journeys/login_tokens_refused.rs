//! Invalid login tokens: none of them leads to a call to an external service.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use journeys::{SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::bank::{Overrides, Signature};
use sandbox::kit::ExternalService;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_a_clear_problem() {
    let bed = TestBed::start().await;
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
            "for longer than an hour",
            ordinary().expires_in(3601),
            "login-required",
        ),
        (
            "without the time of issue",
            ordinary().claim("iat", Value::Null),
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
        let customer = bed.customer("ragna").with_login(&overrides);
        let answer = customer.open_claims(SOLE_PROPRIETORSHIP).await;
        assert!(answer.body.contains(slug), "{what}: {answer:#?}");
        answer.problem(401, slug);
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, r#"Bearer error="invalid_token""#, "{what}");
    }
    for counterparty in [
        ExternalService::Maskinporten,
        ExternalService::Altinn,
        ExternalService::Skatteetaten,
    ] {
        assert_eq!(bed.calls(counterparty), 0, "{counterparty:?}");
    }
    let log = bed.log.lines().join("\n");
    for cause in [
        "the token lives for 3601 s from iat to exp, and login_max_lifetime is 3600 s",
        "the token does not say when it was issued (iat)",
    ] {
        assert!(log.contains(cause), "{log}");
    }
    bed.log_is_clean(&["04827896468", SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_longer_where_that_is_configured() {
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from([("login_max_lifetime".to_owned(), "7200".to_owned())]),
        ..TestOptions::default()
    })
    .await;
    for (seconds, status, slug) in [
        (7200, 403, "consent-required"),
        (7201, 401, "login-required"),
    ] {
        let login = Overrides::default().expires_in(seconds);
        let ragna = bed.customer("ragna").with_login(&login);
        let answer = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
        answer.problem(status, slug);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_no_token_and_no_bearer() {
    const INVALID: &str = r#"Bearer error="invalid_token""#;
    let bed = TestBed::start().await;
    let http = reqwest::Client::new();
    for (header, challenge) in [
        (None, "Bearer"),
        (Some("Basic abc"), "Bearer"),
        (Some("Bearer"), "Bearer"),
        (Some("Bearer not.a.token"), INVALID),
        (Some("Bearer a.b.c.d.e"), INVALID),
    ] {
        for path in [
            "/claims/aapnekrav",
            "/consent",
            "/signatures/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "/persons/oppslag",
        ] {
            let mut request = http.get(format!("{}{path}", bed.public_url));
            if let Some(header) = header {
                request = request.header("Authorization", header);
            }
            let answer = journeys::Answer::read(request.send().await.expect("an answer")).await;
            answer.problem(401, "login-required");
            assert_eq!(answer.header("www-authenticate"), challenge, "{header:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_taken_within_ten_seconds_whatever_strangers_send() {
    let bed = TestBed::start().await;
    let before = bed.customer("ragna");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
    let unknown = Overrides::default().signed(Signature::UnknownKey);
    let stranger = bed.customer("odd").with_login(&unknown);
    let strangers = async || {
        for path in ["/claims/aapnekrav", "/consent", "/persons/oppslag"] {
            let answer = stranger.get(path, SOLE_PROPRIETORSHIP).await;
            answer.problem(401, "login-required");
        }
    };
    strangers().await;

    bed.services().bank.change_key().expect("a new key");

    let (rotated, fetched) = (Instant::now(), bed.calls(ExternalService::Login));
    let after = bed.customer("ragna");
    for path in ["/claims/aapnekrav", "/consent"] {
        while after.get(path, SOLE_PROPRIETORSHIP).await.status == 401 {
            strangers().await;
            before.get(path, SOLE_PROPRIETORSHIP).await;
            let took = rotated.elapsed();
            assert!(took < Duration::from_secs(10), "{path}: {took:?}");
        }
    }
    let most = rotated.elapsed().as_secs() / 5 + 1;
    let fetched = bed.calls(ExternalService::Login) - fetched;
    assert!((1..=most).contains(&fetched), "{fetched} of {most}");
    before
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_instances_of_all_components_take_the_keys_that_are_there() {
    let mut bed = TestBed::start().await;
    let asks_everybody = async |bed: &TestBed| {
        let ragna = bed.customer("ragna");
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
    asks_everybody(&bed).await;
    assert_eq!(bed.calls(ExternalService::Login), 1);
    bed.restart_app().await;
    asks_everybody(&bed).await;
    assert_eq!(bed.calls(ExternalService::Login), 1);
    let file = bed.store_file("keys");
    let written = file.with_file_name("keys.db-wal");
    let row = [file, written].map(|file| std::fs::read(file).unwrap_or_default());
    let row = row.concat();
    let shows = |text: &[u8]| row.windows(text.len()).any(|window| window == text);
    assert!(shows(b"spin_key_value") && !shows(b"kid") && !shows(b"jwks"));
}
