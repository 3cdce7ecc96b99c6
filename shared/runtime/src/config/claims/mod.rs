//! Settings that name claims of login tokens.

#[cfg(test)]
mod tests;

/// Subject of a token (RFC 7519 §4.1.2). Every login token has one.
pub const SUBJECT: &str = "sub";

/// Registered claims: RFC 7519 §4.1, `OpenID` Connect Core §2, RFC 8693 §4.2 and §4.3, and `scp`,
/// which is `scope` at Microsoft Entra.
pub(super) const REGISTERED: [&str; 12] = [
    "iss",
    SUBJECT,
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "azp",
    "client_id",
    "scope",
    "scp",
];

/// Purpose for which a setting names a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// Number of the customer, or of organisations that the customer may act for.
    Party,
    /// Number of the consumer.
    Consumer,
    /// Permission, granted where the value is `true`.
    Permission,
    /// Name, role or scope of the program that has logged in.
    BackEnd,
}

impl Meaning {
    /// Returns the registered claims that can have this meaning. Others are refused: they would
    /// never, or always, hold.
    pub(super) const fn registered(self) -> &'static [&'static str] {
        match self {
            Self::Party => &[SUBJECT],
            Self::Consumer => &[SUBJECT, "azp", "client_id"],
            Self::Permission => &[],
            Self::BackEnd => &[SUBJECT, "azp", "client_id", "scope", "scp"],
        }
    }
}

/// Claim that identifies a login token as a back end's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BackEndClaim {
    /// Name of the claim.
    pub claim: String,
    /// Value, or one of the values of a list.
    pub value: String,
}

impl BackEndClaim {
    /// Returns whether the claim's text is a list of scopes separated by spaces (RFC 8693 §4.2).
    pub(crate) fn is_scope(&self) -> bool {
        matches!(self.claim.as_str(), "scope" | "scp")
    }
}
