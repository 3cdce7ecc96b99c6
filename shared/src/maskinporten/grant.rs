//! The grant: a JWT by which a client asks for one token (Digdir, "Protocol: JWT grants"; RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use jwt_simple::prelude::RSAKeyPairLike as _;
use serde::Serialize;
use serde_json::value::RawValue;
use superboring::hash::MessageDigest;
use superboring::pkey::PKey;
use superboring::rsa::Padding;
use superboring::sign::Signer;
use thiserror::Error;
use time::OffsetDateTime;

use super::client::{Client, KeyIdentifier};
use super::metadata::Metadata;
use crate::platform::Request;
use crate::secret::Secret;

/// How long a grant holds, in seconds. Maskinporten takes 120 at most.
const LIFETIME: i64 = 60;

/// Everything that stands in one grant. It is good for one request: each attempt signs anew.
#[derive(Debug)]
pub struct Grant<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// Where, and the audience.
    pub metadata: &'a Metadata,
    /// Space-separated.
    pub scope: &'a str,
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
    /// The request to Maskinporten's token endpoint.
    pub fn request(&self) -> Result<Request, GrantError> {
        let assertion = self.sign()?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        form.append_pair("assertion", assertion.expose());
        let mut request = Request::new(Bytes::from(form.finish()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self
            .metadata
            .token_endpoint
            .parse()
            .map_err(|_| GrantError::Address)?;
        let headers = request.headers_mut();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(request)
    }

    fn sign(&self) -> Result<Secret<String>, GrantError> {
        let (kid, x5c) = match &self.client.identifier {
            KeyIdentifier::Kid(kid) => (Some(kid.as_str()), None),
            KeyIdentifier::Chain(chain) => (None, Some(chain.as_slice())),
        };
        let details = self.authorization_details.map(serde_json::from_str);
        let issued_at = self.issued_at.unix_timestamp();
        let claims = Claims {
            aud: &self.metadata.issuer,
            iss: &self.client.client_id,
            scope: self.scope,
            iat: issued_at,
            exp: issued_at + LIFETIME,
            jti: &self.id,
            resource: self.resource.map(|resource| [resource]),
            authorization_details: details.transpose().map_err(|_| GrantError::Claims)?,
        };
        let header = Header {
            alg: "RS256",
            kid,
            x5c,
        };
        let signed = format!("{}.{}", encode(&header)?, encode(&claims)?);
        let signature = self
            .signature(signed.as_bytes())
            .map_err(|_| GrantError::Signature)?;
        Ok(Secret::new(format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }

    /// RS256 with the library beneath jwt-simple, which itself has no way to write `x5c`.
    fn signature(&self, signed: &[u8]) -> Result<Vec<u8>, superboring::error::ErrorStack> {
        let key = PKey::from_rsa(self.client.key.key_pair().as_ref().clone())?;
        let mut rs256 = Signer::new(MessageDigest::sha256(), &key)?;
        rs256.set_rsa_padding(Padding::PKCS1)?;
        rs256.update(signed)?;
        rs256.sign_to_vec()
    }
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Command;

    use jsonwebtoken::{Algorithm, Validation};
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;
    use crate::config::Origin;
    use crate::fixtures::{CLIENT_KEY, CONSUMER, MASKINPORTEN, SECOND_CONSUMER, token_config};

    const DETAILS: &str = r#"[{"from":"urn:altinn:person:identifier-no:02829090123","id":"3d2f6a60-9d6c-4cf5-93a3-5d1c9f0c7a04","type":"urn:altinn:consent"}]"#;

    /// The assertion in the request of the client of `consumer`.
    fn assertion(consumer: &str, resource: Option<&str>, details: Option<&str>) -> String {
        let config = token_config();
        let client = config
            .clients
            .iter()
            .find(|client| client.organisation.as_str() == consumer)
            .expect("a client");
        let metadata = Metadata::documented(&Origin::parse(MASKINPORTEN).expect("an origin"));
        let grant = Grant {
            client,
            metadata: &metadata,
            scope: "a b",
            resource,
            authorization_details: details,
            issued_at: datetime!(2026-01-01 12:00 UTC),
            id: "0f4d8ad2-5c0e-4f54-9d0c-1c3f6d7f1a02".to_owned(),
        };
        let request = grant.request().expect("a request");
        assert_eq!(
            (
                request.method().as_str(),
                request.uri().to_string().as_str()
            ),
            ("POST", "https://maskinporten.example/token")
        );
        assert_eq!(
            request.headers()["content-type"],
            "application/x-www-form-urlencoded"
        );
        assert!(
            request.headers().get("authorization").is_none(),
            "the signature is the authentication"
        );
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(request.body())
            .into_owned()
            .collect();
        let [(first, grant_type), (second, assertion)] = fields.as_slice() else {
            panic!("two fields")
        };
        assert_eq!(
            (first.as_str(), grant_type.as_str()),
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        );
        assert_eq!(second, "assertion");
        assertion.clone()
    }

    /// Header and claims, after another library has verified the signature.
    fn verified(assertion: &str) -> (Value, Value) {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        rules.set_audience(&["https://maskinporten.example/"]);
        let claims = jsonwebtoken::decode::<Value>(assertion, &CLIENT_KEY.decoding(), &rules)
            .expect("valid")
            .claims;
        let header = URL_SAFE_NO_PAD
            .decode(assertion.split('.').next().expect("a header"))
            .expect("base64url");
        (serde_json::from_slice(&header).expect("JSON"), claims)
    }

    #[test]
    fn a_registered_key_is_named_by_its_kid() {
        let (header, claims) = verified(&assertion(CONSUMER, None, None));
        assert_eq!(header, json!({"alg": "RS256", "kid": "kid-1"}));
        assert_eq!(
            claims,
            json!({
                "aud": "https://maskinporten.example/", "iss": "client-310000205", "scope": "a b",
                "iat": 1_767_268_800, "exp": 1_767_268_860, "jti": "0f4d8ad2-5c0e-4f54-9d0c-1c3f6d7f1a02",
            })
        );
    }

    #[test]
    fn an_enterprise_certificate_goes_along_as_x5c() {
        let (header, _) = verified(&assertion(SECOND_CONSUMER, None, None));
        assert_eq!(
            header,
            json!({"alg": "RS256", "x5c": ["bGVhZg==", "aXNzdWVy"]})
        );
    }

    #[test]
    fn audience_and_consent_are_arrays_of_one() {
        let (_, claims) = verified(&assertion(
            CONSUMER,
            Some("https://api.example/x"),
            Some(DETAILS),
        ));
        assert_eq!(claims["resource"], json!(["https://api.example/x"]));
        assert_eq!(
            claims["authorization_details"],
            serde_json::from_str::<Value>(DETAILS).expect("JSON")
        );
    }

    #[test]
    fn details_that_are_not_json_stop_us() {
        let config = token_config();
        let metadata = Metadata::documented(&config.maskinporten);
        let grant = Grant {
            client: &config.clients[0],
            metadata: &metadata,
            scope: "a",
            resource: None,
            authorization_details: Some("["),
            issued_at: datetime!(2026-01-01 12:00 UTC),
            id: String::new(),
        };
        assert_eq!(grant.request().map(drop), Err(GrantError::Claims));
    }

    #[test]
    fn openssl_verifies_it_too() {
        if Command::new("openssl").arg("version").output().is_err() {
            let may_skip = std::env::var_os("INNSYN_NO_SKIP").is_none();
            assert!(may_skip, "openssl is needed here");
            // Not by a macro: what a test prints is not shown when it passes.
            let _unheard = writeln!(
                std::io::stderr(),
                "SKIPPED: openssl did not verify the grant, as it is not installed"
            );
            return;
        }
        let assertion = assertion(CONSUMER, None, None);
        let (signed, signature) = assertion.rsplit_once('.').expect("three parts");
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::File::create(&path)
                .and_then(|mut file| file.write_all(content))
                .expect("written");
            path
        };
        let key = file("key.pem", CLIENT_KEY.pem.as_bytes());
        let signed = file("signed", signed.as_bytes());
        let signature = file(
            "signature",
            &URL_SAFE_NO_PAD.decode(signature).expect("base64url"),
        );
        let mut command = Command::new("openssl");
        command
            .args(["dgst", "-sha256", "-prverify"])
            .arg(key)
            .arg("-signature")
            .arg(signature)
            .arg(signed);
        let output = command.output().expect("openssl");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "Verified OK",
            "{output:?}"
        );
    }
}
