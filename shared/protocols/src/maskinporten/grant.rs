//! JWT bearer grant: the assertion with which a client requests one token (Digdir, "Protocol: JWT
//! grants"; RFC 7523).

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
use innsyn_core::platform::Request;

/// Lifetime of a grant, in seconds. Maskinporten accepts at most 120.
const LIFETIME: i64 = 60;

/// Contents of one grant. A grant is valid for one request, so each attempt signs a new one.
pub struct Grant<'a> {
    /// Client id (`iss`).
    pub client_id: &'a str,
    /// Signing key.
    pub key: &'a Key,
    /// Metadata of the issuer, which is the audience.
    pub metadata: &'a Metadata,
    /// Scopes, separated by spaces.
    pub scope: &'a str,
    /// Organisation that has delegated the scope to the client's owner: nine digits.
    pub consumer_org: Option<&'a str>,
    /// Person to whom the token is restricted: eleven digits.
    pub pid: Option<&'a str>,
    /// API to which the token is restricted (RFC 8707).
    pub resource: Option<&'a str>,
    /// Authorization details as JSON: an array of one object (RFC 9396).
    pub authorization_details: Option<&'a str>,
    /// Current time (`iat`).
    pub issued_at: OffsetDateTime,
    /// Random UUID that was never used before (`jti`).
    pub id: String,
}

impl std::fmt::Debug for Grant<'_> {
    /// Formats without the person and the details, which are confidential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// Claims of a grant. Only documented claims are written, since Maskinporten refuses others, and
/// may refuse `nbf` and `sub`.
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
    /// An array, which is the documented form.
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
    /// Returns the header and claims in the form that is signed (RFC 7515 §5.1).
    ///
    /// # Errors
    /// [`GrantError::Claims`] if the authorization details are not JSON.
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

/// Builds the request to Maskinporten's token endpoint, from the signed input and its signature.
///
/// # Errors
/// [`GrantError::Address`] if the token endpoint is not a valid address.
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

/// Reason why a grant cannot be made. Each one is a fault of this app or its settings.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum GrantError {
    /// The authorization details are not JSON.
    #[error("the claims of the grant cannot be written")]
    Claims,
    /// Signing failed.
    #[error("the client's key does not sign")]
    Signature,
    /// The token endpoint is not a valid address.
    #[error("the token endpoint is not an address")]
    Address,
}
