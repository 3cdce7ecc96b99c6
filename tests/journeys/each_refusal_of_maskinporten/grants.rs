//! The grant: its time, its repetition, its audience.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use journeys::Bench;
use reqwest::header::CONTENT_TYPE;
use sandbox::consumer::FJORDBANKEN;
use sandbox::fault::Fault;
use sandbox::maskinporten::Switches;
use sandbox::world::Counterparty;

use super::{ask, is_refused, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_its_time_and_its_repetition() {
    let bench = start().await;

    bench.world().maskinporten.set_switches(Switches {
        max_grant_lifetime_s: 30,
        ..Switches::default()
    });
    let answer = ask(&bench, FJORDBANKEN, "long", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_request",
        "grant-malformed",
        Some("MP-011"),
    );
    bench.world().maskinporten.set_switches(Switches::default());

    bench.fault(Counterparty::Maskinporten, 2, Fault::Doubled);
    let answer = ask(&bench, FJORDBANKEN, "twice", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "grant-reused",
        Some("MP-012"),
    );
    bench.fault(Counterparty::Maskinporten, 1, Fault::Doubled);
    ask(&bench, FJORDBANKEN, "once", &[]).await.json(200);

    bench.drift(-100);
    let answer = ask(&bench, FJORDBANKEN, "late", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "clock-skewed",
        Some("MP-130"),
    );
    let late = answer.body;
    assert!(late.contains(" s behind Maskinporten's"), "{late}");

    bench.drift(130);
    let answer = ask(&bench, FJORDBANKEN, "early", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "clock-skewed", None);
    let early = answer.body;
    assert!(early.contains(" s ahead of Maskinporten's"), "{early}");

    bench.drift(-30);
    ask(&bench, FJORDBANKEN, "good", &[]).await.json(200);
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_than_it_is() {
    let mut bench = start().await;
    let gateway = gateway(&bench).await;

    let changed = [("maskinporten_origin".to_owned(), gateway)];
    bench.restart_app_with(changed.into()).await;

    let answer = ask(&bench, FJORDBANKEN, "audience", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "audience-refused",
        Some("MP-110"),
    );
}

/// The address of something that passes grants on to Maskinporten, and knows nothing of its metadata.
async fn gateway(bench: &Bench) -> String {
    let authority = std::fs::read(bench.sandbox.ca_file()).expect("the authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .expect("a client");
    let token = format!("{}/token", bench.sandbox.addresses().maskinporten);
    let router = Router::new()
        .route("/token", post(pass_on))
        .with_state((http, token));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://localhost:{}", address.port())
}

async fn pass_on(
    State((http, token)): State<(reqwest::Client, String)>,
    body: Bytes,
) -> (StatusCode, [(http::HeaderName, &'static str); 1], Bytes) {
    let form = "application/x-www-form-urlencoded";
    let request = http.post(token).header(CONTENT_TYPE, form).body(body);
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let json = [(http::header::CONTENT_TYPE, "application/json")];
    (status, json, answer.bytes().await.expect("a body"))
}
