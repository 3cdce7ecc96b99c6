//! Proxy for programs that cannot verify certificate attributes of a counterparty.

use std::fs;
use std::path::Path;

use host::{AccessControl, Egress, EgressError, Log, RunningEgress};
use rcgen::{CertificateParams, DnType, KeyPair};
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::{Authority, Tls, Upstream};

/// Starts a counterparty with a number instead of a name, which requires a client certificate.
pub(crate) async fn counterparty(authority: &Authority, folder: &Path) -> Upstream {
    let known = authority.write(folder, &["one"]);
    let tls = Tls {
        names: Vec::new(),
        change: numbered,
        ..Tls::default()
    };
    authority.serve(tls, known).await
}

fn numbered(params: &mut CertificateParams) {
    let number = DnType::CustomDnType(vec![2, 5, 4, 97]);
    params.distinguished_name.push(number, "NTRNO-310000205");
}

pub(crate) fn pin(name: &str, port: u16, number: &str, client: Option<&str>) -> String {
    let client = client.map(|client| {
        format!("client_cert_file = \"{client}.pem\"\nclient_private_key_file = \"{client}.key\"\n")
    });
    format!(
        "[[pin]]\nname = \"{name}\"\norigin = \"https://localhost:{port}\"\nroots_file = \"ca.pem\"\n\
         subject = [{{ attribute = \"organizationIdentifier\", value = \"{number}\" }}]\n{}",
        client.unwrap_or_default()
    )
}

pub(crate) async fn start(
    folder: &Path,
    pins: &str,
    access: AccessControl,
) -> (RunningEgress, Log) {
    let file = folder.join("pins.toml");
    fs::write(&file, pins).unwrap();
    let log = Log::memory();
    let egress = Egress::load(&file, access, log.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (egress.serve(listener).unwrap(), log)
}

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counterparty_is_called_by_the_name_of_its_pin() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let upstream = counterparty(&authority, folder.path()).await;
    let pins = pin("bud", upstream.port(), "NTRNO-310000205", Some("one"));
    let (egress, log) = start(folder.path(), &pins, AccessControl::loopback()).await;
    let address = format!("http://{}/bud", egress.address());
    let http = client();

    let answer = http
        .get(format!("{address}/02829090123"))
        .send()
        .await
        .unwrap();
    let host = format!("one over HTTP/1.1 at localhost:{}", upstream.port());
    assert_eq!(answer.text().await.unwrap(), host);

    let large = vec![b'x'; 3_000_000];
    let answer = http.post(format!("{address}/echo")).body(large.clone());
    assert!(answer.send().await.unwrap().bytes().await.unwrap() == large);

    let answer = http
        .get(format!("{address}/redirect"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "https://elsewhere.example/");

    assert_eq!(upstream.connections(), 1);
    egress.shutdown().await;
    let lines = log.lines().join("\n");
    assert!(
        lines.contains(r#""event":"egress","pin":"bud","method":"GET","status":200"#),
        "{lines}"
    );
    assert!(!lines.contains("0282"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_its_name() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let upstream = counterparty(&authority, folder.path()).await;
    let key = KeyPair::generate().unwrap();
    Authority::new().write_client(folder.path(), "foreign", &key, |_| ());
    let plain = crate::upstream::plain().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = nobody.local_addr().unwrap().port();
    drop(nobody);
    let number = "NTRNO-310000205";
    let pins = [
        pin("silent", upstream.port(), number, None),
        pin("foreign", upstream.port(), number, Some("foreign")),
        pin("other", upstream.port(), "NTRNO-310000206", Some("one")),
        pin("plain", plain.port(), number, None),
        pin("closed", closed, number, None),
    ];
    let (egress, log) = start(folder.path(), &pins.concat(), AccessControl::loopback()).await;
    for (name, problem, reason) in [
        ("silent", "own-certificate-refused", "none was shown"),
        (
            "foreign",
            "own-certificate-refused",
            "its issuer is not trusted there",
        ),
        (
            "other",
            "counterparty-not-trusted",
            "is not the one of the pin",
        ),
        ("plain", "tls-failed", "TLS: "),
        ("closed", "no-connection", "connecting: "),
    ] {
        let address = format!("http://{}/{name}/", egress.address());
        let answer = client().get(address).send().await.unwrap();
        assert_eq!(answer.status(), 502, "{name}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["problem"], problem, "{name}");
        assert_eq!(answer["pin"], name);
        let line = log.lines().into_iter().find(|line| {
            line.contains(&format!("\"component\":\"{name}\"")) && line.contains(reason)
        });
        assert!(line.is_some(), "{name}: {:?}", log.lines());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_this_machine_alone_come_in_without_a_key() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let upstream = counterparty(&authority, folder.path()).await;
    let pins = pin("bud", upstream.port(), "NTRNO-310000205", Some("one"));
    let (egress, _) = start(folder.path(), &pins, AccessControl::loopback()).await;
    let host = egress.address();
    for (request, status) in [
        (format!("GET /bud/ HTTP/1.1\r\nhost: {host}\r\n"), 200),
        (
            "GET /bud/ HTTP/1.1\r\nhost: rebound.example\r\n".to_owned(),
            403,
        ),
        ("GET /bud/ HTTP/1.1\r\n".to_owned(), 403),
        (
            format!("GET /bud/ HTTP/1.1\r\nhost: {host}\r\norigin: null\r\n"),
            403,
        ),
        // An image on any page, and an address that the user types.
        (
            format!("GET /bud/ HTTP/1.1\r\nhost: {host}\r\nsec-fetch-site: cross-site\r\n"),
            403,
        ),
        (
            format!("GET /bud/ HTTP/1.1\r\nhost: {host}\r\nSec-Fetch-Site: none\r\n"),
            403,
        ),
        (
            format!("GET /bud/ HTTP/1.1\r\nhost: {host}\r\nsec-ch-ua: \"x\"\r\n"),
            403,
        ),
        (
            format!("CONNECT localhost:443 HTTP/1.1\r\nhost: {host}\r\n"),
            400,
        ),
        (
            format!("GET http://localhost/bud/ HTTP/1.1\r\nhost: {host}\r\n"),
            400,
        ),
        (format!("GET /nobody/ HTTP/1.1\r\nhost: {host}\r\n"), 404),
    ] {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let whole = format!("{request}connection: close\r\n\r\n");
        stream.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}{answer}"
        );
    }
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let egress = Egress::load(
        &folder.path().join("pins.toml"),
        AccessControl::loopback(),
        Log::memory(),
    );
    let refused = egress.unwrap().serve(everywhere).err();
    assert!(matches!(refused, Some(EgressError::Exposed(_))));
}
