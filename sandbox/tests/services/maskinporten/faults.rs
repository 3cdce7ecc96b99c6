//! Faults of Maskinporten, as a client sees them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use sandbox::kit::{Content, ExternalService, Fault, Rule};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::maskinporten::support::{GRANT_TYPE, TestBed, client};

fn order(bed: &TestBed, fault: Fault) {
    let service = ExternalService::Maskinporten;
    let path = Some("/token".to_owned());
    let rule = Rule {
        service,
        path,
        times: Some(1),
        fault,
    };
    bed.sandbox.services().faults.order(rule);
}

async fn send(
    bed: &TestBed,
    http: &reqwest::Client,
    assertion: &str,
) -> Result<reqwest::Response, reqwest::Error> {
    let form = [("grant_type", GRANT_TYPE), ("assertion", assertion)];
    http.post(bed.token_endpoint()).form(&form).send().await
}

#[tokio::test]
async fn answers_in_place_of_the_true_one() {
    let bed = TestBed::start().await;
    let code = |code: u16| reqwest::StatusCode::from_u16(code).unwrap();
    let unavailable = code(503);
    let status = |body| Fault::Status {
        code: unavailable,
        body,
    };
    let table = [
        (status(Content::Html), 503, Some("text/html"), None),
        (status(Content::Empty), 503, None, None),
        (status(Content::Json), 503, Some("application/json"), None),
        (
            Fault::Status {
                code: code(500),
                body: Content::Empty,
            },
            500,
            None,
            None,
        ),
        (
            Fault::TooManyRequests {
                retry_after: Some(7),
            },
            429,
            Some("application/json"),
            Some("7"),
        ),
        (
            Fault::TooManyRequests { retry_after: None },
            429,
            Some("application/json"),
            None,
        ),
        (Fault::Nonsense, 200, Some("application/json"), None),
    ];
    for (fault, status, content_type, retry_after) in table {
        order(&bed, fault);
        let grant = bed.grant().assertion();
        let response = send(&bed, &bed.http, &grant).await.unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(response.status().as_u16(), status, "{fault:?}");
        assert_eq!(header("content-type"), content_type, "{fault:?}");
        assert_eq!(header("retry-after"), retry_after, "{fault:?}");
        let body = response.bytes().await.unwrap();
        if fault == Fault::Nonsense {
            assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
        }
        // Nothing was processed: the same grant is valid now, since the fault occurred once.
        assert_eq!(bed.ask_with(&grant).await.status, 200, "{fault:?}");
    }
}

#[tokio::test]
async fn connections_that_break() {
    let bed = TestBed::start().await;
    let http1 = client(&bed.sandbox).http1_only().build().unwrap();
    for (protocol, http) in [("HTTP/2", &bed.http), ("HTTP/1.1", &http1)] {
        let before = bed.grant().assertion();
        order(&bed, Fault::ResetBefore);
        send(&bed, http, &before).await.unwrap_err();
        assert_eq!(
            bed.ask_with(&before).await.status,
            200,
            "{protocol}: not processed"
        );

        let after = bed.grant().assertion();
        order(&bed, Fault::ResetAfter);
        send(&bed, http, &after).await.unwrap_err();
        assert_eq!(
            bed.ask_with(&after).await.code(),
            "MP-012",
            "{protocol}: processed"
        );

        order(&bed, Fault::Truncated);
        let cut = send(&bed, http, &bed.grant().assertion()).await;
        let body = match cut {
            Ok(response) => response.bytes().await.map(|_| ()),
            Err(error) => Err(error),
        };
        body.unwrap_err();
    }
}

#[tokio::test]
async fn answers_that_take_their_time() {
    let bed = TestBed::start().await;
    order(&bed, Fault::Slow { milliseconds: 60 });
    let started = Instant::now();
    assert_eq!(bed.ask(&bed.grant()).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));

    order(&bed, Fault::Hang);
    let impatient = client(&bed.sandbox)
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = send(&bed, &impatient, &bed.grant().assertion())
        .await
        .unwrap_err();
    assert!(error.is_timeout());
}

#[tokio::test]
async fn a_kept_alive_connection_can_be_closed_without_notice() {
    let bed = TestBed::start().await;
    order(&bed, Fault::CloseAfter);
    let mut connection = connect(&bed).await;
    connection.write_all(EMPTY_GRANT).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, connection.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert!(!head.contains("connection:"), "it is not announced: {head}");
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let bed = TestBed::start().await;
    for fault in [Fault::ResetBefore, Fault::ResetAfter] {
        order(&bed, fault);
        let mut connection = connect(&bed).await;
        connection.write_all(EMPTY_GRANT).await.unwrap();
        let read = tokio::time::timeout(PATIENCE, connection.read(&mut [0; 16]))
            .await
            .unwrap();
        assert_eq!(
            read.unwrap_err().kind(),
            std::io::ErrorKind::ConnectionReset,
            "{fault:?}"
        );
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const EMPTY_GRANT: &[u8] = b"POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";

/// A connection of our own, to see what happens to it.
async fn connect(bed: &TestBed) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(bed.sandbox.ca_file()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (_, port) = bed
        .sandbox
        .addresses()
        .maskinporten
        .rsplit_once(':')
        .unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap()))
        .await
        .unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap()
}

#[tokio::test]
async fn faults_are_ordered_over_http_too() {
    let bed = TestBed::start().await;
    let post = reqwest::Method::POST;
    let fault = json!({
        "counterparty": "maskinporten", "path": "/jwk", "times": 2,
        "fault": { "status": { "code": 500, "body": "empty" } },
    });
    assert_eq!(bed.admin(post.clone(), "/faults", &fault).await, 204);
    let keys = format!("{}jwk", bed.maskinporten().issuer());
    for status in [500, 500, 200] {
        assert_eq!(bed.http.get(&keys).send().await.unwrap().status(), status);
    }
    let hang = json!({ "counterparty": "maskinporten", "fault": "hang" });
    assert_eq!(bed.admin(post.clone(), "/faults", &hang).await, 204);
    assert_eq!(
        bed.admin(reqwest::Method::DELETE, "/faults", &json!(null))
            .await,
        204
    );
    assert_eq!(bed.http.get(&keys).send().await.unwrap().status(), 200);

    for wrong in [
        json!({ "counterparty": "maskinporten", "fault": "hang", "twice": true }),
        json!({ "counterparty": "nobody", "fault": "hang" }),
        json!({ "counterparty": "altinn", "fault": { "slow": { "seconds": 1 } } }),
        json!({ "counterparty": "altinn", "fault": { "status": { "code": 100, "body": "html" } } }),
    ] {
        assert_eq!(
            bed.admin(post.clone(), "/faults", &wrong).await,
            422,
            "{wrong}"
        );
    }
}
