//! Access to the API: the accepted clients, and the organisations they may act for.
//!
//! TLS 1.2 alone, and an enterprise certificate of RSA for authentication. What is wrong with one
//! ends the handshake with the alert `certificate_unknown`, whatever it is, as documented.
//! Assumptions: the service trusts the issuing authorities themselves, as the list in the vendor's
//! clients does, so that a client need not send theirs; HTTP/1.1 alone; no session is resumed; an
//! organisation's number that two attributes disagree about is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

use super::refusal::{Code, Refusal};
use super::sender::sender;
use super::server_certificate::CertificateResolver;
use super::state::Posten;
use crate::kit::server::PeerCertificate;
use crate::pki::{EnterpriseAuthority, EnterpriseClientVerifier};

const COMMON_NAME: &str = "2.5.4.3";
const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

/// Returns the TLS settings of the API's server.
pub(crate) fn tls(posten: &Arc<Posten>) -> anyhow::Result<Arc<ServerConfig>> {
    let verifier =
        RsaClientVerifier(certified_by(&posten.enterprise)?.refusing(&posten.enterprise));
    let provider = Arc::new(default_provider());
    let clock = Arc::new(posten.clock.clone());
    let mut server = ServerConfig::builder_with_details(provider, clock)
        .with_protocol_versions(&[&rustls::version::TLS12])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(CertificateResolver::new(posten)?));
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(server))
}

/// Accepts clients certified by `authority`.
pub(super) fn certified_by(
    authority: &EnterpriseAuthority,
) -> anyhow::Result<EnterpriseClientVerifier> {
    let hierarchies = authority.hierarchies().into_iter();
    EnterpriseClientVerifier::new(
        hierarchies.flat_map(|hierarchy| [hierarchy.root(), hierarchy.issuing()]),
    )
}

/// Caller, as an extension of each request that is let in.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The organisation in the path, for which the call is.
    pub(crate) organisation: String,
    /// The organisation of the certificate, where that is another.
    pub(crate) broker: Option<String>,
}

/// Authorises a request if the organisation in its certificate may act for that in the path. A path
/// outside the API passes unchecked.
pub(super) async fn known(
    State(posten): State<Arc<Posten>>,
    Extension(PeerCertificate(certificate)): Extension<PeerCertificate>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().strip_prefix("/api/");
    let Some(organisation) = path.and_then(|path| path.split('/').next()) else {
        return next.run(request).await;
    };
    match caller(&posten, &certificate, organisation.to_owned()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Returns the certificate's organisation: the vendor's way to test a connection.
pub(super) async fn who_am_i(Extension(caller): Extension<Caller>) -> String {
    let Caller {
        organisation,
        broker,
    } = caller;
    match broker {
        None => format!("You are {organisation}"),
        Some(broker) => format!("You are {broker}, operating on behalf of {organisation}"),
    }
}

fn caller(posten: &Posten, certificate: &[u8], organisation: String) -> Result<Caller, Refusal> {
    let brokers = posten.switches().brokers;
    let own = self::organisation(certificate);
    let own = own.filter(|own| {
        sender(own).is_some() || brokers.values().flatten().any(|broker| broker == own)
    });
    let own = own.ok_or_else(|| Refusal::new(Code::NotAuthorized, described(certificate)))?;
    if own == organisation {
        return Ok(Caller {
            organisation,
            broker: None,
        });
    }
    if sender(&organisation).is_some() && may_act(&brokers, &own, &organisation) {
        return Ok(Caller {
            organisation,
            broker: Some(own),
        });
    }
    let message = format!("{own} may not act on behalf of the organisation in the address");
    Err(Refusal::new(Code::BrokerNotAuthorized, message))
}

/// Returns whether `own` may act for another organisation.
pub(super) fn may_act(
    brokers: &BTreeMap<String, Vec<String>>,
    own: &str,
    organisation: &str,
) -> bool {
    let allowed = brokers.get(organisation);
    allowed.is_some_and(|allowed| allowed.iter().any(|broker| broker == own))
}

/// The documented refusal repeats the certificate's subject, validity, serial number and issuer.
fn described(certificate: &[u8]) -> String {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return "The certificate has no access".to_owned();
    };
    format!(
        "The certificate has no access: subject {}, valid from {} to {}, serial number {}, issuer {}",
        certificate.subject(),
        certificate.validity().not_before,
        certificate.validity().not_after,
        certificate.tbs_certificate.serial,
        certificate.issuer(),
    )
}

/// The organisation's number where either generation of certificates has it, and else at the
/// beginning of the common name: so the vendor's own library finds it.
pub(super) fn organisation(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let (mut proper, mut named) = (Vec::new(), None);
    for attribute in certificate.subject().iter_attributes() {
        let text = attribute.as_str().ok()?;
        match attribute.attr_type().to_id_string().as_str() {
            ORGANISATION_IDENTIFIER => proper.push(text.strip_prefix("NTRNO-").unwrap_or(text)),
            SERIAL_NUMBER => proper.push(text),
            COMMON_NAME => named = leading_number(text),
            _ => {}
        }
    }
    proper.retain(|text| text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit()));
    proper.dedup();
    match proper.as_slice() {
        [] => named.map(str::to_owned),
        [number] => Some((*number).to_owned()),
        _ => None,
    }
}

