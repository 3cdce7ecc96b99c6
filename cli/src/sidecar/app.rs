//! The app, as the sidecar asks it: with the service's credential, signed anew for each call.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use axum::http::{StatusCode, header};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, Url};
use serde::Deserialize;
use shared::credential::{self, SigningKey};
use shared::party::OrganisationNumber;
use time::OffsetDateTime;
use uuid::Uuid;

use super::answer::{Granted, Refused};
use super::guard::is_this_machine;
use super::wanted::Wanted;

/// Whom the credential is for: the token component.
const AUDIENCE: &str = "token";

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// How long an answer may take. The token component gives up before.
const ANSWER: Duration = Duration::from_secs(12);

/// The largest answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// Where the app is.
#[derive(Clone)]
pub(super) struct Origin(Url);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(host) => {}
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

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.origin().ascii_serialization())
    }
}

/// The app, and as whom it is asked.
pub(super) struct App {
    http: Client,
    origin: Origin,
    subject: String,
    key: SigningKey,
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

/// The part of the token component's answer that is passed on.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

/// The part of its refusal that is passed on.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl App {
    /// With the authority in the file `ca` in place of the system's, if there is one.
    pub(super) fn new(
        origin: Origin,
        subject: String,
        key: SigningKey,
        consumer: OrganisationNumber,
        ca: Option<&Path>,
    ) -> anyhow::Result<Self> {
        // The credential goes to the app alone: no redirect, no proxy.
        let mut http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(Policy::none())
            .no_proxy();
        if let Some(path) = ca {
            let unusable = || format!("{} holds no certificate in PEM", path.display());
            let pem =
                fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
            // The parser's own error is left out: it holds a line of the file, which may be a key by mistake.
            let authorities = Certificate::from_pem_bundle(&pem).ok();
            let authorities = authorities.with_context(unusable)?;
            anyhow::ensure!(!authorities.is_empty(), unusable());
            http = http.tls_certs_only(authorities);
        }
        Ok(Self {
            http: http.build().context("TLS cannot be set up")?,
            origin,
            subject,
            key,
            consumer,
        })
    }

    /// Asks the token component.
    pub(super) async fn token(&self, wanted: &Wanted) -> Result<Granted, Refused> {
        let credential = credential::sign(
            OffsetDateTime::now_utc(),
            Uuid::new_v4().to_string(),
            &self.key,
            &self.subject,
            AUDIENCE,
            &self.consumer,
        )
        .map_err(|error| self.failed(&error.to_string()))?;
        let mut address = self.origin.0.clone();
        address.set_path("/token");
        let answer = self
            .http
            .post(address)
            .bearer_auth(credential.expose())
            .json(wanted)
            .send()
            .await
            .map_err(|error| self.failed(unheard(&error)))?;
        self.read(answer).await
    }

    async fn read(&self, mut answer: Response) -> Result<Granted, Refused> {
        let status = answer.status();
        let retry_after = answer.headers().get(header::RETRY_AFTER).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| self.failed(unheard(&error)))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(self.failed("its answer is too large to be a token"));
            }
        }
        if status == StatusCode::OK {
            let token: Token = serde_json::from_slice(&body)
                .map_err(|_| self.failed("its answer holds no token"))?;
            return Ok(Granted {
                access_token: token.access_token,
                token_type: "Bearer",
                expires_in: token.expires_in,
            });
        }
        let refusal = serde_json::from_slice::<Refusal>(&body).ok();
        match refusal {
            Some(refusal) if status == StatusCode::UNAUTHORIZED => {
                self.log("it does not know this sidecar: look at --subject, --key and --consumer");
                Err(Refused::new(
                    status,
                    &refusal.error,
                    "innsyn does not know this sidecar: its --subject, --key and --consumer must be those of a service in innsyn's token_services",
                ))
            }
            Some(refusal) if status.is_client_error() || status.is_server_error() => Err(Refused {
                retry_after,
                ..Refused::new(status, &refusal.error, refusal.error_description)
            }),
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

    /// What whoever runs the sidecar must see. No reason holds anything of the request or the answer.
    fn log(&self, reason: &str) {
        eprintln!("token-sidecar: innsyn at {}: {reason}", self.origin);
    }
}

fn unheard(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be reached: does it run, is --app right, is its certificate trusted (--ca)?"
    } else {
        "the connection broke"
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
