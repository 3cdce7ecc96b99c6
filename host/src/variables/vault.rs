//! A vault as provider of variables, asked over HTTP as Spin asks it (its crate `variables-vault`
//! with the client `vaultrs`): the key-value engine, version 2, of `HashiCorp` Vault or `OpenBao`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version>). Each
//! variable is a secret of its own, whose member `value` it is.
//!
//! Differences from Spin: an answer has a deadline, connections are reused, and an answer is cached
//! for a few seconds ([`Cache`]).

use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;
use wasmtime_wasi_http::{RequestOptions, WasiBody};

use super::cache::Cache;
use crate::allowed_hosts::Origin;
use crate::log::Log;
use crate::options::Options;
use crate::outbound::{BlockedNetworks, Client, HttpLimits, Identities, TlsError};

/// Timeout for reading one value. A request may be waiting for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Largest answer, in bytes: a secret is smaller in any vault
/// (<https://developer.hashicorp.com/vault/docs/internals/limits>).
const LARGEST: usize = 1024 * 1024;
/// Name of the client in the log.
const ASKER: &str = "variables";

/// Address of the secrets, with the token for it.
pub(crate) struct VaultServer {
    origin: Origin,
    token: HeaderValue,
    /// Path of a secret up to its name.
    path: String,
}

impl VaultServer {
    /// Creates a provider from `url`, `token`, `mount` and `prefix`, with their meaning in Spin's
    /// runtime configuration. Error messages name no value.
    pub(crate) fn new(
        url: &str,
        token: &str,
        mount: &str,
        prefix: Option<&str>,
    ) -> Result<Self, &'static str> {
        const ADDRESS: &str =
            "`url` is not the address of a vault: http:// or https://, a host and perhaps a port";
        let address = Url::parse(url).map_err(|_| ADDRESS)?;
        if address.path() != "/" || address.query().is_some() || !address.username().is_empty() {
            return Err(ADDRESS);
        }
        let origin = Origin::of_entry(&address.origin().ascii_serialization());
        let origin = origin.map_err(|_| ADDRESS)?;
        let token = HeaderValue::from_str(token).ok();
        let mut token = token
            .filter(|token| !token.is_empty())
            .ok_or("`token` is empty, or not one")?;
        token.set_sensitive(true);
        let folder = match prefix {
            Some(prefix) => format!("/v1/{mount}/data/{prefix}/"),
            None => format!("/v1/{mount}/data/"),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        if mount.is_empty() || !folder.bytes().all(plain) || folder.contains("//") {
            return Err(
                "`mount` and `prefix` are names, perhaps of several parts with a / between",
            );
        }
        Ok(Self {
            origin,
            token,
            path: folder,
        })
    }
}

/// Vault that is ready for requests.
pub(super) struct Vault {
    server: VaultServer,
    client: Client,
    cache: Cache,
    log: Log,
}

impl Vault {
    pub(super) fn new(server: VaultServer, options: &Options) -> Result<Self, TlsError> {
        let identities = Identities::trusting(options.vault_roots.as_deref())?;
        let log = options.log.clone();
        // The networks blocked for components do not apply here: the vault is the operator's.
        let blocked = BlockedNetworks::default();
        let client = Client::new(identities, blocked, &HttpLimits::default(), log.clone());
        Ok(Self {
            server,
            client,
            cache: Cache::new(options),
            log,
        })
    }

    /// Fetches the value of the secret with this name. `None` is a 404 in the vault's own form.
    /// Another 404, as for a secret whose newest version was deleted, is a failure, as in Spin.
    pub(super) async fn get(&self, name: &str) -> Result<Option<String>, String> {
        // Boxed: a call is large, and most readings make none.
        let ask = Box::pin(self.ask_in_time(name));
        self.cache.get(name, ask).await
    }

    async fn ask_in_time(&self, name: &str) -> Result<Option<String>, String> {
        let outcome = timeout(PATIENCE, self.ask(name)).await;
        let outcome = outcome.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        outcome.map_err(|reason| {
            let reason = format!("the vault at {}: {reason}", self.server.origin);
            self.log
                .failure(ASKER, "vault", &format!("`{name}`: {reason}"));
            format!("the vault does not give the variable `{name}`")
        })
    }

    async fn ask(&self, name: &str) -> Result<Option<String>, String> {
        let VaultServer {
            origin,
            token,
            path,
        } = &self.server;
        let none: WasiBody = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::get(format!("{origin}{path}{name}"))
            .header(HOST, authority(origin))
            .header("x-vault-token", token.clone())
            .body(none)
            .map_err(|_| "no request can be made for it".to_owned())?;
        let answer = self
            .client
            .send(ASKER, origin, request, RequestOptions::default())
            .await
            .map_err(|error| format!("{error:?}"))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        // The body may be the secret, so no message quotes it.
        let body = body.map_err(|_| "its answer broke off, or is too large".to_owned())?;
        read(status, &body.to_bytes())
    }
}

