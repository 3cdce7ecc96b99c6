//! Kinds of refusals.

use serde::Deserialize;

/// Kind of a refusal, by who has to act. The configuration maps an API's codes to these names; the
/// examples are those of krav og betalinger.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// `skjermet`: the content is withheld.
    #[serde(skip_deserializing)]
    Shielded,
    /// KB-007: no claims or payments for this party and period.
    NothingFound,
    /// `KB-009`: unknown party.
    PartyUnknown,
    /// `KB-006`: invalid input.
    Input,
    /// KB-005: the consent in the token was not accepted.
    Consent,
    /// `KB-004`: token that was not accepted.
    Token,
    /// 429, with the seconds to wait if the source gives them.
    #[serde(skip_deserializing)]
    TooManyCalls(Option<u64>),
    /// KB-001, KB-002, DAS-003 and other failures of the source that may be temporary.
    Down,
    /// KB-003, KB-008, DAS-002, DAS-008, a bare 404: this app is configured wrongly.
    Configuration,
    /// The answer is not as documented.
    #[serde(skip_deserializing)]
    Unreadable,
}
