//! Proxy over the same outbound code, for programs that cannot verify certificate attributes of a
//! counterparty: a request for `/<pin>/<path>` goes to that pin's origin, and nowhere else.

mod access_control;
mod answer;
mod authenticated_caller;
mod body;
mod callers;
mod error;
mod request;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wasmtime_wasi_http::{RequestOptions, WasiBody};

use self::answer::Fault;
use self::authenticated_caller::AuthenticatedCaller;
use self::request::ForwardedRequest;
use crate::allowed_hosts::Origin;
use crate::application::known;
use crate::incoming::{self, ConnectionTable, PacedBody, Registration, Upload};
use crate::log::Log;
use crate::options::ConnectionLimits;
use crate::outbound::{
    BlockedNetworks, Budgets, Client, Counterparties, HttpLimits, Identities, REFUSED,
};
use crate::repeated::{Fault as Repeating, Repeated};

pub use access_control::AccessControl;
pub use error::EgressError;

/// Grace period for requests in flight at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// Configured proxy.
pub struct Egress(Proxy);

struct Proxy {
    targets: BTreeMap<String, Origin>,
    client: Client,
    access: AccessControl,
    connections: ConnectionLimits,
    faults: Repeated,
    log: Log,
}

/// Running proxy.
pub struct RunningEgress {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// Line of the log. It has no path.
#[derive(Serialize)]
struct LogLine<'a> {
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
    ///
    /// # Errors
    ///
    /// [`EgressError`] if a file cannot be used, or defines no pin.
    pub fn load(pins: &Path, access: AccessControl, log: Log) -> Result<Self, EgressError> {
        let mut identities = Identities::load(&[])?;
        let mut targets = BTreeMap::new();
        let counterparties = Counterparties::read(Some(pins))?;
        for pin in counterparties.pins {
            let name = pin.name().to_owned();
            targets.insert(name.clone(), pin.origin().clone());
            identities
                .pin(pin.for_itself(), &log)
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
            access,
            connections: ConnectionLimits::of_egress(),
            faults: Repeated::new(log.clone()),
            log,
        }))
    }

    /// Replaces the limits on connections, by default [`ConnectionLimits::of_egress`].
    #[must_use]
    pub fn with_connections(mut self, limits: ConnectionLimits) -> Self {
        self.0.connections = limits;
        self
    }

    /// Returns the names of the pins.
    pub fn pins(&self) -> impl Iterator<Item = &str> {
        self.0.targets.keys().map(String::as_str)
    }

    /// Serves on a listener until [`RunningEgress::shutdown`]. Must be called within a Tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// [`EgressError::Listener`] if the listener has no address, and [`EgressError::Exposed`] if
    /// that is not on the loopback, without TLS and callers.
    pub fn serve(self, listener: TcpListener) -> Result<RunningEgress, EgressError> {
        let address = listener.local_addr()?;
        if self.0.access.is_for_this_machine() && !address.ip().is_loopback() {
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
    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, waits a grace period for the requests in flight, and returns.
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
    // Requests that are still in flight then are dropped with the set.
    _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    proxy.faults.flush_all();
    proxy.log.flush();
}

/// Connection of a caller. Its first admitted request makes it an established one.
struct Connection {
    proxy: Arc<Proxy>,
    table: Arc<ConnectionTable>,
    registration: Arc<Registration>,
}

impl Connection {
    async fn admit(self, stream: TcpStream, stopping: watch::Receiver<bool>) {
        let Some(acceptor) = self.proxy.access.tls() else {
            return self.converse(stream, stopping).await;
        };
        let handshake = timeout(self.proxy.connections.handshake, acceptor.accept(stream));
        let stream = tokio::select! {
            accepted = handshake => accepted,
            () = self.registration.closed() => return,
        };
        match stream {
            Ok(Ok(stream)) => self.converse(stream, stopping).await,
            // A client that disconnects, or that does not speak TLS, is ignored.
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
        let admitted = self.access.admit(&request).and_then(|admitted| {
            let place = connection.establish();
            place
                .map(|()| admitted)
                .map_err(|_| Fault::TooManyConnections)
        });
        let (pin, outcome) = match &admitted {
            Ok(admitted) => self.pass(request, admitted).await,
            Err(refused) => (None, Err(*refused)),
        };
        let (response, slug) = match &outcome {
            Ok(answer) if answer.headers().contains_key(REFUSED) => (None, Some("too-many-calls")),
            Ok(_) => (None, None),
            Err(refused) => (Some(refused.response(pin)), Some(refused.slug())),
        };
        let response = response.or(outcome.ok()).unwrap_or_default();
        self.log.event(&LogLine {
            event: "egress",
            pin,
            caller: admitted.ok().and_then(|admitted| admitted.name).as_deref(),
            method: known(&method),
            status: response.status().as_u16(),
            outcome: slug,
            duration_ms: begun.elapsed().as_millis(),
        });
        response
    }

    /// Passes a request to its pin, and returns the pin and the outcome.
    async fn pass(
        &self,
        mut request: Request<PacedBody<Incoming>>,
        admitted: &AuthenticatedCaller,
    ) -> (Option<&str>, Result<Response<WasiBody>, Fault>) {
        let upload = request.extensions_mut().remove::<Upload>();
        let (request, verdict) = match body::held_to(request, admitted.body) {
            Ok(held) => held,
            Err(refused) => return (None, Err(refused)),
        };
        let ForwardedRequest {
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
        let answered = sent.map(request::answered).map_err(|code| {
            if verdict.differs() {
                return Fault::CredentialElsewhere;
            }
            Fault::from_error(&code)
        });
        (Some(pin), answered)
    }
}
