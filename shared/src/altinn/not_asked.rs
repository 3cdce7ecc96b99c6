//! Why Altinn cannot be asked.

use thiserror::Error;

use crate::problem::{Kind, Problem};

/// Why a request to Altinn cannot be made.
#[derive(Debug, Error)]
pub enum NotAsked {
    /// The caller has not said what the party is called.
    #[error("the party's name is missing")]
    NoName,
    /// The configuration has no API key for the consumer.
    #[error("altinn_api_keys has no key for the consumer")]
    NoApiKey,
    /// The configuration names a service as the other generation does.
    #[error("the service's resource is not a code and an edition")]
    NoService,
    /// The consent's row holds no handle of Altinn's.
    #[error("Altinn has given the consent no code")]
    NoHandle,
    /// The configuration has no purpose for a link.
    #[error("altinn_link_purpose is not set")]
    NoPurpose,
    /// The consent's last moment is not one that a link can say.
    #[error("the consent's time is not one that a link can say")]
    NoTime,
    /// Altinn lets the party alone withdraw it.
    #[error("only the party can withdraw a consent at this Altinn")]
    OnlyTheParty,
    /// A part of it cannot stand in a request.
    #[error(transparent)]
    Http(#[from] http::Error),
}

impl From<NotAsked> for Problem {
    fn from(error: NotAsked) -> Self {
        match error {
            NotAsked::NoName => Self::new(Kind::RequestInvalid)
                .detail("Say party_name: a person's surname, or an organisation's registered name"),
            // A consent that Altinn has no code for is one that was never given.
            NotAsked::NoHandle => Kind::ConsentRequired.into(),
            NotAsked::OnlyTheParty => Self::new(Kind::RequestInvalid)
                .detail("Only the party can withdraw the consent, at Altinn"),
            NotAsked::NoApiKey
            | NotAsked::NoService
            | NotAsked::NoPurpose
            | NotAsked::NoTime
            | NotAsked::Http(_) => Self::new(Kind::Internal).cause(error),
        }
    }
}
