//! Bank's receiver of events, over TLS: verifies the signatures with another library than the app
//! signs with, and answers as a journey orders.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::client_certificate::AnyClientCertificate;
use crate::{Answer, TestBed, TestOptions};

/// Secret that the app and the receiver share, without its prefix and base64.
const SECRET: [u8; 32] = *b"a secret that the tests publish.";

/// Receiver of events, which lives as long as the test.
pub struct WebhookReceiver {
    /// Origin of the receiver.
    pub origin: String,
    certificate: String,
    acceptor: TlsAcceptor,
    state: Shared,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// Answer of the receiver to one request.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Status.
    Status(u16),
    /// Nothing: the request stays open until the app gives up.
    Silence,
}

/// Event that has arrived, with a signature that verifies.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Path to which it was sent.
    pub path: String,
    /// Header `webhook-id`.
    pub id: String,
    /// Header `webhook-timestamp`.
    pub timestamp: i64,
    /// Body as it was sent.
    pub body: Bytes,
}

type Shared = Arc<Mutex<Received>>;

#[derive(Default)]
struct Received {
    replies: VecDeque<Reply>,
    deliveries: Vec<Delivery>,
    /// Reasons for refusals: requests that are not signed as agreed.
    refusals: Vec<String>,
}

impl WebhookReceiver {
    /// Starts a receiver that answers 204.
    pub async fn start() -> Self {
        Self::start_with(WebPkiClientVerifier::no_client_auth()).await
    }

    /// Starts a receiver that requires a client certificate (two-way TLS), of whatever issuer.
    pub async fn start_with_two_way_tls() -> Self {
        Self::start_with(Arc::new(AnyClientCertificate)).await
    }

    async fn start_with(verifier: Arc<dyn ClientCertVerifier>) -> Self {
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("made");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let state = Shared::default();
        Self {
            origin: format!("https://localhost:{}", address.port()),
            certificate: cert.pem(),
            serving: serve(listener, acceptor.clone(), state.clone()),
            acceptor,
            state,
            address,
        }
    }

    /// Stops listening, so that connections are refused.
    pub async fn goes_down(&mut self) {
        self.serving.abort();
        // Cancelled: the port is free after it.
        let _ = (&mut self.serving).await;
    }

    /// Listens again at the same address.
    pub async fn comes_up(&mut self) {
        let listener = TcpListener::bind(self.address).await;
        let listener = listener.expect("the same port");
        self.serving = serve(listener, self.acceptor.clone(), self.state.clone());
    }

    /// Returns the options of an app that sends the events of `consumers` here, each to a path that
    /// ends with its organisation number, and trusts the receiver's certificate.
    pub fn options(&self, consumers: &[&str]) -> TestOptions {
        let secret = format!("whsec_{}", STANDARD.encode(SECRET));
        let receivers = consumers.iter().map(|consumer| {
            let address = format!("{}/events/{consumer}", self.origin);
            let receiver = json!({ "address": address, "secrets": [secret] });
            ((*consumer).to_owned(), receiver)
        });
        let receivers = json!(receivers.collect::<BTreeMap<_, _>>());
        TestOptions {
            variables: BTreeMap::from([
                ("event_receivers".to_owned(), receivers.to_string()),
                ("events_origin".to_owned(), self.origin.clone()),
            ]),
            trusted: vec![self.certificate.clone()],
            ..TestOptions::default()
        }
    }

    /// Orders the answers to the next requests. After them, the answer is 204.
    pub fn reply_with(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state().replies.extend(replies);
    }

    /// Returns what has arrived so far, oldest first, including what was not answered with 2xx.
    /// Fails if a request was not signed as agreed.
    #[track_caller]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let state = self.state();
        assert_eq!(state.refusals, Vec::<String>::new());
        state.deliveries.clone()
    }

    fn state(&self) -> MutexGuard<'_, Received> {
        locked(&self.state)
    }
}

impl Delivery {
    /// Returns the event.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Returns the type and the subject of the event.
    pub fn kind_and_subject(&self) -> (String, String) {
        let event = self.event();
        let text = |name: &str| event[name].as_str().expect("text").to_owned();
        (text("type"), text("subject"))
    }
}

impl TestBed {
    /// Calls `POST /consent/drain`, as a timer does, and returns the result.
    pub async fn drains_consents(&self) -> Value {
        self.maintains("/consent/drain").await.json(200)
    }

    /// Calls `POST /consent/sweep`, as a timer does, and returns the result.
    pub async fn sweeps_consents(&self) -> Value {
        self.maintains("/consent/sweep").await.json(200)
    }

    async fn maintains(&self, path: &str) -> Answer {
        let secret = &self.sandbox.variables(&self.public_url)["maintenance_secret"];
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.inside))
            .bearer_auth(secret);
        Answer::read(request.send().await.expect("an answer")).await
    }
}

fn serve(listener: TcpListener, acceptor: TlsAcceptor, state: Shared) -> JoinHandle<()> {
    let router = Router::new().fallback(receive).with_state(state);
    let listener = TlsListener { listener, acceptor };
    tokio::spawn(async move { axum::serve(listener, router).await.expect("served") })
}

async fn receive(
    State(state): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let reply = {
        let mut state = locked(&state);
        match verified(&headers, &body) {
            Ok((id, timestamp)) => state.deliveries.push(Delivery {
                path: uri.path().to_owned(),
                id,
                timestamp,
                body,
            }),
            Err(reason) => {
                state.refusals.push(reason.to_owned());
                return StatusCode::UNAUTHORIZED;
            }
        }
        state.replies.pop_front().unwrap_or(Reply::Status(204))
    };
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).expect("a status"),
        Reply::Silence => pending().await,
    }
}

/// Returns id and time of a request whose signature verifies, as the Standard Webhooks
/// specification says.
fn verified(headers: &HeaderMap, body: &[u8]) -> Result<(String, i64), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = header("webhook-id").ok_or("no webhook-id")?;
    let written = header("webhook-timestamp").ok_or("no webhook-timestamp")?;
    let timestamp = written.parse().map_err(|_| "a timestamp of another form")?;
    let signatures = header("webhook-signature").ok_or("no webhook-signature")?;
    let signed = [format!("{id}.{written}.").as_bytes(), body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let is_ours = signatures.split(' ').any(|signature| {
        let mac = signature.strip_prefix("v1,");
        let mac = mac.and_then(|mac| STANDARD.decode(mac).ok());
        mac.is_some_and(|mac| hmac::verify(&key, &signed, &mac).is_ok())
    });
    if is_ours {
        Ok((id.to_owned(), timestamp))
    } else {
        Err("a signature that does not verify")
    }
}

fn locked(state: &Shared) -> MutexGuard<'_, Received> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listener whose connections are served after the TLS handshake.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else {
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
