//! Validation of Maskinporten's access tokens with its published keys. Sans-IO, and independent of
//! a component's platform.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{Duration, UnixTimeStamp, VerificationOptions};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::jose::{Algorithm, Published, UnverifiedToken, VerificationError};

/// Tolerance for clock skew against Maskinporten, in seconds.
const LEEWAY: u64 = 10;

/// Maximum length of a token, in bytes.
const LONGEST: usize = 64 * 1024;

/// Public keys of Maskinporten.
#[derive(Debug)]
pub struct PublishedKeys(Published);

/// Reason why a token is invalid. No text repeats more of the token than its key id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Invalid {
    /// Token that no key of the set can verify; a newer set may have the key.
    UnknownKey(String),
    /// Invalid, independent of the published keys.
    Refused(String),
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(reason) | Self::Refused(reason) => formatter.write_str(reason),
        }
    }
}

impl PublishedKeys {
    /// Parses a key set (RFC 7517 §5). Returns `None` if `body` is not one.
    pub fn read(body: &[u8]) -> Option<Self> {
        Published::read(body).map(Self)
    }

    /// Returns the set's deviations from the standard, for the log.
    pub fn remarks(&self) -> &[String] {
        &self.0.remarks
    }

    /// Verifies a token and returns its claims unchanged. The token must be issued by `issuer`, be
    /// signed with RS256 under a key that it names, have `iat` and `exp`, and be valid at `now`.
    /// The audience is not checked: most tokens have none.
    ///
    /// # Errors
    /// [`Invalid`] with the reason.
    pub fn validate(
        &self,
        token: &str,
        issuer: &str,
        now: OffsetDateTime,
    ) -> Result<Map<String, Value>, Invalid> {
        let refused = |reason: &str| Invalid::Refused(reason.to_owned());
        let unverified =
            UnverifiedToken::read(token, LONGEST).map_err(|fault| refused(&fault.to_string()))?;
        if unverified.algorithm() != Algorithm::Rs256 {
            return Err(refused("the token's algorithm is not RS256"));
        }
        if !unverified.names_key() {
            return Err(refused("the token names no key"));
        }
        let now = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let options = VerificationOptions {
            allowed_issuers: Some(HashSet::from([issuer.to_owned()])),
            time_tolerance: Some(Duration::from_secs(LEEWAY)),
            artificial_time: Some(UnixTimeStamp::from_secs(now)),
            ..VerificationOptions::default()
        };
        let verified = self.0.verify(&unverified, &options);
        let claims = verified.map_err(|reason| match reason {
            VerificationError::KeyNotFound(reason) => Invalid::UnknownKey(reason.to_string()),
            VerificationError::Refused(reason) => refused(&reason.to_string()),
            VerificationError::Unavailable(_) => refused("there are no keys"),
        })?;
        if claims.expires_at.is_none() || claims.issued_at.is_none() {
            return Err(refused("the token has not both iat and exp"));
        }
        let claims = token.split('.').nth(1).unwrap_or_default();
        let claims = URL_SAFE_NO_PAD.decode(claims).ok();
        let claims = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        claims.ok_or_else(|| refused("the token's claims are no JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::Header;
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use innsyn_core::fixtures::{LOGIN_KEY, OTHER_KEY};

    const ISSUER: &str = "https://maskinporten.example/";
    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn claims(changes: &Value) -> Value {
        let now = NOW.unix_timestamp();
        let mut claims = json!({
            "iss": ISSUER, "scope": "a", "iat": now, "exp": now + 120,
            "consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:310000205"},
        });
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims
    }

    fn validate(token: &str) -> Result<Map<String, Value>, Invalid> {
        let set = json!({"keys": [OTHER_KEY.jwk("b"), LOGIN_KEY.jwk("a")]});
        let keys = PublishedKeys::read(set.to_string().as_bytes()).expect("a set");
        assert_eq!(keys.remarks(), [""; 0]);
        keys.validate(token, ISSUER, NOW)
    }

    #[test]
    fn the_claims_of_a_valid_token_are_returned_as_they_stand() {
        let changes = json!({"aud": ["x"], "active": "no", "exp": NOW.unix_timestamp() - 9});
        for claims in [claims(&json!({})), claims(&changes)] {
            let found = validate(&LOGIN_KEY.sign(Some("a"), &claims)).expect("valid");
            assert_eq!(Value::Object(found), claims);
        }
    }

    #[test]
    fn what_does_not_hold_is_refused_with_its_reason() {
        let now = NOW.unix_timestamp();
        let signed = |changes: Value| LOGIN_KEY.sign(Some("a"), &claims(&changes));
        let mut other = Header::new(jsonwebtoken::Algorithm::RS384);
        other.kid = Some("a".to_owned());
        for (token, reason) in [
            (signed(json!({"exp": now - 11})), "the token has expired"),
            (
                signed(json!({"iat": now + 11})),
                "the token is not valid yet",
            ),
            (
                signed(json!({"nbf": now + 11})),
                "the token is not valid yet",
            ),
            (
                signed(json!({"iss": "https://maskinporten.example"})),
                "the token's issuer is another",
            ),
            (
                signed(json!({"iss": null})),
                "the token's issuer is another",
            ),
            (
                LOGIN_KEY.sign(Some("b"), &claims(&json!({}))),
                "the token's signature does not hold",
            ),
            (
                LOGIN_KEY.sign(None, &claims(&json!({}))),
                "the token names no key",
            ),
            (
                LOGIN_KEY.sign_under(&other, &claims(&json!({}))),
                "the token's algorithm is not RS256",
            ),
            ("not a jwt".to_owned(), "the token has not three parts"),
        ] {
            let end = validate(&token).expect_err(reason);
            assert_eq!(end, Invalid::Refused(reason.to_owned()));
        }
        for absent in ["iat", "exp"] {
            let mut claims = claims(&json!({}));
            claims.as_object_mut().expect("an object").remove(absent);
            let end = validate(&LOGIN_KEY.sign(Some("a"), &claims)).expect_err(absent);
            assert_eq!(end.to_string(), "the token has not both iat and exp");
        }
        let unknown = validate(&LOGIN_KEY.sign(Some("c"), &claims(&json!({}))));
        let reason = "the key set has no key for RS256 named c".to_owned();
        assert_eq!(unknown, Err(Invalid::UnknownKey(reason)));
    }
}
