//! Failures of the app, unreachable or without a valid token: the back end gets a readable error.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::process::Process;
use crate::test_bed::Answer;

/// 32 bytes, base64url.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// Starts a sidecar whose app is at `app`, and returns its token endpoint.
async fn sidecar(app: &str, more: &[&str]) -> (Process, String, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let key = folder.path().join("key");
    fs::write(&key, KEY).expect("a file");
    // The group may read it.
    fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("its mode");
    let mut arguments = vec![
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
    ];
    arguments.extend(more);
    let mut sidecar = Process::start(&arguments);
    let endpoint = sidecar.after("export NAIS_TOKEN_ENDPOINT=").await;
    (sidecar, endpoint, folder)
}

/// Requests a token of a sidecar whose app is at `app`, and returns the answer and the sidecar's
/// standard error.
async fn ask(app: &str) -> (Answer, String) {
    let (sidecar, endpoint, _folder) = sidecar(app, &[]).await;
    let fields = [("identity_provider", "maskinporten"), ("target", "a")];
    let answer = Answer::to(Client::new().post(endpoint).form(&fields)).await;
    (answer, sidecar.stop().await)
}

/// Starts an app whose `/token` answers `status`, `headers` and `body`.
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

/// Returns an address with a closed port.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    format!("http://{address}")
}

#[tokio::test]
async fn nobody_is_there() {
    let (answer, said) = ask(&nobody().await).await;
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
    let refusal = r#"{"error":"invalid_client","error_description":"A login token is required","problem":"login-required"}"#;
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

#[tokio::test]
async fn one_who_is_busy_before_the_app_says_when_to_ask_again() {
    for status in [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
    ] {
        let app = app((status, [("retry-after", "3")], r#"{"title":"Busy"}"#)).await;
        let (answer, _) = ask(&app).await;
        answer.refusal(status.as_u16(), "temporarily_unavailable");
        assert_eq!(answer.headers["retry-after"], "3");
    }
}

/// Builds a token that has lived for `age` seconds of two minutes, and is named `name`.
fn token(name: &str, age: u64) -> Response {
    let claims = json!({"iat": 1_000, "exp": 1_120, "jti": name});
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let body = json!({"access_token": format!("e30.{claims}.c2ln"), "expires_in": 120 - age});
    Json(body).into_response()
}

/// Starts an app that has cached a token for `age` seconds, and answers `renewed` to requests for
/// another.
async fn app_with_a_kept_token(age: u64, renewed: fn() -> Response) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let answer = async move |Json(body): Json<Value>| match body["skip_cache"] {
        Value::Bool(true) => renewed(),
        _ => token("kept", age),
    };
    let router = Router::new().route("/token", post(answer));
    tokio::spawn(async { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_token_with_too_little_left_is_renewed() {
    let new: fn() -> Response = || token("new", 0);
    let down: fn() -> Response = || StatusCode::BAD_GATEWAY.into_response();
    for (age, renewed, expected) in [
        (60, new, "kept"),
        (62, new, "new"),
        (119, new, "new"),
        // The cached token is better than none.
        (62, down, "kept"),
    ] {
        let (answer, _) = ask(&app_with_a_kept_token(age, renewed).await).await;
        assert_eq!(answer.claims()["jti"], expected, "{age}");
    }
    let withdrawn: fn() -> Response = || {
        let body = json!({"error": "invalid_grant", "error_description": "withdrawn"});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    let (answer, _) = ask(&app_with_a_kept_token(62, withdrawn).await).await;
    assert_eq!(answer.refusal(400, "invalid_grant"), "withdrawn");
}

#[tokio::test]
async fn without_keys_no_token_is_valid() {
    let nobody = nobody().await;
    for (arguments, reason, complaint) in [
        (vec![], "without --maskinporten", ""),
        (
            vec!["--maskinporten", nobody.as_str()],
            "keys cannot be fetched",
            "cannot be reached",
        ),
    ] {
        let (sidecar, endpoint, _folder) = sidecar(&nobody, &arguments).await;
        let endpoint = endpoint.replace("/token", "/introspect");
        let fields = [("identity_provider", "maskinporten"), ("token", "a.b.c")];
        for _ in 0..2 {
            let answer = Answer::to(Client::new().post(&endpoint).form(&fields)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["active"], false, "{answer:?}");
            let told = answer.body["error"].as_str().expect("text");
            assert!(told.contains(reason), "{told}");
        }
        let said = sidecar.stop().await;
        assert!(said.contains(complaint), "{said}");
        assert!(
            said.lines().count() <= 1,
            "asked once in five seconds: {said}"
        );
    }
}
