//! One HTTP/1.1 connection from a client.

use std::{convert::Infallible, error::Error, time::Duration};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

/// The longest request line and headers together, in bytes.
const MOST_HEADERS: usize = 64 * 1024;
/// How long a client may take to send its headers, or keep an idle connection.
pub(crate) const HEADERS_TIMEOUT: Duration = Duration::from_mins(1);
/// The pause after a connection could not be accepted, as when the process has too many files open.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers the requests of a connection until it ends, or until the one in flight is answered when it is to stop.
pub(crate) async fn converse<F, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mut stopping: watch::Receiver<bool>,
    answer: impl Fn(Request<Incoming>) -> F,
) where
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_buf_size(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A client that breaks off is no concern of ours.
        _ = connection.as_mut() => {}
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            _ = connection.await;
        }
    }
}
