//! Revocation lists (CRL, RFC 5280 §5) of the certificates that a pin accepts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyfile::Pem;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use rustls::{CertificateError, Error, OtherError};
use time::OffsetDateTime;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder,
};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::outbound::tls_files::{TlsError, unusable};

/// Revocation lists, the newest first.
#[derive(Debug)]
pub(super) struct RevocationLists(Vec<List>);

#[derive(Debug)]
struct List {
    file: PathBuf,
    content: CertRevocationList<'static>,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
}

/// List that has expired, or will do so soon.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExpiringList {
    pub(super) file: PathBuf,
    /// End of the list's validity (`nextUpdate`).
    pub(super) until: OffsetDateTime,
    pub(super) is_expired: bool,
}

/// Reasons why a list of the issuer decides nothing.
#[derive(Debug, thiserror::Error)]
enum UndecidedReason {
    #[error(
        "it cannot be known whether it is revoked: a revocation list in `crl_files` is not signed by the issuer that it names"
    )]
    Signature,
    #[error("it cannot be known whether it is revoked: {0}")]
    Other(webpki::Error),
}

impl RevocationLists {
    /// Reads every list in the files, in PEM or in DER.
    ///
    /// # Errors
    ///
    /// [`TlsError::File`] names the first file that cannot be read, or has something else in it.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, TlsError> {
        let mut lists = Vec::new();
        for file in files {
            let bytes = fs::read(file).map_err(|error| unusable(file, &error))?;
            let pem = Pem::read(&bytes);
            let found = if pem.is_pem() {
                let found = pem.revocation_lists();
                found.map_err(|error| unusable(file, &error))?
            } else {
                vec![bytes.as_slice()]
            };
            for der in found {
                lists.push(List::read(file, der)?);
            }
        }
        // Of several lists of one issuer the first is consulted.
        lists.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        Ok(Self(lists))
    }

    /// Checks the certificate and its issuers, up to the trust anchor. Each needs a valid list of
    /// its issuer.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] states that one is revoked, or why that is unknown.
    pub(super) fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        anchors: &[TrustAnchor<'_>],
        algorithms: &[&dyn SignatureVerificationAlgorithm],
        now: UnixTime,
    ) -> Result<(), Error> {
        let lists: Vec<_> = self.0.iter().map(|list| &list.content).collect();
        let options = RevocationOptionsBuilder::new(&lists)
            .map_err(|_| CertificateError::UnknownRevocationStatus)?
            .with_expiration_policy(ExpirationPolicy::Enforce)
            .build();
        let certificate = EndEntityCert::try_from(certificate).map_err(refusal)?;
        let verified = certificate.verify_for_usage(
            algorithms,
            anchors,
            intermediates,
            now,
            KeyUsage::server_auth(),
            Some(options),
            None,
        );
        verified.map(|_| ()).map_err(|error| refusal(error).into())
    }

    /// Returns the list that expires first, if less than a quarter of its validity is left.
    pub(super) fn ageing(&self, now: OffsetDateTime) -> Option<ExpiringList> {
        let list = self.0.iter().min_by_key(|list| list.next_update)?;
        let seconds_from = |moment: OffsetDateTime| {
            let until = list.next_update.unix_timestamp();
            until.saturating_sub(moment.unix_timestamp())
        };
        let (left, whole) = (seconds_from(now), seconds_from(list.this_update));
        (left.saturating_mul(4) < whole).then(|| ExpiringList {
            file: list.file.clone(),
            until: list.next_update,
            is_expired: left <= 0,
        })
    }
}

impl List {
    fn read(file: &Path, der: &[u8]) -> Result<Self, TlsError> {
        let unreadable = |reason: &str| {
            let reason =
                format!("not a revocation list (CRL, version 2) that can be used: {reason}");
            unusable(file, &reason)
        };
        let content = OwnedCertRevocationList::from_der(der);
        let content = content.map_err(|error| unreadable(&error.to_string()))?;
        let Ok(([], parsed)) = CertificateRevocationList::from_der(der) else {
            return Err(unreadable("it is not DER"));
        };
        let next_update = parsed.next_update();
        let next_update = next_update.ok_or_else(|| unreadable("it has no nextUpdate"))?;
        Ok(Self {
            file: file.to_owned(),
            content: content.into(),
            this_update: parsed.last_update().to_datetime(),
            next_update: next_update.to_datetime(),
        })
    }
}

fn refusal(error: webpki::Error) -> CertificateError {
    match error {
        webpki::Error::CertRevoked => CertificateError::Revoked,
        webpki::Error::UnknownRevocationStatus => CertificateError::UnknownRevocationStatus,
        webpki::Error::CrlExpired { time, next_update } => {
            CertificateError::ExpiredRevocationListContext { time, next_update }
        }
        webpki::Error::InvalidCrlSignatureForPublicKey => {
            CertificateError::Other(OtherError(Arc::new(UndecidedReason::Signature)))
        }
        other => CertificateError::Other(OtherError(Arc::new(UndecidedReason::Other(other)))),
    }
}
