//! RSA keys. Making one takes part of a second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};

/// Generates an RSA key, as Maskinporten requires. Takes part of a second.
///
/// # Errors
///
/// Fails if the key cannot be generated.
pub fn rsa_key(size: RsaKeySize) -> anyhow::Result<KeyPair> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size)?)
}

/// Returns the public half of an RSA key.
///
/// # Errors
///
/// Fails if `pair` is no RSA key.
pub fn public_jwk(pair: &KeyPair) -> Result<Jwk, jsonwebtoken::errors::Error> {
    let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
    Jwk::from_encoding_key(&key, Algorithm::RS256)
}

/// Returns the RSA key that this process calls `name`: generated once, so that the second sandbox
/// of a process starts quickly.
pub(crate) fn rsa_key_named(name: &str, size: RsaKeySize) -> anyhow::Result<KeyPair> {
    type SharedPem = Arc<Mutex<Option<String>>>;
    static ALL: Mutex<BTreeMap<String, SharedPem>> = Mutex::new(BTreeMap::new());

    // The lock on all is let go before a key is made, so that two can be made at once.
    let made = ALL
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name.to_owned())
        .or_default()
        .clone();
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pem) = &*made {
        return Ok(KeyPair::from_pem(pem)?);
    }
    let key = rsa_key(size)?;
    *made = Some(key.serialize_pem());
    Ok(key)
}
