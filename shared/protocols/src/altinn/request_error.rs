//! Errors of requests to Altinn that cannot be built.

use thiserror::Error;

use innsyn_core::problem::{Kind, Problem};

/// Reason why a request to Altinn cannot be built.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The caller gave no name for the party.
    #[error("the party's name is missing")]
    NoName,
    /// The configuration has no API key for the consumer.
    #[error("altinn_api_keys has no key for the consumer")]
    NoApiKey,
    /// The configured resource has the form of the other generation of Altinn.
    #[error("the service's resource is not a code and an edition")]
    NoService,
    /// The stored consent has no handle from Altinn.
    #[error("Altinn has given the consent no code")]
    NoHandle,
    /// The configuration has no purpose for a link.
    #[error("altinn_link_purpose is not set")]
    NoPurpose,
    /// The end of the consent's validity cannot be written in a link.
    #[error("the consent's time is not one that a link can say")]
    NoTime,
    /// Altinn lets only the party withdraw the consent.
    #[error("only the party can withdraw a consent at this Altinn")]
    OnlyTheParty,
    /// Invalid part of an HTTP request.
    #[error(transparent)]
    Http(#[from] http::Error),
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::NoName => Self::new(Kind::RequestInvalid).detail(
                "Missing party_name: a person's surname, or an organisation's registered name",
            ),
            // A consent without a code from Altinn was never given.
            RequestError::NoHandle => Kind::ConsentRequired.into(),
            RequestError::OnlyTheParty => Self::new(Kind::RequestInvalid)
                .detail("Only the party can withdraw this consent, at Altinn"),
            RequestError::NoApiKey
            | RequestError::NoService
            | RequestError::NoPurpose
            | RequestError::NoTime
            | RequestError::Http(_) => Self::new(Kind::Internal).cause(error),
        }
    }
}
