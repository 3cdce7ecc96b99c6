//! Stand-in for Skatteetaten: answers every request immediately with the same claims, over TLS.
//!
//! The sandbox verifies tokens and allows five calls at once, as Skatteetaten does. The components
//! are measured here, so the source must cost little and never delay a call. It runs on one thread.

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;

/// Open claims as long as those of an ordinary party.
const CLAIMS: &str = r#"{"partIdentifikator":"313367002","krav":[{"kravidentifikator":"a1","kravtype":"forskuddsskatt","forfallsdato":"2026-03-15","opprinneligBeloep":12000,"restbeloep":4500},{"kravidentifikator":"a2","kravtype":"merverdiavgift","forfallsdato":"2026-04-10","opprinneligBeloep":82000,"restbeloep":82000}]}"#;

/// Running source.
pub struct Source {
    /// Origin of the source.
    pub origin: String,
    /// Certificate to trust, in PEM.
    pub certificate: String,
}

impl Source {
    /// Starts the source, which runs until the process ends.
    pub fn start() -> Self {
        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned()];
        let certificate = CertificateParams::new(names).expect("a name");
        let certificate = certificate.self_signed(&key).expect("a certificate");
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let mut tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a certificate with its key");
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("bound").port();
        let serving = move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let serving = serve(listener, TlsAcceptor::from(Arc::new(tls)));
            runtime.expect("a runtime").block_on(serving);
        };
        let thread = thread::Builder::new().name("source".to_owned());
        thread.spawn(serving).expect("a thread");
        Self {
            origin: format!("https://localhost:{port}"),
            certificate: certificate.pem(),
        }
    }
}

async fn serve(listener: std::net::TcpListener, tls: TlsAcceptor) {
    let listener = TcpListener::from_std(listener).expect("a socket");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            // A client that goes away ends its connection alone.
            let Ok(stream) = tls.accept(stream).await else {
                return;
            };
            let answer = service_fn(|_: Request<Incoming>| {
                let answer = Response::builder()
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Full::new(Bytes::from_static(CLAIMS.as_bytes())));
                std::future::ready(answer)
            });
            let server = auto::Builder::new(TokioExecutor::new());
            _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}
