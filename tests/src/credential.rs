//! The JWT with which a component, or a back end, asks `token`, made by a library that the components do not use.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What comes before the 32 bytes of an Ed25519 seed in PKCS#8 (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// `subject`, who has the key with this seed, asks for `consumer`.
pub(crate) fn sign(subject: &str, seed: &str, consumer: &str, now: OffsetDateTime) -> String {
    let seed = URL_SAFE_NO_PAD.decode(seed).expect("base64url");
    let key = EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], &seed].concat());
    let now = now.unix_timestamp();
    let claims = json!({
        "iss": subject,
        "sub": subject,
        "aud": "token",
        "consumer": consumer,
        "iat": now,
        "exp": now + 30,
        "jti": Uuid::new_v4(),
    });
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).expect("a signature")
}
