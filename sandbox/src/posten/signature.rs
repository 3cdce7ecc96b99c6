//! Signature of a signer, made at signing and stored for as long as its job's documents.

use std::sync::Arc;

use bytes::Bytes;
use time::OffsetDateTime;

use super::end_user::{EndUser, EndUserAuthority};
use super::order::Order;
use super::xades;

/// A signature of one signer on all documents of a job.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) at: OffsetDateTime,
    /// The signer's name, as in the certificate.
    pub(super) name: String,
    /// The signer, for the signature in the PDF file.
    pub(super) signer: Arc<EndUser>,
    /// XAdES signature, as an XML document.
    pub(super) xades: Bytes,
}

impl Signature {
    /// Makes the signature of `name` at `at`. Blocks while it makes a key.
    pub(super) fn make(
        order: &Order,
        name: &str,
        authority: &EndUserAuthority,
        at: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        let signer = authority.certify(name, at)?;
        let xades = xades::sign(&order.documents, &signer, at)?;
        Ok(Self {
            at,
            name: name.to_owned(),
            signer: Arc::new(signer),
            xades: xades.into(),
        })
    }
}
