//! HTTP client of the app, on the loopback and without TLS.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::credential::CredentialKey;

/// Longest time for one request.
const PATIENCE: Duration = Duration::from_mins(1);

/// Largest answer: a signed document.
const LARGEST: usize = 32 * 1024 * 1024;

/// Client of the app that signs a credential for each request.
#[derive(Debug)]
pub(super) struct Client {
    app: Option<String>,
    subject: &'static str,
    key: CredentialKey,
}

/// Request to the app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Organisation number of the bank that calls.
    pub(super) consumer: &'a str,
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) content: Option<&'a Value>,
}

impl Client {
    /// Creates a client of the app at the origin `app`, if there is one.
    pub(super) const fn new(
        app: Option<String>,
        subject: &'static str,
        key: CredentialKey,
    ) -> Self {
        Self { app, subject, key }
    }

    /// Returns the public key of the credentials.
    pub(super) fn public_key(&self) -> &str {
        self.key.public()
    }

    /// Returns the body of the app's answer.
    ///
    /// # Errors
    ///
    /// Fails without an app, without an answer, and with the problem of a refusal.
    pub(super) async fn send(&self, now: OffsetDateTime, call: Call<'_>) -> anyhow::Result<Bytes> {
        let app = self
            .app
            .as_deref()
            .context("the sandbox runs without the app")?;
        timeout(PATIENCE, self.send_to(app, now, call))
            .await
            .context("the app took too long")?
    }

    async fn send_to(
        &self,
        app: &str,
        now: OffsetDateTime,
        call: Call<'_>,
    ) -> anyhow::Result<Bytes> {
        let Call {
            consumer,
            method,
            path,
            content,
        } = call;
        let body = content.map(Value::to_string).unwrap_or_default();
        let bound = (method, path, body.as_bytes());
        let credential = self.key.sign(self.subject, consumer, bound, now)?;
        let url = Url::parse(app)?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            bail!("the app's address has no host");
        };
        if url.scheme() != "http" {
            bail!("the demo bank's back end calls apps on this machine alone, over HTTP");
        }
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("{host}:{port}"))
            .header(header::AUTHORIZATION, format!("Bearer {credential}"));
        if content.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let stream = TcpStream::connect((host, port))
            .await
            .context("the app does not answer")?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the connection.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name: &str| {
            problem
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        bail!(
            "the app answered {status}: {} {}",
            text("type"),
            text("detail")
        )
    }
}
