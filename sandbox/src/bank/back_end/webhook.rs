//! Verification of events, as the Standard Webhooks specification requires of a receiver.
//!
//! Source: Standard Webhooks specification, "Verifying signatures": HMAC-SHA256 over
//! `id.timestamp.body`, and a timestamp close to the receiver's clock.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use thiserror::Error;

/// Longest time between an event's timestamp and the receiver's clock, in seconds.
const PERMITTED_SKEW: u64 = 300;

/// Prefix of a written secret.
const PREFIX: &str = "whsec_";

/// Secret that the bank shares with the app.
pub(crate) struct WebhookSecret {
    key: hmac::Key,
    written: String,
}

/// Reason why an event is refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum Refusal {
    /// A header is missing or malformed.
    #[error("a header is missing or malformed")]
    Malformed,
    /// The timestamp is more than five minutes from now.
    #[error("the timestamp is more than five minutes off")]
    Untimely,
    /// No signature is by the secret.
    #[error("no signature is by our secret")]
    Signature,
}

impl WebhookSecret {
    /// Creates the secret of these bytes.
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
            written: format!("{PREFIX}{}", STANDARD.encode(bytes)),
        }
    }

    /// Returns the secret as the app's settings have it.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Verifies an event that arrives at `now`, in Unix seconds, and returns its id.
    ///
    /// # Errors
    ///
    /// [`Refusal`] is the first check that the event fails.
    pub(super) fn verify<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &[u8],
        now: i64,
    ) -> Result<&'a str, Refusal> {
        let header = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.ok_or(Refusal::Malformed)
        };
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let signatures = header("webhook-signature")?;
        let at: i64 = timestamp.parse().map_err(|_| Refusal::Malformed)?;
        if id.is_empty() {
            return Err(Refusal::Malformed);
        }
        if now.abs_diff(at) > PERMITTED_SKEW {
            return Err(Refusal::Untimely);
        }
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        // The library compares in constant time.
        let is_good = |signature: &str| {
            let mac = signature.strip_prefix("v1,");
            let mac = mac.and_then(|mac| STANDARD.decode(mac).ok());
            mac.is_some_and(|mac| hmac::verify(&self.key, &signed, &mac).is_ok())
        };
        if signatures.split(' ').any(is_good) {
            Ok(id)
        } else {
            Err(Refusal::Signature)
        }
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOW: i64 = 1_614_265_330;

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ] {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn secret() -> WebhookSecret {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(place).unwrap();
        }
        WebhookSecret::new(&bytes)
    }

    /// Signature of `{"test": 2432232314}` by [`secret`], calculated by Python's `hmac`.
    const SIGNATURE: &str = "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=";

    #[test]
    fn a_signature_by_our_secret_is_accepted_alone_or_among_others() {
        let body = br#"{"test": 2432232314}"#;
        let among = format!("v1,AAAA v2,x {SIGNATURE}");
        for signatures in [SIGNATURE, &among] {
            let headers = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signatures);
            let id = secret().verify(&headers, body, NOW);
            assert_eq!(id, Ok("msg_p5jXN8AQM9LWM0D4loKWxJek"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let body = br#"{"test": 2432232314}"#;
        let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let verify = |id, at, signature, body: &[u8], now| {
            let headers = headers(id, at, signature);
            let secret = secret();
            secret.verify(&headers, body, now).map(str::to_owned)
        };
        assert_eq!(
            verify("another", at, SIGNATURE, body, NOW),
            Err(Refusal::Signature)
        );
        assert_eq!(
            verify(id, at, SIGNATURE, b"{}", NOW),
            Err(Refusal::Signature)
        );
        assert_eq!(verify(id, at, "v1,", body, NOW), Err(Refusal::Signature));
        assert_eq!(
            verify(id, "1614265331", SIGNATURE, body, NOW),
            Err(Refusal::Signature)
        );
        assert_eq!(
            verify(id, at, SIGNATURE, body, NOW + 301),
            Err(Refusal::Untimely)
        );
        assert_eq!(
            verify(id, at, SIGNATURE, body, NOW - 301),
            Err(Refusal::Untimely)
        );
        assert_eq!(
            verify(id, "now", SIGNATURE, body, NOW),
            Err(Refusal::Malformed)
        );
        assert_eq!(
            verify("", at, SIGNATURE, body, NOW),
            Err(Refusal::Malformed)
        );
        let empty = HeaderMap::new();
        let missing = secret().verify(&empty, body, NOW).map(str::to_owned);
        assert_eq!(missing, Err(Refusal::Malformed));
        assert!(!format!("{:?}", secret()).contains("whsec"));
    }
}
