//! Client registered at Maskinporten, with its keys.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::key::{Key, KeyError, KeyIdentifier, RawKey};
use innsyn_core::party::OrganisationNumber;

/// Registered client and the keys with which it requests tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// Organisation that owns the client.
    pub organisation: OrganisationNumber,
    /// Client id at Maskinporten, usually a UUID. It is not secret.
    pub client_id: String,
    /// Organisations that have delegated their scopes in Altinn to the owner, which requests tokens
    /// as their supplier (Digdir, "Delegering"). The owner is never among them.
    pub consumers: Vec<OrganisationNumber>,
    /// The signing key, and optionally the fallback for the case that Maskinporten rejects the
    /// first.
    pub keys: Vec<Key>,
}

impl Client {
    /// Parses one element of `maskinporten_clients`.
    ///
    /// # Errors
    /// [`ClientError`] for the first invalid member.
    pub fn of_json(client: &Value) -> Result<Self, ClientError> {
        RawClient::deserialize(client)
            .map_err(|_| ClientError::Form)?
            .try_into()
    }

    /// Returns the enterprise certificates of the client's keys (base64 of DER), each with the
    /// owner.
    pub fn certificates(&self) -> impl Iterator<Item = (&OrganisationNumber, &str)> {
        self.keys.iter().filter_map(|key| match &key.identifier {
            KeyIdentifier::Chain(chain) => Some((&self.organisation, chain.first()?.as_str())),
            KeyIdentifier::Kid(_) => None,
        })
    }

    /// Returns whether the client requests tokens for `consumer`: its owner, or one that it
    /// supplies.
    pub fn serves(&self, consumer: &OrganisationNumber) -> bool {
        self.organisation == *consumer || self.consumers.contains(consumer)
    }

    /// Returns the identifiers of the keys, sorted, so that their order in the configuration does
    /// not matter.
    pub fn key_identifiers(&self) -> Vec<String> {
        let keys = self.keys.iter().map(|key| key.identifier.as_str());
        let mut identifiers: Vec<String> = keys.map(str::to_owned).collect();
        identifiers.sort_unstable();
        identifiers
    }
}

/// Client as configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClient {
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

/// Reason why a configured client is invalid.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ClientError {
    /// Member that is missing, unknown or of the wrong type.
    #[error(
        "is not {{organisation, client_id, keys}} with kid or certificate_chain, and key or transit"
    )]
    Form,
    /// Not nine digits with a valid check digit.
    #[error("has an `organisation` that is not an organisation number")]
    Organisation,
    /// Invalid organisation numbers, or the owner's own.
    #[error("has `consumers` that are not the numbers of other organisations")]
    Consumers,
    /// Client id that is empty.
    #[error("has an empty `client_id`")]
    ClientId,
    /// No key, or more than two. Two are needed during rotation.
    #[error("needs one key in `keys`, or two while they are rolled over")]
    Keys,
    /// Invalid key, with its position counted from one.
    #[error("has a key, number {0}, that {1}")]
    Key(usize, KeyError),
}
