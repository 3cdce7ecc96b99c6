//! Gateway that `deploy/nginx` ships: its routes, its limits and its log.
//!
//! With `INNSYN_AS_DEPLOYED` set, as `.ci/run` sets it, the other journeys pass it too.

mod limits;
mod routes;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, Method, StatusCode, Uri};
use journeys::{Answer, Gateway, GatewayOptions, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use reqwest::{Client, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Request as the app gets it.
struct ReceivedRequest {
    line: String,
    headers: HeaderMap,
    body: usize,
}

/// Stand-in for the app that records incoming requests.
#[derive(Clone, Default)]
struct App(Arc<Mutex<Vec<ReceivedRequest>>>);

impl App {
    /// Starts the stand-in, and a gateway in front of it. Returns `None` without nginx.
    async fn behind(options: &GatewayOptions) -> Option<(Self, Gateway)> {
        let app = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let gateway = Gateway::start(listener.local_addr().expect("bound"), options)?;
        let router = Router::new().fallback(remember).with_state(app.clone());
        let limit = axum::extract::DefaultBodyLimit::max(32 << 20);
        let served = axum::serve(listener, router.layer(limit));
        tokio::spawn(served.into_future());
        Some((app, gateway))
    }

    fn lines(&self) -> Vec<String> {
        let seen = self.0.lock().expect("not poisoned");
        seen.iter().map(|seen| seen.line.clone()).collect()
    }

    fn last(&self) -> ReceivedRequest {
        let mut seen = self.0.lock().expect("not poisoned");
        seen.pop().expect("a request arrived")
    }
}

async fn remember(
    State(App(seen)): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    seen.lock().expect("not poisoned").push(ReceivedRequest {
        line: format!("{method} {uri}"),
        headers,
        body: body.len(),
    });
    StatusCode::OK
}

fn url(gateway: &Gateway, path: &str) -> String {
    format!("http://localhost:{}{path}", gateway.address().port())
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("an answer")).await
}

/// Checks that a page of any origin may read the gateway's own answer, and that no cache stores it.
fn readable(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, "correlation-id, retry-after");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["correlation_id"], answer.header("correlation-id"));
}

/// Sends bytes as they are, and returns the answer until the connection ends.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_could_be_a_person_is_written_down() {
    let Some((_app, gateway)) = App::behind(&GatewayOptions::default()).await else {
        return;
    };
    let http = Client::new();
    for path in [
        "/consent/callback?state=s3cret",
        "/claims/krav?fraOgMed=s3cret",
        "/claims/s3cret",
        "/s3cret",
        "/consent/%73%33cret",
    ] {
        sent(
            http.get(url(&gateway, path))
                .header("innsyn-party", "s3cret"),
        )
        .await;
    }
    sent(
        http.post(url(&gateway, "/consent"))
            .body("s3cret".repeat(1 << 14)),
    )
    .await;
    let log = gateway.log_when(|log| log.len() >= 6).await;
    assert_eq!(log.len(), 6, "{log:#?}");
    for (line, route) in log.iter().zip(["/consent/callback", "/claims/{dataset}"]) {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&line["route"], &line["status"]),
            (&route.into(), &"200".into())
        );
    }
    let all = log.join("\n") + &gateway.errors();
    assert!(
        !all.contains("s3cret") && !all.contains("127.0.0.1"),
        "{all}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_gone_is_told() {
    // An address of the loopback with a closed port.
    let nobody = SocketAddr::from(([127, 0, 0, 9], 1));
    let Some(gateway) = Gateway::start(nobody, &GatewayOptions::default()) else {
        return;
    };
    let answer = sent(Client::new().get(url(&gateway, "/consent"))).await;
    assert_eq!(answer.json(503)["title"], "The app does not answer");
    assert_eq!(answer.header("retry-after"), "5");
    readable(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_tls_to_those_who_know_its_name() {
    let options = GatewayOptions {
        tls: true,
        ..GatewayOptions::default()
    };
    let Some((app, gateway)) = App::behind(&options).await else {
        return;
    };
    let root = reqwest::Certificate::from_pem(&gateway.certificate()).expect("a certificate");
    let http = Client::builder().add_root_certificate(root);
    let http = http.build().expect("a client");
    let port = gateway.address().port();
    let answer = http.get(format!("https://localhost:{port}/consent")).send();
    let answer = answer.await.expect("an answer");
    assert_eq!(
        (answer.status(), answer.version()),
        (StatusCode::OK, http::Version::HTTP_2)
    );
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=31536000"
    );
    assert_eq!(app.lines(), ["GET /consent"]);
    // By its address alone there is no name, and no certificate is presented.
    let nameless = http.get(format!("https://127.0.0.1:{port}/consent")).send();
    let error = nameless.await.expect_err("no handshake");
    assert!(
        format!("{error:?}").contains("UnrecognisedName"),
        "{error:?}"
    );
}

/// Runs the whole product; the other journeys pass the gateway with `INNSYN_AS_DEPLOYED`.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_consents_reads_and_signs_through_it() {
    let options = TestOptions {
        gateway: Some(GatewayOptions::default()),
        ..TestOptions::default()
    };
    let bed = TestBed::with(options).await;
    let Some(gateway) = bed.gateway() else {
        return;
    };
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let claims = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
    claims.json(200);
    assert_eq!(claims.header("cache-control"), "no-store");

    let (id, redirect) = ragna.orders().await;
    let back = bed
        .browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    assert!(back.ends_with("/sign?signature=completed"), "{back}");
    let (status, kind, pades) = ragna.fetches(&id, "pades").await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    assert!(pades.starts_with(b"%PDF-"));
    let is_there = |log: &[String]| log.iter().any(|line| line.contains("/pades"));
    let log = gateway.log_when(is_there).await.join("\n");
    for route in [
        "/consent/callback",
        "/signatures/return/{outcome}",
        "/signatures/{id}/pades",
    ] {
        assert!(
            log.contains(&format!(r#""route":"{route}""#)),
            "{route}: {log}"
        );
    }
}
