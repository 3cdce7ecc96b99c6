//! A running sandbox, a client that tells Posten by its organisation number, and what is answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Client;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, aws_lc_rs::default_provider, verify_tls12_signature};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use sandbox::authority::{EnterpriseAuthority, Profile, Purpose, Vendor};
use sandbox::certificates::{Defect, Order};
use sandbox::clock::Clock;
use sandbox::consumer::FJORDBANKEN;
use sandbox::posten::{POSTEN, Switches};
use sandbox::{Options, Sandbox};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::package_writer::Draft;

pub(crate) const API: &str = "http://signering.posten.no/schema/v1";

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    directory: TempDir,
}

/// What a client shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let clock = Clock::default();
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            clock: clock.clone(),
            directory: directory.path().join("sandbox"),
            app: None,
        };
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            clock,
            directory,
        }
    }

    /// The same for a test that is faster than a sender may be.
    pub(crate) async fn in_a_hurry() -> Self {
        let bench = Self::start().await;
        bench.sandbox.world().posten.set_switches(Switches {
            calls_per_second: 1000,
            ..Switches::default()
        });
        bench
    }

    /// The certificate that the sandbox gives away: Fjordbanken's.
    pub(crate) fn given(&self) -> Shown {
        let given = self.sandbox.client_certificate();
        Shown {
            chain: given.chain_file.clone(),
            key: given.key_file.clone(),
        }
    }

    /// Fjordbanken's authentication certificate of SEID 2 with `defects`, under the sandbox's authority.
    pub(crate) async fn ordered(&self, defects: &[Defect]) -> Shown {
        self.made(order(FJORDBANKEN, defects)).await
    }

    /// The authentication certificate of `order`, under the sandbox's authority.
    pub(crate) async fn made(&self, order: Order) -> Shown {
        let folder = self.new_folder();
        let (world, now) = (self.sandbox.world().clone(), self.clock.now());
        let made = tokio::task::spawn_blocking(move || {
            let package = order.make_under(&world.enterprise, now).unwrap();
            package.write(&folder).unwrap();
            Shown {
                chain: folder.join("authentication-chain.pem"),
                key: folder.join("authentication-key.pem"),
            }
        });
        made.await.unwrap()
    }

    pub(crate) fn new_folder(&self) -> PathBuf {
        tempfile::tempdir_in(self.directory.path()).unwrap().keep()
    }

    /// The API's root for an organisation.
    pub(crate) fn root(&self, organisation: &str) -> String {
        format!("{}/api/{organisation}", self.sandbox.addresses().posten)
    }

    /// A client that shows this certificate.
    pub(crate) fn client(&self, shown: &Shown) -> Client {
        let authority = &self.sandbox.world().enterprise;
        client(authority, POSTEN, shown)
    }

    /// Fjordbanken orders what the draft says.
    pub(crate) async fn create(&self, draft: &Draft) -> Said {
        self.create_with(&self.given(), FJORDBANKEN, draft).await
    }

    /// Whose certificate it is orders it for `organisation`.
    pub(crate) async fn create_with(
        &self,
        shown: &Shown,
        organisation: &str,
        draft: &Draft,
    ) -> Said {
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
        shown: &Shown,
        address: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Said {
        let request = self
            .client(shown)
            .post(address)
            .header("content-type", kind);
        Said::of(
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

impl Said {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
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

    /// An error document with this status and code, whose message has this in it.
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
    Order {
        vendor: Vendor::Buypass,
        profile: Profile::Seid2,
        purposes: vec![Purpose::Authentication],
        organisation: organisation.to_owned(),
        name: "FJORDBANKEN ASA".to_owned(),
        defects: defects.to_vec(),
    }
}

/// A client that trusts `authority`, and as a server only the organisation with this number.
pub(crate) fn client(
    authority: &EnterpriseAuthority,
    number: &'static str,
    shown: &Shown,
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

/// As the vendor's clients do: the chain, and the number instead of the host name.
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
