//! The grant: a JWT by which a client asks for one token (Digdir, "Protocol: JWT grants"; RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use time::OffsetDateTime;

use super::key::{Key, KeyIdentifier};
use super::metadata::Metadata;
use crate::platform::Request;

/// How long a grant holds, in seconds. Maskinporten takes 120 at most.
const LIFETIME: i64 = 60;

/// Everything that stands in one grant. It is good for one request: each attempt signs anew.
#[derive(Debug)]
pub struct Grant<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// What signs.
    pub key: &'a Key,
    /// The audience.
    pub metadata: &'a Metadata,
    /// Space-separated.
    pub scope: &'a str,
    /// The organisation that has delegated the scope to the client's: nine digits.
    pub consumer_org: Option<&'a str>,
    /// The person that the token shall be restricted to: eleven digits.
    pub pid: Option<&'a str>,
    /// The API that the token shall be restricted to (RFC 8707).
    pub resource: Option<&'a str>,
    /// JSON: an array of one object (RFC 9396).
    pub authorization_details: Option<&'a str>,
    /// Now.
    pub issued_at: OffsetDateTime,
    /// A random UUID, never used before.
    pub id: String,
}

/// Only documented claims: others are refused, `nbf` and `sub` at Maskinporten's pleasure.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
    /// An array: the documented form.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5c: Option<&'a [String]>,
}

impl Grant<'_> {
    /// Header and claims, as they are signed (RFC 7515 §5.1).
    pub fn signing_input(&self) -> Result<String, GrantError> {
        let (kid, x5c) = match &self.key.identifier {
            KeyIdentifier::Kid(kid) => (Some(kid.as_str()), None),
            KeyIdentifier::Chain(chain) => (None, Some(chain.as_slice())),
        };
        let details = self.authorization_details.map(serde_json::from_str);
        let issued_at = self.issued_at.unix_timestamp();
        let claims = Claims {
            aud: &self.metadata.issuer,
            iss: self.client_id,
            scope: self.scope,
            iat: issued_at,
            exp: issued_at.saturating_add(LIFETIME),
            jti: &self.id,
            consumer_org: self.consumer_org,
            pid: self.pid,
            resource: self.resource.map(|resource| [resource]),
            authorization_details: details.transpose().map_err(|_| GrantError::Claims)?,
        };
        let header = Header {
            alg: self.key.algorithm.as_str(),
            kid,
            x5c,
        };
        Ok(format!("{}.{}", encode(&header)?, encode(&claims)?))
    }
}

/// The request to Maskinporten's token endpoint, with what was signed and its signature.
pub fn request(
    metadata: &Metadata,
    signing_input: &str,
    signature: &[u8],
) -> Result<Request, GrantError> {
    let assertion = format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.append_pair("assertion", &assertion);
    let mut request = Request::new(Bytes::from(form.finish()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = metadata
        .token_endpoint
        .parse()
        .map_err(|_| GrantError::Address)?;
    let headers = request.headers_mut();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}

fn encode(part: &impl Serialize) -> Result<String, GrantError> {
    let json = serde_json::to_vec(part).map_err(|_| GrantError::Claims)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Why a grant could not be made: our own fault, each of them.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum GrantError {
    /// The details are not JSON.
    #[error("the claims of the grant cannot be written")]
    Claims,
    /// The key does not sign.
    #[error("the client's key does not sign")]
    Signature,
    /// The token endpoint is not an address.
    #[error("the token endpoint is not an address")]
    Address,
}
