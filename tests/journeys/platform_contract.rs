//! Platform contract: Spin's platform passes the same cases as the one in memory
//! (`innsyn_core::platform::contract`), in a real component, on the host, and under Spin itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use futures::stream;
use host::Limits;
use host::build::{self, Purpose};
use journeys::{AppLog, RunningApp, Start, on_spin};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::{ALL_VERSIONS, RootCertStore};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

/// Delay above the longest wait of any case.
const LATE: Duration = Duration::from_secs(3);

/// Trust settings for one of the two servers with TLS.
const TRUST: &str = r#"
[[client_tls]]
component_ids = ["contract"]
hosts = ["localhost"]
ca_roots_file = "trusted.pem"
"#;

/// Cases with other errors on Spin. It reports each failure in a handshake as `TlsProtocolError`,
/// and an alert after it as `HttpProtocolError`; the reason is in its log alone
/// (`crates/factor-outbound-http/src/wasi.rs`, `connect_tls` and `hyper_request_error`).
const NOT_ON_SPIN: [&str; 2] = [
    "a certificate that is not trusted is told from others",
    "a certificate that is wanted and not shown is told from others",
];

#[tokio::test(flavor = "multi_thread")]
async fn spins_platform_does_what_every_platform_must() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/contract/spin.toml");
    build::components(&manifest, Purpose::Local, &mut |_| {}).expect("a built guest");
    let upstream = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    // The socket reserves its port without listening.
    let deaf = TcpSocket::new_v4().expect("a socket");
    deaf.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let origin = |address: io::Result<SocketAddr>| format!("http://{}", address.expect("bound"));
    let state = tempfile::tempdir().expect("a folder");
    let (stranger, _) = over_tls().await;
    let (choosy, trusted) = over_tls().await;
    fs::write(state.path().join("trusted.pem"), trusted).expect("a file");
    let config = state.path().join("runtime-config.toml");
    fs::write(&config, TRUST).expect("a file");
    let start = Start {
        manifest,
        runtime_config: config,
        pins: None,
        variables: BTreeMap::from([
            ("stranger".to_owned(), stranger),
            ("choosy".to_owned(), choosy),
            ("upstream".to_owned(), origin(upstream.local_addr())),
            ("deaf".to_owned(), origin(deaf.local_addr())),
        ]),
        vault_roots: None,
        state: state.path().to_owned(),
        limits: Limits::default(),
        clock: Arc::default(),
        log: AppLog::new(),
    };
    tokio::spawn(async move { axum::serve(upstream, answers()).await });

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let running = RunningApp::start(start, listener).await;
    let address = format!("http://{}/", running.address());
    let answer = reqwest::get(address).await.expect("an answer");

    let report: Vec<Value> = answer.json().await.expect("a report");
    assert!(report.len() >= 18, "{report:?}");
    let broken: Vec<_> = report
        .iter()
        .filter(|case| !case["failure"].is_null())
        .collect();
    let names: Vec<_> = broken.iter().map(|case| &case["case"]).collect();
    let expected: &[&str] = if on_spin() { &NOT_ON_SPIN } else { &[] };
    assert_eq!(names, expected, "{broken:#?}");
    running.shutdown().await;
}

/// Starts a server that requires a client certificate, and returns its origin and its own
/// certificate in PEM.
async fn over_tls() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let acceptor = TlsAcceptor::from(Arc::new(wants_certificates(cert.der().clone(), key)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _refused = acceptor.accept(stream).await;
        }
    });
    (format!("https://localhost:{port}"), cert.pem())
}

fn wants_certificates(own: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(own.clone()).expect("a root");
    let provider = Arc::new(default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(ALL_VERSIONS)
        .expect("versions")
        .with_client_cert_verifier(clients.build().expect("a verifier"))
        .with_single_cert(vec![own], key)
        .expect("a pair")
}

/// Serves the endpoints that the contract's runner needs (`TestEnvironment`).
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
