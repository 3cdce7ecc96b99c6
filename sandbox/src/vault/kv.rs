//! The key-value engine, version 2, mounted at `secret`: each secret has versions, of which the last ten are kept
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>).

use std::collections::{BTreeMap, VecDeque};

use ::http::StatusCode;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Vault;
use super::answer::{Envelope, read};
use super::refusal::Refusal;

/// How many versions are kept: the engine's default.
const KEPT: usize = 10;
/// The kind of mount that answers.
const ENGINE: &str = "kv";

/// All secrets, by their paths.
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

/// Which version is asked for: zero stands for the newest.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    version: u64,
}

#[derive(Debug, Deserialize)]
struct Writing {
    data: Option<Map<String, Value>>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    cas: Option<u64>,
}

impl Vault {
    /// A version of a secret. One that was deleted is not found, and its metadata are told with that.
    pub(super) fn read_secret(
        &self,
        path: &str,
        which: &Which,
    ) -> Result<(StatusCode, Envelope), Refusal> {
        let state = self.state();
        let secret = state.secrets.0.get(path).ok_or(Refusal::NotFound)?;
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

    /// A new version of a secret, as a request has it.
    pub(super) fn write_secret(
        &self,
        path: &str,
        body: &Bytes,
        now: OffsetDateTime,
    ) -> Result<Envelope, Refusal> {
        let writing: Writing = read(body)?;
        let data = writing
            .data
            .ok_or_else(|| Refusal::Bad("no data provided".to_owned()))?;
        let mut state = self.state();
        let newest = state.secrets.0.get(path).map_or(0, |secret| secret.newest);
        if writing.options.cas.is_some_and(|cas| cas != newest) {
            let reason = "check-and-set parameter did not match the current version";
            return Err(Refusal::Bad(reason.to_owned()));
        }
        let secret = state.secrets.0.entry(path.to_owned()).or_default();
        Ok(Envelope::data(ENGINE, secret.add(data, now)))
    }

    /// Deletes the newest version of a secret, which can still be told of.
    pub(super) fn delete_secret(&self, path: &str, now: OffsetDateTime) {
        let mut state = self.state();
        let secret = state.secrets.0.get_mut(path);
        let newest = secret.and_then(|secret| secret.versions.back_mut());
        if let Some(newest) = newest {
            newest.deleted.get_or_insert(now);
        }
    }

    /// Keeps `value` as an operator does who lets Spin read it: the member `value` of the secret `innsyn/<name>`.
    pub fn keep_variable(&self, name: &str, value: &str, now: OffsetDateTime) {
        let data = Map::from_iter([("value".to_owned(), value.into())]);
        let mut state = self.state();
        let path = format!("{}{name}", super::token::VARIABLES);
        state.secrets.0.entry(path).or_default().add(data, now);
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
