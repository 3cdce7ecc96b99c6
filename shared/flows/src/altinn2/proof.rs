//! Verification of the consent tokens of Altinn 2 with the keys that Altinn publishes.

use std::collections::HashSet;

use http::HeaderValue;
use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::secret::Secret;
use jwt_simple::prelude::{Duration, UnixTimeStamp, VerificationOptions};
use time::OffsetDateTime;

use super::settings::Altinn2;
use innsyn_protocols::altinn::{ConsentRequest, Fault, Proof, ProofError};
use innsyn_protocols::altinn2::check;
use innsyn_protocols::jose::{
    Algorithm, MalformedToken, Refused, UnverifiedToken, VerificationError,
};

const ISSUER: &str = "altinn.no";

/// Clock skew allowed for Altinn, in seconds. A token lives for 30 s.
const LEEWAY: u64 = 10;

/// Maximum length of a token, in bytes.
const LONGEST: usize = 16 * 1024;

/// Verifies a token and returns it as proof, if its claims match `requested`. Its code must be that of
/// `requested`.
pub(crate) async fn verify<P: Platform>(
    altinn: &Altinn2,
    context: &Context<'_, P>,
    requested: &ConsentRequest<'_>,
    token: &Secret<String>,
) -> Result<Proof, ProofError> {
    let token = token.expose();
    let unverified =
        UnverifiedToken::read(token, LONGEST).map_err(|malformed| match malformed {
            MalformedToken::Algorithm => Fault::Algorithm,
            _ => Fault::Malformed,
        })?;
    if unverified.algorithm() != Algorithm::Rs256 {
        return Err(Fault::Algorithm.into());
    }
    let options = options(context.now());
    let verified = altinn.published.verify(context, &unverified, &options);
    let claims = verified.await.map_err(proof_error)?;
    if claims.expires_at.is_none() || claims.invalid_before.is_none() {
        return Err(Fault::Malformed.into());
    }
    let claims = claims.custom;
    check(&claims, requested)?;
    let mut value = HeaderValue::try_from(token).map_err(|_| Fault::Malformed)?;
    value.set_sensitive(true);
    Ok(Proof {
        name: altinn.config.header.clone(),
        value,
    })
}

fn options(now: OffsetDateTime) -> VerificationOptions {
    let now = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISSUER.to_owned()])),
        time_tolerance: Some(Duration::from_secs(LEEWAY)),
        artificial_time: Some(UnixTimeStamp::from_secs(now)),
        ..VerificationOptions::default()
    }
}

fn proof_error(reason: VerificationError) -> ProofError {
    let reason = match reason {
        VerificationError::Unavailable(problem) => return problem.into(),
        VerificationError::KeyNotFound(_) => return Fault::UnknownKey.into(),
        VerificationError::Refused(reason) => reason,
    };
    let fault = match reason {
        Refused::Signature => Fault::Signature,
        Refused::Issuer => Fault::Issuer,
        Refused::Expired => Fault::Expired,
        Refused::NotYet => Fault::NotYet,
        Refused::Audience | Refused::Type | Refused::Claims | Refused::Encoding => Fault::Malformed,
    };
    fault.into()
}
