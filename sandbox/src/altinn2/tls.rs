//! The transport: a client may show a certificate, and if it does, a good one.
//!
//! The real server asked for it in the middle of a connection, when the address said so; TLS 1.3 has no such thing. Here everybody
//! is asked, nobody has to answer, and the answer counts only where the address says so. Reason phrases need HTTP/1.1.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::authority::{Door, EnterpriseAuthority, WebAuthority};
use crate::clock::Clock;
use crate::folkeregisteret::door;

/// What the server needs: its own certificate of `web`, and clients certified by `enterprise`, or not at all.
pub(crate) fn tls(
    web: &WebAuthority,
    enterprise: &EnterpriseAuthority,
    clock: &Clock,
) -> anyhow::Result<Arc<ServerConfig>> {
    let door = Arc::new(Ajar(door(enterprise)?));
    let mut server = Arc::unwrap_or_clone(web.server_with_clients(clock, door)?);
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// Checks what is shown, and lets in who shows nothing.
#[derive(Debug)]
struct Ajar(Door);

impl ClientCertVerifier for Ajar {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.0.verify_client_cert(leaf, above, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
