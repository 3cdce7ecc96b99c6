//! `transit/verify`.

use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Envelope, read};
use super::names::KEY;
use super::refusal::Refusal;
use super::scheme::RequestedScheme;
use super::sign::input;
use super::state::Vault;

#[derive(Debug, Deserialize)]
struct VerifyRequest {
    /// Input in standard base64.
    #[serde(default)]
    input: String,
    #[serde(default)]
    signature: String,
    #[serde(flatten)]
    wish: RequestedScheme,
}

impl Vault {
    /// Returns whether a signature is one of the key `name`.
    pub(super) fn verify(
        &self,
        name: &str,
        hash_in_path: Option<&str>,
        body: &Bytes,
    ) -> Result<Envelope, Refusal> {
        let question: VerifyRequest = read(body)?;
        if question.signature.is_empty() {
            return bad("neither a 'signature' nor an 'hmac' were given to verify");
        }
        let scheme = question.wish.scheme(hash_in_path)?;
        if name != KEY {
            return bad("signature verification key not found");
        }
        let input = input(&question.input)?;
        let (number, signature) = split(&question.signature)?;
        let state = self.state();
        let Some(version) = state.key.find(number) else {
            return bad("invalid signature: version is too new");
        };
        let digest = scheme.hash.digest(&input, scheme.prehashed);
        let valid = digest.is_some_and(|digest| {
            scheme.checking.iter().any(|algorithm| {
                let key = UnparsedPublicKey::new(*algorithm, &version.public);
                key.verify_digest(&digest, &signature).is_ok()
            })
        });
        Ok(Envelope::data("transit", json!({ "valid": valid })))
    }
}

/// Splits `vault:v<number>:<base64>` into the version's number and the signature.
fn split(text: &str) -> Result<(i64, Vec<u8>), Refusal> {
    let Some(rest) = text.strip_prefix("vault:v") else {
        return bad("invalid signature: no prefix");
    };
    let Some((number, signature)) = rest.split_once(':') else {
        return bad("invalid signature: wrong number of fields");
    };
    let Ok(number) = number.parse() else {
        return bad("invalid signature: version number could not be decoded");
    };
    let Ok(signature) = STANDARD.decode(signature) else {
        return bad("invalid base64 signature value");
    };
    Ok((number, signature))
}

fn bad<T>(reason: &str) -> Result<T, Refusal> {
    Err(Refusal::Bad(reason.to_owned()))
}
