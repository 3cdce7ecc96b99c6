//! API keys: each of one organisation's system, and for some of the interface's resources. A key
//! identifies the calling system, and is no login.
//!
//! Source: Altinn, "API-nøkkel" and the overview of the interface. Assumption: that requests for
//! consent are of the category `Authorization` too, and that an unknown key is answered as
//! another's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::{self, Refusal};
use crate::population::ORGANISATIONS;

/// Name of the header.
const HEADER: &str = "ApiKey";

/// API key of an organisation.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Value of the key; random if omitted.
    #[serde(default = "Uuid::new_v4")]
    pub key: Uuid,
    /// Organisation number of the owner.
    pub organisation: String,
    /// Resources that the key gives access to.
    pub resources: Vec<Resource>,
}

/// A resource of the interface: category and access.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Resource {
    /// Allows fetching tokens and reading requests.
    #[serde(rename = "Authorization.read")]
    AuthorizationRead,
    /// Allows creating requests and withdrawing consents.
    #[serde(rename = "Authorization.write")]
    AuthorizationWrite,
    /// Unused in the sandbox.
    #[serde(rename = "Message.read")]
    MessageRead,
}

/// Registered API keys.
#[derive(Debug)]
pub(super) struct ApiKeys(Mutex<Vec<ApiKey>>);

impl ApiKeys {
    /// Creates a key for each organisation that no person represents on the page: the demo's
    /// systems.
    pub(super) fn demo() -> Self {
        let systems = ORGANISATIONS
            .iter()
            .filter(|organisation| organisation.represented_by.is_empty());
        let keys = systems.map(|organisation| ApiKey {
            key: Uuid::new_v4(),
            organisation: organisation.number.to_owned(),
            resources: vec![Resource::AuthorizationRead, Resource::AuthorizationWrite],
        });
        Self(Mutex::new(keys.collect()))
    }

    pub(super) fn all(&self) -> Vec<ApiKey> {
        self.lock().clone()
    }

    pub(super) fn add(&self, key: ApiKey) {
        self.lock().push(key);
    }

    /// Returns the key in the request, if any.
    pub(super) fn shown(&self, headers: &HeaderMap) -> Result<Option<ApiKey>, Refusal> {
        let value = headers.get(HEADER).ok_or(refusal::NO_API_KEY)?;
        let shown = value.to_str().ok().and_then(|text| text.parse().ok());
        let mut keys = self.all().into_iter();
        Ok(shown.and_then(|shown: Uuid| keys.find(|key| key.key == shown)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ApiKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ApiKey {
    pub(super) fn is_for(&self, resource: Resource) -> bool {
        self.resources.contains(&resource)
    }
}
