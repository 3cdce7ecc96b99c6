//! A connection: name, TCP, TLS, and one request. Each step has its own deadline, and none goes through a proxy.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::{HeaderValue, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as TlsError, PeerIncompatible,
    ProtocolVersion, RootCertStore, SignatureScheme,
};
use shared::platform::{Request, Response};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::catalogue::live::{L01, L02, L03, L04, L05, L11, L15, L16};
use super::super::finding::{Entry, Finding};
use super::super::language::Both;

/// How long each step may take.
const STEP: Duration = Duration::from_secs(5);

/// The largest answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// TLS with somebody, before anything is asked.
pub(super) struct Line {
    stream: TlsStream<TcpStream>,
    /// With whom.
    pub(super) peer: String,
    /// Whether they asked for our certificate.
    pub(super) asked: bool,
}

/// Why TLS did not come about.
pub(super) struct Stop {
    pub(super) finding: Finding,
    /// They refused our certificate.
    pub(super) refused: Option<AlertDescription>,
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        let refused = None;
        Self { finding, refused }
    }
}

/// Why there was no answer.
pub(super) struct Silence {
    /// They refused our certificate.
    pub(super) refused: Option<AlertDescription>,
    /// For a person.
    pub(super) reason: String,
}

/// Shows our certificate, where there is one, and keeps whether it was asked for.
#[derive(Debug)]
struct Own {
    certified: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Own {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::SeqCst);
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Line {
    /// Connects to the host of `address`. What stops it is the finding.
    pub(super) async fn open(
        address: &Uri,
        roots: &RootCertStore,
        certified: Option<Arc<CertifiedKey>>,
    ) -> Result<Self, Stop> {
        let host = address.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = address.port_u16().unwrap_or(443);
        let peer = format!("{host}:{port}");
        let tcp = reach(host, port, &peer).await?;
        let own = Arc::new(Own {
            certified,
            asked: AtomicBool::new(false),
        });
        let failed = |reason: &str| L04.found([peer.as_str().into(), reason.into()]);
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error.to_string()))?
            .with_root_certificates(roots.clone())
            .with_client_cert_resolver(own.clone());
        let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(&e.to_string()))?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
        let stream = match timeout(STEP, handshake).await {
            Err(_) => return Err(failed("no answer within 5 s").into()),
            Ok(Err(error)) => {
                let asked = own.asked.load(Ordering::SeqCst);
                return Err(stopped(&peer, &error, asked));
            }
            Ok(Ok(stream)) => stream,
        };
        Ok(Self {
            stream,
            asked: own.asked.load(Ordering::SeqCst),
            peer,
        })
    }

    /// That it came about.
    pub(super) fn said(&self) -> Finding {
        let version = match self.stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "TLS",
        };
        let asked = if self.asked {
            Both::new(
                "ba om et sertifikat fra oss",
                "asked for a certificate of ours",
            )
        } else {
            Both::new(
                "ba ikke om noe sertifikat fra oss",
                "asked for no certificate of ours",
            )
        };
        L05.found([self.peer.as_str().into(), version.into(), asked])
    }

    /// Sends `request` and hears the answer out.
    pub(super) async fn exchange(self, mut request: Request) -> Result<Response, Silence> {
        let host = request.uri().authority().map(ToString::to_string);
        let host = host.and_then(|host| HeaderValue::try_from(host).ok());
        if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host);
        }
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        let asked = self.asked;
        let heard = timeout(STEP, ask(self.stream, request.map(Full::new))).await;
        let error = match heard {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => "no answer within 5 s".into(),
        };
        let alert = match tls_within(error.as_ref()) {
            Some(TlsError::AlertReceived(alert)) if asked => Some(alert),
            _ => None,
        };
        Err(Silence {
            refused: alert,
            reason: error.to_string(),
        })
    }
}

/// What came of a handshake in which our certificate was asked for or not.
fn stopped(peer: &str, error: &io::Error, asked: bool) -> Stop {
    let told = |entry: &'static Entry, reason: String| entry.found([peer.into(), reason.into()]);
    let reason = error.to_string();
    match tls(error) {
        Some(TlsError::InvalidCertificate(
            why @ (CertificateError::UnknownIssuer | CertificateError::BadSignature),
        )) => told(&L15, why.to_string()).into(),
        Some(TlsError::InvalidCertificate(why)) => told(&L03, why.to_string()).into(),
        // TLS 1.2 asks for a certificate after versions and ciphers are agreed on.
        Some(TlsError::AlertReceived(alert)) if asked => Stop {
            finding: refused(peer, *alert),
            refused: Some(*alert),
        },
        Some(
            TlsError::AlertReceived(AlertDescription::ProtocolVersion)
            | TlsError::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ),
        ) => told(&L16, reason).into(),
        _ => told(&L04, reason).into(),
    }
}

/// That they refused our certificate.
pub(super) fn refused(peer: &str, alert: AlertDescription) -> Finding {
    let why = match alert {
        AlertDescription::UnknownCA => Both::new(
            "utstederen er ikke kjent der",
            "its issuer is not known there",
        ),
        AlertDescription::CertificateExpired => Both::new("det er utløpt", "it has expired"),
        AlertDescription::CertificateRevoked => {
            Both::new("det er trukket tilbake", "it is revoked")
        }
        AlertDescription::CertificateRequired => Both::new("ingen ble vist fram", "none was shown"),
        AlertDescription::UnsupportedCertificate => {
            Both::new("det er til et annet formål", "it is for another purpose")
        }
        AlertDescription::HandshakeFailure => Both::new(
            "de sier ikke hvorfor (slik tjenere på TLS 1.2 gjør som ikke fikk et de kan bruke)",
            "they do not say why (as servers of TLS 1.2 do that got none they can use)",
        ),
        other => format!("{other:?}").into(),
    };
    L11.found([peer.into(), why])
}

async fn reach(host: &str, port: u16, peer: &str) -> Result<TcpStream, Finding> {
    let unknown = |reason: String| L01.found([host.into(), reason.into()]);
    let addresses = match timeout(STEP, lookup_host((host, port))).await {
        Err(_) => return Err(unknown("no answer within 5 s".to_owned())),
        Ok(Err(error)) => return Err(unknown(error.to_string())),
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
    };
    match timeout(STEP, TcpStream::connect(addresses.as_slice())).await {
        Err(_) => Err(L02.found([peer.into(), "no answer within 5 s".into()])),
        Ok(Err(error)) => Err(L02.found([peer.into(), error.to_string().into()])),
        Ok(Ok(stream)) => Ok(stream),
    }
}

async fn ask(
    stream: TlsStream<TcpStream>,
    request: axum::http::Request<Full<Bytes>>,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driven = tokio::spawn(connection);
    let answer = match sender.send_request(request).await {
        Ok(answer) => answer,
        // The connection itself knows better why it ended.
        Err(error) => {
            return Err(match driven.await {
                Ok(Err(better)) if tls_within(&error).is_none() => better.into(),
                _ => error.into(),
            });
        }
    };
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

fn tls(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// What TLS has said, somewhere beneath `error`.
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
