//! One connection: name lookup, TCP, TLS, and HTTP/1.1 or HTTP/2 as the server chooses.

use std::net::SocketAddr;

use http::{Request, Response, Uri, header::HOST};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    sync::OwnedSemaphorePermit,
};
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, WasiBody};

use super::{
    failure::Failure,
    last_words::{Attentive, LastWords},
    network::BlockedNetworks,
    shown::noted,
    tls::Identity,
};
use crate::allowed_hosts::Origin;

/// The sending side of an open connection.
pub(crate) enum Sender {
    Http1(http1::SendRequest<WasiBody>, LastWords),
    Http2(http2::SendRequest<WasiBody>, LastWords),
}

/// A request that got no response.
pub(crate) struct Unsent {
    /// The request, if nothing of it was sent.
    pub(crate) request: Option<Request<WasiBody>>,
    pub(crate) failure: Failure,
}

impl Sender {
    pub(crate) async fn send(
        &mut self,
        mut request: Request<WasiBody>,
    ) -> Result<Response<Incoming>, Unsent> {
        let whole = request.uri().clone();
        let host = request.headers_mut().remove(HOST);
        let (sent, words) = match self {
            Self::Http1(sender, words) => {
                // The request line of HTTP/1.1 has the path alone, and the host a header of its own.
                let path = request.uri().path_and_query().cloned();
                *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
                if let Some(host) = &host {
                    request.headers_mut().insert(HOST, host.clone());
                }
                (sender.try_send_request(request).await, words)
            }
            Self::Http2(sender, words) => (sender.try_send_request(request).await, words),
        };
        sent.map_err(|error| Unsent::new(error, words, whole, host))
    }

    /// Whether another request may be sent now.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Http1(sender, _) => sender.is_ready(),
            Self::Http2(sender, _) => sender.is_ready(),
        }
    }

    /// Waits until another request may be sent; false if none will ever be.
    pub(crate) async fn ready(&mut self) -> bool {
        match self {
            Self::Http1(sender, _) => sender.ready().await.is_ok(),
            Self::Http2(sender, _) => sender.ready().await.is_ok(),
        }
    }

    /// Another handle to the same connection, where its protocol carries several requests at once.
    pub(crate) fn shared(&self) -> Option<Self> {
        match self {
            Self::Http1(..) => None,
            Self::Http2(sender, words) => Some(Self::Http2(sender.clone(), words.clone())),
        }
    }
}

impl Unsent {
    fn new(
        mut error: TrySendError<Request<WasiBody>>,
        words: &LastWords,
        whole: Uri,
        host: Option<http::HeaderValue>,
    ) -> Self {
        let request = error.take_message().map(|mut request| {
            *request.uri_mut() = whole;
            if let Some(host) = host {
                request.headers_mut().insert(HOST, host);
            }
            request
        });
        Self {
            request,
            failure: Failure::of_exchange(&error.into_error(), words),
        }
    }
}

/// Opens a connection. The permit is held for as long as it is open.
pub(crate) async fn open(
    identity: &Identity,
    origin: &Origin,
    blocked: &BlockedNetworks,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Sender, Failure> {
    let host = origin.host.trim_start_matches('[').trim_end_matches(']');
    let found = lookup_host((host, origin.port))
        .await
        .map_err(|error| Failure::of_lookup(&error))?;
    let addresses: Vec<SocketAddr> = found
        .filter(|address| !blocked.blocks(address.ip()))
        .collect();
    if addresses.is_empty() {
        return Err(Failure::new(
            Error::DestinationIpProhibited,
            "every address of the host is in a blocked network",
        ));
    }
    let stream = TcpStream::connect(addresses.as_slice())
        .await
        .map_err(|error| Failure::of_connect(&error))?;
    stream
        .set_nodelay(true)
        .map_err(|error| Failure::of_connect(&error))?;
    if !origin.secure {
        return http1(stream, LastWords::default(), permit).await;
    }
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| Failure::new(Error::TlsProtocolError, error.to_string()))?;
    let shown = identity.config.shown;
    let handshake = TlsConnector::from(identity.config.tls.clone()).connect(name, stream);
    let (outcome, asked) = noted(handshake).await;
    let stream = outcome.map_err(|error| Failure::of_handshake(&error, asked, shown))?;
    let words = LastWords::after(shown);
    let http2_chosen = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Attentive::new(stream, words.clone());
    if http2_chosen {
        http2(stream, words, permit).await
    } else {
        http1(stream, words, permit).await
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    words: LastWords,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Sender, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Failure::of_exchange(&error, &words))?;
    drive(connection, permit);
    Ok(Sender::Http1(sender, words))
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    words: LastWords,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Sender, Failure> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| Failure::of_exchange(&error, &words))?;
    drive(connection, permit);
    Ok(Sender::Http2(sender, words))
}

/// Runs a connection until it ends. How it ends, its requests are told.
fn drive(
    connection: impl Future<Output = hyper::Result<()>> + Send + 'static,
    permit: Option<OwnedSemaphorePermit>,
) {
    tokio::spawn(async move {
        _ = connection.await;
        drop(permit);
    });
}
