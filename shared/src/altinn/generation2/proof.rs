//! The consent token (*samtykkebevis*): whether it is Altinn's, and the proof of the consent that was asked for.
//!
//! After Altinn's "Bruk av token" and "Verifisering". It has no `aud` and no `jti`, so what it is about is held against what was asked
//! for, member by member. The keys' certificates are self-signed: what is trusted is the TLS of the address that they are published at.

use std::collections::HashSet;

use http::{HeaderValue, StatusCode};
use jwt_simple::JWTError;
use jwt_simple::prelude::{
    Duration, JWTClaims, RS256PublicKey, RSAPublicKeyLike as _, Token, UnixTimeStamp,
    VerificationOptions,
};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::super::consent::same;
use super::super::{Asked, Fault, Mismatch, Proof, Refusal, Right, Unproven};
use super::local_time;
use super::refusal::{refusal, unreadable};
use super::settings::Former;
use crate::context::Context;
use crate::platform::{Platform, Response};
use crate::secret::Secret;

const ISSUER: &str = "altinn.no";

/// How far Altinn's clock may differ from ours, in seconds. A token lives for thirty.
const LEEWAY: u64 = 10;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// The token in the answer, as it came. Every reason why there is none is the same 403; `None` is that.
pub(in crate::altinn) fn token(response: &Response) -> Result<Option<Secret<String>>, Refusal> {
    match response.status() {
        StatusCode::OK => serde_json::from_slice(response.body())
            .map(|token| Some(Secret::new(token)))
            .map_err(|_| unreadable(response, "not a token in quotes")),
        StatusCode::FORBIDDEN => Ok(None),
        _ => Err(refusal(response)),
    }
}

/// The proof, if the token is one of what was asked for. Its code must be that of `asked`.
pub(in crate::altinn) async fn verify<P: Platform>(
    former: &Former,
    context: &Context<'_, P>,
    asked: &Asked,
    token: &Secret<String>,
) -> Result<Proof, Unproven> {
    let token = token.expose();
    if token.len() > LONGEST {
        return Err(Fault::Malformed.into());
    }
    let header = Token::decode_metadata(token).map_err(|_| Fault::Malformed)?;
    if header.algorithm() != "RS256" {
        return Err(Fault::Algorithm.into());
    }
    // The two are the same; tokens of 2016 have the second alone.
    let name = header.key_id().or(header.certificate_sha1_thumbprint());
    let name = name.ok_or(Fault::UnknownKey)?;
    let key = former.published.find(context, Some(name)).await?;
    let key = key.ok_or(Fault::UnknownKey)?;
    let claims = claims(token, &key.json, context.now())?;
    check(&claims, asked)?;
    let mut value = HeaderValue::try_from(token).map_err(|_| Fault::Malformed)?;
    value.set_sensitive(true);
    Ok(Proof {
        name: former.header.clone(),
        value,
    })
}

fn claims(token: &str, jwk: &str, now: OffsetDateTime) -> Result<Map<String, Value>, Fault> {
    let key = RS256PublicKey::from_jwk(jwk).map_err(|_| Fault::UnknownKey)?;
    let now = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISSUER.to_owned()])),
        time_tolerance: Some(Duration::from_secs(LEEWAY)),
        max_token_length: Some(LONGEST),
        artificial_time: Some(UnixTimeStamp::from_secs(now)),
        ..VerificationOptions::default()
    };
    let verified: Result<JWTClaims<Map<String, Value>>, _> = key.verify_token(token, Some(options));
    let claims = verified.map_err(|error| match error.downcast_ref() {
        Some(JWTError::InvalidSignature) => Fault::Signature,
        Some(JWTError::RequiredIssuerMismatch | JWTError::RequiredIssuerMissing) => Fault::Issuer,
        Some(JWTError::TokenHasExpired) => Fault::Expired,
        Some(JWTError::TokenNotValidYet | JWTError::ClockDrift) => Fault::NotYet,
        _ => Fault::Malformed,
    })?;
    if claims.expires_at.is_none() || claims.invalid_before.is_none() {
        return Err(Fault::Malformed);
    }
    Ok(claims.custom)
}

fn check(claims: &Map<String, Value>, asked: &Asked) -> Result<(), Fault> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let code = text("AuthorizationCode").ok_or(Fault::Malformed)?;
    let rights = rights(claims.get("Services")).ok_or(Fault::Malformed)?;
    let valid_to = claims.get("ValidToDate").and_then(Value::as_i64);
    let valid_to = valid_to.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let valid_to = valid_to.ok_or(Fault::Malformed)?;
    let handle = asked.handle.as_deref().unwrap_or_default();
    for (holds, member) in [
        (code.eq_ignore_ascii_case(handle), Mismatch::Id),
        // Never masked here, as it is in the interface's answers.
        (
            text("OfferedBy") == Some(asked.from.expose()),
            Mismatch::From,
        ),
        (text("CoveredBy") == Some(asked.to.as_str()), Mismatch::To),
        (same(&rights, &asked.rights), Mismatch::Rights),
        // A link says the time as Norwegian clocks show it, and they show an hour of October twice.
        (
            local_time::shown(valid_to) == local_time::shown(asked.valid_to),
            Mismatch::ValidTo,
        ),
    ] {
        if !holds {
            return Err(member.into());
        }
    }
    Ok(())
}

/// A list of entries, or one alone: `5928_202301` is a service, and `4628_210607_inntektsaar=2025` what it says.
fn rights(services: Option<&Value>) -> Option<Vec<Right>> {
    let entries = match services? {
        Value::Array(entries) => entries.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut rights: Vec<Right> = Vec::new();
    let mut metadata = Vec::new();
    for entry in entries {
        match entry.as_str()?.split_once('=') {
            Some(pair) => metadata.push(pair),
            None => rights.push(Right {
                resource: entry.as_str()?.to_owned(),
                metadata: std::collections::BTreeMap::new(),
            }),
        }
    }
    for (path, value) in metadata {
        // The name alone can have an underscore in it.
        let (service, name) = path.match_indices('_').nth(1).and_then(|(index, _)| {
            let (service, name) = path.split_at_checked(index)?;
            Some((service, name.strip_prefix('_')?))
        })?;
        let mut rights = rights.iter_mut();
        let right = rights.find(|right| right.resource == service)?;
        right.metadata.insert(name.to_owned(), value.to_owned());
    }
    Some(rights)
}
