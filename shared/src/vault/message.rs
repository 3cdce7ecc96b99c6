//! What the vault is asked, and what it answers (Vault HTTP API: "Transit", `AppRole`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::VaultSettings;
use crate::log::Text;
use crate::maskinporten::{Algorithm, TransitKey};
use crate::outbound;
use crate::platform::{Request, Response};
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");

/// Why the vault did not do as it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// The token does not hold, or its policy does not allow this. The vault's own words.
    Permission(Text),
    /// Anything else that it says no to.
    Request(StatusCode, Text),
    /// It is sealed, or has failed: so it answers for a version that the key has not got, too.
    Down(StatusCode, Text),
    /// What it said is not an answer.
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
            Refused::Unreadable(reason) => outbound::unreadable("vault", reason),
        }
    }
}

#[derive(Serialize)]
struct Login<'a> {
    role_id: &'a str,
    secret_id: &'a str,
}

/// The request to log in with a role.
pub(super) fn login(
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

/// The token of a login, and how long it holds.
pub(super) fn logged_in(answer: &Response) -> Result<(Secret<String>, Duration), Refused> {
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
        // A role or secret id that it does not know is a bad request to AppRole.
        return Err(Refused::Permission(errors(answer)));
    }
    let body: Body = read(answer)?;
    let lease = Duration::from_secs(body.auth.lease_duration);
    Ok((Secret::new(body.auth.client_token), lease))
}

#[derive(Serialize)]
struct Sign {
    input: String,
    key_version: u32,
    /// Without it the vault would make PSS signatures.
    signature_algorithm: &'static str,
}

/// The request for a signature of `message`.
pub(super) fn sign(
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

/// The signature itself, which the vault writes as `vault:v<version>:<base64>`.
pub(super) fn signature(answer: &Response, key: &TransitKey) -> Result<Vec<u8>, Refused> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        signature: String,
    }
    let body: Body = read(answer)?;
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

fn read<T: serde::de::DeserializeOwned>(answer: &Response) -> Result<T, Refused> {
    match answer.status() {
        StatusCode::OK => serde_json::from_slice(answer.body())
            .map_err(|_| Refused::Unreadable("the answer is not what the vault's API says")),
        StatusCode::FORBIDDEN => Err(Refused::Permission(errors(answer))),
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            Err(Refused::Request(status, errors(answer)))
        }
        status => Err(Refused::Down(status, errors(answer))),
    }
}

/// `{"errors": [...]}`: what the vault says of itself, without what looks like a number or a token.
fn errors(answer: &Response) -> Text {
    #[derive(Default, Deserialize)]
    struct Body {
        errors: Vec<String>,
    }
    let body: Body = serde_json::from_slice(answer.body()).unwrap_or_default();
    Text::new(body.errors.join(", "))
}
