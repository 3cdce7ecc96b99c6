//! API keys: each of one organisation's system, and for some of the interface's resources. A key says which
//! system calls, and is no log-in.
//!
//! Source: Altinn, "API-nøkkel" and the overview of the interface. Assumption: that requests for consent are of
//! the category `Authorization` too, and that an unknown key is answered as another's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::{self, Refusal};
use crate::altinn::register::ORGANISATIONS;

/// The header.
const HEADER: &str = "ApiKey";

/// One key.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key; a new one unless chosen.
    #[serde(default = "Uuid::new_v4")]
    pub key: Uuid,
    /// Whose it is: an organisation number.
    pub organisation: String,
    /// What it may be used for.
    pub resources: Vec<Resource>,
}

/// A resource of the interface: category and access.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Resource {
    /// Tokens, and reading requests.
    #[serde(rename = "Authorization.read")]
    AuthorizationRead,
    /// Making requests and withdrawing.
    #[serde(rename = "Authorization.write")]
    AuthorizationWrite,
    /// Of no use here.
    #[serde(rename = "Message.read")]
    MessageRead,
}

/// Every key.
#[derive(Debug)]
pub(super) struct ApiKeys(Mutex<Vec<ApiKey>>);

impl ApiKeys {
    /// One for each organisation that nobody represents on the page, which are the demo's systems.
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

    /// The key that the request shows, if there is one.
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
