//! Standard Webhooks: signed requests that announce an event to a receiver.
//!
//! Source: the Standard Webhooks specification
//! (github.com/standard-webhooks/standard-webhooks, `spec/standard-webhooks.md`), symmetric
//! signatures: HMAC-SHA256 over `id.timestamp.body`, with one signature for each valid secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac_sha256::HMAC;
use http::header;
use time::OffsetDateTime;

use innsyn_core::platform::Request;
use innsyn_core::secret::Secret;

/// Prefix of a written secret.
const PREFIX: &str = "whsec_";

/// Sizes of a secret, in bytes (specification, "Signature scheme").
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;

/// Secret that a sender and a receiver share.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Secret<Vec<u8>>);

impl WebhookSecret {
    /// Parses a secret in its written form: `whsec_` and 24 to 64 bytes in base64. `None` for any
    /// other text, and for a placeholder of one repeated byte.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let varies = bytes.iter().any(|byte| Some(byte) != bytes.first());
        (SIZES.contains(&bytes.len()) && varies).then(|| Self(Secret::new(bytes)))
    }
}

/// Message to a receiver. Each repeat has the same id.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Id of the event, unique for the sender.
    pub id: &'a str,
    /// Time of this attempt.
    pub at: OffsetDateTime,
    /// Media type of the body.
    pub content_type: &'a str,
    /// Body, which is not copied: a signed document is large.
    pub body: Bytes,
}

impl Message<'_> {
    /// Builds the signed request to `address`, with a signature by each of `secrets`.
    ///
    /// # Errors
    /// [`http::Error`] if the address or the id cannot be written in a request.
    pub fn request(
        &self,
        address: &str,
        secrets: &[WebhookSecret],
    ) -> Result<Request, http::Error> {
        let timestamp = self.at.unix_timestamp().to_string();
        let signatures: Vec<_> = secrets
            .iter()
            .map(|secret| self.signature(&timestamp, secret))
            .collect();
        http::Request::post(address)
            .header("webhook-id", self.id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signatures.join(" "))
            .header(header::CONTENT_TYPE, self.content_type)
            .body(self.body.clone())
    }

    fn signature(&self, timestamp: &str, secret: &WebhookSecret) -> String {
        let mut mac = HMAC::new(secret.0.expose());
        for part in [self.id, ".", timestamp, "."] {
            mac.update(part);
        }
        mac.update(&self.body);
        format!("v1,{}", STANDARD.encode(mac.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Example secret of the specification, and the signature that Python's `hmac` calculates.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn message(body: &'static str) -> Message<'static> {
        Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at: OffsetDateTime::from_unix_timestamp(1_614_265_330).expect("a time"),
            content_type: "application/json",
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(text).expect("a secret")
    }

    #[test]
    fn a_signature_is_that_of_other_implementations() {
        let request = message(r#"{"test": 2432232314}"#)
            .request("https://bank.example/events", &[secret(SECRET)])
            .expect("a request");
        let header = |name: &str| request.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("webhook-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(header("webhook-timestamp"), "1614265330");
        assert_eq!(header("webhook-signature"), SIGNATURE);
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(request.method(), "POST");
    }

    #[test]
    fn two_secrets_sign_while_one_replaces_the_other() {
        let other = format!("whsec_{}", STANDARD.encode((0..32).collect::<Vec<u8>>()));
        let body = r#"{"test": 2432232314}"#;
        let request = message(body)
            .request("https://bank.example/", &[secret(&other), secret(SECRET)])
            .expect("a request");
        let signatures = request.headers()["webhook-signature"]
            .to_str()
            .expect("text");
        let (first, second) = signatures.split_once(' ').expect("two");
        assert_eq!(second, SIGNATURE);
        // Verified by another library.
        let key: Vec<u8> = (0..32).collect();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let signed = format!("msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{body}");
        let mac = STANDARD
            .decode(first.strip_prefix("v1,").expect("v1"))
            .expect("base64");
        assert!(aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &mac).is_ok());
    }

    #[test]
    fn a_secret_has_a_prefix_and_a_size() {
        let written = |bytes: &[u8]| format!("{PREFIX}{}", STANDARD.encode(bytes));
        let bytes: Vec<u8> = (0..65).collect();
        for (size, fine) in [(23, false), (24, true), (64, true), (65, false)] {
            let secret = WebhookSecret::parse(&written(&bytes[..size]));
            assert_eq!(secret.is_some(), fine, "{size}");
        }
        assert!(WebhookSecret::parse(&written(&[7; 32])).is_none());
        assert!(WebhookSecret::parse(&STANDARD.encode(&bytes[..32])).is_none());
        assert!(WebhookSecret::parse("whsec_?").is_none());
        assert!(!format!("{:?}", secret(SECRET)).contains("MfKQ"));
    }
}
