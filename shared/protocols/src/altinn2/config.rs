//! Settings of Altinn 2 other than its addresses.

use http::HeaderName;

use super::api_key::ApiKeys;

/// Configuration of Altinn 2.
#[derive(Clone, Debug)]
pub struct Altinn2Config {
    /// API keys of the consumers.
    pub keys: ApiKeys,
    /// Method by which a consent is requested.
    pub start: Start,
    /// Purpose of the consent in a link (`DelegationContext`); nothing else uses it.
    pub purpose: Option<String>,
    /// OAuth scope of the token that accompanies the API key when proofs are fetched; a consumer's
    /// own key needs no token.
    pub token_scope: Option<String>,
    /// Name of the header that carries the proof to the source.
    pub header: HeaderName,
}

/// Method by which a consent is requested.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// API call with a Maskinporten token and the API key.
    Token,
    /// API call with the API key and the enterprise certificate, which the host presents in TLS.
    Certificate,
    /// Link: the address of Altinn's page holds the whole request, and the API is not called.
    Link,
}
