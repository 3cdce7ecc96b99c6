//! Pages for the demo bank's staff: the archive and the event log, with a stand-in for the app.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode, header};
use reqwest::Client;
use sandbox::kit::Clock;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

const BANK: &str = "310000205";
const JOB: &str = "abcdefghijklmnopabcdefghijklmnop";

/// Requests that the stand-in for the app has received, as method and path.
type Requests = Arc<Mutex<Vec<String>>>;

struct Stage {
    sandbox: Sandbox,
    requests: Requests,
    http: Client,
    _folder: TempDir,
}

async fn answer(State(requests): State<Requests>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    requests
        .lock()
        .unwrap()
        .push(format!("{} {path}", request.method()));
    assert!(request.headers().contains_key(header::AUTHORIZATION));
    let order = format!("/signatures/orders/{JOB}");
    let part = path.strip_prefix(&order);
    match (request.method(), part) {
        (&Method::GET, Some("")) => axum::Json(json!({
            "id": JOB,
            "status": "completed",
            "template": { "name": "account-agreement", "version": "1" },
            "signers": [{ "signer": 0, "status": "signed" }, { "signer": 1, "status": "expired" }],
        }))
        .into_response(),
        (&Method::GET, Some("/pades")) => "a signed PDF".into_response(),
        (&Method::GET, Some("/signers/0/xades")) => "<signature/>".into_response(),
        (&Method::POST, Some("/acknowledge")) => "{}".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Stage {
    async fn start() -> Self {
        let requests = Requests::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(requests.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            clock: Clock::default(),
            directory: folder.path().to_owned(),
            app: Some(app),
        };
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            requests,
            http: Client::new(),
            _folder: folder,
        }
    }

    /// Sends an event as the app does, signed with `secret` or with the bank's own.
    async fn event(&self, id: &str, kind: &str, secret: Option<&[u8]>) -> u16 {
        let variables = self.sandbox.variables("http://localhost:3000");
        let receivers: BTreeMap<String, Value> =
            serde_json::from_str(&variables["event_receivers"]).unwrap();
        let receiver = &receivers[BANK];
        let written = receiver["secrets"][0].as_str().unwrap();
        let own = STANDARD
            .decode(written.trim_start_matches("whsec_"))
            .unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.unwrap_or(&own));
        let at = self.sandbox.services().clock.now().unix_timestamp();
        let body = json!({ "type": kind, "subject": JOB, "data": { "number": 1 } }).to_string();
        let signed = format!("{id}.{at}.{body}");
        let mac = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        let request = self
            .http
            .post(receiver["address"].as_str().unwrap())
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{mac}"))
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }

    async fn page(&self, path: &str, language: &str) -> String {
        let address = format!("{}{path}", self.sandbox.addresses().bank_page);
        let request = self
            .http
            .get(address)
            .header(header::ACCEPT_LANGUAGE, language);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }
}

#[tokio::test]
async fn a_signed_job_is_archived_and_then_acknowledged_once() {
    let stage = Stage::start().await;
    assert!(stage.page("/arkiv", "nb").await.contains("Arkivet er tomt"));
    assert!(
        stage
            .page("/hendelser", "en")
            .await
            .contains("No events yet")
    );

    let completed = "innsyn.signature.completed";
    assert_eq!(stage.event("signature-1", completed, None).await, 204);
    while !stage
        .page("/hendelser", "nb")
        .await
        .contains("Dokumentene er arkivert")
    {
        tokio::task::yield_now().await;
    }
    let archive = stage.page("/arkiv", "nb").await;
    assert!(
        archive.contains("account-agreement 1") && !archive.contains("Ikke ennå"),
        "{archive}"
    );
    assert!(
        archive.contains("Fjordbanken") && archive.contains(JOB),
        "{archive}"
    );
    assert_eq!(stage.event("signature-1", completed, None).await, 204);

    for (path, content) in [
        ("avtale.pdf", "a signed PDF"),
        ("signatur/0", "<signature/>"),
    ] {
        assert_eq!(
            stage.page(&format!("/arkiv/{JOB}/{path}"), "nb").await,
            content
        );
    }
    let events = stage.page("/hendelser", "en").await;
    for text in [
        completed,
        "Genuine",
        "The documents are archived",
        "Received again: 1",
    ] {
        assert!(events.contains(text), "{text}: {events}");
    }
    let requests = stage.requests.lock().unwrap().clone();
    let order = format!("/signatures/orders/{JOB}");
    assert_eq!(
        requests,
        [
            format!("GET {order}"),
            format!("GET {order}/signers/0/xades"),
            format!("GET {order}/pades"),
            format!("POST {order}/acknowledge"),
        ]
    );
}

#[tokio::test]
async fn what_is_not_the_apps_is_refused_and_listed() {
    let stage = Stage::start().await;
    let completed = "innsyn.signature.completed";
    let refused = stage.event("signature-1", completed, Some(b"another secret"));
    assert_eq!(refused.await, 401);
    assert_eq!(
        stage
            .event("consent-1", "innsyn.consent.granted", None)
            .await,
        204
    );
    let events = stage.page("/hendelser", "nb").await;
    for text in ["Avvist", "signaturen er ikke appens", "Ingenting å hente"] {
        assert!(events.contains(text), "{text}: {events}");
    }
    assert!(stage.requests.lock().unwrap().is_empty());
    assert!(
        stage
            .page("/arkiv", "en")
            .await
            .contains("The archive is empty")
    );
}

#[tokio::test]
async fn events_of_fjordbanken_can_go_to_another_receiver() {
    let stage = Stage::start().await;
    let variables = stage.sandbox.events_to("http://127.0.0.1:8000/events");
    let variables = variables.unwrap();
    assert_eq!(variables["events_origin"], "http://127.0.0.1:8000");
    let receivers: Value = serde_json::from_str(&variables["event_receivers"]).unwrap();
    let receiver = json!({
        "address": "http://127.0.0.1:8000/events",
        "secrets": [stage.sandbox.back_end().event_secret],
    });
    assert_eq!(receivers, json!({ BANK: receiver }));
    assert!(stage.sandbox.events_to("8000").is_err());
}
