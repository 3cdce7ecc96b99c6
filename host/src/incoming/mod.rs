//! HTTP/1.1 connections from clients: the accept loop, the limits of a connection, and its
//! requests.

mod body;
mod stream;
mod table;

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use self::stream::{Expired, InputTimer, TimedStream};
use crate::repeated::{Fault, Repeated, WINDOW};

pub(crate) use body::{BodyFault, PacedBody, Upload};
pub(crate) use table::{ConnectionTable, Registration};

/// Longest request line and headers together, in bytes.
const MOST_HEADERS: usize = 64 * 1024;
/// Pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Time to send the final answer to a client that was too slow.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Answer to an incomplete request head.
const HEAD_TOO_SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// Errors of `accept`, with the same numbers on Linux and macOS.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// Accepts connections until it is stopped or dropped. Returns the open ones.
pub(crate) async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    table: Arc<ConnectionTable>,
    faults: Repeated,
    mut stopping: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, SocketAddr, Arc<Registration>) -> F,
) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut ticks = interval(WINDOW);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    // Without this, small writes wait for each other; a connection that is already
                    // gone ends by itself.
                    _ = stream.set_nodelay(true);
                    let (registration, closed) = table.admit(client.ip(), Instant::now());
                    for _ in 0..closed {
                        report(&faults, "closed for a newer one: no request came on it");
                    }
                    connections.spawn(serve(stream, client, Arc::new(registration)));
                }
                Err(error) => {
                    let failure = AcceptFailure::from_error(&error);
                    faults.report(Fault::error("accept", failure.reason), Instant::now());
                    if failure.exhausts_descriptors {
                        table.make_room();
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = ticks.tick() => faults.flush(Instant::now()),
            _ = stopping.changed() => return connections,
        }
    }
}

/// Failure to accept a connection.
struct AcceptFailure {
    /// Reason for the log.
    reason: &'static str,
    exhausts_descriptors: bool,
}

impl AcceptFailure {
    fn from_error(error: &io::Error) -> Self {
        let exhausted = match error.raw_os_error() {
            Some(EMFILE) => {
                "out of file descriptors: this process has as many files open as it may (EMFILE)"
            }
            Some(ENFILE) => {
                "out of file descriptors: this machine has as many files open as it may (ENFILE)"
            }
            _ => {
                return Self {
                    reason: "a connection could not be accepted",
                    exhausts_descriptors: false,
                };
            }
        };
        Self {
            reason: exhausted,
            exhausts_descriptors: true,
        }
    }
}

fn report(faults: &Repeated, reason: &'static str) {
    faults.report(Fault::info("connection", reason), Instant::now());
}

/// Serves the requests of a connection until it ends, gives way or is too slow, or until the
/// request in progress is answered at shutdown. Each request's extensions have its [`Upload`], if
/// it has a body.
pub(crate) async fn converse<F, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    table: &ConnectionTable,
    registration: &Arc<Registration>,
    faults: &Repeated,
    mut stopping: watch::Receiver<bool>,
    answer: impl Fn(Request<PacedBody<Incoming>>) -> F,
) where
    F: Future<Output = http::Response<B>>,
    B: Body<Data = Bytes> + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let limits = table.limits();
    let pace = InputTimer::new(limits, Instant::now());
    let mut stream = TimedStream::new(stream, pace.clone(), limits);
    let service = service_fn(|request: Request<Incoming>| {
        pace.begin();
        let in_progress = InProgress {
            pace: pace.clone(),
            registration: registration.clone(),
        };
        let mut request = request.map(|body| PacedBody::new(body, limits));
        if !request.body().is_end_stream() {
            let upload = request.body().upload();
            request.extensions_mut().insert(upload);
        }
        let answer = answer(request);
        async move {
            let response = answer.await;
            Ok::<_, Infallible>(response.map(|body| Answer {
                body,
                _in_progress: in_progress,
            }))
        }
    });
    {
        let connection = http1::Builder::new()
            // The stream has limits of its own, which tell a slow head from an idle connection.
            .header_read_timeout(None)
            .max_buf_size(MOST_HEADERS)
            .serve_connection(TokioIo::new(&mut stream), service);
        tokio::pin!(connection);
        tokio::select! {
            // A client that disconnects is ignored.
            _ = connection.as_mut() => {}
            () = registration.closed() => {
                // Once a request has come, the one in progress is answered.
                if pace.has_begun() {
                    connection.as_mut().graceful_shutdown();
                    _ = connection.await;
                }
            }
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                _ = connection.await;
            }
        }
    }
    match stream.expired() {
        Some(Expired::Head) => {
            report(faults, "closed: a request head did not come in time (408)");
            let mut stream = stream.into_inner();
            _ = timeout(LAST_WORDS, async {
                stream.write_all(HEAD_TOO_SLOW).await?;
                stream.shutdown().await
            })
            .await;
        }
        Some(Expired::Silence) if !pace.has_begun() => {
            report(faults, "closed: no request came on it in time");
        }
        Some(Expired::Unread) => {
            report(faults, "closed: the client does not read its answer");
        }
        Some(Expired::Silence) | None => {}
    }
}

/// Marks a request as in progress until it is dropped.
struct InProgress {
    pace: Arc<InputTimer>,
    registration: Arc<Registration>,
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let now = Instant::now();
        self.pace.rest(now);
        self.registration.rest(now);
    }
}

/// Body of an answer, which ends the request when it is sent.
struct Answer<B> {
    body: B,
    _in_progress: InProgress,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
