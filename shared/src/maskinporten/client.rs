//! A client registered at Maskinporten, with its keys.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::key::{Key, KeyError, KeyIdentifier, RawKey};
use crate::party::OrganisationNumber;

/// A client: who asks for tokens, and with which keys.
#[derive(Clone, Debug)]
pub struct Client {
    /// The organisation that owns it.
    pub organisation: OrganisationNumber,
    /// Its name at Maskinporten, usually a UUID. It is not secret.
    pub client_id: String,
    /// The organisations that have delegated their scopes to that one in Altinn, so that the client asks as their supplier
    /// (Digdir, "Delegering"). Never the owner itself.
    pub consumers: Vec<OrganisationNumber>,
    /// The one that signs, and the one that steps in when Maskinporten does not take the first.
    pub keys: Vec<Key>,
}

impl Client {
    /// Reads one element of `maskinporten_clients`.
    pub fn of_json(client: &Value) -> Result<Self, ClientError> {
        RawClient::deserialize(client)
            .map_err(|_| ClientError::Form)?
            .try_into()
    }

    /// The enterprise certificates that it shows, each with whose it is: base64 of DER.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = (&OrganisationNumber, &str)> {
        self.keys.iter().filter_map(|key| match &key.identifier {
            KeyIdentifier::Chain(chain) => Some((&self.organisation, chain.first()?.as_str())),
            KeyIdentifier::Kid(_) => None,
        })
    }

    /// Whether it asks for tokens of `consumer`: its owner's, or as a supplier.
    pub fn serves(&self, consumer: &OrganisationNumber) -> bool {
        self.organisation == *consumer || self.consumers.contains(consumer)
    }

    /// What tells its keys from those of another configuration, in whatever order they stand.
    pub fn key_identifiers(&self) -> Vec<String> {
        let keys = self.keys.iter().map(|key| key.identifier.as_str());
        let mut identifiers: Vec<String> = keys.map(str::to_owned).collect();
        identifiers.sort_unstable();
        identifiers
    }
}

/// A client as it is configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClient {
    organisation: String,
    client_id: String,
    #[serde(default)]
    consumers: Vec<String>,
    keys: Vec<RawKey>,
}

impl TryFrom<RawClient> for Client {
    type Error = ClientError;

    fn try_from(raw: RawClient) -> Result<Self, ClientError> {
        if raw.client_id.is_empty() {
            return Err(ClientError::ClientId);
        }
        if !(1..=2).contains(&raw.keys.len()) {
            return Err(ClientError::Keys);
        }
        let keys = raw.keys.into_iter().enumerate();
        let keys = keys.map(|(index, key)| {
            Key::try_from(key).map_err(|error| ClientError::Key(index.saturating_add(1), error))
        });
        let organisation =
            OrganisationNumber::parse(&raw.organisation).map_err(|_| ClientError::Organisation)?;
        let consumers = raw.consumers.iter().map(|number| {
            let number = OrganisationNumber::parse(number).ok();
            number.filter(|number| *number != organisation)
        });
        let consumers: Option<_> = consumers.collect();
        Ok(Self {
            consumers: consumers.ok_or(ClientError::Consumers)?,
            organisation,
            client_id: raw.client_id,
            keys: keys.collect::<Result<_, _>>()?,
        })
    }
}

/// What is wrong with a configured client.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ClientError {
    /// A member that is missing, unknown or of another kind.
    #[error(
        "is not {{organisation, client_id, keys}} with kid or certificate_chain, and key or transit"
    )]
    Form,
    /// Not nine digits with a check digit.
    #[error("has an `organisation` that is not an organisation number")]
    Organisation,
    /// Not such numbers, or the owner among them.
    #[error("has `consumers` that are not the numbers of other organisations")]
    Consumers,
    /// Empty.
    #[error("has an empty `client_id`")]
    ClientId,
    /// None, or more than a roll-over needs.
    #[error("needs one key in `keys`, or two while they are rolled over")]
    Keys,
    /// One of the keys, counted from one.
    #[error("has a key, number {0}, that {1}")]
    Key(usize, KeyError),
}
