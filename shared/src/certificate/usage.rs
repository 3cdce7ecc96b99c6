//! What a certificate is for.

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix;

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    /// Each use, in the order of the standard.
    pub uses: Vec<Use>,
    /// Whether it must be understood: it is in every enterprise certificate, and required.
    pub is_critical: bool,
}

/// One use of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Use {
    /// Signing what is verified at once: a login, a TLS handshake, a token.
    DigitalSignature,
    /// Signing what shall bind; also called content commitment.
    NonRepudiation,
    /// Wrapping other keys.
    KeyEncipherment,
    /// Encrypting data itself.
    DataEncipherment,
    /// Agreeing on other keys.
    KeyAgreement,
    /// Issuing certificates.
    CertificateSign,
    /// Signing lists of what is revoked.
    RevocationListSign,
    /// With key agreement: only one way.
    EncipherOnly,
    /// With key agreement: only the other way.
    DecipherOnly,
}

/// Which certificate of an organisation's set it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To show who one is: for grants and for two-way TLS.
    Authentication,
    /// To seal documents.
    Signing,
    /// To receive what nobody else may read.
    Encryption,
    /// To issue certificates.
    Issuing,
}

impl KeyUsage {
    /// Which certificate of the set it is. One that may authenticate is that, whatever else it may.
    pub fn purpose(&self) -> Option<Purpose> {
        let has = |wanted: &[Use]| wanted.iter().any(|wanted| self.uses.contains(wanted));
        if has(&[Use::CertificateSign]) {
            Some(Purpose::Issuing)
        } else if has(&[Use::DigitalSignature]) {
            Some(Purpose::Authentication)
        } else if has(&[Use::NonRepudiation]) {
            Some(Purpose::Signing)
        } else if has(&[
            Use::KeyEncipherment,
            Use::DataEncipherment,
            Use::KeyAgreement,
        ]) {
            Some(Purpose::Encryption)
        } else {
            None
        }
    }

    pub(super) fn read(usage: pkix::KeyUsage, is_critical: bool) -> Self {
        use pkix::KeyUsages;
        let uses = usage.0.into_iter().map(|usage| match usage {
            KeyUsages::DigitalSignature => Use::DigitalSignature,
            KeyUsages::NonRepudiation => Use::NonRepudiation,
            KeyUsages::KeyEncipherment => Use::KeyEncipherment,
            KeyUsages::DataEncipherment => Use::DataEncipherment,
            KeyUsages::KeyAgreement => Use::KeyAgreement,
            KeyUsages::KeyCertSign => Use::CertificateSign,
            KeyUsages::CRLSign => Use::RevocationListSign,
            KeyUsages::EncipherOnly => Use::EncipherOnly,
            KeyUsages::DecipherOnly => Use::DecipherOnly,
        });
        Self {
            uses: uses.collect(),
            is_critical,
        }
    }
}

/// What a certificate may be used for besides (RFC 5280 §4.2.1.12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtendedKeyUsage {
    /// Each use, in the order of the certificate.
    pub uses: Vec<ExtendedUse>,
    /// Whether it must be understood: Digdir's validator refuses a certificate where it is.
    pub is_critical: bool,
}

/// One use of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExtendedUse {
    /// Any.
    Any,
    /// As a client in TLS.
    ClientAuthentication,
    /// As a server in TLS.
    ServerAuthentication,
    /// For e-mail.
    EmailProtection,
    /// To log in to Windows.
    SmartCardLogon,
    /// Another one, by object identifier.
    Other(String),
}

impl ExtendedKeyUsage {
    /// Whether a server may take it for a client's.
    pub fn allows_client(&self) -> bool {
        self.uses
            .iter()
            .any(|usage| matches!(usage, ExtendedUse::Any | ExtendedUse::ClientAuthentication))
    }

    pub(super) fn read(usage: &pkix::ExtendedKeyUsage, is_critical: bool) -> Self {
        let uses = usage.0.iter().map(extended);
        Self {
            uses: uses.collect(),
            is_critical,
        }
    }
}

fn extended(oid: &ObjectIdentifier) -> ExtendedUse {
    match oid.to_string().as_str() {
        "2.5.29.37.0" => ExtendedUse::Any,
        "1.3.6.1.5.5.7.3.1" => ExtendedUse::ServerAuthentication,
        "1.3.6.1.5.5.7.3.2" => ExtendedUse::ClientAuthentication,
        "1.3.6.1.5.5.7.3.4" => ExtendedUse::EmailProtection,
        "1.3.6.1.4.1.311.20.2.2" => ExtendedUse::SmartCardLogon,
        other => ExtendedUse::Other(other.to_owned()),
    }
}

/// Whether a certificate may issue others (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    /// It may.
    pub is_authority: bool,
    /// Whether it must be understood.
    pub is_critical: bool,
}