/// Returns the first nine digits, if no digit follows.
fn leading_number(text: &str) -> Option<&str> {
    let end = text.find(|character: char| !character.is_ascii_digit());
    let number = text.get(..end.unwrap_or(text.len()))?;
    (number.len() == 9).then_some(number)
}

/// Client-certificate verifier that accepts only RSA. Its alert says only that the certificate is
/// not accepted.
#[derive(Debug)]
struct RsaClientVerifier(EnterpriseClientVerifier);

impl ClientCertVerifier for RsaClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.0.verify_client_cert(leaf, above, now);
        let verified = verified.and_then(|verified| {
            let parsed = X509Certificate::from_der(leaf);
            let is_rsa = parsed.is_ok_and(|(_, certificate)| {
                matches!(certificate.public_key().parsed(), Ok(PublicKey::RSA(_)))
            });
            let unfit = Error::from(CertificateError::InvalidPurpose);
            is_rsa.then_some(verified).ok_or(unfit)
        });
        // An error of this kind becomes the alert certificate_unknown.
        verified.map_err(|error| CertificateError::Other(OtherError(Arc::new(error))).into())
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

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    use super::*;

    /// X.520 attributes that rcgen has no names for.
    fn other(last: u64) -> DnType {
        DnType::CustomDnType(vec![2, 5, 4, last])
    }

    #[test]
    fn the_number_is_where_either_generation_has_it() {
        let (identifier, serial, name) = (other(97), other(5), DnType::CommonName);
        for (subject, number) in [
            (vec![(&identifier, "NTRNO-310000205")], Some("310000205")),
            (vec![(&identifier, "310000205")], Some("310000205")),
            (vec![(&serial, "310000205")], Some("310000205")),
            (vec![(&name, "310000205")], Some("310000205")),
            (vec![(&name, "310000205 Fjordbanken")], Some("310000205")),
            (vec![(&name, "3100002051")], None),
            (vec![(&name, "Fjordbanken 310000205")], None),
            (vec![(&serial, "UN:NO-9578-4050-100200300")], None),
            (vec![(&identifier, "PSDNO-FSA-310000205")], None),
            (
                vec![(&identifier, "NTRNO-310000205"), (&serial, "310000205")],
                Some("310000205"),
            ),
            (
                vec![(&identifier, "NTRNO-310000205"), (&serial, "310000302")],
                None,
            ),
            (
                vec![(&identifier, "NTRNO-310000205"), (&name, "310000302")],
                Some("310000205"),
            ),
        ] {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = DistinguishedName::new();
            for (kind, text) in &subject {
                parameters.distinguished_name.push((*kind).clone(), *text);
            }
            let key = KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            let found = organisation(certificate.der());
            assert_eq!(found.as_deref(), number, "{subject:?}");
        }
    }
}
