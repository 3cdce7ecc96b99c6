//! Enterprise certificate that signs a grant: its organisation, and the trust in its authority.
//!
//! The checks follow Digdir's published validator of enterprise certificates, without policies.
//! Assumption: an incoherent chain is MP-120, and a text that is no certificate at all is MP-123.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;

use super::refusal::Refusal;
use crate::pki::{EnterpriseAuthority, Revoked};

const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION: &str = "2.5.4.10";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";

/// Trusted authorities: the test authorities of both issuers.
#[derive(Debug)]
pub(super) struct Trust(Vec<Trusted>);

/// Root certificate and the issuing authority below it.
#[derive(Debug)]
struct Trusted {
    root: CertificateDer<'static>,
    issuing: CertificateDer<'static>,
    revoked: Revoked,
}

/// Holder of a certificate, and the certified key.
pub(super) struct Holder {
    pub(super) organisation: String,
    pub(super) key: DecodingKey,
}

impl Trust {
    pub(super) fn new(authority: &EnterpriseAuthority) -> Self {
        let hierarchies = authority.hierarchies().into_iter();
        let trusted = hierarchies.map(|hierarchy| Trusted {
            root: hierarchy.root().clone(),
            issuing: hierarchy.issuing().clone(),
            revoked: hierarchy.revoked().clone(),
        });
        Self(trusted.collect())
    }

    /// Returns the holder of the first certificate in `x5c`.
    pub(super) fn holder(
        &self,
        x5c: &Value,
        now: OffsetDateTime,
        full_chain: bool,
    ) -> Result<Holder, Refusal> {
        let chain = decoded(x5c)?;
        let (leaf, above) = chain.split_first().ok_or(Refusal::X5c)?;
        let leaf = parsed(leaf)?;
        let trusted = self.issuer_of(&leaf)?;
        // The issuing authority may be left out: the validator has it.
        if above
            .iter()
            .any(|der| *der != *trusted.issuing && *der != *trusted.root)
            || (full_chain && above.first().is_none_or(|der| *der != *trusted.issuing))
        {
            return Err(Refusal::Certificate);
        }
        let at =
            ASN1Time::from_timestamp(now.unix_timestamp()).map_err(|_| Refusal::Certificate)?;
        if !leaf.validity().is_valid_at(at)
            || !has_enterprise_extensions(&leaf)
            || trusted.revoked.since(leaf.raw_serial()).is_some()
        {
            return Err(Refusal::Certificate);
        }
        let organisation = organisation(&leaf).ok_or(Refusal::CertificateOrganisation)?;
        let Ok(PublicKey::RSA(rsa)) = leaf.public_key().parsed() else {
            return Err(Refusal::Certificate);
        };
        Ok(Holder {
            organisation,
            key: rsa_key(rsa.modulus, rsa.exponent),
        })
    }

    /// Returns the authority with the issuer's name in `leaf` whose key signed it.
    fn issuer_of(&self, leaf: &X509Certificate<'_>) -> Result<&Trusted, Refusal> {
        for trusted in &self.0 {
            let issuing = parsed(&trusted.issuing).map_err(|_| Refusal::Internal)?;
            if leaf.issuer() == issuing.subject()
                && leaf.verify_signature(Some(issuing.public_key())).is_ok()
            {
                return Ok(trusted);
            }
        }
        Err(Refusal::Certificate)
    }
}

fn decoded(x5c: &Value) -> Result<Vec<Vec<u8>>, Refusal> {
    let elements = x5c.as_array().ok_or(Refusal::X5c)?;
    elements
        .iter()
        .map(|element| element.as_str().and_then(|text| STANDARD.decode(text).ok()))
        .collect::<Option<_>>()
        .ok_or(Refusal::X5c)
}

fn parsed(der: &[u8]) -> Result<X509Certificate<'_>, Refusal> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Refusal::X5c),
    }
}

/// Returns whether key usage is present and critical, and no other extension is critical but basic
/// constraints.
fn has_enterprise_extensions(certificate: &X509Certificate<'_>) -> bool {
    let mut critical = certificate
        .extensions()
        .iter()
        .filter(|extension| extension.critical)
        .map(|extension| extension.oid.to_id_string());
    let known = critical.all(|oid| oid == KEY_USAGE || oid == BASIC_CONSTRAINTS);
    let usage = certificate.key_usage().ok().flatten();
    known && usage.is_some_and(|usage| usage.critical) && !certificate.is_ca()
}

/// Returns the organisation number, from the attributes that Digdir's validator reads, in its
/// order.
fn organisation(certificate: &X509Certificate<'_>) -> Option<String> {
    let subject = |oid: &str| {
        certificate
            .subject()
            .iter_attributes()
            .find(|attribute| attribute.attr_type().to_id_string() == oid)
            .and_then(|attribute| attribute.as_str().ok())
    };
    let seid1 = subject(SERIAL_NUMBER).filter(|text| is_number(text));
    let in_name = || {
        let (_, number) = subject(ORGANISATION)?.rsplit_once("- ")?;
        Some(number).filter(|text| is_number(text))
    };
    let seid2 = || {
        let identifier = subject(ORGANISATION_IDENTIFIER)?;
        let number = ["NTRNO-", "PSDNO-FSA-"]
            .iter()
            .find_map(|prefix| identifier.strip_prefix(prefix))
            .unwrap_or(identifier);
        Some(number).filter(|text| is_number(text))
    };
    seid1.or_else(in_name).or_else(seid2).map(str::to_owned)
}

fn is_number(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// DER has a zero before a number whose first bit is set.
fn rsa_key(modulus: &[u8], exponent: &[u8]) -> DecodingKey {
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    DecodingKey::from_rsa_raw_components(modulus, exponent)
}
