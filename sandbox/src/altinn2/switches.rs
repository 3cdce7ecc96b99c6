//! What Altinn 2 may do differently from the ordinary, each documented, or seen at the real one; and, for the consumer's own
//! checks, proofs that the real one never gave.

use serde::{Deserialize, Serialize};

use crate::altinn::Callback;

/// The switches; `default()` is how it was until June 2026.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// As it is since 19 June 2026: nothing is served any more. Assumption: with 410 and a reason phrase.
    pub closed: bool,
    /// Seconds before an answer shows in the request's status and at the token endpoint.
    pub answer_delay_seconds: u32,
    /// How the browser goes back after an answer.
    pub callback: Callback,
    /// How `ErrorMessage` stands in the way back.
    pub error_message: Encoding,
    /// What the members of an error are called.
    pub error_members: ErrorMembers,
    /// Where the errors of a request that is not good stand.
    pub errors_in: ErrorsIn,
    /// What links may ask for.
    pub links: Links,
    /// What is wrong with the consent tokens that are given from now on.
    pub proofs: Proofs,
}

/// What links may ask for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// Services of the standard template, as the documentation has it.
    #[default]
    StandardTemplate,
    /// Every service. When Skatteetaten first described krav og betalinger the browser was sent to Altinn with the code in its
    /// address; which template it had then is not published.
    EveryTemplate,
}

/// What is wrong with the consent tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proofs {
    /// Nothing.
    #[default]
    Good,
    /// They were changed after they were signed.
    Tampered,
    /// They are of another party.
    AnotherParty,
    /// They are for another consumer.
    AnotherConsumer,
    /// They are for another service.
    AnotherService,
    /// They were given too late.
    Expired,
    /// Nobody has published the key that they are signed with.
    UnknownKey,
}

/// How often a text is percent-encoded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Twice, as the documentation shows it.
    #[default]
    Twice,
    /// Once, as one would expect.
    Once,
}

/// What the members of an error are called.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorMembers {
    /// `ErrorCode` and `ErrorMessage`, as in the general error model and in a public client.
    #[default]
    General,
    /// `errorCode` and `errorDescription`, as in the interface's description.
    Described,
}

/// Where the errors of a request that is not good stand.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorsIn {
    /// In the body, since release 21.8.
    #[default]
    Body,
    /// In the reason phrase alone, as before.
    ReasonPhrase,
}