fn authority(origin: &Origin) -> String {
    format!("{}:{}", origin.host, origin.port)
}

/// Parses a response.
fn read(status: StatusCode, body: &[u8]) -> Result<Option<String>, String> {
    #[derive(Deserialize)]
    struct SecretResponse {
        data: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        data: Secret,
    }
    #[derive(Deserialize)]
    struct Secret {
        value: String,
    }
    #[derive(Deserialize)]
    struct Errors {
        #[serde(rename = "errors")]
        _errors: Vec<String>,
    }
    match status {
        StatusCode::OK => serde_json::from_slice(body)
            .map(|found: SecretResponse| Some(found.data.data.value))
            .map_err(|_| "its answer is no secret with a text called `value`".to_owned()),
        StatusCode::NOT_FOUND if serde_json::from_slice::<Errors>(body).is_ok() => Ok(None),
        status => Err(format!("its answer is {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_value_nothing_or_a_failure() {
        let secret = r#"{"data":{"data":{"value":"s3cret","other":1},"metadata":{"version":1}}}"#;
        let deleted = r#"{"data":{"data":null,"metadata":{"version":1}}}"#;
        for (status, body, expected) in [
            (200, secret, Ok(Some("s3cret"))),
            (404, r#"{"errors":[]}"#, Ok(None)),
            (404, r#"{"errors":["no handler for route"]}"#, Ok(None)),
            (404, deleted, Err("its answer is 404 Not Found")),
            (404, "", Err("its answer is 404 Not Found")),
            (
                403,
                r#"{"errors":["s3cret"]}"#,
                Err("its answer is 403 Forbidden"),
            ),
            (307, secret, Err("its answer is 307 Temporary Redirect")),
            (
                503,
                r#"{"errors":["Vault is sealed"]}"#,
                Err("its answer is 503 Service Unavailable"),
            ),
            (
                200,
                "s3cret",
                Err("its answer is no secret with a text called `value`"),
            ),
            (
                200,
                deleted,
                Err("its answer is no secret with a text called `value`"),
            ),
            (
                200,
                r#"{"data":{"data":{"value":7}}}"#,
                Err("its answer is no secret with a text called `value`"),
            ),
            (
                200,
                r#"{"data":{"value":"s3cret"}}"#,
                Err("its answer is no secret with a text called `value`"),
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let expected = expected.map(|value| value.map(str::to_owned));
            assert_eq!(
                read(status, body.as_bytes()),
                expected.map_err(str::to_owned),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_repeated() {
        const VALUE: &str = "Kx9!fjord-og-fjell-2026";
        let secret = leaks::Secret::new(VALUE);
        for document in [
            serde_json::json!({"data": {"data": {"value": "@"}, "metadata": {"version": 1}}}),
            serde_json::json!({"errors": ["@"]}),
        ] {
            for (name, body) in leaks::in_json(&document, VALUE) {
                for status in [200, 301, 400, 403, 404, 429, 503] {
                    let status = StatusCode::from_u16(status).unwrap();
                    if let Err(reason) = read(status, body.as_bytes()) {
                        secret.expect_unseen(name, &reason);
                    }
                }
            }
        }
    }

    #[test]
    fn a_secret_has_its_place_below_the_mount() {
        for (url, mount, prefix, place) in [
            (
                "http://127.0.0.1:8200",
                "secret",
                None,
                "http://127.0.0.1:8200/v1/secret/data/",
            ),
            (
                "https://vault.example/",
                "kv",
                Some("innsyn/test"),
                "https://vault.example/v1/kv/data/innsyn/test/",
            ),
        ] {
            let server = VaultServer::new(url, "t", mount, prefix).ok().unwrap();
            assert_eq!(format!("{}{}", server.origin, server.path), place);
        }
        for (url, token, mount, prefix) in [
            ("vault.example", "t", "kv", None),
            ("ftp://vault.example", "t", "kv", None),
            ("https://vault.example/ui", "t", "kv", None),
            ("https://user@vault.example", "t", "kv", None),
            ("https://vault.example", "", "kv", None),
            ("https://vault.example", "s3cret\n", "kv", None),
            ("https://vault.example", "t", "", None),
            ("https://vault.example", "t", "kv?", None),
            ("https://vault.example", "t", "kv", Some("/innsyn")),
        ] {
            let error = VaultServer::new(url, token, mount, prefix).err().unwrap();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
