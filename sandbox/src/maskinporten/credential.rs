//! Selection of the key that a grant must be signed with.

use jsonwebtoken::DecodingKey;
use time::OffsetDateTime;

use super::assertion::Assertion;
use super::certificate::Trust;
use super::refusal::Refusal;
use super::register::Client;

/// Key, and its description in the token.
pub(super) struct Credential {
    pub(super) key: DecodingKey,
    pub(super) method: &'static str,
}

impl Credential {
    /// Selects the key. A client with registered keys must name one; one without must present its
    /// certificate.
    ///
    /// Assumption: a client without keys that presents neither gets MP-123.
    pub(super) fn select(
        assertion: &Assertion<'_>,
        client: &Client,
        trust: &Trust,
        now: OffsetDateTime,
        full_chain: bool,
    ) -> Result<Self, Refusal> {
        if let Some(kid) = &assertion.kid {
            let registered = client.keys.iter().find(|key| key.kid == *kid);
            let registered = registered.ok_or(Refusal::UnknownKey)?;
            if registered.is_expired(now) {
                return Err(Refusal::ExpiredKey);
            }
            let key = DecodingKey::from_jwk(&registered.key).map_err(|_| Refusal::Internal)?;
            return Ok(Self {
                key,
                method: "private_key_jwt",
            });
        }
        if !client.keys.is_empty() {
            return Err(Refusal::KeyIdentifierRequired);
        }
        let x5c = assertion.x5c.as_ref().ok_or(Refusal::X5c)?;
        let holder = trust.holder(x5c, now, full_chain)?;
        if holder.organisation != client.organisation {
            return Err(Refusal::CertificateOrganisation);
        }
        Ok(Self {
            key: holder.key,
            method: "virksomhetssertifikat",
        })
    }
}
