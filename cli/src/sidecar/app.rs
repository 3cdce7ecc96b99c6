//! Client of the app's token component, with the service's credential for each call.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use axum::http::{Method, StatusCode, header};
use innsyn_core::credential::{BoundRequest, Signer, SigningKey};
use innsyn_core::party::OrganisationNumber;
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::answer::Refused;
use super::http;
use super::token_request::TokenRequest;
use super::tokens::{Issuer, TokenResponse};

/// Audience of the credential: the token component.
const AUDIENCE: &str = "token";

/// Path of the token component.
const PATH: &str = "/token";

/// Timeout of a request to the app. The token component gives up earlier.
const ANSWER: Duration = Duration::from_secs(12);

/// Largest answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// Origin of the app.
#[derive(Clone)]
pub(super) struct Origin(Url);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "https" => {}
            "http" if loopback::is_this_machine(host) => {}
            _ => {
                return Err("tokens go over https, or over http on this machine alone".to_owned());
            }
        }
        let origin = url.origin().ascii_serialization();
        if text.trim_end_matches('/') == origin {
            Ok(Self(url))
        } else {
            Err(format!("this is more than an origin: {origin}"))
        }
    }
}

impl Origin {
    /// Returns the address of `path` at this origin.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut address = self.0.clone();
        address.set_path(path);
        address
    }

    /// Returns whether `address` is at this origin.
    pub(super) fn owns(&self, address: &Url) -> bool {
        address.origin() == self.0.origin()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.origin().ascii_serialization())
    }
}

/// App, and the service that the sidecar calls it as.
pub(super) struct App {
    http: Client,
    origin: Origin,
    subject: String,
    signer: Signer,
    consumer: OrganisationNumber,
}

impl fmt::Display for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            subject,
            consumer,
            ..
        } = self;
        write!(formatter, "it asks {origin} as {subject}, for {consumer}")
    }
}

impl Issuer for App {
    async fn issue(&self, token_request: &TokenRequest) -> Result<TokenResponse, Refused> {
        self.ask(token_request.body()?).await
    }
}

/// Part of the token component's refusal that the sidecar passes on.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl App {
    /// Creates a client. The authority in the file `ca` replaces the system's, if given.
    pub(super) fn new(
        origin: Origin,
        subject: String,
        key: SigningKey,
        consumer: OrganisationNumber,
        ca: Option<&Path>,
    ) -> anyhow::Result<Self> {
        // The credential goes to the app alone: no redirect, no proxy.
        let http = http::client(ANSWER, ca)?.no_proxy();
        Ok(Self {
            http: http.build().context("TLS cannot be set up")?,
            origin,
            signer: Signer::new(subject.clone(), key),
            subject,
            consumer,
        })
    }

    async fn ask(&self, body: Vec<u8>) -> Result<TokenResponse, Refused> {
        let request = BoundRequest::new(AUDIENCE, Method::POST.as_str(), PATH, &body)
            .for_consumer(self.consumer.as_str());
        let id = || Uuid::new_v4().to_string();
        let credential = self
            .signer
            .sign(OffsetDateTime::now_utc(), id, &request)
            .map_err(|error| self.failed(&error.to_string()))?;
        let answer = self
            .http
            .post(self.origin.join(PATH))
            .bearer_auth(credential)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| self.failed(http::unheard(&error)))?;
        self.read(answer).await
    }

    async fn read(&self, mut answer: Response) -> Result<TokenResponse, Refused> {
        let status = answer.status();
        let retry_after = answer.headers().get(header::RETRY_AFTER).cloned();
        let body = http::body(&mut answer, LARGEST)
            .await
            .map_err(|error| self.failed(http::unheard(&error)))?
            .ok_or_else(|| self.failed("its answer is too large to be a token"))?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body)
                .map_err(|_| self.failed("its answer holds no token"));
        }
        let refusal = serde_json::from_slice::<Refusal>(&body).ok();
        match refusal {
            Some(refusal) if status == StatusCode::UNAUTHORIZED => {
                self.log("it does not know this sidecar: look at --subject, --key and --consumer");
                Err(Refused::new(
                    status,
                    &refusal.error,
                    "innsyn does not know this sidecar: its --subject and --key must be those of a service in innsyn's token_services, and its --consumer one of that service's consumers",
                ))
            }
            Some(refusal) if status.is_client_error() || status.is_server_error() => Err(Refused {
                retry_after,
                ..Refused::new(status, &refusal.error, refusal.error_description)
            }),
            // A proxy in front of the app may be the one that is busy.
            _ if matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) =>
            {
                let description = format!("innsyn at {}: it is busy", self.origin);
                Err(Refused {
                    retry_after,
                    ..Refused::new(status, "temporarily_unavailable", description)
                })
            }
            _ if status == StatusCode::NOT_FOUND => {
                Err(self.failed("it has no /token here: the token component's route is private unless configured otherwise"))
            }
            _ => Err(self.failed(&format!("it answered {} without a reason", status.as_u16()))),
        }
    }

    fn failed(&self, reason: &str) -> Refused {
        self.log(reason);
        Refused::failed(format!("innsyn at {}: {reason}", self.origin))
    }

    /// Reports a failure to the sidecar's operator. `reason` has nothing from the request or the
    /// response.
    fn log(&self, reason: &str) {
        eprintln!("token-sidecar: innsyn at {}: {reason}", self.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_https_or_stay_on_this_machine() {
        for text in [
            "https://innsyn.example",
            "https://innsyn.example/",
            "https://innsyn.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000",
        ] {
            assert!(Origin::from_str(text).is_ok(), "{text}");
        }
        for text in [
            "innsyn.example",
            "http://innsyn.example",
            "http://10.0.0.1:3000",
            "ftp://localhost",
            "https://innsyn.example/token",
            "https://innsyn.example?x",
            "https://user@innsyn.example",
        ] {
            assert!(Origin::from_str(text).is_err(), "{text}");
        }
    }
}
