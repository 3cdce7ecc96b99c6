//! Maskinporten's authorization-server metadata (RFC 8414).

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use thiserror::Error;

use innsyn_core::origin::Origin;
use innsyn_core::platform::{Request, Response};

/// Metadata that a grant needs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Metadata {
    /// Issuer, which is the audience of grants, compared byte for byte.
    pub issuer: String,
    /// Token endpoint, to which grants are sent.
    pub token_endpoint: String,
}

impl Metadata {
    /// Returns the documented values, as a fallback while the metadata document is unavailable.
    pub fn documented(origin: &Origin) -> Self {
        Self {
            issuer: issuer(origin),
            token_endpoint: origin.join("/token"),
        }
    }

    /// Builds the request for the document.
    ///
    /// # Errors
    /// [`MetadataError::Unreadable`] if its address cannot be built.
    pub fn request(origin: &Origin) -> Result<Request, MetadataError> {
        let mut request = Request::new(Bytes::new());
        let address = origin.join("/.well-known/oauth-authorization-server");
        *request.uri_mut() = address.parse().map_err(|_| MetadataError::Unreadable)?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json);
        Ok(request)
    }

    /// Parses the document. The issuer must equal the configured one, including the trailing slash,
    /// and the token endpoint must be at its origin.
    ///
    /// # Errors
    /// [`MetadataError`], each variant.
    pub fn read(answer: &Response, origin: &Origin) -> Result<Self, MetadataError> {
        if answer.status() != StatusCode::OK {
            return Err(MetadataError::Unreadable);
        }
        let metadata: Self =
            serde_json::from_slice(answer.body()).map_err(|_| MetadataError::Unreadable)?;
        if metadata.issuer != issuer(origin) {
            return Err(MetadataError::Issuer);
        }
        if !origin.owns(&metadata.token_endpoint) {
            return Err(MetadataError::Endpoint);
        }
        Ok(metadata)
    }
}

/// Returns the issuer, which ends in a slash (Digdir, "Well-known endpoints").
fn issuer(origin: &Origin) -> String {
    origin.join("/")
}

/// Reason why the metadata document is rejected.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MetadataError {
    /// Unavailable or malformed: the documented addresses are used instead.
    #[error("the metadata cannot be read")]
    Unreadable,
    /// Unexpected issuer. No grant is sent to it.
    #[error("the metadata names another issuer than the configured one")]
    Issuer,
    /// Token endpoint at another origin: nothing is sent.
    #[error("the metadata's token endpoint is not at the issuer's origin")]
    Endpoint,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, issuer: &str, endpoint: &str) -> Result<Metadata, MetadataError> {
        let body = serde_json::json!({"issuer": issuer, "token_endpoint": endpoint, "jwks_uri": "https://m.example/jwk"});
        let mut answer = Response::new(Bytes::from(body.to_string()));
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        Metadata::read(
            &answer,
            &Origin::parse("https://m.example").expect("an origin"),
        )
    }

    #[test]
    fn only_the_configured_issuer_is_taken() {
        let good = read(200, "https://m.example/", "https://m.example/token").expect("good");
        assert_eq!(
            good,
            Metadata::documented(&Origin::parse("https://m.example").expect("an origin"))
        );
        for (status, issuer, endpoint, error) in [
            (
                503,
                "https://m.example/",
                "https://m.example/token",
                MetadataError::Unreadable,
            ),
            (
                200,
                "https://m.example",
                "https://m.example/token",
                MetadataError::Issuer,
            ),
            (
                200,
                "https://x.example/",
                "https://m.example/token",
                MetadataError::Issuer,
            ),
            (
                200,
                "https://m.example/",
                "https://x.example/token",
                MetadataError::Endpoint,
            ),
        ] {
            assert_eq!(read(status, issuer, endpoint), Err(error));
        }
    }
}
