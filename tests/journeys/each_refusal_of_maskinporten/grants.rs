//! Refusals about the grant: its time, its repetition, its audience.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use journeys::TestBed;
use reqwest::header::CONTENT_TYPE;
use sandbox::kit::{ExternalService, Fault};
use sandbox::maskinporten::Switches;
use sandbox::population::FJORDBANKEN;

use super::{ask, is_refused, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_its_time_and_its_repetition() {
    let bed = start().await;

    bed.services().maskinporten.set_switches(Switches {
        max_grant_lifetime_s: 30,
        ..Switches::default()
    });
    let answer = ask(&bed, FJORDBANKEN, "long", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_request",
        "grant-malformed",
        Some("MP-011"),
    );
    bed.services()
        .maskinporten
        .set_switches(Switches::default());

    bed.fault(ExternalService::Maskinporten, 2, Fault::Doubled);
    let answer = ask(&bed, FJORDBANKEN, "twice", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "grant-reused",
        Some("MP-012"),
    );
    bed.fault(ExternalService::Maskinporten, 1, Fault::Doubled);
    ask(&bed, FJORDBANKEN, "once", &[]).await.json(200);

    bed.drift(-100);
    let answer = ask(&bed, FJORDBANKEN, "late", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "clock-skewed",
        Some("MP-130"),
    );
    let late = answer.body;
    assert!(late.contains(" s behind Maskinporten's"), "{late}");

    bed.drift(130);
    let answer = ask(&bed, FJORDBANKEN, "early", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "clock-skewed", None);
    let early = answer.body;
    assert!(early.contains(" s ahead of Maskinporten's"), "{early}");

    bed.drift(-30);
    ask(&bed, FJORDBANKEN, "good", &[]).await.json(200);
    bed.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_than_it_is() {
    let mut bed = start().await;
    let gateway = gateway(&bed).await;

    let changed = [("maskinporten_origin".to_owned(), gateway)];
    bed.restart_app_with(changed.into()).await;

    let answer = ask(&bed, FJORDBANKEN, "audience", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "audience-refused",
        Some("MP-110"),
    );
}

/// Starts a gateway that passes grants on to Maskinporten, and knows nothing of its metadata.
/// Returns its address.
async fn gateway(bed: &TestBed) -> String {
    let authority = std::fs::read(bed.sandbox.ca_file()).expect("the authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .expect("a client");
    let token = format!("{}/token", bed.sandbox.addresses().maskinporten);
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
