//! Interfaces between the services: the calls from one service to another, and the values in their
//! answers.
//!
//! A service imports these traits and never another service. The files that start a sandbox select
//! the service that implements each of them.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

/// Altinn's register of delegations as access tokens name it. Real tokens have the slash at the
/// end, unlike some pages of documentation. The sandbox plays the test environment.
pub const DELEGATION_SOURCE: &str = "https://tt02.altinn.no/";

/// Verification of Maskinporten's access tokens, for the APIs that receive them.
pub trait AccessTokens: Debug + Send + Sync {
    /// Returns the claims of a token that is valid at `now`.
    ///
    /// # Errors
    ///
    /// [`TokenError`] is the first check that the token fails.
    fn verify(&self, now: OffsetDateTime, bearer: &str) -> Result<Value, TokenError>;
}

/// Signature of arbitrary claims with a key that is not the caller's own.
pub trait ForeignSigner: Debug + Send + Sync {
    /// Signs `claims` as a JWT.
    ///
    /// # Errors
    ///
    /// Fails if the claims cannot be signed.
    fn sign(&self, claims: &Value) -> anyhow::Result<String>;
}

/// Altinn's registers that Maskinporten consults before it issues a token.
pub trait Authorisations: Debug + Send + Sync {
    /// Returns whether the delegation is in force.
    fn is_delegated(&self, delegation: &Delegation) -> bool;

    /// Returns the consent `id` that `from` gave to `to`, or to an organisation that `to` acts for,
    /// if it is in force at `now`. Both parties are URNs.
    ///
    /// # Errors
    ///
    /// All reasons against the consent.
    fn consent(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        from: &str,
        to: &str,
    ) -> Result<ActiveConsent, Vec<ConsentObstacle>>;

    /// Returns the system user of `owner` for the system of `vendor` that the client belongs to.
    fn system_user(
        &self,
        client_id: &str,
        vendor: &str,
        owner: &str,
        reference: Option<&str>,
    ) -> Option<SystemUser>;
}

/// Altinn's decision point, called by an API about a system user.
pub trait SystemUserRights: Debug + Send + Sync {
    /// Returns whether the system user exists, belongs to `owner` and has the right to `resource`.
    fn system_user_may(&self, id: Uuid, owner: &str, resource: &str) -> bool;
}

/// Verification of Altinn 2's consent tokens, for the APIs that receive them.
pub trait ConsentTokens: Debug + Send + Sync {
    /// Returns whether Altinn 2 has closed, so that its tokens count for nothing.
    fn is_closed(&self) -> bool;

    /// Returns the claims of a consent token whose signature, issuer and times are valid at `now`.
    fn verified_claims(&self, now: OffsetDateTime, token: &str) -> Option<Value>;
}

/// Reason for not accepting an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The text is not a signed token.
    #[error("not a token")]
    Malformed,
    /// The `kid` matches no published key.
    #[error("no published key has this kid")]
    UnknownKey,
    /// Signed by another key, changed since, or with another algorithm.
    #[error("the signature is not good")]
    Signature,
    /// The token has another issuer.
    #[error("another issuer")]
    Issuer,
    /// The token has expired, or is not valid yet.
    #[error("expired, or issued in the future")]
    Expired,
}

/// Scope of a consumer that it lets a supplier use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Supplier that may use the scope: nine digits.
    pub supplier_org: String,
    /// Consumer that has the scope: nine digits.
    pub consumer_org: String,
    /// Scope.
    pub scope: String,
}

/// Consent in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ActiveConsent {
    /// Identifier that the consumer chose.
    pub id: Uuid,
    /// URN of the party that consented.
    pub from: String,
    /// URN of the organisation that receives the data.
    pub to: String,
    /// URN of the organisation that acts for the receiver.
    pub handled_by: Option<String>,
    /// Time of the consent.
    pub consented: OffsetDateTime,
    /// Time when it expires.
    pub valid_to: OffsetDateTime,
    /// `consentRights`, as in tokens.
    pub rights: Value,
}

/// Reason against a consent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConsentObstacle {
    /// Altinn's code.
    pub code: &'static str,
    /// Altinn's text.
    pub text: &'static str,
}

/// User that a customer has made for a vendor's system to act as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SystemUser {
    /// Identifier.
    pub id: Uuid,
    /// Identifier of the system.
    pub system_id: String,
    /// Customer's organisation number: nine digits.
    pub owner_org: String,
    /// Vendor's name for the customer, by default the customer's number.
    pub external_ref: String,
}
