//! Switches of Maskinporten, for behaviour that is not published or that published sources
//! contradict each other about. The defaults are the author's reading.

use serde::{Deserialize, Serialize};

/// Switches of behaviour. Absent ones have their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Switches {
    /// Accepts the token endpoint's address as a grant's `aud`, beside the issuer. Documentation
    /// says no longer; clients in production still send it.
    pub accept_token_endpoint_aud: bool,
    /// Handling of undocumented claims in a grant.
    pub unknown_claims: UnknownClaims,
    /// Maximum `exp − iat`, in seconds.
    pub max_grant_lifetime_s: i64,
    /// Longest time of `iat` in the future, in seconds.
    pub iat_future_skew_s: i64,
    /// Longest time of `iat` in the past, in seconds; as `exp` allows when absent. The
    /// documentation can be read either way.
    pub iat_max_age_s: Option<i64>,
    /// Form of `resource`.
    pub resource_form: ResourceForm,
    /// Requires an absolute URI as `resource`, as RFC 8707 says. Documentation says URI; a check is
    /// not known.
    pub strict_resource: bool,
    /// Gives a token without `resource` the claim `aud: "unspecified"`, as before 2022.
    pub emit_aud_unspecified: bool,
    /// Repeats the requested `externalRef` in a token for a system user. Documentation says no; a
    /// real token had it.
    pub echo_external_ref: bool,
    /// Refuses `consumer_org` with a system user. Nothing is published about it.
    pub refuse_consumer_org_with_system_user: bool,
    /// Name of a right's metadata in a consent token.
    pub metadata_key: MetadataKey,
    /// Requires the issuing authority's certificate in `x5c`, as the documentation says. At the
    /// real service, the leaf is enough.
    pub require_full_x5c_chain: bool,
    /// Scope of a `kid`'s uniqueness. Documentation says both.
    pub kid_uniqueness: KidUniqueness,
    /// Allows a client a scope that is accessible to all without having registered it.
    /// Documentation says both.
    pub allow_unregistered_open_scopes: bool,
    /// Delay until the token endpoint gets a change of clients, keys, scopes or access from the
    /// admin API, in seconds of the sandbox's clock; up to 900 in reality.
    pub config_propagation_delay_s: u32,
    /// Style of errors.
    pub error_style: ErrorStyle,
    /// Seconds that are added to the token's lifetime in `expires_in`.
    pub expires_in_offset_s: i64,
    /// Default lifetime of a client's tokens.
    pub default_token_lifetime_s: i64,
    /// Lifetime of all tokens, in place of the client's and scope's, in seconds: for tests of
    /// head-room.
    pub token_lifetime_s: Option<i64>,
    /// Makes all tokens opaque, whatever their scopes specify.
    pub opaque_tokens: bool,
    /// Simulates an outage of Altinn: delegations, system users and consents cannot be looked up.
    pub altinn_down: bool,
    /// Refuses all requests with `authorization_details`, whatever their content, for clients that
    /// check the content themselves.
    pub details_refused: Option<DetailsRefusal>,
    /// Wrong issuer for the metadata, if any.
    pub metadata_issuer: Option<String>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            accept_token_endpoint_aud: true,
            unknown_claims: UnknownClaims::default(),
            max_grant_lifetime_s: 120,
            iat_future_skew_s: 10,
            iat_max_age_s: None,
            resource_form: ResourceForm::default(),
            strict_resource: false,
            emit_aud_unspecified: false,
            echo_external_ref: true,
            refuse_consumer_org_with_system_user: false,
            metadata_key: MetadataKey::default(),
            require_full_x5c_chain: false,
            kid_uniqueness: KidUniqueness::default(),
            allow_unregistered_open_scopes: false,
            config_propagation_delay_s: 0,
            error_style: ErrorStyle::default(),
            expires_in_offset_s: -1,
            default_token_lifetime_s: 120,
            token_lifetime_s: None,
            opaque_tokens: false,
            altinn_down: false,
            details_refused: None,
            metadata_issuer: None,
        }
    }
}

/// Refusal of details for their type, not for their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetailsRefusal {
    /// Unknown type of details.
    #[serde(rename = "MP-301")]
    Type,
    /// Field that the type does not have.
    #[serde(rename = "MP-302")]
    Field,
}

/// Accepted undocumented claims. Documentation says none; `nbf` and `sub` work in production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownClaims {
    /// Refuses all undocumented claims.
    Strict,
    /// Accepts the registered claims of RFC 7519.
    #[default]
    Rfc7519,
    /// Accepts any form.
    Lenient,
}

/// Form of `resource`. Documentation says array; strings are in production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceForm {
    /// Requires an array.
    Array,
    /// Requires a string.
    String,
    /// Accepts a string or an array.
    #[default]
    Both,
}

/// Name of a right's metadata. Real tokens have the first, one page of documentation the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetadataKey {
    /// Names the member `metadata`.
    #[default]
    #[serde(rename = "metadata")]
    Lower,
    /// Names the member `metaData`.
    #[serde(rename = "metaData")]
    Camel,
}

/// Set of keys in which a `kid` must be unique.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KidUniqueness {
    /// Unique among the keys of the client.
    #[default]
    Client,
    /// Unique among the keys of all clients.
    Global,
}

/// Style of errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStyle {
    /// With `error_uri` and a trace identifier, since 2024.
    #[default]
    #[serde(alias = "2024")]
    Traced,
    /// Has a correlation identifier and no `error_uri`.
    Legacy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_not_named_have_their_defaults() {
        let set = r#"{"error_style":"2024","kid_uniqueness":"global","metadata_key":"metaData"}"#;
        let expected = Switches {
            kid_uniqueness: KidUniqueness::Global,
            metadata_key: MetadataKey::Camel,
            ..Switches::default()
        };
        assert_eq!(serde_json::from_str::<Switches>(set).unwrap(), expected);
        assert!(serde_json::from_str::<Switches>(r#"{"colour":"red"}"#).is_err());
    }
}
