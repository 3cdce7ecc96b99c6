//! Identities that tokens are issued for, and how many were issued for each.

use std::collections::BTreeMap;

use serde::Serialize;

use super::claims::Claims;

/// Identity that a token was issued for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    /// Identifier of the client.
    pub client_id: String,
    /// Requested scopes.
    pub scope: String,
    /// Organisation number of the consumer that the client acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_org: Option<String>,
    /// Requested audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Requested person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<String>,
    /// Requested details, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<String>,
}

/// Number of tokens that were issued for each identity.
pub(super) type MintCounts = BTreeMap<Identity, u64>;

impl Identity {
    pub(super) fn new(client_id: &str, scope: &str, claims: Claims) -> Self {
        Self {
            client_id: client_id.to_owned(),
            scope: scope.to_owned(),
            consumer_org: claims.consumer_org,
            resource: claims.resource,
            pid: claims.pid,
            authorization_details: claims
                .authorization_details
                .map(|details| details.to_string()),
        }
    }
}
