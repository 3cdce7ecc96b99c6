//! The HTTP server in front of an application.

use std::{net::SocketAddr, sync::Arc, sync::atomic::Ordering, time::Duration};

use http_body_util::BodyExt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use crate::{
    application::Application,
    incoming::{self, ConnectionTable, Registration},
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

/// Serves connections until it is told to stop, or the server is dropped; then waits for those that are open.
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
    // What is not finished then is dropped with the set.
    _ = timeout(application.request_timeout, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    application.faults.flush_all();
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
