//! HTTP server in front of an application.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::application::Application;
use crate::incoming::{self, ConnectionTable, Registration};
use crate::log::Log;
use crate::timer::ScheduledRequest;

/// Interval between log lines of increased counters.
const BETWEEN_COUNTERS: Duration = Duration::from_mins(5);

/// Served application.
pub struct Server {
    address: SocketAddr,
    application: Arc<Application>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(
        application: Arc<Application>,
        scheduled: Vec<ScheduledRequest>,
        listener: TcpListener,
    ) -> Self {
        // A listener that is bound has an address.
        let address = listener
            .local_addr()
            .unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let (stop, stopping) = watch::channel(false);
        let mut timers = JoinSet::new();
        if let Ok(authority) = address.to_string().parse::<http::uri::Authority>() {
            for request in scheduled {
                timers.spawn(request.run(application.clone(), authority.clone()));
            }
        }
        timers.spawn(tell_counters(application.log.clone()));
        let serving = tokio::spawn(serve(application.clone(), listener, timers, stopping));
        Self {
            address,
            application,
            stop,
            serving,
        }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of a component's instances ever started.
    pub fn instances(&self, component: &str) -> u64 {
        self.application
            .components
            .get(component)
            .map_or(0, |served| served.started.load(Ordering::Relaxed))
    }

    /// Returns the fuel that instances of a component have used until their latest request began;
    /// `None` if it is not counted ([`crate::Options::count_fuel`]).
    pub fn fuel(&self, component: &str) -> Option<u64> {
        let served = self.application.components.get(component)?;
        let fuel = served.fuel.as_ref()?;
        Some(fuel.load(Ordering::Relaxed))
    }

    /// Returns the number of requests that a component ever received, from outside and from other
    /// components.
    pub fn requests(&self, component: &str) -> u64 {
        self.application
            .components
            .get(component)
            .map_or(0, |served| served.requests.load(Ordering::Relaxed))
    }

    /// Stops accepting, waits for the requests in flight within the time limit for requests, and
    /// returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // It fails only if the task panicked, and then nothing is left to wait for.
        _ = self.serving.await;
    }
}

/// Serves connections until it is stopped or the server is dropped, then waits for the open ones.
async fn serve(
    application: Arc<Application>,
    listener: TcpListener,
    timers: JoinSet<()>,
    stopping: watch::Receiver<bool>,
) {
    let table = ConnectionTable::new(application.connections.clone());
    let faults = application.faults.clone();
    let mut connections = incoming::accept(listener, table.clone(), faults, stopping.clone(), {
        let application = application.clone();
        move |stream, client, registration| {
            converse(
                application.clone(),
                table.clone(),
                stream,
                client,
                registration,
                stopping.clone(),
            )
        }
    })
    .await;
    drop(timers);
    // Requests that are still in flight then are dropped with the set.
    _ = timeout(application.request_timeout, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    application.faults.flush_all();
    application.log.tell_all();
    application.log.flush();
}

async fn tell_counters(log: Log) {
    loop {
        sleep(BETWEEN_COUNTERS).await;
        log.tell_grown();
    }
}

async fn converse(
    application: Arc<Application>,
    table: Arc<ConnectionTable>,
    stream: TcpStream,
    client: SocketAddr,
    registration: Arc<Registration>,
    stopping: watch::Receiver<bool>,
) {
    let faults = application.faults.clone();
    incoming::converse(
        stream,
        &table,
        &registration,
        &faults,
        stopping,
        |request| {
            let (application, registration) = (application.clone(), registration.clone());
            async move {
                if registration.establish().is_err() {
                    return application.refuse_connection();
                }
                let request = request.map(BodyExt::boxed_unsync);
                application.answer(request, Some(client)).await
            }
        },
    )
    .await;
}
