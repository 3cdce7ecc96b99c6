//! Spin's platform passes the same cases as the one in memory (`shared::platform::contract`): in a real component,
//! on the host.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use futures::stream;
use host::{App, Log, Options, build};
use serde_json::Value;
use tokio::net::TcpListener;

/// Longer than any case waits.
const LATE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn spins_platform_does_what_every_platform_must() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/contract/spin.toml");
    build::components(&manifest, &mut |_| {}).expect("a built guest");
    let upstream = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let deaf = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin =
        |listener: &TcpListener| format!("http://{}", listener.local_addr().expect("bound"));
    let state = tempfile::tempdir().expect("a folder");
    let mut options = Options::new(&manifest);
    options.variables = BTreeMap::from([
        ("upstream".to_owned(), origin(&upstream)),
        ("deaf".to_owned(), origin(&deaf)),
    ]);
    options.state_dir = state.path().to_owned();
    options.cache_dir = None;
    options.log = Log::memory();
    drop(deaf);
    tokio::spawn(async move { axum::serve(upstream, answers()).await });

    let app = App::load(options).await.expect("an app that loads");
    let server = app.serve(TcpListener::bind("127.0.0.1:0").await.expect("a port"));
    let address = format!("http://{}/", server.address());
    let answer = reqwest::get(address).await.expect("an answer");

    let report: Vec<Value> = answer.json().await.expect("a report");
    assert!(report.len() >= 16, "{report:?}");
    let broken: Vec<_> = report
        .iter()
        .filter(|case| !case["failure"].is_null())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    server.shutdown().await;
}

/// What the contract's runner has to offer (`Surroundings`).
fn answers() -> Router {
    let slow_body = async || {
        let parts = stream::unfold(false, async |late| {
            if late {
                tokio::time::sleep(LATE).await;
                return None;
            }
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"first")), true))
        });
        Body::from_stream(parts)
    };
    Router::new()
        .route("/echo", any(echo))
        .route("/slow", get(async || tokio::time::sleep(LATE).await))
        .route("/slow-body", get(slow_body))
}

async fn echo(method: Method, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let mut answer = HeaderMap::new();
    answer.insert("x-method", method.as_str().parse().expect("a method"));
    if let Some(echo) = headers.get("x-echo") {
        answer.insert("x-echo", echo.clone());
    }
    (StatusCode::CREATED, answer, body)
}
