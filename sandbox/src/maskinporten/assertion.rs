//! Assertion of a grant: a JWT whose claims are accessible only after its signature is verified.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Grant assertion as received, not yet verified.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    /// Header and claims as signed.
    signed: &'a str,
    signature: &'a str,
    algorithm: Algorithm,
    /// Identifier of the client that the assertion names.
    pub(super) client_id: String,
    pub(super) kid: Option<String>,
    pub(super) x5c: Option<Value>,
    claims: Map<String, Value>,
}

impl<'a> Assertion<'a> {
    /// Takes the parts apart. Assumption: another algorithm than the three allowed is a malformed
    /// assertion.
    pub(super) fn parse(text: &'a str) -> Result<Self, Refusal> {
        let (signed, signature) = text
            .rsplit_once('.')
            .ok_or(Refusal::Malformed("not a JWT"))?;
        let (header, claims) = signed
            .split_once('.')
            .ok_or(Refusal::Malformed("not a JWT"))?;
        let (mut header, claims) = (object(header)?, object(claims)?);
        let algorithm = match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            _ => return Err(Refusal::Malformed("alg")),
        };
        let kid = match header.remove("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid),
            Some(_) => return Err(Refusal::Malformed("kid")),
        };
        let x5c = header.remove("x5c");
        if kid.is_some() && x5c.is_some() {
            return Err(Refusal::Malformed("both kid and x5c"));
        }
        let client_id = claims.get("iss").and_then(Value::as_str);
        let client_id = client_id.ok_or(Refusal::Malformed("iss"))?.to_owned();
        Ok(Self {
            signed,
            signature,
            algorithm,
            client_id,
            kid,
            x5c,
            claims,
        })
    }

    /// Returns the claims, if `key` signed them.
    pub(super) fn verify(&self, key: &DecodingKey) -> Result<&Map<String, Value>, Refusal> {
        let message = self.signed.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, message, key, self.algorithm) {
            Ok(true) => Ok(&self.claims),
            Ok(false) | Err(_) => Err(Refusal::Signature),
        }
    }

    /// Returns the signed part, which distinguishes grants without a `jti`.
    pub(super) fn signed(&self) -> &str {
        self.signed
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Refusal::Malformed("encoding"))?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed("JSON"))
}
