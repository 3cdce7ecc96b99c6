//! Published keys of Maskinporten, which the sidecar fetches to validate tokens.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use innsyn_protocols::introspection::{Invalid, PublishedKeys};
use reqwest::{Client, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::app::Origin;
use super::http;

/// Path of the metadata document (RFC 8414 §3).
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Timeout of an answer.
const ANSWER: Duration = Duration::from_secs(4);

/// Largest answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// Longest acceptance of a withdrawn key while Maskinporten can be reached.
const FRESH: Duration = Duration::from_mins(10);

/// Longest use of cached keys while Maskinporten cannot be reached.
const UNREACHABLE: Duration = Duration::from_hours(1);

/// Cool-down between two fetches, whichever key identifiers tokens have.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// Source of Maskinporten's keys.
pub(super) struct Maskinporten {
    http: Client,
    origin: Origin,
    /// Cached keys, locked during a fetch (single-flight).
    cached: Mutex<CachedKeys>,
}

/// Keys of the last successful fetch, and the last attempt.
#[derive(Default)]
struct CachedKeys {
    fetched: Option<FetchedKeys>,
    tried: Option<Instant>,
    failure: Option<String>,
    /// Remarks on the form of the keys, as logged.
    remarks: Vec<String>,
}

struct FetchedKeys {
    issuer: String,
    keys: PublishedKeys,
    at: Instant,
}

/// Metadata members in use.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Maskinporten {
    /// Creates a client for `origin`. The authorities in the file `ca` replace the system's, if
    /// given.
    ///
    /// # Errors
    /// Fails where the file holds no certificate.
    pub(super) fn new(origin: Origin, ca: Option<&Path>) -> anyhow::Result<Self> {
        let http = http::client(ANSWER, ca)?;
        Ok(Self {
            http: http.build().context("TLS cannot be set up")?,
            origin,
            cached: Mutex::default(),
        })
    }

    /// Returns the claims of a valid token.
    ///
    /// # Errors
    /// Fails with the reason if the token is invalid, or cannot be validated.
    pub(super) async fn validate(&self, token: &str) -> Result<Map<String, Value>, String> {
        let mut cached = self.cached.lock().await;
        let age = |cached: &CachedKeys| cached.fetched.as_ref().map(|fetched| fetched.at.elapsed());
        if age(&cached).is_none_or(|age| age >= FRESH) {
            self.renew(&mut cached).await;
        }
        if age(&cached).is_some_and(|age| age >= UNREACHABLE) {
            cached.fetched = None;
        }
        match cached.validate(token) {
            Err(Invalid::UnknownKey(_)) if self.renew(&mut cached).await => cached.validate(token),
            end => end,
        }
        .map_err(|reason| reason.to_string())
    }

    /// Fetches the keys, unless that was done within the cool-down. Returns whether there are new
    /// ones.
    async fn renew(&self, cached: &mut CachedKeys) -> bool {
        if cached
            .tried
            .is_some_and(|tried| tried.elapsed() < COOL_DOWN)
        {
            return false;
        }
        cached.tried = Some(Instant::now());
        match self.fetch().await {
            Ok(fetched) => {
                if cached.remarks != fetched.keys.remarks() {
                    cached.remarks = fetched.keys.remarks().to_vec();
                    for remark in &cached.remarks {
                        self.log(&format!("its key set is odd: {remark}"));
                    }
                }
                cached.fetched = Some(fetched);
                cached.failure = None;
                true
            }
            Err(reason) => {
                self.log(&reason);
                cached.failure = Some(reason);
                false
            }
        }
    }

    async fn fetch(&self) -> Result<FetchedKeys, String> {
        let at = Instant::now();
        let metadata = self.get(self.origin.join(METADATA)).await?;
        let metadata: Metadata = serde_json::from_slice(&metadata)
            .map_err(|_| "its metadata has no issuer and jwks_uri".to_owned())?;
        let own = |text: &str| Url::parse(text).ok().filter(|url| self.origin.owns(url));
        own(&metadata.issuer).ok_or("its metadata is of another issuer")?;
        let address =
            own(&metadata.jwks_uri).ok_or("its metadata's jwks_uri is at another origin")?;
        let keys = PublishedKeys::read(&self.get(address).await?).ok_or("it has no key set")?;
        Ok(FetchedKeys {
            issuer: metadata.issuer,
            keys,
            at,
        })
    }

    async fn get(&self, address: Url) -> Result<Vec<u8>, String> {
        let unheard = |error: reqwest::Error| http::unheard(&error).to_owned();
        let request = self.http.get(address);
        let request = request.header(header::ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(unheard)?;
        if answer.status() != StatusCode::OK {
            return Err(format!("it answered {}", answer.status().as_u16()));
        }
        let body = http::body(&mut answer, LARGEST).await.map_err(unheard)?;
        body.ok_or_else(|| "its answer is too large".to_owned())
    }

    fn log(&self, reason: &str) {
        eprintln!("token-sidecar: Maskinporten at {}: {reason}", self.origin);
    }
}

impl CachedKeys {
    fn validate(&self, token: &str) -> Result<Map<String, Value>, Invalid> {
        match &self.fetched {
            Some(fetched) => {
                let now = OffsetDateTime::now_utc();
                fetched.keys.validate(token, &fetched.issuer, now)
            }
            None => Err(Invalid::Refused(format!(
                "Maskinporten's keys cannot be fetched: {}",
                self.failure.as_deref().unwrap_or("they were not found")
            ))),
        }
    }
}
