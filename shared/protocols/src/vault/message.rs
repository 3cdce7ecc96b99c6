//! Requests to the vault and its answers (Vault HTTP API: "Transit", `AppRole`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::settings::VaultSettings;
use crate::maskinporten::{Algorithm, TransitKey};
use innsyn_core::log::Redacted;
use innsyn_core::platform::{Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");

/// Reason why the vault did not answer a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refused {
    /// The token is invalid or its policy forbids the request, with the vault's error text.
    Permission(Redacted),
    /// Other refusal, with its status and text.
    Request(StatusCode, Redacted),
    /// Sealed or failed. The vault also answers so for a version that the key does not have.
    Down(StatusCode, Redacted),
    /// Malformed answer.
    Unreadable(&'static str),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Permission(said) => Self::new(Kind::SigningRefused)
                .advice("The vault lets us not sign: check the role's policy, its secret id, and that the token has not run out")
                .cause(format_args!("vault: permission denied ({})", said.as_str())),
            Refused::Request(status, said) => Self::new(Kind::SigningRefused)
                .advice("The vault cannot sign so: check the name, the version and the mount of the key, and that it is an RSA key")
                .cause(format_args!("vault answered {}: {}", status.as_u16(), said.as_str())),
            Refused::Down(status, said) => Self::new(Kind::SourceDown).cause(format_args!(
                "vault answered {}: {}",
                status.as_u16(),
                said.as_str()
            )),
            Refused::Unreadable(reason) => Self::new(Kind::SourceUnreadable).cause(format_args!("vault: {reason}")),
        }
    }
}

#[derive(Serialize)]
struct Login<'a> {
    role_id: &'a str,
    secret_id: &'a str,
}

/// Builds the login request of an `AppRole`.
pub fn login(
    settings: &VaultSettings,
    role_id: &str,
    secret_id: &Secret<String>,
) -> Option<Request> {
    let body = Login {
        role_id,
        secret_id: secret_id.expose(),
    };
    post(settings, "/v1/auth/approle/login", &body)
}

/// Returns the token of a login, and its time-to-live.
///
/// # Errors
/// [`Refused`] if the vault refused the login or its answer is malformed.
pub fn logged_in(
    answer: &Response,
    shown: &Secret<String>,
) -> Result<(Secret<String>, Duration), Refused> {
    #[derive(Deserialize)]
    struct Body {
        auth: Auth,
    }
    #[derive(Deserialize)]
    struct Auth {
        client_token: String,
        lease_duration: u64,
    }
    if answer.status() == StatusCode::BAD_REQUEST {
        // `AppRole` answers an unknown role or secret id with a bad request.
        return Err(Refused::Permission(errors(answer, shown)));
    }
    let body: Body = read(answer, shown)?;
    let lease = Duration::from_secs(body.auth.lease_duration);
    Ok((Secret::new(body.auth.client_token), lease))
}

#[derive(Serialize)]
struct Sign {
    input: String,
    key_version: u32,
    /// Without this member, the vault would make PSS signatures.
    signature_algorithm: &'static str,
}

/// Builds the request for a signature of `message`.
pub fn sign(
    settings: &VaultSettings,
    token: &Secret<String>,
    key: &TransitKey,
    algorithm: Algorithm,
    message: &[u8],
) -> Option<Request> {
    let hash = match algorithm {
        Algorithm::Rs256 => "sha2-256",
        Algorithm::Rs384 => "sha2-384",
        Algorithm::Rs512 => "sha2-512",
    };
    let body = Sign {
        input: STANDARD.encode(message),
        key_version: key.version,
        signature_algorithm: "pkcs1v15",
    };
    let path = format!("/v1/{}/sign/{}/{hash}", key.mount, key.key);
    let mut request = post(settings, &path, &body)?;
    let mut value = HeaderValue::try_from(token.expose()).ok()?;
    value.set_sensitive(true);
    request.headers_mut().insert(TOKEN, value);
    Some(request)
}

/// Decodes the signature, which the vault writes as `vault:v<version>:<base64>`.
///
/// # Errors
/// [`Refused`] if the vault refused to sign or its answer is malformed.
pub fn signature(
    answer: &Response,
    key: &TransitKey,
    shown: &Secret<String>,
) -> Result<Vec<u8>, Refused> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        signature: String,
    }
    let body: Body = read(answer, shown)?;
    let prefix = format!("vault:v{}:", key.version);
    let signature = body.data.signature.strip_prefix(&prefix);
    let signature = signature.ok_or(Refused::Unreadable("the signature is of another version"))?;
    STANDARD
        .decode(signature)
        .map_err(|_| Refused::Unreadable("the signature is not base64"))
}

fn post(settings: &VaultSettings, path: &str, body: &impl Serialize) -> Option<Request> {
    let mut request = Request::new(Bytes::from(serde_json::to_vec(body).ok()?));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = settings.origin.join(path).parse().ok()?;
    let headers = request.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    if let Some(namespace) = &settings.namespace {
        headers.insert(NAMESPACE, HeaderValue::try_from(namespace).ok()?);
    }
    Some(request)
}

fn read<T: serde::de::DeserializeOwned>(
    answer: &Response,
    shown: &Secret<String>,
) -> Result<T, Refused> {
    match answer.status() {
        StatusCode::OK => serde_json::from_slice(answer.body())
            .map_err(|_| Refused::Unreadable("the answer is not what the vault's API says")),
        StatusCode::FORBIDDEN => Err(Refused::Permission(errors(answer, shown))),
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            Err(Refused::Request(status, errors(answer, shown)))
        }
        status => Err(Refused::Down(status, errors(answer, shown))),
    }
}

/// Returns the vault's `{"errors": [...]}`, without the secret in `shown` and without anything that
/// looks like a national identity number or a credential.
fn errors(answer: &Response, shown: &Secret<String>) -> Redacted {
    #[derive(Default, Deserialize)]
    struct Body {
        errors: Vec<String>,
    }
    let body: Body = serde_json::from_slice(answer.body()).unwrap_or_default();
    Redacted::new(shown.removed_from(&body.errors.join(", ")))
}
