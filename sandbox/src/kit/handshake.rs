//! Reasons of failed TLS handshakes, in words: common mistakes each have their own.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Returns the reason for the journal. Nothing of the certificate is repeated: it may be a
/// person's.
pub(crate) fn reason(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref());
    match cause {
        Some(Error::InvalidCertificate(why)) => format!("certificate refused: {}", refused(why)),
        Some(Error::NoCertificatesPresented) => {
            "certificate refused: none was shown, and one is required".to_owned()
        }
        Some(Error::AlertReceived(alert)) => format!("the client ended it: {}", ended(*alert)),
        Some(Error::PeerIncompatible(
            PeerIncompatible::SignatureAlgorithmsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        )) => "the client does not support TLS 1.2".to_owned(),
        Some(other) => other.to_string(),
        None => error.to_string(),
    }
}

fn refused(why: &CertificateError) -> String {
    let words = match why {
        CertificateError::UnknownIssuer => {
            "it leads to none of Buypass' and Commfides' roots for tests: it is no organisation's, or of \
             another environment, or the issuing certificate was not sent with it"
        }
        CertificateError::BadEncoding => "it is signed with SHA-1, or cannot be read",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::Revoked => "its issuer has revoked it",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for authentication"
        }
        CertificateError::BadSignature => "a signature does not hold",
        other => return other.to_string(),
    };
    words.to_owned()
}

fn ended(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA | AlertDescription::CertificateUnknown => {
            format!("it does not trust the sandbox's certificate: the wrong truststore ({alert:?})")
        }
        other => format!("alert {other:?}"),
    }
}
