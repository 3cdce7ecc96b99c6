//! Key-value engine, version 2, mounted at `secret`: each secret has versions, of which the last
//! ten are stored (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>).

use std::collections::{BTreeMap, VecDeque};

use ::http::StatusCode;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::{Envelope, read};
use super::refusal::Refusal;

/// Number of stored versions: the engine's default.
const KEPT: usize = 10;
/// Type of the mount, as named in answers.
const ENGINE: &str = "kv";

/// Secrets, by their paths.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<String, Secret>);

#[derive(Default)]
struct Secret {
    newest: u64,
    versions: VecDeque<Version>,
}

struct Version {
    number: u64,
    data: Map<String, Value>,
    created: OffsetDateTime,
    deleted: Option<OffsetDateTime>,
}

/// Requested version: zero means the newest.
#[derive(Debug, Deserialize)]
pub(super) struct VersionQuery {
    #[serde(default)]
    version: u64,
}

#[derive(Debug, Deserialize)]
struct WriteRequest {
    data: Option<Map<String, Value>>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    cas: Option<u64>,
}

impl Secrets {
    /// Reads a version of a secret. A deleted one is not found, and the answer has its metadata.
    pub(super) fn read_version(
        &self,
        path: &str,
        which: &VersionQuery,
    ) -> Result<(StatusCode, Envelope), Refusal> {
        let secret = self.0.get(path).ok_or(Refusal::NotFound)?;
        let number = match which.version {
            0 => secret.newest,
            number => number,
        };
        let version = secret.versions.iter().find(|it| it.number == number);
        let version = version.ok_or(Refusal::NotFound)?;
        let (status, data) = match version.deleted {
            None => (StatusCode::OK, Value::Object(version.data.clone())),
            Some(_) => (StatusCode::NOT_FOUND, Value::Null),
        };
        let told = json!({ "data": data, "metadata": version.metadata() });
        Ok((status, Envelope::data(ENGINE, told)))
    }

    /// Writes a new version of a secret from a request.
    pub(super) fn write(
        &mut self,
        path: &str,
        body: &Bytes,
        now: OffsetDateTime,
    ) -> Result<Envelope, Refusal> {
        let writing: WriteRequest = read(body)?;
        let data = writing
            .data
            .ok_or_else(|| Refusal::Bad("no data provided".to_owned()))?;
        let newest = self.0.get(path).map_or(0, |secret| secret.newest);
        if writing.options.cas.is_some_and(|cas| cas != newest) {
            let reason = "check-and-set parameter did not match the current version";
            return Err(Refusal::Bad(reason.to_owned()));
        }
        let secret = self.0.entry(path.to_owned()).or_default();
        Ok(Envelope::data(ENGINE, secret.add(data, now)))
    }

    /// Deletes the newest version of a secret, whose metadata remain.
    pub(super) fn delete(&mut self, path: &str, now: OffsetDateTime) {
        let secret = self.0.get_mut(path);
        let newest = secret.and_then(|secret| secret.versions.back_mut());
        if let Some(newest) = newest {
            newest.deleted.get_or_insert(now);
        }
    }

    /// Stores `value` in the member `value` of the secret `path`.
    pub(super) fn keep(&mut self, path: String, value: &str, now: OffsetDateTime) {
        let data = Map::from_iter([("value".to_owned(), value.into())]);
        self.0.entry(path).or_default().add(data, now);
    }
}

impl Secret {
    fn add(&mut self, data: Map<String, Value>, created: OffsetDateTime) -> Value {
        self.newest = self.newest.saturating_add(1);
        let version = Version {
            number: self.newest,
            data,
            created,
            deleted: None,
        };
        let metadata = version.metadata();
        self.versions.push_back(version);
        if self.versions.len() > KEPT {
            self.versions.pop_front();
        }
        metadata
    }
}

impl Version {
    fn metadata(&self) -> Value {
        let written = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
        json!({
            "created_time": written(self.created),
            "custom_metadata": null,
            "deletion_time": self.deleted.map(written).unwrap_or_default(),
            "destroyed": false,
            "version": self.number,
        })
    }
}
