mod forms;
mod suitable;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as Alg, EncodingKey, Header};
use jwt_simple::prelude::{UnixTimeStamp, VerificationOptions};
use serde_json::{Value, json};

use super::{Jwk, Published, UnverifiedToken, VerificationError};
use innsyn_core::fixtures::{ALTINN_PRIMARY, ALTINN_SECONDARY, CLIENT_KEY, LOGIN_KEY, OTHER_KEY};

const NOW: u64 = 1_800_000_000;

fn claims() -> Value {
    json!({"sub": "kari", "exp": NOW + 60})
}

fn header(algorithm: Alg, kid: Option<&str>) -> Header {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    header
}

/// Returns a token signed with the login service's RSA key.
fn token(algorithm: Alg, kid: Option<&str>) -> String {
    LOGIN_KEY.sign_under(&header(algorithm, kid), &claims())
}

/// Verifies `token` with the keys of a set as fetched, and again as stored.
fn verify_bytes(set: &[u8], token: &str) -> Result<(), String> {
    let options = VerificationOptions {
        artificial_time: Some(UnixTimeStamp::from_secs(NOW)),
        ..VerificationOptions::default()
    };
    let token = UnverifiedToken::read(token, 20_000).map_err(|fault| fault.to_string())?;
    let verify = |set: &[u8]| {
        let set = Published::read(set).ok_or("no set")?;
        match set.verify(&token, &options) {
            Ok(_) => Ok(()),
            Err(VerificationError::KeyNotFound(reason)) => Err(reason.to_string()),
            Err(VerificationError::Refused(reason)) => Err(reason.to_string()),
            Err(VerificationError::Unavailable(problem)) => panic!("{problem:?}"),
        }
    };
    let end = verify(set);
    if let Some(set) = Published::read(set) {
        let stored: Vec<String> = set.keys.iter().map(Jwk::json).collect();
        let stored = format!(r#"{{"keys":[{}]}}"#, stored.join(","));
        assert_eq!(verify(stored.as_bytes()), end);
        let again = Published::read(stored.as_bytes()).expect("a set");
        assert_eq!(again.remarks, [""; 0], "nothing is odd in what is stored");
    }
    end
}

fn verify(keys: &[Value], token: &str) -> Result<(), String> {
    verify_bytes(json!({ "keys": keys }).to_string().as_bytes(), token)
}

fn remarks(keys: &[Value]) -> String {
    let set = json!({ "keys": keys }).to_string();
    let read = Published::read(set.as_bytes()).expect("a set");
    read.remarks.join("; ")
}

fn with(mut key: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        key[name] = value.clone();
    }
    key
}

fn login_key(changes: &Value) -> Value {
    with(LOGIN_KEY.jwk("a"), changes)
}

/// Returns a key on a curve and a token signed with it.
fn elliptic(algorithm: Alg, kid: Option<&str>) -> (Value, String) {
    let (signing, curve): (&'static EcdsaSigningAlgorithm, _) = match algorithm {
        Alg::ES256 => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
        Alg::ES384 => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
        other => panic!("{other:?}"),
    };
    let der = EcdsaKeyPair::generate_pkcs8(signing, &SystemRandom::new()).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(signing, der.as_ref()).expect("a key");
    let (x, y) =
        pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
    let jwk = json!({
        "kty": "EC", "crv": curve, "kid": "a",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    let key = EncodingKey::from_ec_der(der.as_ref());
    let token = jsonwebtoken::encode(&header(algorithm, kid), &claims(), &key);
    (jwk, token.expect("a token"))
}
