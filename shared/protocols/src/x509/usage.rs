//! Permitted usage of a certificate.

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix;

/// Key usage extension (RFC 5280 §4.2.1.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    /// Uses, in the order of the standard.
    pub uses: Vec<Use>,
    /// Criticality of the extension. It is critical in every enterprise certificate, as required.
    pub is_critical: bool,
}

/// Use of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Use {
    /// Signatures that are verified immediately: a login, a TLS handshake, a token.
    DigitalSignature,
    /// Binding signatures; also called content commitment.
    NonRepudiation,
    /// Key wrapping.
    KeyEncipherment,
    /// Encryption of data.
    DataEncipherment,
    /// Key agreement.
    KeyAgreement,
    /// Signing of certificates.
    CertificateSign,
    /// Signing of revocation lists (`cRLSign`).
    RevocationListSign,
    /// Encryption only, with key agreement.
    EncipherOnly,
    /// Decryption only, with key agreement.
    DecipherOnly,
}

/// Purpose of a certificate in an organisation's set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Authentication: grants and mutual TLS.
    Authentication,
    /// Sealing of documents.
    Signing,
    /// Reception of encrypted data.
    Encryption,
    /// Issuing of certificates.
    Issuing,
}

impl KeyUsage {
    /// Returns the certificate's purpose. A certificate that may authenticate is an authentication
    /// certificate, whatever its other uses.
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

/// Extended key usage extension (RFC 5280 §4.2.1.12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtendedKeyUsage {
    /// Uses, in the order of the certificate.
    pub uses: Vec<ExtendedUse>,
    /// Criticality of the extension. Digdir's validator refuses a certificate in which it is
    /// critical.
    pub is_critical: bool,
}

/// Extended use of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExtendedUse {
    /// Any purpose (`anyExtendedKeyUsage`).
    Any,
    /// TLS client.
    ClientAuthentication,
    /// TLS server.
    ServerAuthentication,
    /// E-mail.
    EmailProtection,
    /// Windows logon.
    SmartCardLogon,
    /// Other use, by object identifier.
    Other(String),
}

impl ExtendedKeyUsage {
    /// Returns whether the certificate may be used as a TLS client certificate.
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

/// Basic constraints: permission to issue certificates (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    /// Set if the certificate may issue others.
    pub is_authority: bool,
    /// Criticality of the extension.
    pub is_critical: bool,
}
