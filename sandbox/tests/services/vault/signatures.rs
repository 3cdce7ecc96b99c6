//! Signatures, verified with the public key that the vault returns.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use crate::vault::support::TestBed;

const MESSAGE: &[u8] = b"header.claims";
const SIGN: &str = "POST transit/sign/vestbanken";
const VERIFY: &str = "POST transit/verify/vestbanken";

/// Returns whether another library accepts the vault's `signature` of [`MESSAGE`].
fn is_good(signature: &Value, version: u32, pem: &str, algorithm: Algorithm) -> bool {
    let prefix = format!("vault:v{version}:");
    let signature = signature.as_str().unwrap().strip_prefix(&prefix).unwrap();
    let signature = URL_SAFE_NO_PAD.encode(STANDARD.decode(signature).unwrap());
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    jsonwebtoken::crypto::verify(&signature, MESSAGE, &key, algorithm).unwrap()
}

#[tokio::test]
async fn every_hash_is_signed_as_a_jwt_wants_it() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let pem = bed.public_key(&token, 1).await;
    for (hash, algorithm) in [
        ("sha2-256", Algorithm::RS256),
        ("sha2-384", Algorithm::RS384),
        ("sha2-512", Algorithm::RS512),
    ] {
        let order = json!({ "input": STANDARD.encode(MESSAGE), "signature_algorithm": "pkcs1v15" });
        let by_path = bed.data(&format!("{SIGN}/{hash}"), &token, &order).await;
        assert_eq!(by_path["key_version"], 1);
        assert!(is_good(&by_path["signature"], 1, &pem, algorithm), "{hash}");

        let mut order = order;
        order["hash_algorithm"] = json!(hash);
        order["key_version"] = json!(1);
        let by_name = bed.data(SIGN, &token, &order).await;
        assert_eq!(by_name, by_path, "{hash}");
    }
}

#[tokio::test]
async fn a_signature_is_pss_unless_asked_otherwise() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let pem = bed.public_key(&token, 1).await;
    let input = STANDARD.encode(MESSAGE);

    let order = json!({ "input": input, "salt_length": "hash" });
    let short = bed.data(SIGN, &token, &order).await["signature"].clone();
    assert!(is_good(&short, 1, &pem, Algorithm::PS256));
    assert!(!is_good(&short, 1, &pem, Algorithm::RS256));

    let long = bed.data(SIGN, &token, &json!({ "input": input })).await["signature"].clone();
    assert!(
        !is_good(&long, 1, &pem, Algorithm::PS256),
        "a JWT's salt is as long as the hash"
    );
    for signature in [&short, &long] {
        let question = json!({ "input": input, "signature": signature });
        assert_eq!(bed.data(VERIFY, &token, &question).await["valid"], true);
    }
    let strict = json!({ "input": input, "signature": long, "salt_length": "hash" });
    assert_eq!(bed.data(VERIFY, &token, &strict).await["valid"], false);
}

#[tokio::test]
async fn a_hash_can_be_signed_in_place_of_its_message() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let pem = bed.public_key(&token, 1).await;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, MESSAGE);
    let order = json!({
        "input": STANDARD.encode(hash), "prehashed": true, "signature_algorithm": "pkcs1v15",
    });
    let signature = bed.data(SIGN, &token, &order).await["signature"].clone();
    assert!(is_good(&signature, 1, &pem, Algorithm::RS256));
}

#[tokio::test]
async fn a_rotated_key_keeps_its_former_version() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let root = bed.vault().root_token().to_owned();
    let rotated = bed
        .data("POST transit/keys/vestbanken/rotate", &root, &Value::Null)
        .await;
    assert_eq!(rotated["latest_version"], 2);
    bed.admin("/vault/rotate").await;

    let order = |version: u32| {
        json!({
            "input": STANDARD.encode(MESSAGE), "key_version": version, "signature_algorithm": "pkcs1v15",
        })
    };
    for (asked, signs) in [(0, 3), (1, 1), (2, 2)] {
        let pem = bed.public_key(&token, signs).await;
        let signature = bed.data(SIGN, &token, &order(asked)).await["signature"].clone();
        assert!(
            is_good(&signature, signs, &pem, Algorithm::RS256),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn what_is_verified_is_the_signature_of_that_message() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let order = json!({ "input": STANDARD.encode(MESSAGE), "signature_algorithm": "pkcs1v15" });
    let signature = bed.data(SIGN, &token, &order).await["signature"].clone();
    for (message, valid) in [(MESSAGE, true), (b"other".as_slice(), false)] {
        let question = json!({
            "input": STANDARD.encode(message), "signature": signature, "signature_algorithm": "pkcs1v15",
        });
        assert_eq!(bed.data(VERIFY, &token, &question).await["valid"], valid);
    }
}
