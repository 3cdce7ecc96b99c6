//! The `AppRole` method.

use bytes::Bytes;
use serde::Deserialize;
use time::OffsetDateTime;

use super::answer::{Envelope, read};
use super::refusal::Refusal;
use super::state::Vault;

#[derive(Debug, Deserialize)]
struct Login {
    #[serde(default)]
    role_id: String,
    #[serde(default)]
    secret_id: String,
}

impl Vault {
    /// Issues a token for a role that authenticates. The error never discloses the wrong half.
    pub(super) fn log_in(&self, body: &Bytes, now: OffsetDateTime) -> Result<Envelope, Refusal> {
        let Login { role_id, secret_id } = read(body)?;
        let refused = |reason: &str| Err(Refusal::Bad(reason.to_owned()));
        if role_id.is_empty() {
            return refused("missing role_id");
        }
        if role_id != self.role_id {
            return refused("invalid role or secret ID");
        }
        if secret_id.is_empty() {
            return refused("missing secret_id");
        }
        if secret_id != self.secret_id {
            return refused("invalid role or secret ID");
        }
        let token = self.state().tokens.issue(now);
        let token = token.map_err(|_| Refusal::Failed("no randomness".to_owned()))?;
        Ok(Envelope::auth("approle", token.auth()))
    }
}
