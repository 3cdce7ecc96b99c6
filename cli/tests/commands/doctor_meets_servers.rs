//! Runs of `innsyn doctor --live` against servers made for the test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_RSA_SHA256,
    RsaKeySize,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::doctor::{ask, closed, file, json_of, text};
use crate::doctor_live::{CLIENT, live};

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_maskinporten_cannot_read() {
    let folder = TempDir::new().expect("a folder");
    let own = authority("Server");
    let ca = file(folder.path(), "ca.pem", own.pem());
    let (leaf, key) = {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        let params = CertificateParams::new(vec!["x".to_owned()]).expect("parameters");
        (params.signed_by(&key, &own).expect("a certificate"), key)
    };
    let certificate = file(folder.path(), "client.pem", leaf.pem());
    let key = closed(folder.path(), "client.key", key.serialize_pem());
    let origin = refusing(&own).await;
    let more = [
        "--key",
        text(&key),
        "--live",
        "--ca",
        text(&ca),
        "--maskinporten",
        &origin,
        "--client-id",
        CLIENT,
        "--scope",
        "a:b",
    ];
    let arguments = json_of(&certificate, &more);
    let answer = tokio::task::block_in_place(|| ask(&arguments));
    let told = answer.json()["findings"].to_string();
    assert!(
        answer.findings().contains(&"error C06".to_owned()),
        "{told}"
    );
    assert!(told.contains("MP-123"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counterparty_accepts_the_certificate_or_refuses_it() {
    let folder = TempDir::new().expect("a folder");
    let ours = authority("Ours");
    let server = authority("Server");
    let ca = file(folder.path(), "ca.pem", server.pem());
    let (leaf, key) = issued(&ours, "client.example");
    let certificate = file(folder.path(), "client.pem", leaf.pem());
    let key = closed(folder.path(), "client.key", key.serialize_pem());
    for (trusted, version, expected) in [
        (Some(&ours), &TLS13, vec!["info L05", "info L10"]),
        (Some(&ours), &TLS12, vec!["info L05", "info L10"]),
        (Some(&server), &TLS13, vec!["error L17", "info L05"]),
        (Some(&server), &TLS12, vec!["error L17"]),
        (None, &TLS13, vec!["warning L12", "info L05"]),
        (None, &TLS12, vec!["warning L12", "info L05"]),
    ] {
        let origin = counterparty(&server, trusted, version).await;
        let more = [
            "--key",
            text(&key),
            "--purpose",
            "tls",
            "--live",
            "--ca",
            text(&ca),
            "--connect",
            &origin,
        ];
        let arguments = json_of(&certificate, &more);
        let answer = tokio::task::block_in_place(|| ask(&arguments));
        assert_eq!(live(&answer), expected, "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_name() {
    let folder = TempDir::new().expect("a folder");
    let own = authority("Server");
    let ca = file(folder.path(), "ca.pem", own.pem());
    let (leaf, key) = issued(&own, "client.example");
    let certificate = file(folder.path(), "client.pem", leaf.pem());
    let key = closed(folder.path(), "client.key", key.serialize_pem());
    for (host, expected) in [
        ("localhost", vec!["warning L12", "info L05"]),
        // The same server, whose certificate is not for its number.
        ("127.0.0.1", vec!["error L03"]),
    ] {
        let origin = counterparty(&own, None, &TLS13).await;
        let origin = origin.replace("localhost", host);
        let more = [
            "--key",
            text(&key),
            "--purpose",
            "tls",
            "--live",
            "--ca",
            text(&ca),
            "--connect",
            &origin,
        ];
        let arguments = json_of(&certificate, &more);
        let answer = tokio::task::block_in_place(|| ask(&arguments));
        assert_eq!(live(&answer), expected, "{}", answer.text);
    }
}

/// Starts a Maskinporten that cannot read any certificate: the doctor never sends those that the
/// real one refuses.
async fn refusing(own: &Authority) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let origin = format!("https://localhost:{port}");
    let metadata = json!({
        "issuer": format!("{origin}/"), "token_endpoint": format!("{origin}/token"),
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    });
    let refusal = json!({
        "error": "invalid_grant",
        "error_description": "Invalid assertion. x5c is not an array (MP-123) (trace_id: 0123456789abcdef)",
    });
    let acceptor = acceptor(own, None, &TLS13);
    tokio::spawn(async move {
        for (status, body) in [("200 OK", metadata), ("400 Bad Request", refusal)] {
            let (tcp, _) = listener.accept().await.expect("a connection");
            let mut tls = acceptor.accept(tcp).await.expect("a handshake");
            let _ = tls.read(&mut [0; 16384]).await;
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = tls.write_all(answer.as_bytes()).await;
            let _ = tls.shutdown().await;
        }
    });
    origin
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn issued(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    (
        params.signed_by(&key, authority).expect("a certificate"),
        key,
    )
}

/// Starts a server and returns its origin. It requires client certificates of `trusted`, or
/// requests none.
async fn counterparty(
    own: &Authority,
    trusted: Option<&Authority>,
    version: &'static SupportedProtocolVersion,
) -> String {
    let acceptor = acceptor(own, trusted, version);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        let mut rest = [0; 4096];
        match acceptor.accept(tcp).into_fallible().await {
            Ok(mut tls) => {
                let _ = tls.read(&mut rest).await;
                let _ = tls
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    .await;
                let _ = tls.shutdown().await;
            }
            // Closed at once, the last message could be lost.
            Err((_, mut tcp)) => while tcp.read(&mut rest).await.is_ok_and(|read| read > 0) {},
        }
    });
    format!("https://localhost:{}", address.port())
}

fn acceptor(
    own: &Authority,
    trusted: Option<&Authority>,
    version: &'static SupportedProtocolVersion,
) -> TlsAcceptor {
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .expect("versions");
    let builder = match trusted {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
        None => builder.with_no_client_auth(),
    };
    let (leaf, key) = issued(own, "localhost");
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_single_cert(vec![leaf.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.expect("a server")))
}
