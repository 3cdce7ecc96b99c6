//! Whether the certificate that signed is one to be trusted, and whose it is.

use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{Invalid, Measure};
use crate::posten::door;

/// The number of the organisation that `signer` certifies. It is held to what the door asks of a certificate:
/// the same one is used for both, says the vendor's documentation. The others that came with the signature may
/// be on the way to an authority.
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
    let door = door::certified_by(measure.authority);
    let verified = door.and_then(|door| Ok(door.verify_client_cert(&leaf, &above, now)?));
    verified.map_err(|_| Invalid::new("the signing certificate is not trusted"))?;
    let number = door::organisation(signer);
    number.ok_or_else(|| Invalid::new("the signing certificate has not one organisation number"))
}
