//! The app cannot be reached, or answers what is no token: the back end gets an error that it can read.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use reqwest::Client;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::process::Process;
use crate::stage::Answer;

/// 32 bytes, base64url.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// Asks a sidecar whose app is at `app`: the answer, and what the sidecar had on standard error.
async fn ask(app: &str) -> (Answer, String) {
    let folder = TempDir::new().expect("a folder");
    let key = folder.path().join("key");
    fs::write(&key, KEY).expect("a file");
    // The group may read it.
    fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("its mode");
    let mut sidecar = Process::start(&[
        "token-sidecar",
        "--app",
        app,
        "--subject",
        "backend",
        "--key",
        key.to_str().expect("UTF-8"),
        "--consumer",
        "310000205",
        "--listen",
        "127.0.0.1:0",
    ]);
    let endpoint = sidecar.after("export NAIS_TOKEN_ENDPOINT=").await;
    let fields = [("identity_provider", "maskinporten"), ("target", "a")];
    let answer = Answer::to(Client::new().post(endpoint).form(&fields)).await;
    (answer, sidecar.stop().await)
}

/// An app whose `/token` answers `status`, `headers` and `body`.
async fn app(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let token = async move |headers: HeaderMap| -> Response {
        assert!(headers.contains_key("authorization"));
        answer.clone().into_response()
    };
    let router = Router::new().route("/token", post(token));
    tokio::spawn(async { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn nobody_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let (answer, said) = ask(&format!("http://{address}")).await;
    let description = answer.refusal(500, "server_error");
    assert!(description.contains("cannot be reached"), "{description}");
    assert!(said.contains("cannot be reached"), "{said}");
}

#[tokio::test]
async fn what_is_no_answer_is_not_passed_on() {
    let redirect = Redirect::temporary("http://127.0.0.1:1/");
    for (app, reason) in [
        (app("<html>").await, "no token"),
        (app(r#"{"access_token":1}"#).await, "no token"),
        (app("[".repeat(70_000)).await, "too large"),
        (app((StatusCode::BAD_GATEWAY, "<html>")).await, "502"),
        (app(redirect).await, "307"),
        (app(StatusCode::NOT_FOUND).await, "private"),
    ] {
        let (answer, said) = ask(&app).await;
        let description = answer.refusal(500, "server_error");
        assert!(description.contains(reason), "{description}");
        assert!(said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_sidecar_that_innsyn_does_not_know_says_so() {
    let refusal = r#"{"error":"invalid_client","error_description":"Log in first","problem":"login-required"}"#;
    let (answer, said) = ask(&app((StatusCode::UNAUTHORIZED, refusal)).await).await;
    let description = answer.refusal(401, "invalid_client");
    assert!(description.contains("--subject"), "{description}");
    assert!(said.contains("--subject"), "{said}");
}

#[tokio::test]
async fn when_to_ask_again_is_passed_on() {
    let refusal = r#"{"error":"temporarily_unavailable","error_description":"Busy","code":"x"}"#;
    let headers = [("retry-after", "7")];
    let app = app((StatusCode::TOO_MANY_REQUESTS, headers, refusal)).await;
    let (answer, said) = ask(&app).await;
    assert_eq!(answer.refusal(429, "temporarily_unavailable"), "Busy");
    assert_eq!(answer.headers["retry-after"], "7");
    assert_eq!(said, "");
}
