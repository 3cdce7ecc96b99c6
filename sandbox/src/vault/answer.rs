//! Parts that all requests and answers share.

use axum::Json;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::refusal::Refusal;

/// Members that all answers have.
#[derive(Debug, Serialize)]
pub(super) struct Envelope {
    request_id: Uuid,
    lease_id: &'static str,
    renewable: bool,
    lease_duration: u64,
    data: Option<Value>,
    wrap_info: Option<Value>,
    warnings: Option<Vec<String>>,
    auth: Option<Value>,
    mount_type: &'static str,
}

impl Envelope {
    /// Builds an answer with `data` from an engine of this type.
    pub(super) fn data(mount_type: &'static str, data: Value) -> Self {
        Self {
            data: Some(data),
            ..Self::empty(mount_type)
        }
    }

    /// Builds the answer to a login.
    pub(super) fn auth(mount_type: &'static str, auth: Value) -> Self {
        Self {
            auth: Some(auth),
            ..Self::empty(mount_type)
        }
    }

    fn empty(mount_type: &'static str) -> Self {
        Self {
            request_id: Uuid::new_v4(),
            lease_id: "",
            renewable: false,
            lease_duration: 0,
            data: None,
            wrap_info: None,
            warnings: None,
            auth: None,
            mount_type,
        }
    }
}

/// Answer of a handler.
pub(super) type Answer = Result<Json<Envelope>, Refusal>;

/// Reads a body: JSON, or nothing. Assumption: how a wrong type is put into words.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::Bad(format!("error parsing JSON: {error}")))?;
    serde_json::from_value(value)
        .map_err(|error| Refusal::Bad(format!("Field validation failed: {error}")))
}
