//! Callers of the proxy that authenticate: by a key, or by a credential for each request.

use std::fs;
use std::path::Path;

use credential::{BoundRequest, EGRESS, Signer, SigningKey};
use host::{AccessControl, EgressError, Log, RunningEgress};
use rcgen::KeyPair;
use reqwest::{Certificate, Client, Method, Response};
use serde_json::Value;
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::egress::{counterparty, pin, start};
use crate::upstream::{Authority, Upstream};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const SEED: [u8; 32] = [7; 32];

#[tokio::test(flavor = "multi_thread")]
async fn others_come_in_over_tls_with_a_key() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let upstream = counterparty(&authority, folder.path()).await;
    for callers in [
        "",
        "payroll = \"short\"",
        "payroll = 1",
        "payroll = { key = 1 }",
        "payroll = { public_key = \"short\" }",
        "payroll = { public_key = [] }",
        "payroll = { public_key = [7] }",
    ] {
        assert!(
            matches!(
                guarded(&authority, folder.path(), callers),
                Err(EgressError::Callers(_))
            ),
            "{callers}"
        );
    }
    let callers = format!("payroll = \"{KEY}\"");
    let access = guarded(&authority, folder.path(), &callers).unwrap();
    let pins = pin("bud", upstream.port(), "NTRNO-310000205", Some("one"));
    let (egress, log) = start(folder.path(), &pins, access).await;

    let root = Certificate::from_der(&authority.root()).unwrap();
    let http = Client::builder().tls_certs_only([root]).build().unwrap();
    let address = format!("https://localhost:{}/bud/", egress.address().port());
    for (shown, status) in [
        (Some(format!("Bearer {KEY}")), 200),
        (Some(format!("bearer {KEY}")), 200),
        (Some(format!("Bearer {KEY}0")), 407),
        (Some(format!("Basic {KEY}")), 407),
        (Some("Bearer ".to_owned()), 407),
        (None, 407),
    ] {
        let request = http.get(&address);
        let request = match &shown {
            Some(shown) => request.header("proxy-authorization", shown),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{shown:?}");
    }
    let lines = log.lines().join("\n");
    assert!(lines.contains(r#""caller":"payroll""#), "{lines}");
    assert!(!lines.contains(KEY), "{lines}");
}

/// Proxy with one caller that signs, and a client that trusts it.
struct Signed {
    egress: RunningEgress,
    log: Log,
    upstream: Upstream,
    http: Client,
    signer: Signer,
    _folder: TempDir,
}

impl Signed {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let authority = Authority::new();
        let upstream = counterparty(&authority, folder.path()).await;
        let key = SigningKey::from_seed(&SEED).unwrap();
        let callers = format!(
            "signature = {{ public_key = \"{}\" }}\n",
            key.verifying_key().to_text()
        );
        let pins = pin("bud", upstream.port(), "NTRNO-310000205", Some("one"));
        let access = guarded(&authority, folder.path(), &callers).unwrap();
        let (egress, log) = start(folder.path(), &pins, access).await;
        let root = Certificate::from_der(&authority.root()).unwrap();
        Self {
            egress,
            log,
            upstream,
            http: Client::builder().tls_certs_only([root]).build().unwrap(),
            signer: Signer::new("signature", key),
            _folder: folder,
        }
    }

    /// Signs a credential for a request. Its holder may present it with another request.
    fn credential(&self, method: &str, path: &str, body: &[u8]) -> String {
        let request = BoundRequest::new(EGRESS, method, path, body);
        let id = || "a random id".to_owned();
        let now = OffsetDateTime::now_utc();
        let signed = self.signer.sign(now, id, &request).unwrap();
        format!("Bearer {signed}")
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        shown: &[(&str, &str)],
    ) -> Response {
        let address = format!("https://localhost:{}{path}", self.egress.address().port());
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, address).body(body);
        for (name, value) in shown {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

fn guarded(
    authority: &Authority,
    folder: &Path,
    callers: &str,
) -> Result<AccessControl, EgressError> {
    let path = |name: &str| folder.join(name);
    let key = KeyPair::generate().unwrap();
    authority.write_client(folder, "localhost", &key, |_| ());
    fs::write(path("callers.toml"), callers).unwrap();
    AccessControl::tls_with_callers(
        &path("localhost.pem"),
        &path("localhost.key"),
        &path("callers.toml"),
    )
}

const HEADER: &str = "innsyn-proxy-authorization";

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_lets_its_own_request_pass_and_goes_no_further() {
    let signed = Signed::start().await;
    for header in [HEADER, "proxy-authorization"] {
        // Many pieces, and one; then a replay, as an eavesdropper may send it.
        for body in [vec![b'x'; 3_000_000], b"order".to_vec(), b"order".to_vec()] {
            let credential = signed.credential("POST", "/bud/echo?a=b", &body);
            let shown = [(header, credential.as_str())];
            let answer = signed
                .send("POST", "/bud/echo?a=b", body.clone(), &shown)
                .await;
            assert_eq!(answer.status(), 200);
            assert!(answer.bytes().await.unwrap() == body);
        }
        let credential = signed.credential("GET", "/bud/headers", b"");
        let shown = [(header, credential.as_str())];
        let answer = signed.send("GET", "/bud/headers", Vec::new(), &shown).await;
        let names = answer.text().await.unwrap();
        assert!(
            names.contains("host") && !names.contains("authorization"),
            "{names}"
        );
    }
    signed.egress.shutdown().await;
    let lines = signed.log.lines().join("\n");
    assert!(lines.contains(r#""caller":"signature""#), "{lines}");
    assert!(!lines.contains("eyJ"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_request_completes_nothing() {
    let signed = Signed::start().await;
    let own = signed.credential("POST", "/bud/echo", b"order");
    let empty = signed.credential("GET", "/bud/echo", b"");
    let unknown = own.replacen("Bearer e", "Bearer f", 1);
    let elsewhere = "credential-of-another-request";
    for (method, path, body, shown, problem) in [
        (
            "POST",
            "/bud/echo",
            b"other".to_vec(),
            own.as_str(),
            elsewhere,
        ),
        ("POST", "/bud/echo", Vec::new(), &own, elsewhere),
        ("POST", "/bud/echo", vec![b'x'; 3_000_000], &own, elsewhere),
        ("POST", "/bud/echo?a", b"order".to_vec(), &own, elsewhere),
        ("PUT", "/bud/echo", b"order".to_vec(), &own, elsewhere),
        ("GET", "/bud/echo", b"a body".to_vec(), &empty, elsewhere),
        (
            "POST",
            "/bud/echo",
            b"order".to_vec(),
            &unknown,
            "caller-unknown",
        ),
        ("POST", "/bud/echo", b"order".to_vec(), "", "caller-unknown"),
    ] {
        let answer = signed.send(method, path, body, &[(HEADER, shown)]).await;
        assert_eq!(answer.status(), 407, "{method} {path}");
        assert_eq!(answer.headers()["proxy-authenticate"], "Bearer");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["problem"], problem, "{method} {path}");
    }
    let shown = [(HEADER, own.as_str()), ("proxy-authorization", &own)];
    let twice = signed
        .send("POST", "/bud/echo", b"order".to_vec(), &shown)
        .await;
    assert_eq!(twice.status(), 407);
    assert_eq!(signed.upstream.echoed(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_browser_comes_in_whatever_it_shows() {
    let signed = Signed::start().await;
    let credential = signed.credential("GET", "/bud/", b"");
    let shown = (HEADER, credential.as_str());
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://bank.example"),
    ] {
        let answer = signed
            .send("GET", "/bud/", Vec::new(), &[shown, (name, value)])
            .await;
        assert_eq!(answer.status(), 403, "{name}");
    }
    assert_eq!(
        signed
            .send("GET", "/bud/", Vec::new(), &[shown])
            .await
            .status(),
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_loopback_callers_may_be_asked_for_without_tls() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let upstream = counterparty(&authority, folder.path()).await;
    let callers = folder.path().join("callers.toml");
    fs::write(&callers, format!("payroll = \"{KEY}\"\n")).unwrap();
    let access = || AccessControl::loopback_with_callers(&callers).unwrap();
    let pins = pin("bud", upstream.port(), "NTRNO-310000205", Some("one"));
    let (egress, _) = start(folder.path(), &pins, access()).await;
    let address = format!("http://{}/bud/", egress.address());
    let ask = async |shown: &[(&str, &str)]| {
        let mut request = Client::new().get(&address);
        for (name, value) in shown {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status()
    };
    let key = format!("Bearer {KEY}");
    assert_eq!(ask(&[]).await, 407);
    assert_eq!(ask(&[("proxy-authorization", &key)]).await, 200);
    let rebound = [
        ("proxy-authorization", key.as_str()),
        ("host", "rebound.example"),
    ];
    assert_eq!(ask(&rebound).await, 403);
    let everywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let pins = folder.path().join("pins.toml");
    let egress = host::Egress::load(&pins, access(), Log::memory()).unwrap();
    assert!(matches!(
        egress.serve(everywhere),
        Err(EgressError::Exposed(_))
    ));
}
