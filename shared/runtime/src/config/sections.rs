//! Settings that several components have in common.

use super::claims::BackEndClaim;
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::secret::Secret;

/// Organisations whose certificates, consents and scopes are used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumers {
    /// Consumer that is used where the login token names none.
    pub default: OrganisationNumber,
    /// Further consumers.
    pub others: Vec<OrganisationNumber>,
    /// Claim of the login token that names the consumer; with `None`, the default is always used.
    pub claim: Option<String>,
}

impl Consumers {
    /// Returns all consumers, the default first.
    pub fn all(&self) -> impl Iterator<Item = &OrganisationNumber> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// Returns the configured consumer with this number, if there is one.
    pub fn find(&self, number: &str) -> Option<&OrganisationNumber> {
        self.all().find(|consumer| consumer.as_str() == number)
    }
}

/// Login service of the organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// Address of the login service's public keys (JWKS).
    pub jwks_address: String,
    /// Required value of `iss`.
    pub issuer: String,
    /// Required value in `aud`.
    pub audience: String,
    /// Claim with the customer's own national identity number.
    pub party_claim: String,
    /// Claim with the organisations that the customer may act for.
    pub organisations_claim: String,
    /// Claims that identify a back end's token; without any, no token is a back end's.
    pub back_end_claims: Vec<BackEndClaim>,
    /// Maximum lifetime of a token, from `iat` to `exp`, in seconds.
    pub max_lifetime: u64,
    /// Store in which the instances of the deployment share the issuer's keys.
    pub key_sets: KeySetStore,
}

/// Settings of the store in which the instances of a deployment share other parties' public keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeySetStore {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Default consumer of the deployment, for which its rows are named.
    pub consumer: OrganisationNumber,
    /// Key that seals the rows. There is no previous key: a lost row costs one fetch.
    pub key: Secret<[u8; 32]>,
}

/// Keys that seal a store: 32 bytes each.
#[derive(Clone, Debug)]
pub struct StoreKeys {
    /// Key that seals new rows.
    pub current: Secret<[u8; 32]>,
    /// Further keys that open rows: the previous key, and the next one while some instances already
    /// use it.
    pub previous: Vec<Secret<[u8; 32]>>,
}
