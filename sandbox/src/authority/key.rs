//! RSA keys, which take their time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};

/// A new RSA key, as Maskinporten wants keys to be. Takes part of a second.
pub fn rsa_key(size: RsaKeySize) -> anyhow::Result<KeyPair> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size)?)
}

/// The RSA key that this process calls `name`: made the first time, the same ever after, so that the
/// second sandbox of a process starts at once.
pub(crate) fn rsa_key_named(name: &str, size: RsaKeySize) -> anyhow::Result<KeyPair> {
    type Made = Arc<Mutex<Option<String>>>;
    static ALL: Mutex<BTreeMap<String, Made>> = Mutex::new(BTreeMap::new());

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
