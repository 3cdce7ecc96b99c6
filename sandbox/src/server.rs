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

/// How long a stopping server waits for requests in flight: a fault may hold one for ever.
const GRACE: Duration = Duration::from_secs(1);

/// Is told of handshakes that came to nothing.
pub(crate) type Told = Arc<dyn Fn(&io::Error) + Send + Sync>;

/// One running listener.
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
        let unheard: Told = Arc::new(|_| {});
        Self::accepting(listener, tls.map(|tls| (tls.into(), unheard)), router)
    }

    /// The same with TLS, where `told` hears of handshakes that came to nothing.
    pub(crate) fn start_told(
        listener: TcpListener,
        tls: Arc<ServerConfig>,
        router: Router,
        told: Told,
    ) -> Self {
        Self::accepting(listener, Some((tls.into(), told)), router)
    }

    fn accepting(listener: TcpListener, tls: Option<(TlsAcceptor, Told)>, router: Router) -> Self {
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, tls, router, stopped));
        Self { stop, accepting }
    }

    /// Stops accepting, lets requests in flight finish for a moment, and drops the rest.
    pub(crate) async fn shutdown(self) {
        self.stop.send_replace(true);
        // The only way this task fails is by being cancelled with the runtime.
        let _ = self.accepting.await;
    }
}

/// Binds a port of the system's choice on the loopback, and says at which origin it is reached.
pub(crate) async fn bind(scheme: &str, host: &str) -> io::Result<(TcpListener, String)> {
    bind_to(([127, 0, 0, 1], 0).into(), scheme, host).await
}

/// Binds `address`, and says at which origin it is reached when `host` names it.
pub(crate) async fn bind_to(
    address: SocketAddr,
    scheme: &str,
    host: &str,
) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, format!("{scheme}://{host}:{port}")))
}

/// A handle on the connection that a request arrived over; each request carries it as an extension.
#[derive(Clone, Debug)]
pub(crate) struct Connection(watch::Sender<Ending>);

/// The certificate that the client showed, as an extension of each request, where it was asked for one.
#[derive(Clone, Debug)]
pub(crate) struct Peer(pub(crate) CertificateDer<'static>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Open,
    Close,
    Reset,
}

impl Connection {
    /// Closes the connection once the answer in progress is sent, without having announced it.
    pub(crate) fn close(&self) {
        self.0.send_replace(Ending::Close);
    }

    /// Drops the connection at once, so that the other end sees a reset.
    pub(crate) fn reset(&self) {
        self.0.send_replace(Ending::Reset);
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<(TlsAcceptor, Told)>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is the other end's doing, or a passing lack of descriptors.
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(converse(stream, tls.clone(), router.clone(), stopped.clone()));
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
    tls: Option<(TlsAcceptor, Told)>,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    // Without it, small answers wait for the other end's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let (ending, ended) = watch::channel(Ending::Open);
    let stream = Severable {
        stream,
        ended: ended.clone(),
    };
    let router = router.layer(Extension(Connection(ending)));
    match tls {
        None => serve(stream, router, ended, stopped).await,
        Some((acceptor, told)) => match acceptor.accept(stream).into_fallible().await {
            Ok(stream) => {
                let shown = stream.get_ref().1.peer_certificates();
                let router = match shown.and_then(<[_]>::first) {
                    Some(leaf) => router.layer(Extension(Peer(leaf.clone().into_owned()))),
                    None => router,
                };
                serve(stream, router, ended, stopped).await;
            }
            Err((error, stream)) => {
                told(&error);
                leave(stream).await;
            }
        },
    }
}

/// Hears the other end out after a handshake that failed. With TLS 1.3 it has begun to speak already;
/// if that is left unread, a reset overtakes the alert that says why.
async fn leave(mut stream: Severable) {
    let heard = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whoever keeps the connection open is not waited for.
    let _ = tokio::time::timeout(GRACE, heard).await;
}

async fn serve<S>(
    stream: S,
    router: Router,
    mut ended: watch::Receiver<Ending>,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let http = auto::Builder::new(TokioExecutor::new());
    let service = TowerToHyperService::new(router);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            // The other end's way of leaving is none of ours.
            _ = served.as_mut() => return,
            Ok(()) = ended.changed() => match *ended.borrow_and_update() {
                Ending::Open => {}
                Ending::Close => served.as_mut().graceful_shutdown(),
                Ending::Reset => return,
            },
            changed = stopped.changed() => match changed {
                Ok(()) => served.as_mut().graceful_shutdown(),
                Err(_) => return,
            },
        }
    }
}

/// A connection that is reset, not closed, when it is dropped after a fault asked for that.
#[derive(Debug)]
struct Severable {
    stream: TcpStream,
    ended: watch::Receiver<Ending>,
}

impl Drop for Severable {
    fn drop(&mut self) {
        if *self.ended.borrow() == Ending::Reset {
            // If it fails the other end sees a close, which is nearly the same.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Severable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Severable {
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
