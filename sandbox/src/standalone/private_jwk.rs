//! A private RSA key as a JWK (RFC 7518, 6.3.2), from its PKCS#8.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::KeyPair;
use serde_json::{Map, Value, json};
use x509_parser::der_parser::ber::BerObject;
use x509_parser::der_parser::parse_der;

/// Names of the numbers of an RSA key, in their order (RFC 8017, A.1.2).
const NUMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/// Converts the key in `pem`, which is known as `kid`.
pub(super) fn from_pem(pem: &str, kid: &str) -> anyhow::Result<Value> {
    let pkcs8 = KeyPair::from_pem(pem)?.serialize_der();
    let key = element(&pkcs8, 2)?;
    let key = key.as_slice().context("no PKCS#8 with a key")?;
    let mut jwk = Map::new();
    for (name, value) in [
        ("kty", "RSA"),
        ("use", "sig"),
        ("alg", "RS256"),
        ("kid", kid),
    ] {
        jwk.insert(name.to_owned(), json!(value));
    }
    for (index, name) in NUMBERS.iter().enumerate() {
        // The first element is the version.
        let number = element(key, index.saturating_add(1))?;
        let number = number.as_slice().context("no number")?;
        // DER has a zero before a number whose first bit is set.
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        jwk.insert((*name).to_owned(), json!(URL_SAFE_NO_PAD.encode(number)));
    }
    Ok(Value::Object(jwk))
}

/// Returns an element of the sequence that `der` is.
fn element(der: &[u8], index: usize) -> anyhow::Result<BerObject<'_>> {
    let (_, sequence) = parse_der(der).ok().context("no DER")?;
    let elements = sequence.as_sequence().ok().context("no sequence")?;
    elements.get(index).cloned().context("too short a sequence")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::public_jwk;
    use rcgen::RsaKeySize;

    #[test]
    fn the_public_half_is_the_keys() {
        let pair = crate::pki::rsa_key_named("private-jwk", RsaKeySize::_2048).unwrap();
        let jwk = from_pem(&pair.serialize_pem(), "k-1").unwrap();
        let public = serde_json::to_value(public_jwk(&pair).unwrap()).unwrap();
        for name in ["n", "e", "kty"] {
            assert_eq!(jwk[name], public[name], "{name}");
        }
        assert_eq!(jwk["kid"], "k-1");
        let length = |name: &str| {
            URL_SAFE_NO_PAD
                .decode(jwk[name].as_str().unwrap())
                .unwrap()
                .len()
        };
        assert_eq!((length("n"), length("p"), length("q")), (256, 128, 128));
    }
}
