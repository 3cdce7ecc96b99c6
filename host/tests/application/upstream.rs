//! Server that components call: over plain TCP, or over TLS, where it identifies its callers by
//! their certificates.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Certificate authority for servers and clients: a root, and optionally an intermediate that
/// issues.
pub(crate) struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    issuing: Option<CertifiedIssuer<'static, KeyPair>>,
}

/// Deviation of a certificate from the usual.
pub(crate) type Change = fn(&mut CertificateParams);

/// Running server. It never answers `/slow`, echoes the body of `/echo`, redirects `/redirect`,
/// answers `/headers` with the names of the request's headers, and answers any other path with the
/// caller and the connection.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    /// Number of whole requests to `/echo`.
    echoed: Arc<AtomicUsize>,
}

/// Setup of a TLS server.
pub(crate) struct Tls {
    pub(crate) names: Vec<&'static str>,
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
    pub(crate) http2: bool,
    pub(crate) change: Change,
    /// Requirement of a client certificate.
    pub(crate) clients: bool,
    /// Root of the clients' certificates, if it is another authority's.
    pub(crate) clients_root: Option<CertificateDer<'static>>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            names: vec!["localhost"],
            versions: rustls::ALL_VERSIONS,
            http2: false,
            change: |_| (),
            clients: true,
            clients_root: None,
        }
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self::called(&format!("Root {}", COUNT.fetch_add(1, Ordering::SeqCst)))
    }

    pub(crate) fn called(name: &str) -> Self {
        let root = CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap());
        Self {
            root: root.unwrap(),
            issuing: None,
        }
    }

    /// Creates a setup with an intermediate authority that issues the certificates.
    pub(crate) fn in_two_steps() -> Self {
        let mut own = Self::new();
        let key = KeyPair::generate().unwrap();
        let issuing = CertifiedIssuer::signed_by(authority("Test issuing"), key, &own.root);
        own.issuing = Some(issuing.unwrap());
        own
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// Writes `ca.pem` and, for each client, `<name>.pem` and `<name>.key` into a folder.
    pub(crate) fn write(
        &self,
        folder: &Path,
        clients: &[&str],
    ) -> Vec<(CertificateDer<'static>, String)> {
        fs::write(folder.join("ca.pem"), self.root.pem()).unwrap();
        let key = || KeyPair::generate().unwrap();
        let written = clients
            .iter()
            .map(|name| self.write_client(folder, name, &key(), |_| ()));
        written.collect()
    }

    /// Writes `<name>.pem` and `<name>.key` of one client into a folder.
    pub(crate) fn write_client(
        &self,
        folder: &Path,
        name: &str,
        key: &KeyPair,
        change: Change,
    ) -> (CertificateDer<'static>, String) {
        let certificate = self.issue(&[name], key, change);
        let mut chain = certificate.pem();
        chain.extend(self.issuing.as_ref().map(CertifiedIssuer::pem));
        fs::write(folder.join(format!("{name}.pem")), chain).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        (certificate.der().clone(), name.to_owned())
    }

    /// Returns a revocation list of the root, in PEM, which is valid for an hour.
    pub(crate) fn revocation_list(&self, revoked: &[u64]) -> String {
        let now = time::OffsetDateTime::now_utc();
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: now,
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now,
            next_update: now + time::Duration::HOUR,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.root).unwrap().pem().unwrap()
    }

    pub(crate) fn issue(
        &self,
        names: &[&str],
        key: &KeyPair,
        change: Change,
    ) -> rcgen::Certificate {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let issuer = self.issuing.as_ref().unwrap_or(&self.root);
        params.signed_by(key, issuer).unwrap()
    }

    /// Starts a server that requires a certificate of this authority, and knows some of them by
    /// name.
    pub(crate) async fn serve(
        &self,
        tls: Tls,
        clients: Vec<(CertificateDer<'static>, String)>,
    ) -> Upstream {
        let key = KeyPair::generate().unwrap();
        let mut chain = vec![self.issue(&tls.names, &key, tls.change).der().clone()];
        chain.extend(self.issuing.as_ref().map(|issuing| issuing.der().clone()));
        let mut roots = RootCertStore::empty();
        roots
            .add(tls.clients_root.unwrap_or_else(|| self.root()))
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier = if tls.clients {
            verifier
        } else {
            verifier.allow_unauthenticated()
        };
        let verifier = verifier.build().unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(tls.versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        if tls.http2 {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let clients = Arc::new(clients);
        start(move |stream, echoed| {
            let (acceptor, clients) = (acceptor.clone(), clients.clone());
            async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let shown = stream
                    .get_ref()
                    .1
                    .peer_certificates()
                    .and_then(|chain| chain.first())
                    .cloned();
                let name = clients
                    .iter()
                    .find(|(certificate, _)| Some(certificate) == shown.as_ref())
                    .map(|(_, name)| name.clone());
                converse(stream, name.unwrap_or_default(), tls.http2, echoed).await;
            }
        })
        .await
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Starts a server without TLS.
pub(crate) async fn plain() -> Upstream {
    start(|stream, echoed| converse(stream, "plain".to_owned(), false, echoed)).await
}

/// Starts a server that reads one request on each connection, answers it, and closes while the
/// connection is idle.
pub(crate) async fn closing() -> Upstream {
    start(|stream, _| async move {
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("once"))))
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        _ = tokio::time::timeout(Duration::from_millis(100), connection).await;
    })
    .await
}

async fn start<F: Future<Output = ()> + Send + 'static>(
    converse: impl Fn(TcpStream, Arc<AtomicUsize>) -> F + Send + 'static,
) -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let echoed = Arc::new(AtomicUsize::new(0));
    let counts = echoed.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(converse(stream, counts.clone()));
        }
    });
    Upstream {
        address,
        connections,
        echoed,
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    name: String,
    http2: bool,
    echoed: Arc<AtomicUsize>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (name, echoed) = (name.clone(), echoed.clone());
        async move {
            if request.uri().path() == "/slow" {
                std::future::pending::<()>().await;
            }
            if request.uri().path() == "/echo" {
                let Ok(body) = request.into_body().collect().await else {
                    return Ok(Response::builder()
                        .status(400)
                        .body(Full::default())
                        .unwrap());
                };
                echoed.fetch_add(1, Ordering::SeqCst);
                return Ok(Response::new(Full::new(body.to_bytes())));
            }
            if request.uri().path() == "/headers" {
                let names = request.headers().keys().map(http::HeaderName::as_str);
                let names = names.collect::<Vec<_>>().join(",");
                let response = Response::builder().header("innsyn-call-refused", "theirs");
                return Ok(response.body(Full::new(Bytes::from(names))).unwrap());
            }
            if request.uri().path() == "/redirect" {
                let response = Response::builder().status(302);
                let response = response.header("location", "https://elsewhere.example/");
                return Ok(response.body(Full::new(Bytes::new())).unwrap());
            }
            let authority = request.uri().authority().map(ToString::to_string);
            let host =
                authority.unwrap_or_else(|| request.headers()["host"].to_str().unwrap().to_owned());
            let version = request.version();
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(format!(
                "{name} over {version:?} at {host}"
            )))))
        }
    });
    let stream = TokioIo::new(stream);
    _ = if http2 {
        http2::Builder::new(TokioExecutor::new())
            .serve_connection(stream, service)
            .await
    } else {
        http1::Builder::new()
            .serve_connection(stream, service)
            .await
    };
}

impl Upstream {
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn echoed(&self) -> usize {
        self.echoed.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
