//! Fields of both manifests.

use time::OffsetDateTime;

use crate::posten::order::{OnBehalfOf, SignatureType};
use crate::posten::schema::{Content, SchemaViolation};

/// Maximum number of signers.
pub(super) const SIGNERS: usize = 10;

const SIGNATURE_TYPES: [(&str, SignatureType); 2] = [
    ("ADVANCED_ELECTRONIC_SIGNATURE", SignatureType::Advanced),
    (
        "AUTHENTICATED_ELECTRONIC_SIGNATURE",
        SignatureType::Authenticated,
    ),
];
const ON_BEHALF_OF: [(&str, OnBehalfOf); 2] =
    [("SELF", OnBehalfOf::Own), ("OTHER", OnBehalfOf::Other)];
/// Time in which a portal job can be signed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Availability {
    /// Activation time; immediately if absent.
    pub(crate) activation: Option<OffsetDateTime>,
    /// Duration in seconds; the default if absent.
    pub(crate) seconds: Option<i64>,
}

pub(super) fn signature_type(
    content: &mut Content<'_>,
) -> Result<Option<SignatureType>, SchemaViolation> {
    let kind = content.optional("signature-type");
    kind.map(|kind| kind.one_of(&SIGNATURE_TYPES)).transpose()
}

pub(super) fn on_behalf_of(
    content: &mut Content<'_>,
) -> Result<Option<OnBehalfOf>, SchemaViolation> {
    let whom = content.optional("on-behalf-of");
    whom.map(|whom| whom.one_of(&ON_BEHALF_OF)).transpose()
}
