//! Against another library, which signs and verifies the same credentials.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test, what is not as expected ends it"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::*;

const CONSUMER: &str = "310000205";
const SEED: [u8; 32] = [7; 32];

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time")
}

fn after(seconds: i64) -> OffsetDateTime {
    now() + Duration::seconds(seconds)
}

fn key() -> SigningKey {
    SigningKey::from_seed(&SEED).expect("a seed")
}

fn signer() -> Signer {
    Signer::new("claims", key())
}

fn request() -> BoundRequest<'static> {
    BoundRequest::new("token", "POST", "/token", b"scope=a").for_consumer(CONSUMER)
}

fn sign(signer: &Signer, at: OffsetDateTime, request: &BoundRequest<'_>) -> String {
    let id = || format!("{}", OffsetDateTime::now_utc().unix_timestamp_nanos());
    signer.sign(at, id, request).expect("signed")
}

fn verify(
    verifier: &Verifier,
    token: &str,
    at: OffsetDateTime,
) -> Result<Credential, CredentialError> {
    let keys = [key().verifying_key()];
    verifier.verify(token, "claims", &keys, "POST", "/token", at)
}

fn digest(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    URL_SAFE_NO_PAD.encode(digest)
}

/// Claims of a good credential, as somebody else writes them.
fn claims() -> Value {
    let now = now().unix_timestamp();
    json!({
        "iss": "claims", "sub": "claims", "aud": "token", "consumer": CONSUMER, "iat": now, "exp": now + 30, "jti": "1",
        "method": "POST", "path": "/token", "body_sha256": digest(b"scope=a"),
    })
}

/// Signs `claims` with the other library.
fn signed(claims: &Value) -> String {
    let prefix = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let key = EncodingKey::from_ed_der(&[&prefix[..], &SEED].concat());
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &key).expect("signed")
}

#[test]
fn another_library_verifies_what_is_signed() {
    let token = sign(&signer(), now(), &request());
    let key = DecodingKey::from_ed_components(&key().verifying_key().to_text()).expect("a key");
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.validate_exp = false;
    rules.set_audience(&["token"]);
    rules.set_issuer(&["claims"]);
    let read = jsonwebtoken::decode::<Value>(&token, &key, &rules).expect("valid");
    let mut read = read.claims;
    assert!(read["jti"].as_str().is_some_and(|id| id.len() > 10));
    read["jti"] = "1".into();
    assert_eq!(read, claims());
    let credential = verify(&Verifier::new("token"), &signed(&claims()), now()).expect("good");
    assert_eq!(credential.consumer(), Some(CONSUMER));
}

#[test]
fn it_is_accepted_for_thirty_seconds_and_no_more() {
    let token = sign(&signer(), now(), &request());
    // One that remembers the signature, and one that does not.
    let remembers = Verifier::new("token");
    for (seconds, end) in [
        (-6, Err(CredentialError::Early)),
        (-5, Ok(())),
        (0, Ok(())),
        (29, Ok(())),
        (30, Err(CredentialError::Expired)),
        (38, Err(CredentialError::Expired)),
    ] {
        for verifier in [&remembers, &Verifier::new("token")] {
            let verified = verify(verifier, &token, after(seconds));
            assert_eq!(verified.map(|_| ()), end, "{seconds}");
        }
    }
    assert_eq!(remembers.kept(), 1);
}

#[test]
fn it_is_good_for_its_caller_receiver_and_request_alone() {
    let token = sign(&signer(), now(), &request());
    let (key, verifier) = (key().verifying_key(), Verifier::new("token"));
    let other = SigningKey::from_seed(&[8; 32])
        .expect("a seed")
        .verifying_key();
    let check = |verifier: &Verifier, subject: &str, keys: &[VerifyingKey], method, path| {
        let outcome = verifier.verify(&token, subject, keys, method, path, now());
        outcome.map(|_| ())
    };
    let both = [other.clone(), key.clone()];
    assert_eq!(check(&verifier, "claims", &both, "POST", "/token"), Ok(()));
    let (key, other) = ([key], [other]);
    for (subject, keys, method, path, error) in [
        (
            "claims",
            &[][..],
            "POST",
            "/token",
            CredentialError::Refused,
        ),
        (
            "claims",
            &other[..],
            "POST",
            "/token",
            CredentialError::Refused,
        ),
        (
            "consent",
            &key[..],
            "POST",
            "/token",
            CredentialError::Refused,
        ),
        (
            "claims",
            &key[..],
            "GET",
            "/token",
            CredentialError::OtherRequest,
        ),
        (
            "claims",
            &key[..],
            "POST",
            "/token/sweep",
            CredentialError::OtherRequest,
        ),
        (
            "claims",
            &key[..],
            "POST",
            "/token?a",
            CredentialError::OtherRequest,
        ),
    ] {
        assert_eq!(
            check(&verifier, subject, keys, method, path),
            Err(error),
            "{subject} {path}"
        );
    }
    let egress = Verifier::new(EGRESS);
    let refused = Err(CredentialError::Refused);
    assert_eq!(check(&egress, "claims", &key, "POST", "/token"), refused);

    let credential = verify(&verifier, &token, now()).expect("good");
    assert_eq!(credential.check_body(b"scope=a"), Ok(()));
    for body in [&b""[..], b"scope=b", b"scope=a "] {
        assert_eq!(credential.check_body(body), Err(CredentialError::OtherBody));
    }
    assert_eq!(claimed_subject(&token).as_deref(), Some("claims"));
}

