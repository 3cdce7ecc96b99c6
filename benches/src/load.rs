//! Load generator: HTTP/1.1 on kept connections, on one thread of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join_all;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

/// Makes the next request.
pub type MakeRequest = Arc<dyn Fn() -> Request<Full<Bytes>> + Send + Sync>;

/// Reads a clock of CPU time, in nanoseconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Requests to one server, and the CPU time of its answers.
#[derive(Clone)]
pub struct Target {
    /// Address of the server.
    pub address: SocketAddr,
    /// Makes the next request. Its answer must have the status 200.
    pub request: MakeRequest,
    /// CPU time of the server.
    pub clock: Clock,
}

/// Outcome of a burst of requests.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Answers.
    pub answers: usize,
    /// Time from the first request to the last answer.
    pub elapsed: Duration,
    /// CPU time of the server in nanoseconds.
    pub computed: u64,
    /// Median of the time to the answer.
    pub median: Duration,
}

impl Burst {
    /// Returns the answers per second.
    pub fn per_second(&self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the server's CPU time per answer, in milliseconds.
    pub fn computed_ms(&self) -> f64 {
        self.computed as f64 / 1e6 / self.answers as f64
    }
}

/// Sends requests in sequence on each of `connections`, for the duration `time`.
pub async fn burst(target: &Target, connections: usize, time: Duration) -> Burst {
    let target = target.clone();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let load = move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        // A receiver that is gone needs no outcome.
        _ = sender.send(runtime.block_on(send(&target, connections, time)));
    };
    let thread = thread::Builder::new().name("load".to_owned()).spawn(load);
    let burst = receiver.await;
    thread
        .expect("a thread")
        .join()
        .expect("a load that is answered");
    burst.expect("an outcome")
}

/// Sends `times` requests in sequence on one connection.
pub async fn repeat(target: &Target, times: u64) {
    let mut connection = connect(target.address).await;
    for _ in 0..times {
        ask(&mut connection, target).await;
    }
}

async fn send(target: &Target, connections: usize, time: Duration) -> Burst {
    let opened = (0..connections).map(|_| async {
        let mut connection = connect(target.address).await;
        // The first request of a connection, and perhaps of an instance, is not counted.
        ask(&mut connection, target).await;
        connection
    });
    let opened = join_all(opened).await;
    let (start, computed) = (Instant::now(), (target.clock)());
    let asking = opened.into_iter().map(|mut connection| async move {
        let mut waits = Vec::new();
        while start.elapsed() < time {
            let sent = Instant::now();
            ask(&mut connection, target).await;
            waits.push(sent.elapsed());
        }
        waits
    });
    let mut waits = join_all(asking).await.concat();
    let elapsed = start.elapsed();
    let computed = (target.clock)().saturating_sub(computed);
    waits.sort_unstable();
    Burst {
        answers: waits.len(),
        elapsed,
        computed,
        median: waits[waits.len() / 2],
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    sender
}

async fn ask(connection: &mut SendRequest<Full<Bytes>>, target: &Target) {
    connection.ready().await.expect("a connection that is kept");
    let answer = connection.send_request((target.request)()).await;
    let (head, body) = answer.expect("an answer").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8_lossy(&body);
    assert_eq!(head.status, StatusCode::OK, "{text}");
}
