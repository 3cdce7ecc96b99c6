//! What a component shows to another component: a short-lived JWT under its own Ed25519 key.
//!
//! Nothing is trusted for having come over `spin.internal`, so each call carries one.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{
    Duration, Ed25519KeyPair, Ed25519PublicKey, EdDSAKeyPairLike as _, EdDSAPublicKeyLike as _,
    JWTClaims, UnixTimeStamp, VerificationOptions,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use crate::party::OrganisationNumber;
use crate::secret::Secret;

/// How long a credential holds, in seconds.
const LIFETIME: u64 = 30;

/// How far the clocks of two components may differ, in seconds.
const LEEWAY: u64 = 10;

/// The longest credential that is looked at, in bytes.
const LONGEST: usize = 2048;

/// A component's private key.
#[derive(Clone)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// From the 32 bytes of an Ed25519 seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        // PKCS#8 (RFC 8410 §7) is a fixed prefix and the seed.
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        der.extend_from_slice(seed);
        Ed25519KeyPair::from_der(&der).ok().map(Self)
    }

    /// The key that others verify with.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.public_key())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// A component's public key.
#[derive(Clone, Debug)]
pub struct VerifyingKey(Ed25519PublicKey);

impl VerifyingKey {
    /// From base64url of the 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        Ed25519PublicKey::from_bytes(&bytes).ok().map(Self)
    }

    /// As base64url, for configuration.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes())
    }
}

/// What a verified credential says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credential {
    /// The component that calls.
    pub component: String,
    /// The consumer that it calls for, as it stands in the credential.
    pub consumer: String,
}

#[derive(Deserialize, Serialize)]
struct Claims {
    consumer: String,
}

/// Signs a credential of `component` for the component `audience`, called `id`: a random UUID.
pub fn sign(
    now: OffsetDateTime,
    id: String,
    key: &SigningKey,
    component: &str,
    audience: &str,
    consumer: &OrganisationNumber,
) -> Result<Secret<String>, CredentialError> {
    let now = seconds(now);
    let claims = JWTClaims {
        issued_at: Some(UnixTimeStamp::from_secs(now)),
        expires_at: Some(UnixTimeStamp::from_secs(now.saturating_add(LIFETIME))),
        invalid_before: None,
        issuer: Some(component.to_owned()),
        subject: Some(component.to_owned()),
        audiences: Some(audience.into()),
        jwt_id: Some(id),
        nonce: None,
        custom: Claims {
            consumer: consumer.as_str().to_owned(),
        },
    };
    let token = key.0.sign(claims).map_err(|_| CredentialError::Signing)?;
    Ok(Secret::new(token))
}

