//! A small proxy over the same outbound code, for programs that cannot hold a counterparty to attributes of its
//! certificate: a request for `/<pin>/<path>` goes to that pin's origin, and nowhere else.

mod answer;
mod door;
mod request;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use wasmtime_wasi_http::{RequestOptions, WasiBody};

use self::{answer::Fault, request::Passed};
use crate::{
    allowed_hosts::Origin,
    application::known,
    document::DocumentError,
    incoming::{self, ACCEPT_PAUSE, HEADERS_TIMEOUT},
    log::Log,
    outbound::{
        BlockedNetworks, Budgets, Client, Counterparties, HttpLimits, Identities, REFUSED, TlsError,
    },
};

pub use door::Door;

/// As many connections at once.
const MOST_CONNECTIONS: usize = 256;
/// How long requests in flight have when it stops.
const GRACE: Duration = Duration::from_secs(5);

/// Why the proxy cannot be started. Keys are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The file of pins or of callers is wrong.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// There is nothing that it could call.
    #[error("the file of pins has none")]
    NoPins,
    /// A certificate or a key of a pin cannot be used.
    #[error("pin `{pin}`: {source}")]
    Pin {
        /// The pin.
        pin: String,
        /// What is wrong.
        source: TlsError,
    },
    /// The proxy's own certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of callers names nobody, or gives a key that could be guessed.
    #[error("callers: {0}")]
    Callers(String),
    /// It would serve others than this machine, in clear and without asking who they are.
    #[error(
        "{0} is not on the loopback: there the proxy needs a certificate of its own and its callers' keys"
    )]
    Exposed(SocketAddr),
    /// The listener has no address.
    #[error("the listener: {0}")]
    Listener(#[from] std::io::Error),
}

/// A proxy that is set up.
pub struct Egress(Arc<Proxy>);

struct Proxy {
    targets: BTreeMap<String, Origin>,
    client: Client,
    door: Door,
    log: Log,
}

/// A proxy that runs.
pub struct RunningEgress {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// One line of its log. The path is not in it.
#[derive(Serialize)]
struct Line<'a> {
    event: &'a str,
    pin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    method: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    duration_ms: u128,
}

impl Egress {
    /// Reads the pins, the upstreams and the budgets, and the files that they name.
    pub fn load(pins: &Path, door: Door, log: Log) -> Result<Self, EgressError> {
        let mut identities = Identities::load(&[])?;
        let mut targets = BTreeMap::new();
        let counterparties = Counterparties::read(Some(pins))?;
        for pin in counterparties.pins {
            let name = pin.name().to_owned();
            targets.insert(name.clone(), pin.origin().clone());
            identities
                .pin(pin.for_itself())
                .map_err(|source| EgressError::Pin { pin: name, source })?;
        }
        for upstream in counterparties.upstreams {
            let added = identities.upstream(&upstream);
            added.map_err(|source| EgressError::Pin {
                pin: upstream.name.clone(),
                source,
            })?;
            targets.insert(upstream.name, upstream.origin);
        }
        if targets.is_empty() {
            return Err(EgressError::NoPins);
        }
        let client = Client::new(
            identities,
            BlockedNetworks::default(),
            &HttpLimits::default(),
            log.clone(),
        )
        .with_budgets(Budgets::new(counterparties.budgets));
        Ok(Self(Arc::new(Proxy {
            targets,
            client,
            door,
            log,
        })))
    }

    /// The names of the pins.
    pub fn pins(&self) -> impl Iterator<Item = &str> {
        self.0.targets.keys().map(String::as_str)
    }

    /// Serves on a listener until [`RunningEgress::shutdown`]. Must be called within a Tokio runtime.
    pub fn serve(self, listener: TcpListener) -> Result<RunningEgress, EgressError> {
        let address = listener.local_addr()?;
        if self.0.door.is_open() && !address.ip().is_loopback() {
            return Err(EgressError::Exposed(address));
        }
        let (stop, stopping) = watch::channel(false);
        Ok(RunningEgress {
            address,
            stop,
            serving: tokio::spawn(accept(self.0, listener, stopping)),
        })
    }
}

impl RunningEgress {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, gives the requests in flight a moment, and returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // It fails only if the task panicked, and then nothing is left to wait for.
        _ = self.serving.await;
    }
}

async fn accept(proxy: Arc<Proxy>, listener: TcpListener, mut stopping: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = permits.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            (accepted, permit) = next => match accepted {
                Ok((stream, _)) => {
                    let (proxy, stopping) = (proxy.clone(), stopping.clone());
                    connections.spawn(async move {
                        proxy.admit(stream, stopping).await;
                        drop(permit);
                    });
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopping.changed() => break,
        }
    }
    drop(listener);
    // What is not finished then is dropped with the set.
    _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

impl Proxy {
    async fn admit(self: Arc<Self>, stream: TcpStream, stopping: watch::Receiver<bool>) {
        // Without this, small writes wait for each other; a connection that is already gone ends by itself.
        _ = stream.set_nodelay(true);
        match self.door.tls() {
            None => self.converse(stream, stopping).await,
            Some(acceptor) => {
                if let Ok(Ok(stream)) = timeout(HEADERS_TIMEOUT, acceptor.accept(stream)).await {
                    self.converse(stream, stopping).await;
                }
            }
        }
    }

    async fn converse(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        stopping: watch::Receiver<bool>,
    ) {
        incoming::converse(stream, stopping, |request| {
            let proxy = self.clone();
            async move { proxy.answer(request).await }
        })
        .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<WasiBody> {
        let begun = Instant::now();
        let method = request.method().clone();
        let admitted = self.door.admit(request.headers());
        let (pin, outcome) = match &admitted {
            Ok(_) => self.pass(request).await,
            Err(refused) => (None, Err(*refused)),
        };
        let (response, slug) = match &outcome {
            Ok(answer) if answer.headers().contains_key(REFUSED) => (None, Some("too-many-calls")),
            Ok(_) => (None, None),
            Err(refused) => (Some(refused.response(pin)), Some(refused.slug())),
        };
        let response = response.or(outcome.ok()).unwrap_or_default();
        self.log.event(&Line {
            event: "egress",
            pin,
            caller: admitted.ok().flatten(),
            method: known(&method),
            status: response.status().as_u16(),
            outcome: slug,
            duration_ms: begun.elapsed().as_millis(),
        });
        response
    }

    /// The pin that the request is for, and what came of it.
    async fn pass(
        &self,
        request: Request<Incoming>,
    ) -> (Option<&str>, Result<Response<WasiBody>, Fault>) {
        let Passed {
            pin,
            origin,
            request,
        } = match request::passed(request, &self.targets) {
            Ok(passed) => passed,
            Err(refused) => return (None, Err(refused)),
        };
        let sent = self
            .client
            .send(pin, origin, request, RequestOptions::default())
            .await;
        let answered = sent.map(request::answered).map_err(|code| Fault::of(&code));
        (Some(pin), answered)
    }
}
