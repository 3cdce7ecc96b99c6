//! What the sandbox's Maskinporten does where the real one's behaviour is not published, or where
//! published sources contradict each other. The defaults are the author's reading.

use serde::{Deserialize, Serialize};

/// All switches. Absent ones have their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Switches {
    /// The token endpoint's address passes as a grant's `aud`, beside the issuer. Documentation says
    /// no longer; clients in production still send it.
    pub accept_token_endpoint_aud: bool,
    /// Which claims outside the documented ones pass.
    pub unknown_claims: UnknownClaims,
    /// The longest `exp − iat`, in seconds.
    pub max_grant_lifetime_s: i64,
    /// How far `iat` may lie in the future, in seconds.
    pub iat_future_skew_s: i64,
    /// How far `iat` may lie in the past, in seconds; as far as `exp` allows when absent. The
    /// documentation can be read either way.
    pub iat_max_age_s: Option<i64>,
    /// How `resource` may be written.
    pub resource_form: ResourceForm,
    /// `resource` must be an absolute URI, as RFC 8707 says. Documentation says URI; nothing is known
    /// of a check.
    pub strict_resource: bool,
    /// A token without `resource` has `aud: "unspecified"`, as before 2022.
    pub emit_aud_unspecified: bool,
    /// A token for a system user repeats the `externalRef` that was asked for. Documentation says no;
    /// a real token had it.
    pub echo_external_ref: bool,
    /// `consumer_org` and a system user do not go together. Nothing is published about it.
    pub refuse_consumer_org_with_system_user: bool,
    /// What a right's metadata is called in a consent token.
    pub metadata_key: MetadataKey,
    /// `x5c` must hold the issuing authority's certificate too. Documentation says so; the leaf alone
    /// works.
    pub require_full_x5c_chain: bool,
    /// Among which keys a `kid` is unique. Documentation says both.
    pub kid_uniqueness: KidUniqueness,
    /// A client may ask for a scope that is accessible to everybody without having registered it.
    /// Documentation says both.
    pub allow_unregistered_open_scopes: bool,
    /// How long after it is made on the admin address a change of clients, keys, scopes or access is
    /// known at the token endpoint, in seconds of the sandbox's clock; up to 900 in reality.
    pub config_propagation_delay_s: u32,
    /// How errors look.
    pub error_style: ErrorStyle,
    /// What is added to the token's lifetime to make `expires_in`.
    pub expires_in_offset_s: i64,
    /// The lifetime of tokens for clients that have none of their own.
    pub default_token_lifetime_s: i64,
    /// Every token's lifetime, whatever client and scope say: for head-room tests.
    pub token_lifetime_s: Option<i64>,
    /// Every token is opaque, whatever its scopes say.
    pub opaque_tokens: bool,
    /// The Altinn behind Maskinporten is down: who has delegated what, system users and consents cannot
    /// be looked up.
    pub altinn_down: bool,
    /// Which of the refusals every request with `authorization_details` meets, whatever they say: for those
    /// that a client which checks them itself never sees.
    pub details_refused: Option<DetailsRefusal>,
    /// The issuer in the metadata, when it is to be wrong.
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

/// A refusal of details for what they are, not for what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetailsRefusal {
    /// Their type is unknown.
    #[serde(rename = "MP-301")]
    Type,
    /// They have a field that their type has not.
    #[serde(rename = "MP-302")]
    Field,
}

/// Which undocumented claims pass. Documentation says none; `nbf` and `sub` work in production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownClaims {
    /// None.
    Strict,
    /// The registered ones of RFC 7519.
    #[default]
    Rfc7519,
    /// Any.
    Lenient,
}

/// How `resource` may be written. Documentation says array; strings are in production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceForm {
    /// As an array.
    Array,
    /// As a string.
    String,
    /// Either way.
    #[default]
    Both,
}

/// What a right's metadata is called. Real tokens have the first, one page of documentation the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetadataKey {
    /// `metadata`.
    #[default]
    #[serde(rename = "metadata")]
    Lower,
    /// `metaData`.
    #[serde(rename = "metaData")]
    Camel,
}

/// Among which keys a `kid` is unique.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KidUniqueness {
    /// The client's.
    #[default]
    Client,
    /// Everybody's.
    Global,
}

/// How errors look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStyle {
    /// With `error_uri` and a trace identifier, since 2024.
    #[default]
    #[serde(alias = "2024")]
    Traced,
    /// With a correlation identifier and no `error_uri`.
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
