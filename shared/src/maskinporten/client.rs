//! A client registered at Maskinporten, with its key.

use jwt_simple::prelude::RS256KeyPair;
use serde::Deserialize;
use thiserror::Error;

use crate::party::OrganisationNumber;

/// A client: who asks for tokens, and with which key.
#[derive(Clone)]
pub struct Client {
    /// The organisation that owns it.
    pub organisation: OrganisationNumber,
    /// Its name at Maskinporten, usually a UUID. It is not secret.
    pub client_id: String,
    /// How Maskinporten knows the key.
    pub identifier: KeyIdentifier,
    pub(super) key: RS256KeyPair,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut client = f.debug_struct("Client");
        client
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// How Maskinporten knows a key: exactly one of the two stands in a grant's header (Digdir, "JWT grant").
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyIdentifier {
    /// A key registered on the client.
    Kid(String),
    /// An enterprise certificate, leaf first: standard base64 of DER.
    Chain(Vec<String>),
}

impl KeyIdentifier {
    /// What tells two keys apart in a token's identity.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Kid(kid) => kid,
            Self::Chain(chain) => chain.first().map_or("", String::as_str),
        }
    }
}

/// A client as it is configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClient {
    organisation: String,
    client_id: String,
    #[serde(default)]
    kid: Option<String>,
    key: String,
    #[serde(default)]
    certificate_chain: Option<Vec<String>>,
}

impl TryFrom<RawClient> for Client {
    type Error = ClientError;

    fn try_from(raw: RawClient) -> Result<Self, ClientError> {
        let identifier = match (raw.kid, raw.certificate_chain) {
            (Some(kid), None) if !kid.is_empty() => KeyIdentifier::Kid(kid),
            (None, Some(chain)) if !chain.is_empty() => KeyIdentifier::Chain(chain),
            _ => return Err(ClientError::Identifier),
        };
        if raw.client_id.is_empty() {
            return Err(ClientError::ClientId);
        }
        Ok(Self {
            organisation: OrganisationNumber::parse(&raw.organisation)
                .map_err(|_| ClientError::Organisation)?,
            client_id: raw.client_id,
            identifier,
            key: RS256KeyPair::from_pem(&raw.key).map_err(|_| ClientError::Key)?,
        })
    }
}

/// What is wrong with a configured client.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ClientError {
    /// Not nine digits with a check digit.
    #[error("has an `organisation` that is not an organisation number")]
    Organisation,
    /// Empty.
    #[error("has an empty `client_id`")]
    ClientId,
    /// Both, or neither.
    #[error("needs exactly one of `kid` and `certificate_chain`")]
    Identifier,
    /// Not a PEM key of 2048 to 4096 bits.
    #[error("has a `key` that is not an RSA key of 2048 to 4096 bits in PEM (PKCS#8)")]
    Key,
}
