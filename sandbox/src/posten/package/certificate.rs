//! Trust in the certificate that signed, and its organisation.

use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::check::{Invalid, Measure};
use crate::posten::access;

/// Returns the number of the organisation that `signer` certifies. The API must accept the
/// certificate in the handshake too: the same one is used for both, by the vendor's documentation.
/// The other certificates in the signature may lead to an authority.
pub(super) fn organisation(
    signer: &[u8],
    others: &[Vec<u8>],
    measure: Measure<'_>,
) -> Result<String, Invalid> {
    let seconds = u64::try_from(measure.now.unix_timestamp()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let leaf = CertificateDer::from(signer);
    let others = others.iter().filter(|other| other.as_slice() != signer);
    let above: Vec<_> = others
        .map(|other| CertificateDer::from(other.as_slice()))
        .collect();
    let verifier = access::certified_by(measure.authority);
    let outcome =
        verifier.and_then(|verifier| Ok(verifier.verify_client_cert(&leaf, &above, now)?));
    outcome.map_err(|_| Invalid::new("the signing certificate is not trusted"))?;
    let number = access::organisation(signer);
    number.ok_or_else(|| Invalid::new("the signing certificate has not one organisation number"))
}
