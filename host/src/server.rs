//! The HTTP server in front of an application.

use std::{net::SocketAddr, sync::Arc, sync::atomic::Ordering, time::Duration};

use http_body_util::BodyExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use wasmtime_wasi_http::Error;

use crate::{
    application::Application,
    incoming::{self, ACCEPT_PAUSE},
    log::Log,
    timer::Alarm,
};

/// How often counters that have grown are written to the log.
const BETWEEN_COUNTERS: Duration = Duration::from_mins(5);

/// An application that is being served.
pub struct Server {
    address: SocketAddr,
    application: Arc<Application>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(
        application: Arc<Application>,
        alarms: Vec<Alarm>,
        listener: TcpListener,
    ) -> Self {
        // A listener that is bound has an address.
        let address = listener
            .local_addr()
            .unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let (stop, stopping) = watch::channel(false);
        let mut timers = JoinSet::new();
        if let Ok(authority) = address.to_string().parse::<http::uri::Authority>() {
            for alarm in alarms {
                timers.spawn(alarm.run(application.clone(), authority.clone()));
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many instances of a component were ever started.
    pub fn instances(&self, component: &str) -> u64 {
        self.application
            .components
            .get(component)
            .map_or(0, |served| served.started.load(Ordering::Relaxed))
    }

    /// How many requests a component was ever given, from outside and from other components.
    pub fn requests(&self, component: &str) -> u64 {
        self.application
            .components
            .get(component)
            .map_or(0, |served| served.requests.load(Ordering::Relaxed))
    }

    /// Accepts no more, lets the requests in flight finish within the time limit for requests, and returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // It fails only if the task panicked, and then nothing is left to wait for.
        _ = self.serving.await;
    }
}

/// Accepts connections until it is told to stop, or the server is dropped; then waits for those that are open.
async fn serve(
    application: Arc<Application>,
    listener: TcpListener,
    timers: JoinSet<()>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    connections.spawn(converse(application.clone(), stream, client, stopping.clone()));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopping.changed() => break,
        }
    }
    drop((listener, timers));
    // What is not finished then is dropped with the set.
    _ = timeout(application.request_timeout, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    application.log.tell_all();
}

async fn tell_counters(log: Log) {
    loop {
        sleep(BETWEEN_COUNTERS).await;
        log.tell_grown();
    }
}

async fn converse(
    application: Arc<Application>,
    stream: TcpStream,
    client: SocketAddr,
    stopping: watch::Receiver<bool>,
) {
    // Without this, small writes wait for each other; a connection that is already gone ends by itself.
    _ = stream.set_nodelay(true);
    incoming::converse(stream, stopping, |request| {
        let application = application.clone();
        async move {
            let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
            application.answer(request, Some(client)).await
        }
    })
    .await;
}
