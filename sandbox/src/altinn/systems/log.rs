//! Change log of the system register.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::registered::Registered;
use super::request::utc;

/// Entry of the register's change log.
#[derive(Debug)]
pub(in crate::altinn) struct LogEntry {
    pub(super) system: Uuid,
    by: String,
    kind: &'static str,
    data: Value,
    at: OffsetDateTime,
}

impl LogEntry {
    pub(super) fn new(
        system: &Registered,
        by: &str,
        kind: &'static str,
        data: Value,
        at: OffsetDateTime,
    ) -> Self {
        Self {
            system: system.internal_id,
            by: by.to_owned(),
            kind,
            data,
            at,
        }
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "systemInternalId": self.system,
            "changedByOrgNumber": self.by,
            "changeType": self.kind,
            "changedData": self.data,
            "created": utc(self.at),
        })
    }
}
