//! The authority of the sandbox's TLS servers.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::kit::Clock;

/// The names that the servers' certificate is for.
const SERVER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Issues the certificate of the sandbox's TLS servers.
#[derive(Debug)]
pub(crate) struct WebAuthority(CertifiedIssuer<'static, KeyPair>);

impl WebAuthority {
    /// Generates an authority for the sandbox's web certificates.
    pub(crate) fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        let mut parameters = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "NO");
        name.push(DnType::OrganizationName, "Innsyn sandbox");
        name.push(DnType::CommonName, "Innsyn sandbox TLS root");
        parameters.distinguished_name = name;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid(&mut parameters, now, Duration::days(10 * 365));
        Ok(Self(CertifiedIssuer::self_signed(
            parameters,
            KeyPair::generate()?,
        )?))
    }

    /// Returns the certificate that clients of the sandbox must trust, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Returns the TLS settings of a server on the loopback: HTTP/2 and HTTP/1.1 by ALPN.
    pub(crate) fn server(&self, now: OffsetDateTime) -> anyhow::Result<Arc<ServerConfig>> {
        let (certificate, key) = self.certificate(now)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .context("the sandbox's own server certificate")?;
        server.alpn_protocols = protocols();
        Ok(Arc::new(server))
    }

    /// Returns the configuration of a server that verifies clients with `door` in each handshake,
    /// at the time of `clock`.
    pub(crate) fn server_with_clients(
        &self,
        clock: &Clock,
        door: Arc<dyn ClientCertVerifier>,
    ) -> anyhow::Result<Arc<ServerConfig>> {
        let (certificate, key) = self.certificate(clock.now())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_details(provider, Arc::new(clock.clone()))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(door)
            .with_single_cert(vec![certificate], key)
            .context("the sandbox's own server certificate")?;
        server.alpn_protocols = protocols();
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Arc::new(server))
    }

    /// Issues a certificate for the names of the loopback, and its key.
    fn certificate(
        &self,
        now: OffsetDateTime,
    ) -> anyhow::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(SERVER_NAMES.map(String::from))?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Innsyn sandbox");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid(&mut parameters, now, Duration::days(365));
        let certificate = parameters.signed_by(&key, &self.0)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        Ok((certificate.der().clone(), key))
    }
}

fn protocols() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

fn valid(parameters: &mut CertificateParams, from: OffsetDateTime, length: Duration) {
    parameters.not_before = from.saturating_sub(Duration::DAY);
    parameters.not_after = from.saturating_add(length);
}
