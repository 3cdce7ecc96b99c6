//! Outbound calls of components: reachable servers, connection reuse, and errors.

use std::path::Path;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::{Application, RunningApplication};
use crate::upstream::{Authority, Tls, closing, plain};

static ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];
static ONLY_TLS13: &[&SupportedProtocolVersion] = &[&TLS13];

/// Starts an application whose two components may call one address, with `[[client_tls]]` for some
/// of them.
async fn calling(
    folder: &Path,
    origin: &str,
    entries: &[(&str, Option<&str>)],
) -> RunningApplication {
    let config = entries.iter().map(|(component, client)| {
        let shown = client.map(|client| format!("client_cert_file = \"{client}.pem\"\nclient_private_key_file = \"{client}.key\"\n"));
        format!("[[client_tls]]\ncomponent_ids = [{component:?}]\nhosts = [\"localhost\"]\nca_roots_file = \"ca.pem\"\n{}", shown.unwrap_or_default())
    });
    let application = Application {
        config: config.collect(),
        ..Application::calling(&[origin, "http://back.spin.internal"])
    };
    application.start_in(folder, |_| ()).await.unwrap()
}

impl RunningApplication {
    /// Calls an address through the private component, and returns its response.
    async fn outbound_of_back(&self, url: &str) -> String {
        self.get(
            "/front/outbound",
            &[
                ("probe-url", "http://back.spin.internal/outbound"),
                ("probe-pass-url", url),
            ],
        )
        .await
        .1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_origins_are_called() {
    let (listed, other) = (plain().await, plain().await);
    let origin = format!("http://127.0.0.1:{}", listed.port());
    let running = Application::calling(&[&origin]).start(|_| ()).await;
    let answer = format!("200 plain over HTTP/1.1 at 127.0.0.1:{}", listed.port());
    assert_eq!(
        running.outbound(&format!("{origin}/path")).await,
        (200, answer)
    );
    for url in [
        format!("http://127.0.0.1:{}/12345", other.port()),
        format!("http://localhost:{}/", listed.port()),
        "https://example.com/".to_owned(),
    ] {
        assert_eq!(
            running.outbound(&url).await,
            (502, "ErrorCode::HttpRequestDenied".to_owned()),
            "{url}"
        );
    }
    assert_eq!(other.connections(), 0);
    assert!(running.log_has(&format!(r#""event":"outbound","component":"front","counterparty":"http://127.0.0.1:{}","reason":"not among"#, other.port())));
    assert!(!running.log_has("12345"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_used_again() {
    let upstream = plain().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let running = Application::calling(&[&origin]).start(|_| ()).await;
    for _ in 0..5 {
        assert_eq!(running.outbound(&format!("{origin}/")).await.0, 200);
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pooling_every_request_has_its_connection() {
    let upstream = plain().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let config = "[outbound_http]\nconnection_pooling = false\n".to_owned();
    let running = Application {
        config,
        ..Application::calling(&[&origin])
    }
    .start(|_| ())
    .await;
    for _ in 0..3 {
        assert_eq!(running.outbound(&format!("{origin}/")).await.0, 200);
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_closed_while_idle_is_not_used() {
    let upstream = closing().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let running = Application::calling(&[&origin]).start(|_| ()).await;
    for expected in 1..=3 {
        assert_eq!(
            running.outbound(&format!("{origin}/")).await,
            (200, "200 once".to_owned())
        );
        assert_eq!(upstream.connections(), expected);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_component_shows_its_own_certificate() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &["one", "two"]);
    for http2 in [false, true] {
        let upstream = authority
            .serve(
                Tls {
                    http2,
                    ..Tls::default()
                },
                known.clone(),
            )
            .await;
        let origin = format!("https://localhost:{}", upstream.port());
        let running = calling(
            folder.path(),
            &origin,
            &[("front", Some("one")), ("back", Some("two"))],
        )
        .await;
        let version = if http2 { "HTTP/2.0" } else { "HTTP/1.1" };
        for _ in 0..3 {
            let front = running.outbound(&origin).await;
            assert_eq!(
                front,
                (
                    200,
                    format!("200 one over {version} at localhost:{}", upstream.port())
                )
            );
            let back = running.outbound_of_back(&origin).await;
            assert_eq!(
                back,
                format!(
                    "200 200 two over {version} at localhost:{}",
                    upstream.port()
                )
            );
        }
        assert_eq!(upstream.connections(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_without_a_certificate_does_not_use_anothers_connection() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &["one"]);
    for versions in [ONLY_TLS12, ONLY_TLS13] {
        let upstream = authority
            .serve(
                Tls {
                    versions,
                    ..Tls::default()
                },
                known.clone(),
            )
            .await;
        let origin = format!("https://localhost:{}", upstream.port());
        let running = calling(
            folder.path(),
            &origin,
            &[("front", Some("one")), ("back", None)],
        )
        .await;
        assert_eq!(running.outbound(&origin).await.0, 200);
        assert_eq!(
            running.outbound_of_back(&origin).await,
            "502 ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload { alert-id: Some(116), alert-message: Some(\"CertificateRequired\") })"
        );
        assert!(running.log_has(&format!(
            r#""component":"back","counterparty":"{origin}","reason":"our certificate was refused: none was shown"#
        )));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_cannot_be_trusted_are_refused() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &["one"]);
    let misnamed = authority
        .serve(
            Tls {
                names: vec!["other.example"],
                ..Tls::default()
            },
            known.clone(),
        )
        .await;
    let foreign = Authority::new().serve(Tls::default(), Vec::new()).await;
    for upstream in [misnamed, foreign] {
        let origin = format!("https://localhost:{}", upstream.port());
        let running = calling(folder.path(), &origin, &[("front", Some("one"))]).await;
        assert_eq!(
            running.outbound(&origin).await,
            (502, "ErrorCode::TlsCertificateError".to_owned())
        );
        assert!(running.log_has("their certificate is not trusted"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_names() {
    let upstream = plain().await;
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let slow = format!("http://127.0.0.1:{}", upstream.port());
    let closed = format!("http://{nobody}");
    let no_tls = format!("https://127.0.0.1:{}", upstream.port());
    let running = Application::calling(&[&slow, &closed, &no_tls, "http://name.invalid"])
        .start(|_| ())
        .await;
    assert_eq!(
        running.outbound(&closed).await.1,
        "ErrorCode::ConnectionRefused"
    );
    assert_eq!(
        running.outbound(&no_tls).await.1,
        "ErrorCode::TlsProtocolError"
    );
    assert!(
        running
            .outbound("http://name.invalid/")
            .await
            .1
            .starts_with("ErrorCode::DnsError")
    );
    let limited = running
        .get(
            "/front/outbound",
            &[
                ("probe-url", &format!("{slow}/slow")),
                ("probe-first-byte-ms", "50"),
            ],
        )
        .await;
    assert_eq!(limited.1, "ErrorCode::HttpResponseTimeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_networks_are_not_connected_to() {
    let upstream = plain().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let config = "[outbound_networking]\nblock_networks = [\"private\"]\n".to_owned();
    let running = Application {
        config,
        ..Application::calling(&[&origin])
    }
    .start(|_| ())
    .await;
    assert_eq!(
        running.outbound(&origin).await.1,
        "ErrorCode::DestinationIpProhibited"
    );
    assert_eq!(upstream.connections(), 0);
}
