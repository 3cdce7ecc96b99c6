//! Running sandbox, a client that identifies Posten by its organisation number, and the responses.

use std::path::Path;
use std::sync::Arc;

use reqwest::Client;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{EnterpriseAuthority, Profile, Vendor};
use sandbox::population::FJORDBANKEN;
use sandbox::posten::{POSTEN, Switches};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::kit::{self, RunningSandbox};
use crate::posten::package_writer::Draft;

pub(crate) use crate::kit::ClientFiles;

pub(crate) const API: &str = "http://signering.posten.no/schema/v1";

/// Running sandbox, with calls to Posten.
pub(crate) struct TestBed {
    running: RunningSandbox,
}

impl std::ops::Deref for TestBed {
    type Target = RunningSandbox;

    fn deref(&self) -> &RunningSandbox {
        &self.running
    }
}

/// Response of the service.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl TestBed {
    pub(crate) async fn start() -> Self {
        Self {
            running: RunningSandbox::start().await,
        }
    }

    /// Starts a test bed that allows a faster rate than a sender may use.
    pub(crate) async fn in_a_hurry() -> Self {
        let bed = Self::start().await;
        bed.sandbox.services().posten.set_switches(Switches {
            calls_per_second: 1000,
            ..Switches::default()
        });
        bed
    }

    /// Fjordbanken's authentication certificate of SEID 2 with `defects`, under the sandbox's
    /// authority.
    pub(crate) async fn ordered(&self, defects: &[Defect]) -> ClientFiles {
        self.made(order(FJORDBANKEN, defects)).await
    }

    /// The API's root for an organisation.
    pub(crate) fn root(&self, organisation: &str) -> String {
        format!("{}/api/{organisation}", self.sandbox.addresses().posten)
    }

    /// Creates a client that presents this certificate.
    pub(crate) fn client(&self, shown: &ClientFiles) -> Client {
        let authority = &self.sandbox.services().enterprise;
        client(authority, POSTEN, shown)
    }

    /// Creates the draft as Fjordbanken.
    pub(crate) async fn create(&self, draft: &Draft) -> Reply {
        self.create_with(&self.given(), FJORDBANKEN, draft).await
    }

    /// Creates a job for `organisation`, with the certificate in `shown`.
    pub(crate) async fn create_with(
        &self,
        shown: &ClientFiles,
        organisation: &str,
        draft: &Draft,
    ) -> Reply {
        let package = draft.package(shown, self.clock.now());
        let (kind, body) = draft.body(&package);
        let flow = draft.flow;
        self.post(
            shown,
            &format!("{}/{flow}/signature-jobs", self.root(organisation)),
            &kind,
            body,
        )
        .await
    }

    pub(crate) async fn post(
        &self,
        shown: &ClientFiles,
        address: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Reply {
        let request = self
            .client(shown)
            .post(address)
            .header("content-type", kind);
        Reply::receive(
            request
                .header("accept", "application/xml")
                .body(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }
}

impl Reply {
    pub(crate) async fn receive(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            body: response.text().await.unwrap(),
        }
    }

    /// The text of the first element of the API's namespace with this name, whatever its prefix.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let tree = uppsala::parse(&self.body).ok()?;
        let found = tree.get_elements_by_tag_name_ns(API, name);
        Some(tree.text_content_deep(*found.first()?))
    }

    /// Checks for an error document with this status and code, and this text in its message.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status, status, "{message}: {self:?}");
        assert_eq!(
            self.text("error-code").as_deref(),
            Some(code),
            "{message}: {self:?}"
        );
        let told = self.text("error-message").unwrap();
        assert!(told.contains(message), "{message}: {self:?}");
        assert_eq!(
            self.text("error-type").as_deref(),
            Some("CLIENT"),
            "{self:?}"
        );
    }

    #[track_caller]
    pub(crate) fn is_taken(&self) {
        assert_eq!(self.status, 200, "{self:?}");
    }
}

/// An organisation's authentication certificate with `defects`.
pub(crate) fn order(organisation: &str, defects: &[Defect]) -> Order {
    kit::order(Vendor::Buypass, Profile::Seid2, organisation, defects)
}

/// A client that trusts `authority`, and as a server only the organisation with this number.
pub(crate) fn client(
    authority: &EnterpriseAuthority,
    number: &'static str,
    shown: &ClientFiles,
) -> Client {
    let mut roots = RootCertStore::empty();
    for hierarchy in authority.hierarchies() {
        roots.add(hierarchy.root().clone()).unwrap();
    }
    let provider = Arc::new(default_provider());
    let verifier = LegalPerson {
        roots,
        number,
        provider: provider.clone(),
    };
    let tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(certificates(&shown.chain), key(&shown.key))
        .unwrap();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) fn certificates(file: &Path) -> Vec<CertificateDer<'static>> {
    let certificates = CertificateDer::pem_file_iter(file).unwrap();
    certificates.map(Result::unwrap).collect()
}

pub(crate) fn key(file: &Path) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(file).unwrap()
}

/// Verifier of the vendor's clients: checks the chain, and the organisation number instead of the
/// host name.
#[derive(Debug)]
struct LegalPerson {
    roots: RootCertStore,
    number: &'static str,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LegalPerson {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let parsed = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, above, now, algorithms)?;
        let (_, certificate) = X509Certificate::from_der(leaf).unwrap();
        let mut attributes = certificate.subject().iter_attributes();
        let is_the_one = attributes.any(|attribute| {
            let text = attribute.as_str().unwrap();
            match attribute.attr_type().to_id_string().as_str() {
                "2.5.4.97" => text.strip_prefix("NTRNO-") == Some(self.number),
                "2.5.4.5" => text == self.number,
                _ => false,
            }
        });
        if is_the_one {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, leaf, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 alone".into()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
