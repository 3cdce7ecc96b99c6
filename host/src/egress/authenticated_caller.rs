//! Authenticated callers.

use credential::BodyDigest;

/// Authenticated caller.
#[derive(Debug, Default)]
pub(super) struct AuthenticatedCaller {
    /// Name of the caller, if callers have names.
    pub(super) name: Option<String>,
    /// Digest of the body, if the caller has sent a credential for it.
    pub(super) body: Option<BodyDigest>,
}
