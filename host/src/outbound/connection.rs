//! Connection: name lookup, TCP, TLS, and HTTP/1.1 or HTTP/2 as the server chooses.

use std::net::SocketAddr;

use http::header::HOST;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, WasiBody};

use super::failure::Failure;
use super::identities::Identity;
use super::network::BlockedNetworks;
use super::presented_certificate::record_request;
use super::tls_alert::{AlertCapturingStream, TlsAlert};
use crate::allowed_hosts::Origin;

/// Sending side of an open connection.
pub(crate) enum Sender {
    Http1(http1::SendRequest<WasiBody>, TlsAlert),
    Http2(http2::SendRequest<WasiBody>, TlsAlert),
}

/// Request that failed before a response.
pub(crate) struct UnsentRequest {
    /// Request, if nothing of it was sent.
    pub(crate) request: Option<Request<WasiBody>>,
    pub(crate) failure: Failure,
}

impl Sender {
    pub(crate) async fn send(
        &mut self,
        mut request: Request<WasiBody>,
    ) -> Result<Response<Incoming>, UnsentRequest> {
        let whole = request.uri().clone();
        let host = request.headers_mut().remove(HOST);
        let (sent, alert) = match self {
            Self::Http1(sender, alert) => {
                // The request line of HTTP/1.1 has the path alone, and the host a header of its
                // own.
                let path = request.uri().path_and_query().cloned();
                *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
                if let Some(host) = &host {
                    request.headers_mut().insert(HOST, host.clone());
                }
                (sender.try_send_request(request).await, alert)
            }
            Self::Http2(sender, alert) => (sender.try_send_request(request).await, alert),
        };
        sent.map_err(|error| UnsentRequest::new(error, alert, whole, host))
    }

    /// Returns whether another request may be sent now.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Http1(sender, _) => sender.is_ready(),
            Self::Http2(sender, _) => sender.is_ready(),
        }
    }

    /// Waits until another request may be sent; false if the connection is closed.
    pub(crate) async fn ready(&mut self) -> bool {
        match self {
            Self::Http1(sender, _) => sender.ready().await.is_ok(),
            Self::Http2(sender, _) => sender.ready().await.is_ok(),
        }
    }

    /// Returns another handle to the connection if its protocol carries several requests at once.
    pub(crate) fn shared(&self) -> Option<Self> {
        match self {
            Self::Http1(..) => None,
            Self::Http2(sender, alert) => Some(Self::Http2(sender.clone(), alert.clone())),
        }
    }
}

impl UnsentRequest {
    fn new(
        mut error: TrySendError<Request<WasiBody>>,
        alert: &TlsAlert,
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
            failure: Failure::of_exchange(&error.into_error(), alert),
        }
    }
}

/// Opens a connection. It holds the permit while it is open.
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
        return http1(stream, TlsAlert::default(), permit).await;
    }
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| Failure::new(Error::TlsProtocolError, error.to_string()))?;
    let presented = identity.config.presented;
    let handshake = TlsConnector::from(identity.config.tls.clone()).connect(name, stream);
    let handshake = record_request(handshake).await;
    let requested = handshake.is_certificate_requested;
    let stream = handshake
        .outcome
        .map_err(|error| Failure::of_handshake(&error, requested, presented))?;
    let alert = TlsAlert::new(presented);
    let http2_chosen = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = AlertCapturingStream::new(stream, alert.clone());
    if http2_chosen {
        http2(stream, alert, permit).await
    } else {
        http1(stream, alert, permit).await
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    alert: TlsAlert,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Sender, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Failure::of_exchange(&error, &alert))?;
    drive(connection, permit);
    Ok(Sender::Http1(sender, alert))
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    alert: TlsAlert,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Sender, Failure> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| Failure::of_exchange(&error, &alert))?;
    drive(connection, permit);
    Ok(Sender::Http2(sender, alert))
}

/// Runs a connection until it ends. Its requests get the error, if it fails.
fn drive(
    connection: impl Future<Output = hyper::Result<()>> + Send + 'static,
    permit: Option<OwnedSemaphorePermit>,
) {
    tokio::spawn(async move {
        _ = connection.await;
        drop(permit);
    });
}
