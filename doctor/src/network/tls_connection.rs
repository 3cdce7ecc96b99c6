//! TLS connection for one request: name resolution, TCP, handshake and exchange, each within 5 s and without a proxy.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use innsyn_core::platform::{Request, Response};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as TlsError, PeerIncompatible,
    ProtocolVersion, RootCertStore, SignatureScheme,
};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::catalogue::network::{L01, L02, L03, L04, L05, L11, L15, L16};
use crate::finding::{Entry, Finding};
use crate::language::Bilingual;

/// Time limit of each step.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest response body in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Established connection.
pub(super) struct TlsConnection {
    stream: TlsStream<TcpStream>,
    /// Host and port of the server.
    pub(super) peer: String,
    /// Records whether the server requested a client certificate.
    pub(super) is_requested: bool,
}

/// Error of establishing a connection.
pub(super) struct ConnectError {
    /// Finding that describes the error.
    pub(super) finding: Finding,
    /// Alert with which the server refused the client certificate.
    pub(super) alert: Option<AlertDescription>,
}

impl From<Finding> for ConnectError {
    fn from(finding: Finding) -> Self {
        Self {
            finding,
            alert: None,
        }
    }
}

/// Error of an exchange.
pub(super) struct ExchangeError {
    /// Alert with which the server refused the client certificate.
    pub(super) alert: Option<AlertDescription>,
    /// Description of the error.
    pub(super) reason: String,
}

/// Resolver that presents the client certificate, if there is one, and records whether the server requested it.
#[derive(Debug)]
struct ClientCertificate {
    certified: Option<Arc<CertifiedKey>>,
    is_requested: AtomicBool,
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_requested.store(true, Ordering::SeqCst);
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl TlsConnection {
    /// Connects to the host of `address`.
    ///
    /// # Errors
    ///
    /// The finding that describes the failed step.
    pub(super) async fn open(
        address: &Uri,
        roots: &RootCertStore,
        certified: Option<Arc<CertifiedKey>>,
    ) -> Result<Self, ConnectError> {
        let host = address.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = address.port_u16().unwrap_or(443);
        let peer = format!("{host}:{port}");
        let tcp = connect(host, port, &peer).await?;
        let own = Arc::new(ClientCertificate {
            certified,
            is_requested: AtomicBool::new(false),
        });
        let failed = |reason: &str| L04.finding([peer.as_str().into(), reason.into()]);
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error.to_string()))?
            .with_root_certificates(roots.clone())
            .with_client_cert_resolver(own.clone());
        let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(&e.to_string()))?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
        let stream = match timeout(STEP_TIMEOUT, handshake).await {
            Err(_) => return Err(failed("no answer within 5 s").into()),
            Ok(Err(error)) => {
                let is_requested = own.is_requested.load(Ordering::SeqCst);
                return Err(connect_error(&peer, &error, is_requested));
            }
            Ok(Ok(stream)) => stream,
        };
        Ok(Self {
            stream,
            is_requested: own.is_requested.load(Ordering::SeqCst),
            peer,
        })
    }

    /// Returns the finding that describes the established connection.
    pub(super) fn finding(&self) -> Finding {
        let version = match self.stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "TLS",
        };
        let requested = if self.is_requested {
            Bilingual::new(
                "ba om et sertifikat fra oss",
                "asked for a certificate of ours",
            )
        } else {
            Bilingual::new(
                "ba ikke om noe sertifikat fra oss",
                "asked for no certificate of ours",
            )
        };
        L05.finding([self.peer.as_str().into(), version.into(), requested])
    }

    /// Sends `request` and reads the whole response.
    ///
    /// # Errors
    ///
    /// The reason, and the alert if the server refused the client certificate.
    pub(super) async fn exchange(self, mut request: Request) -> Result<Response, ExchangeError> {
        let host = request.uri().authority().map(ToString::to_string);
        let host = host.and_then(|host| HeaderValue::try_from(host).ok());
        if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host);
        }
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        let is_requested = self.is_requested;
        let outcome = timeout(STEP_TIMEOUT, send(self.stream, request.map(Full::new))).await;
        let error = match outcome {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => error,
            Err(_) => "no answer within 5 s".into(),
        };
        let alert = match tls_within(error.as_ref()) {
            Some(TlsError::AlertReceived(alert)) if is_requested => Some(alert),
            _ => None,
        };
        Err(ExchangeError {
            alert,
            reason: error.to_string(),
        })
    }
}

