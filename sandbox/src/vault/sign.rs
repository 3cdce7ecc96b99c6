//! `transit/sign`.

use aws_lc_rs::rsa::KeyPair as RsaKey;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Envelope, read};
use super::names::KEY;
use super::refusal::Refusal;
use super::scheme::{RequestedScheme, Scheme};
use super::state::Vault;

#[derive(Debug, Deserialize)]
struct Order {
    /// Input in standard base64.
    #[serde(default)]
    input: String,
    #[serde(default)]
    key_version: i64,
    #[serde(flatten)]
    wish: RequestedScheme,
}

impl Vault {
    /// Signs with the key `name`.
    pub(super) fn sign(
        &self,
        name: &str,
        hash_in_path: Option<&str>,
        body: &Bytes,
    ) -> Result<Envelope, Refusal> {
        let order: Order = read(body)?;
        let scheme = order.wish.scheme(hash_in_path)?;
        if name != KEY {
            return Err(Refusal::Bad("signing key not found".to_owned()));
        }
        let input = input(&order.input)?;
        let state = self.state();
        let version = state.key.version(order.key_version)?;
        let signature = signature(&version.key, &scheme, &input)?;
        let number = version.number;
        let signature = format!("vault:v{number}:{}", STANDARD.encode(signature));
        let data = json!({ "key_version": number, "signature": signature });
        Ok(Envelope::data("transit", data))
    }
}

/// Decodes the input of a signature or a check.
pub(super) fn input(base64: &str) -> Result<Vec<u8>, Refusal> {
    let decoded = STANDARD.decode(base64);
    decoded.map_err(|error| Refusal::Bad(format!("unable to decode input as base64: {error}")))
}

fn signature(key: &RsaKey, scheme: &Scheme, input: &[u8]) -> Result<Vec<u8>, Refusal> {
    let failed = |reason: &str| Refusal::Failed(reason.to_owned());
    let digest = scheme.hash.digest(input, scheme.prehashed);
    let digest = digest.ok_or_else(|| failed("crypto/rsa: input must be hashed message"))?;
    let mut signature = vec![0; key.public_key().modulus_len()];
    key.sign_digest(scheme.signing, &digest, &mut signature)
        .map_err(|_| failed("the key does not sign"))?;
    Ok(signature)
}
