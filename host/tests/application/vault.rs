//! Variables from a vault, available or failing. The stand-in follows Vault's documentation; the
//! journeys use the sandbox's vault, which an independent client verifies.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::support::{Application, RunningApplication};
use crate::upstream::{Authority, Tls};

const TOKEN: &str = "hvs.s3cret-token";
const MANIFEST: &str = "[variables]\nkey = { required = true, secret = true }\nword = { default = \"default\" }\norigin = { required = true }\n";
const FRONT: &str = "[component.front.variables]\nkey = \"<{{ key }}>\"\nword = \"{{ word }}\"\norigin = \"{{ origin }}\"\n";

/// Behaviour of the fake vault for a request with the right token and path.
#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Answers,
    Denies,
    Rubbish,
    Deleted,
    Silent,
    Flood,
    Elsewhere,
}

/// Key-value engine `secret` of a vault, of which the application reads below `innsyn`.
struct FakeVault {
    url: String,
    secrets: Arc<Mutex<BTreeMap<String, String>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeVault {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            secrets: Arc::default(),
            behaviour: Arc::new(Mutex::new(Behaviour::Answers)),
            asked: Arc::default(),
        };
        let (secrets, behaviour, asked) = (
            own.secrets.clone(),
            own.behaviour.clone(),
            own.asked.clone(),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (secrets, behaviour, asked) =
                    (secrets.clone(), behaviour.clone(), asked.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    asked.lock().unwrap().push(request.uri().path().to_owned());
                    let (behaviour, secrets) =
                        (*behaviour.lock().unwrap(), secrets.lock().unwrap().clone());
                    async move { Ok::<_, Infallible>(answer(&request, behaviour, &secrets).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        own
    }

    fn keep(&self, name: &str, value: &str) {
        let mut secrets = self.secrets.lock().unwrap();
        secrets.insert(name.to_owned(), value.to_owned());
    }

    fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn provider(&self) -> String {
        provider(&self.url)
    }
}

fn provider(url: &str) -> String {
    format!(
        "[[variables_provider]]\ntype = \"vault\"\nurl = {url:?}\ntoken = {TOKEN:?}\nmount = \"secret\"\nprefix = \"innsyn\"\n"
    )
}

async fn answer(
    request: &Request<Incoming>,
    behaviour: Behaviour,
    secrets: &BTreeMap<String, String>,
) -> Response<Full<Bytes>> {
    let said = |status: u16, text: String| {
        let response = Response::builder().status(status);
        response.body(Full::new(Bytes::from(text))).unwrap()
    };
    let denied = || said(403, r#"{"errors":["permission denied"]}"#.to_owned());
    let shown = request.headers().get("x-vault-token");
    if shown.is_none_or(|token| token != TOKEN) {
        return denied();
    }
    let name = request.uri().path().strip_prefix("/v1/secret/data/innsyn/");
    let value = name.and_then(|name| secrets.get(name));
    match (behaviour, value) {
        (Behaviour::Denies, _) => denied(),
        (Behaviour::Rubbish, _) => said(200, "<html>s3cret</html>".to_owned()),
        (Behaviour::Deleted, _) => said(404, r#"{"data":{"data":null,"metadata":{}}}"#.to_owned()),
        (Behaviour::Silent, _) => std::future::pending().await,
        (Behaviour::Flood, _) => said(200, " ".repeat(2 * 1024 * 1024)),
        (Behaviour::Elsewhere, _) => {
            let response = Response::builder().status(307);
            let response = response.header("location", "http://127.0.0.1:1/");
            response.body(Full::default()).unwrap()
        }
        (Behaviour::Answers, Some(value)) => said(
            200,
            format!(r#"{{"data":{{"data":{{"value":{value:?}}},"metadata":{{"version":1}}}}}}"#),
        ),
        (Behaviour::Answers, None) => said(404, r#"{"errors":[]}"#.to_owned()),
    }
}

/// Starts an application without a cache: each read of a variable asks the vault, as under Spin.
async fn start(config: String) -> RunningApplication {
    start_with_cache(config, Duration::ZERO).await.0
}

/// Starts an application, and returns it with its clock.
async fn start_with_cache(config: String, cache: Duration) -> (RunningApplication, Arc<AtomicI64>) {
    let mut clock = None;
    let application = Application {
        variables: MANIFEST,
        front: FRONT,
        hosts: vec!["{{ origin }}".to_owned()],
        config,
    };
    let running = application
        .start(|options| {
            // Each request has an instance of its own.
            options.limits.requests_per_instance = 1;
            options.vault_cache = cache;
            clock = Some(options.clock_offset.clone());
        })
        .await;
    (running, clock.unwrap())
}

async fn variable(running: &RunningApplication, name: &str) -> (u16, String) {
    let headers = [("probe-name", name)];
    running.get("/front/variable", &headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_get_asks_the_vault_and_what_it_has_not_is_the_next_ones() {
    let vault = FakeVault::start().await;
    let rest = "[[variables_provider]]\ntype = \"static\"\nvalues = { key = \"k2\", origin = \"http://localhost\" }\n";
    let running = start(vault.provider() + rest).await;

    assert_eq!(variable(&running, "key").await, (200, "<k2>".to_owned()));
    assert_eq!(variable(&running, "word").await.1, "default");
    for value in ["one", "two"] {
        vault.keep("key", value);
        assert_eq!(variable(&running, "key").await.1, format!("<{value}>"));
    }
    let asked = vault.asked.lock().unwrap().clone();
    let path = |name| format!("/v1/secret/data/innsyn/{name}");
    assert_eq!(asked, ["key", "word", "key", "key"].map(path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_before_the_vault_spares_it_the_question() {
    let vault = FakeVault::start().await;
    vault.keep("key", "of the vault");
    let first = "[[variables_provider]]\ntype = \"static\"\nvalues = { key = \"mine\" }\n";
    let running = start(first.to_owned() + &vault.provider()).await;
    assert_eq!(variable(&running, "key").await.1, "<mine>");
    assert!(vault.asked.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_vault_does_the_app_goes_on_and_no_secret_is_told() {
    let vault = FakeVault::start().await;
    vault.keep("key", "s3cret");
    let running = start(vault.provider()).await;
    for (behaviour, reason) in [
        (Behaviour::Denies, "its answer is 403 Forbidden"),
        (
            Behaviour::Rubbish,
            "its answer is no secret with a text called `value`",
        ),
        (Behaviour::Deleted, "its answer is 404 Not Found"),
        (Behaviour::Flood, "its answer broke off, or is too large"),
        (Behaviour::Elsewhere, "its answer is 307 Temporary Redirect"),
        (Behaviour::Silent, "no answer in time"),
    ] {
        vault.set_behaviour(behaviour);
        let (status, said) = variable(&running, "key").await;
        let expected = "Error::Provider(\"the vault does not give the variable `key`\")";
        assert_eq!((status, &*said), (502, expected));
        assert!(running.log_has(reason), "{reason}");
        // A failure ends the search, even with a default.
        assert_eq!(variable(&running, "word").await.0, 502);
        vault.set_behaviour(Behaviour::Answers);
        assert_eq!(variable(&running, "key").await.1, "<s3cret>");
    }
    // No provider has it, and it has no default.
    let (status, said) = variable(&running, "origin").await;
    assert_eq!(status, 502);
    assert!(
        said.contains("no provider has the required variable `origin`"),
        "{said}"
    );
    assert!(!running.log_has("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_vault_the_app_starts_and_calls_nobody() {
    // The port of a listener that is closed.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let running = start(provider(&url)).await;
    assert_eq!(running.get("/front/hello", &[]).await.0, 200);
    let (status, said) = variable(&running, "key").await;
    assert_eq!(status, 502);
    assert!(said.starts_with("Error::Provider"), "{said}");
    let (status, said) = running.outbound("http://localhost/").await;
    assert_eq!(status, 502);
    assert!(said.contains("HttpRequestDenied"), "{said}");
    assert!(running.log_has("allowed_outbound_hosts: the vault does not give the variable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_component_may_call_is_read_by_each_instance() {
    let vault = FakeVault::start().await;
    let upstream = crate::upstream::plain().await;
    let origin = format!("http://{}", upstream.address);
    for (name, value) in [("key", "k"), ("word", "w"), ("origin", &*origin)] {
        vault.keep(name, value);
    }
    let running = start(vault.provider()).await;
    assert_eq!(running.outbound(&format!("{origin}/")).await.0, 200);

    // As in Spin, which reads them all, a single unreadable variable prevents all calls.
    vault.set_behaviour(Behaviour::Denies);
    assert_eq!(running.outbound(&format!("{origin}/")).await.0, 502);
    vault.set_behaviour(Behaviour::Answers);
    assert_eq!(running.outbound(&format!("{origin}/")).await.0, 200);

    vault.keep("origin", "http://127.0.0.1:9");
    let (status, said) = running.outbound(&format!("{origin}/")).await;
    assert_eq!(status, 502);
    assert!(said.contains("HttpRequestDenied"), "{said}");
    vault.keep("origin", "https://s3cret:0");
    assert_eq!(running.outbound(&format!("{origin}/")).await.0, 502);
    assert!(running.log_has("`{{ origin }}`: the port is not a number from 1 to 65535"));
    assert!(!running.log_has("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_vault_of_a_trusted_authority_is_told_the_token() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.write(folder.path(), &[]);
    let upstream = authority.serve(Tls::default(), Vec::new()).await;
    let application = || Application {
        variables: MANIFEST,
        front: FRONT,
        config: provider(&format!("https://localhost:{}", upstream.port())),
        ..Application::default()
    };
    let running = application().start(|_| ()).await;
    assert_eq!(variable(&running, "key").await.0, 502);
    assert!(running.log_has("its issuer is not among the roots"));

    // The server requires a certificate, which is another error: the handshake got further.
    let roots = folder.path().join("ca.pem");
    let running = application()
        .start(|options| options.vault_roots = Some(roots))
        .await;
    assert_eq!(variable(&running, "key").await.0, 502);
    assert!(running.log_has("none was shown, and one is required"));
    assert!(!running.log_has("its issuer is not among the roots"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_instances_asks_the_vault_once_and_a_change_is_seen_after_seconds() {
    let vault = FakeVault::start().await;
    let upstream = crate::upstream::plain().await;
    let origin = format!("http://{}", upstream.address);
    for (name, value) in [("key", "one"), ("word", "w"), ("origin", &*origin)] {
        vault.keep(name, value);
    }
    let five = Duration::from_secs(5);
    let (running, clock) = start_with_cache(vault.provider(), five).await;
    let asked = |name: &str| {
        let path = format!("/v1/secret/data/innsyn/{name}");
        let asked = vault.asked.lock().unwrap();
        asked.iter().filter(|asked| **asked == path).count()
    };
    let burst = (0..30).map(|_| variable(&running, "key"));
    for answer in futures::future::join_all(burst).await {
        assert_eq!(answer, (200, "<one>".to_owned()));
    }
    assert_eq!(asked("key"), 1);

    // The allow-list of a component is read through the same cache.
    let called = format!("{origin}/");
    let burst = (0..10).map(|_| running.outbound(&called));
    for (status, said) in futures::future::join_all(burst).await {
        assert_eq!(status, 200, "{said}");
    }
    assert_eq!(["key", "word", "origin"].map(asked), [1, 1, 1]);

    vault.keep("key", "two");
    clock.store(4, Ordering::Relaxed);
    assert_eq!(variable(&running, "key").await.1, "<one>");
    clock.store(6, Ordering::Relaxed);
    assert_eq!(variable(&running, "key").await.1, "<two>");

    // A failure expires sooner.
    clock.store(12, Ordering::Relaxed);
    vault.set_behaviour(Behaviour::Denies);
    assert_eq!(variable(&running, "key").await.0, 502);
    vault.set_behaviour(Behaviour::Answers);
    clock.store(14, Ordering::Relaxed);
    assert_eq!(variable(&running, "key").await.1, "<two>");
    assert!(!running.log_has("two"));
}
