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
    sync::watch,
    task::JoinHandle,
    time::timeout,
};
use wasmtime_wasi_http::{RequestOptions, WasiBody};

use self::{answer::Fault, request::Passed};
use crate::{
    allowed_hosts::Origin,
    application::known,
    document::DocumentError,
    incoming::{self, ConnectionTable, PacedBody, Registration, Upload},
    log::Log,
    options::ConnectionLimits,
    outbound::{
        BlockedNetworks, Budgets, Client, Counterparties, HttpLimits, Identities, REFUSED, TlsError,
    },
    repeated::{Fault as Repeating, Repeated},
};

pub use door::Door;

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
pub struct Egress(Proxy);

struct Proxy {
    targets: BTreeMap<String, Origin>,
    client: Client,
    door: Door,
    connections: ConnectionLimits,
    faults: Repeated,
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
        Ok(Self(Proxy {
            targets,
            client,
            door,
            connections: ConnectionLimits::of_egress(),
            faults: Repeated::new(log.clone()),
            log,
        }))
    }

    /// Sets the limits on connections, which are [`ConnectionLimits::of_egress`] otherwise.
    #[must_use]
    pub fn with_connections(mut self, limits: ConnectionLimits) -> Self {
        self.0.connections = limits;
        self
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
            serving: tokio::spawn(serve(Arc::new(self.0), listener, stopping)),
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

async fn serve(proxy: Arc<Proxy>, listener: TcpListener, stopping: watch::Receiver<bool>) {
    let table = ConnectionTable::new(proxy.connections.clone());
    let faults = proxy.faults.clone();
    let mut connections = incoming::accept(listener, table.clone(), faults, stopping.clone(), {
        let proxy = proxy.clone();
        move |stream, _, registration| {
            let connection = Connection {
                proxy: proxy.clone(),
                table: table.clone(),
                registration,
            };
            connection.admit(stream, stopping.clone())
        }
    })
    .await;
    // What is not finished then is dropped with the set.
    _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    proxy.faults.flush_all();
}

/// Connection of a caller. It takes a place among the established ones with its first admitted request.
struct Connection {
    proxy: Arc<Proxy>,
    table: Arc<ConnectionTable>,
    registration: Arc<Registration>,
}

impl Connection {
    async fn admit(self, stream: TcpStream, stopping: watch::Receiver<bool>) {
        let Some(acceptor) = self.proxy.door.tls() else {
            return self.converse(stream, stopping).await;
        };
        let handshake = timeout(self.proxy.connections.handshake, acceptor.accept(stream));
        let stream = tokio::select! {
            accepted = handshake => accepted,
            () = self.registration.closed() => return,
        };
        match stream {
            Ok(Ok(stream)) => self.converse(stream, stopping).await,
            // A client that breaks off, or that speaks no TLS, is no concern of ours.
            Ok(Err(_)) => {}
            Err(_) => {
                let reason = "closed: the TLS handshake was not complete in time";
                let fault = Repeating::info("connection", reason);
                self.proxy.faults.report(fault, tokio::time::Instant::now());
            }
        }
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        stopping: watch::Receiver<bool>,
    ) {
        let Self {
            proxy,
            table,
            registration,
        } = self;
        incoming::converse(
            stream,
            table,
            registration,
            &proxy.faults,
            stopping,
            |request| proxy.answer(request, registration),
        )
        .await;
    }
}

impl Proxy {
    async fn answer(
        &self,
        request: Request<PacedBody<Incoming>>,
        connection: &Registration,
    ) -> Response<WasiBody> {
        let begun = Instant::now();
        let method = request.method().clone();
        let admitted = self.door.admit(request.headers()).and_then(|caller| {
            let place = connection.establish();
            place
                .map(|()| caller)
                .map_err(|_| Fault::TooManyConnections)
        });
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
        mut request: Request<PacedBody<Incoming>>,
    ) -> (Option<&str>, Result<Response<WasiBody>, Fault>) {
        let upload = request.extensions_mut().remove::<Upload>();
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
            .send(pin, origin, request, RequestOptions::default());
        let failed = async {
            match &upload {
                Some(upload) => upload.failed().await,
                None => std::future::pending().await,
            }
        };
        let sent = tokio::select! {
            // The caller's fault comes first: the exchange fails for it too.
            biased;
            fault = failed => return (Some(pin), Err(fault.into())),
            sent = sent => sent,
        };
        let answered = sent.map(request::answered).map_err(|code| Fault::of(&code));
        (Some(pin), answered)
    }
}