/// Checks that `token` was signed by `component`, with one of its `keys`, for `audience` within the last seconds.
pub fn verify(
    token: &str,
    keys: &[VerifyingKey],
    component: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<Credential, CredentialError> {
    let mut verified = keys
        .iter()
        .map(|key| verify_with(token, key, component, audience, now));
    verified
        .find(Result::is_ok)
        .unwrap_or(Err(CredentialError::Refused))
}

fn verify_with(
    token: &str,
    key: &VerifyingKey,
    component: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<Credential, CredentialError> {
    let options = VerificationOptions {
        required_subject: Some(component.to_owned()),
        allowed_issuers: Some(HashSet::from([component.to_owned()])),
        allowed_audiences: Some(HashSet::from([audience.to_owned()])),
        time_tolerance: Some(Duration::from_secs(LEEWAY)),
        max_validity: Some(Duration::from_secs(LIFETIME + LEEWAY)),
        max_token_length: Some(LONGEST),
        artificial_time: Some(UnixTimeStamp::from_secs(seconds(now))),
        ..VerificationOptions::default()
    };
    let claims: JWTClaims<Claims> = key
        .0
        .verify_token(token, Some(options))
        .map_err(|_| CredentialError::Refused)?;
    // The library lets a token without an end live for ever.
    let lifetime = claims
        .expires_at
        .zip(claims.issued_at)
        .map(|(end, start)| end.as_secs().saturating_sub(start.as_secs()));
    if lifetime.is_none_or(|lifetime| lifetime > LIFETIME) || claims.jwt_id.is_none() {
        return Err(CredentialError::Refused);
    }
    Ok(Credential {
        component: component.to_owned(),
        consumer: claims.custom.consumer,
    })
}

/// The component that a token says it comes from. Nothing is verified yet: it only chooses the key.
pub fn claimed_component(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Unverified {
        iss: String,
    }
    let claims = token.split('.').nth(1).filter(|_| token.len() <= LONGEST)?;
    let claims: Unverified = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(claims.iss)
}

fn seconds(time: OffsetDateTime) -> u64 {
    u64::try_from(time.unix_timestamp()).unwrap_or_default()
}

/// Why a credential was not made or not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum CredentialError {
    /// Our own key does not sign.
    #[error("the component's key does not sign")]
    Signing,
    /// Not signed by this component for us, or too old.
    #[error("the credential is not this component's, not for this one, or has run out")]
    Refused,
}

#[cfg(test)]
mod tests {
    use std::time::Duration as StdDuration;

    use jsonwebtoken::{Algorithm, DecodingKey, Validation};

    use super::*;
    use crate::fixtures::{CONSUMER, component_key, consumer};
    use crate::platform::Platform as _;
    use crate::platform::memory::Memory;

    fn signed(platform: &Memory) -> Secret<String> {
        sign(
            platform.now(),
            crate::context::uuid(platform),
            &component_key(),
            "claims",
            "token",
            &consumer(CONSUMER),
        )
        .expect("signed")
    }

    #[test]
    fn another_library_verifies_what_we_sign() {
        let platform = Memory::new();
        let token = signed(&platform);
        let key = DecodingKey::from_ed_components(&component_key().verifying_key().to_text())
            .expect("a key");
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.validate_exp = false;
        rules.set_audience(&["token"]);
        rules.set_issuer(&["claims"]);
        let claims = jsonwebtoken::decode::<serde_json::Value>(token.expose(), &key, &rules)
            .expect("valid")
            .claims;
        let now = platform.now().unix_timestamp();
        assert_eq!(
            (claims["iat"].as_i64(), claims["exp"].as_i64()),
            (Some(now), Some(now + 30))
        );
        assert_eq!(
            (claims["sub"].as_str(), claims["consumer"].as_str()),
            (Some("claims"), Some(CONSUMER))
        );
        assert_eq!(
            claims.as_object().map(serde_json::Map::len),
            Some(7),
            "{claims}"
        );
        assert_ne!(
            token.expose(),
            signed(&platform).expose(),
            "each has an id of its own"
        );
    }

    #[test]
    fn holds_for_thirty_seconds_and_ten_of_leeway() {
        let platform = Memory::new();
        let token = signed(&platform);
        let key = [component_key().verifying_key()];
        for (seconds, holds) in [(0, true), (40, true), (41, false)] {
            let now = platform.now() + StdDuration::from_secs(seconds);
            assert_eq!(
                verify(token.expose(), &key, "claims", "token", now).is_ok(),
                holds,
                "{seconds}"
            );
        }
        let early = platform.now() - StdDuration::from_secs(11);
        assert!(verify(token.expose(), &key, "claims", "token", early).is_err());
    }

    #[test]
    fn holds_for_its_component_and_audience_alone() {
        let platform = Memory::new();
        let token = signed(&platform);
        let key = component_key().verifying_key();
        let other = SigningKey::from_seed(&[8; 32])
            .expect("a seed")
            .verifying_key();
        let credential = verify(
            token.expose(),
            &[other.clone(), key.clone()],
            "claims",
            "token",
            platform.now(),
        )
        .expect("holds");
        assert_eq!(credential.consumer, CONSUMER);
        assert_eq!(claimed_component(token.expose()).as_deref(), Some("claims"));
        for (key, component, audience) in [
            (&[][..], "claims", "token"),
            (&[other][..], "claims", "token"),
            (&[key.clone()][..], "consent", "token"),
            (&[key][..], "claims", "consent"),
        ] {
            assert!(verify(token.expose(), key, component, audience, platform.now()).is_err());
        }
    }

    #[test]
    fn one_that_would_live_longer_is_refused() {
        let platform = Memory::new();
        let now = platform.now().unix_timestamp();
        // PKCS#8 as above.
        let der = [
            &[
                0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
            ][..],
            &[7; 32],
        ]
        .concat();
        let key = jsonwebtoken::EncodingKey::from_ed_der(&der);
        for (lifetime, id, holds) in [
            (Some(30), Some("1"), true),
            (Some(31), Some("1"), false),
            (None, Some("1"), false),
            (Some(30), None, false),
        ] {
            let mut claims = serde_json::json!({"iss": "claims", "sub": "claims", "aud": "token", "consumer": CONSUMER, "iat": now});
            if let Some(lifetime) = lifetime {
                claims["exp"] = (now + lifetime).into();
            }
            if let Some(id) = id {
                claims["jti"] = id.into();
            }
            let token =
                jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::EdDSA), &claims, &key)
                    .expect("signed");
            let end = verify(
                &token,
                &[component_key().verifying_key()],
                "claims",
                "token",
                platform.now(),
            );
            assert_eq!(end.is_ok(), holds, "{claims}");
        }
    }
}
