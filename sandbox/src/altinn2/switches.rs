//! Deviations of Altinn 2 from its ordinary behaviour, each documented, or observed at the real
//! one; and, to test the consumer's own checks, consent tokens that the real one never issued.

use serde::{Deserialize, Serialize};

use crate::kit::Callback;

/// The switches; `default()` is how it was until June 2026.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Serves nothing any more, as since 19 June 2026. Assumption: with 410 and a reason phrase.
    pub closed: bool,
    /// Seconds before an answer appears in the request's status and at the token endpoint.
    pub answer_delay_seconds: u32,
    /// Redirect of the browser after an answer.
    pub callback: Callback,
    /// Encoding of `ErrorMessage` in the redirect.
    pub error_message: Encoding,
    /// Names of the members of an error.
    pub error_members: ErrorMembers,
    /// Place of the errors of an invalid request.
    pub errors_in: ErrorsIn,
    /// Services that a link may request.
    pub links: Links,
    /// Defect of the consent tokens that are issued from now on.
    pub proofs: Proofs,
}

/// Services that a link may request.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// Services of the standard template, as the documentation has it.
    #[default]
    StandardTemplate,
    /// Service. When Skatteetaten first described krav og betalinger the browser was sent to Altinn
    /// with the code in its address; which template it had then is not published.
    EveryTemplate,
}

/// Defect of the consent tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proofs {
    /// Issues a correct token.
    #[default]
    Good,
    /// Changes the token after it is signed.
    Tampered,
    /// Issues a token for another party.
    AnotherParty,
    /// Issues a token for another consumer.
    AnotherConsumer,
    /// Issues a token for another service.
    AnotherService,
    /// Issues an expired token.
    Expired,
    /// Signed with a key that is not published.
    UnknownKey,
}

/// Number of times that a text is percent-encoded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Encodes twice, as in the documentation.
    #[default]
    Twice,
    /// Encodes once, as RFC 3986 requires.
    Once,
}

/// Names of the members of an error.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorMembers {
    /// `ErrorCode` and `ErrorMessage`, as in the general error model and in a public client.
    #[default]
    General,
    /// `errorCode` and `errorDescription`, as in the interface's description.
    Described,
}

/// Place of the errors of an invalid request.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorsIn {
    /// Errors in the body, since release 21.8.
    #[default]
    Body,
    /// Only in the reason phrase, as before release 21.8.
    ReasonPhrase,
}