/// Describes the error of a handshake.
fn connect_error(peer: &str, error: &io::Error, is_requested: bool) -> ConnectError {
    let finding =
        |entry: &'static Entry, reason: String| entry.finding([peer.into(), reason.into()]);
    let reason = error.to_string();
    match tls(error) {
        Some(TlsError::InvalidCertificate(
            why @ (CertificateError::UnknownIssuer | CertificateError::BadSignature),
        )) => finding(&L15, why.to_string()).into(),
        Some(TlsError::InvalidCertificate(why)) => finding(&L03, why.to_string()).into(),
        // TLS 1.2 requests a certificate after versions and ciphers are agreed on.
        Some(TlsError::AlertReceived(alert)) if is_requested => ConnectError {
            finding: refusal(peer, *alert),
            alert: Some(*alert),
        },
        Some(
            TlsError::AlertReceived(AlertDescription::ProtocolVersion)
            | TlsError::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ),
        ) => finding(&L16, reason).into(),
        _ => finding(&L04, reason).into(),
    }
}

/// Returns the finding of a refused client certificate.
pub(super) fn refusal(peer: &str, alert: AlertDescription) -> Finding {
    let why = match alert {
        AlertDescription::UnknownCA => Bilingual::new(
            "utstederen er ikke kjent der",
            "its issuer is not known there",
        ),
        AlertDescription::CertificateExpired => Bilingual::new("det er utløpt", "it has expired"),
        AlertDescription::CertificateRevoked => {
            Bilingual::new("det er trukket tilbake", "it is revoked")
        }
        AlertDescription::CertificateRequired => {
            Bilingual::new("ingen ble vist fram", "none was shown")
        }
        AlertDescription::UnsupportedCertificate => {
            Bilingual::new("det er til et annet formål", "it is for another purpose")
        }
        AlertDescription::HandshakeFailure => Bilingual::new(
            "de sier ikke hvorfor (slik tjenere på TLS 1.2 gjør som ikke fikk et de kan bruke)",
            "they do not say why (as servers of TLS 1.2 do that got none they can use)",
        ),
        other => format!("{other:?}").into(),
    };
    L11.finding([peer.into(), why])
}

/// Resolves the name and connects.
async fn connect(host: &str, port: u16, peer: &str) -> Result<TcpStream, Finding> {
    let unknown = |reason: String| L01.finding([host.into(), reason.into()]);
    let addresses = match timeout(STEP_TIMEOUT, lookup_host((host, port))).await {
        Err(_) => return Err(unknown("no answer within 5 s".to_owned())),
        Ok(Err(error)) => return Err(unknown(error.to_string())),
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
    };
    match timeout(STEP_TIMEOUT, TcpStream::connect(addresses.as_slice())).await {
        Err(_) => Err(L02.finding([peer.into(), "no answer within 5 s".into()])),
        Ok(Err(error)) => Err(L02.finding([peer.into(), error.to_string().into()])),
        Ok(Ok(stream)) => Ok(stream),
    }
}

/// Sends a request over HTTP/1.1.
async fn send(
    stream: TlsStream<TcpStream>,
    request: http::Request<Full<Bytes>>,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driven = tokio::spawn(connection);
    let response = match sender.send_request(request).await {
        Ok(response) => response,
        // The error of the connection is more precise.
        Err(error) => {
            return Err(match driven.await {
                Ok(Err(better)) if tls_within(&error).is_none() => better.into(),
                _ => error.into(),
            });
        }
    };
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

fn tls(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// Returns the TLS error among the sources of `error`.
fn tls_within(error: &(dyn Error + 'static)) -> Option<TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>().and_then(tls) {
            return Some(found.clone());
        }
        next = error.source();
    }
    None
}