#[test]
fn what_is_missing_is_named_and_what_lives_too_long_refused() {
    let verifier = Verifier::new("token");
    let missing = CredentialError::Missing;
    let lives = |seconds: i64| now().unix_timestamp() + seconds;
    for (claim, value, error) in [
        ("method", None, missing("method")),
        ("path", None, missing("path")),
        ("body_sha256", None, missing("body digest (body_sha256)")),
        (
            "body_sha256",
            Some("AA".into()),
            missing("body digest (body_sha256)"),
        ),
        ("iat", None, missing("iat")),
        ("exp", None, missing("exp")),
        ("jti", None, missing("jti")),
        ("exp", Some(lives(31).into()), CredentialError::Lifetime),
        ("exp", Some(lives(0).into()), CredentialError::Lifetime),
        ("exp", Some(lives(-1).into()), CredentialError::Lifetime),
        ("nbf", Some(lives(6).into()), CredentialError::Early),
        ("sub", Some("consent".into()), CredentialError::Refused),
        ("iss", None, CredentialError::Refused),
    ] {
        let mut claims = claims();
        match value {
            Some(value) => claims[claim] = value,
            None => drop(claims.as_object_mut().expect("claims").remove(claim)),
        }
        assert_eq!(
            verify(&verifier, &signed(&claims), now()),
            Err(error),
            "{claims}"
        );
    }
    let text = missing("body digest (body_sha256)").to_string();
    assert!(
        text.starts_with("the credential names no body digest (body_sha256)"),
        "{text}"
    );
}

#[test]
fn an_identical_request_shows_the_same_credential_for_ten_seconds() {
    let signer = signer();
    let first = sign(&signer, now(), &request());
    for (seconds, same) in [(0, true), (10, true), (11, false)] {
        let token = sign(&signer, after(seconds), &request());
        assert_eq!(token == first, same, "{seconds}");
    }
    let second = sign(&signer, after(11), &request());
    assert_ne!(
        sign(&signer, after(10), &request()),
        second,
        "the clock was set back"
    );
    let body = BoundRequest::new("token", "POST", "/token", b"scope=b").for_consumer(CONSUMER);
    for other in [
        body,
        BoundRequest::new("token", "POST", "/token", b"scope=a"),
        BoundRequest::new("token", "POST", "/token", b"scope=a").for_consumer("310000302"),
        BoundRequest::new("token", "PUT", "/token", b"scope=a").for_consumer(CONSUMER),
        BoundRequest::new("token", "POST", "/token/", b"scope=a").for_consumer(CONSUMER),
        BoundRequest::new(EGRESS, "POST", "/token", b"scope=a").for_consumer(CONSUMER),
    ] {
        assert_ne!(sign(&signer, after(11), &other), second, "{other:?}");
    }
}

#[test]
fn what_is_kept_is_bounded_on_both_sides() {
    let (signer, verifier) = (signer(), Verifier::new(EGRESS));
    let keys = [key().verifying_key()];
    let paths: Vec<String> = (0..600).map(|number| format!("/posten/{number}")).collect();
    let first = sign(
        &signer,
        now(),
        &BoundRequest::new(EGRESS, "GET", &paths[0], b""),
    );
    for path in &paths {
        let token = sign(&signer, now(), &BoundRequest::new(EGRESS, "GET", path, b""));
        let end = verifier.verify(&token, "claims", &keys, "GET", path, now());
        assert_eq!(end.map(|_| ()), Ok(()));
    }
    assert_eq!(verifier.kept(), 512);
    let again = sign(
        &signer,
        now(),
        &BoundRequest::new(EGRESS, "GET", &paths[0], b""),
    );
    assert_ne!(again, first, "the oldest is forgotten");
    let token = sign(
        &signer,
        after(31),
        &BoundRequest::new(EGRESS, "GET", "/", b""),
    );
    let end = verifier.verify(&token, "claims", &keys, "GET", "/", after(31));
    assert!(end.is_ok());
    assert_eq!(verifier.kept(), 1);
}

#[test]
fn a_body_in_pieces_has_the_digest_of_the_whole() {
    let mut hasher = BodyHasher::default();
    for piece in [&b"sco"[..], b"", b"pe=a"] {
        hasher.update(piece);
    }
    assert_eq!(hasher.finish(), BodyDigest::from_body(b"scope=a"));
    assert_eq!(
        BodyDigest::from_body(b"scope=a").to_text(),
        digest(b"scope=a")
    );
    assert_eq!(BodyHasher::default().finish().to_text(), digest(b""));
}

#[test]
fn nothing_of_a_key_or_credential_is_printed() {
    let signer = signer();
    let token = sign(&signer, now(), &request());
    let printed = format!("{:?} {:?}", signer, key());
    assert_eq!(printed, "Signer(\"claims\") SigningKey(…)");
    assert!(!printed.contains(&token));
}
