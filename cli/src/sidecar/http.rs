//! HTTP client of the sidecar.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response};

/// Timeout of a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Returns a client that follows no redirect. The authorities in the file `ca` replace the
/// system's, if given.
///
/// # Errors
/// Fails if the file has no certificate.
pub(super) fn client(answer: Duration, ca: Option<&Path>) -> anyhow::Result<ClientBuilder> {
    let http = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(answer)
        .redirect(Policy::none());
    let Some(path) = ca else {
        return Ok(http);
    };
    let unusable = || format!("{} holds no certificate in PEM", path.display());
    let pem = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    // The parser's own error is left out: it holds a line of the file, which may be a key by
    // mistake.
    let authorities = Certificate::from_pem_bundle(&pem).ok();
    let authorities = authorities.with_context(unusable)?;
    anyhow::ensure!(!authorities.is_empty(), unusable());
    Ok(http.tls_certs_only(authorities))
}

/// Reads the body of an answer; `None` if it has more than `most` bytes.
///
/// # Errors
/// Fails if the connection breaks.
pub(super) async fn body(answer: &mut Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// Describes a missing answer, without data of the request.
pub(super) fn unheard(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be reached: does it run, is its address right, is its certificate trusted?"
    } else {
        "the connection broke"
    }
}
