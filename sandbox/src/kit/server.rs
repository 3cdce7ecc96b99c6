//! Listeners: HTTP/1.1 and HTTP/2 over TLS, or plain, for one router each, with connections that a
//! fault can close or reset.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::io::InspectReader;

use super::wire::Recorder;

/// Grace period at shutdown for requests in flight: a fault may delay one for ever.
const GRACE: Duration = Duration::from_secs(1);

/// Callback for failed TLS handshakes.
pub(crate) type OnFailedHandshake = Arc<dyn Fn(&io::Error) + Send + Sync>;

/// Returns a callback that ignores failed handshakes.
pub(crate) fn ignored() -> OnFailedHandshake {
    Arc::new(|_| {})
}

/// Settings of the connection, below HTTP.
#[derive(Clone)]
struct Transport {
    tls: Option<(TlsAcceptor, OnFailedHandshake)>,
    recorder: Option<Recorder>,
}

/// Running listener.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves `router` on `listener`, with TLS where a configuration is given.
    pub(crate) fn start(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        router: Router,
    ) -> Self {
        let tls = tls.map(|tls| (tls.into(), ignored()));
        Self::accepting(
            listener,
            Transport {
                tls,
                recorder: None,
            },
            router,
        )
    }

    /// Serves with TLS, calls `on_failure` for each failed handshake and records heads if there is
    /// a recorder.
    pub(crate) fn start_observed(
        listener: TcpListener,
        tls: Arc<ServerConfig>,
        router: Router,
        on_failure: OnFailedHandshake,
        recorder: Option<Recorder>,
    ) -> Self {
        let tls = Some((tls.into(), on_failure));
        Self::accepting(listener, Transport { tls, recorder }, router)
    }

    fn accepting(listener: TcpListener, transport: Transport, router: Router) -> Self {
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, transport, router, stopped));
        Self { stop, accepting }
    }

    /// Stops accepting, lets requests in flight finish for a moment, and drops the rest.
    pub(crate) async fn shutdown(self) {
        self.stop.send_replace(true);
        // The only way this task fails is by being cancelled with the runtime.
        let _ = self.accepting.await;
    }
}

/// Binds a port of the system's choice on the loopback, and returns it with its origin.
pub(crate) async fn bind(scheme: &str, host: &str) -> io::Result<(TcpListener, String)> {
    bind_to(([127, 0, 0, 1], 0).into(), scheme, host).await
}

/// Binds `address`, and returns it with its origin under the name `host`.
pub(crate) async fn bind_to(
    address: SocketAddr,
    scheme: &str,
    host: &str,
) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, format!("{scheme}://{host}:{port}")))
}

/// Handle of the connection that a request arrived over; each request has it as an extension.
#[derive(Clone, Debug)]
pub(crate) struct Connection(watch::Sender<CloseMode>);

/// Client certificate, as an extension of each request if one was requested and presented.
#[derive(Clone, Debug)]
pub(crate) struct PeerCertificate(pub(crate) CertificateDer<'static>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseMode {
    Open,
    Close,
    Reset,
}

impl Connection {
    /// Closes the connection once the answer in progress is sent, without an announcement.
    pub(crate) fn close(&self) {
        self.0.send_replace(CloseMode::Close);
    }

    /// Drops the connection at once, so that the client sees a reset.
    pub(crate) fn reset(&self) {
        self.0.send_replace(CloseMode::Reset);
    }
}

async fn accept(
    listener: TcpListener,
    transport: Transport,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is caused by the client, or by a temporary lack of descriptors.
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(converse(stream, transport.clone(), router.clone(), stopped.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    let in_time = tokio::time::timeout(GRACE, finished).await;
    if in_time.is_err() {
        connections.shutdown().await;
    }
}

async fn converse(
    stream: TcpStream,
    Transport { tls, recorder }: Transport,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    // Without it, small answers wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let (ending, ended) = watch::channel(CloseMode::Open);
    let stream = ResettableStream {
        stream,
        ended: ended.clone(),
    };
    let router = router.layer(Extension(Connection(ending)));
    match tls {
        None => serve(recorded(stream, recorder), router, ended, stopped).await,
        Some((acceptor, on_failure)) => match acceptor.accept(stream).into_fallible().await {
            Ok(stream) => {
                let shown = stream.get_ref().1.peer_certificates();
                let router = match shown.and_then(<[_]>::first) {
                    Some(leaf) => {
                        router.layer(Extension(PeerCertificate(leaf.clone().into_owned())))
                    }
                    None => router,
                };
                serve(recorded(stream, recorder), router, ended, stopped).await;
            }
            Err((error, stream)) => {
                on_failure(&error);
                leave(stream).await;
            }
        },
    }
}

/// Reads the remaining data of a client after a failed handshake. With TLS 1.3 it has begun to send
/// already; if that is left unread, a reset overtakes the alert with the reason.
async fn leave(mut stream: ResettableStream) {
    let heard = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // A connection that is kept open does not delay the shutdown.
    let _ = tokio::time::timeout(GRACE, heard).await;
}

/// Copies the data read from `stream` to the recorder, if there is one.
fn recorded<S: AsyncRead>(
    stream: S,
    mut recorder: Option<Recorder>,
) -> InspectReader<S, impl FnMut(&[u8])> {
    InspectReader::new(stream, move |bytes: &[u8]| {
        if let Some(recorder) = &mut recorder {
            recorder.read(bytes);
        }
    })
}

async fn serve<S>(
    stream: S,
    router: Router,
    mut ended: watch::Receiver<CloseMode>,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let http = auto::Builder::new(TokioExecutor::new());
    let service = TowerToHyperService::new(router);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            // The client's way of closing does not matter.
            _ = served.as_mut() => return,
            Ok(()) = ended.changed() => match *ended.borrow_and_update() {
                CloseMode::Open => {}
                CloseMode::Close => served.as_mut().graceful_shutdown(),
                CloseMode::Reset => return,
            },
            changed = stopped.changed() => match changed {
                Ok(()) => served.as_mut().graceful_shutdown(),
                Err(_) => return,
            },
        }
    }
}

/// Connection that is reset, not closed, when it is dropped after a fault ordered that.
#[derive(Debug)]
struct ResettableStream {
    stream: TcpStream,
    ended: watch::Receiver<CloseMode>,
}

impl Drop for ResettableStream {
    fn drop(&mut self) {
        if *self.ended.borrow() == CloseMode::Reset {
            // If it fails the client sees a close, which is nearly the same.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for ResettableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ResettableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
