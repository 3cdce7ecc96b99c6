//! Consent token (*samtykkebevis*): the proof of a consent.
//!
//! Sources: Altinn, "Bruk av token" and "Verifisering". The token has no `aud` and no `jti`, so its
//! claims are compared with the requested consent one by one. The certificates of the keys are
//! self-signed: the trust anchor is the TLS of the address that publishes them.

use http::StatusCode;
use innsyn_core::platform::Response;
use innsyn_core::secret::Secret;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::local_time;
use super::refusal::{refusal, unreadable};
use crate::altinn::{ConsentRequest, Fault, Mismatch, Refusal, Right};

/// Parses the answer to [`fetch`](super::fetch) into the unverified token. `None` means status 403,
/// Altinn's answer for every reason to refuse a token.
///
/// # Errors
/// [`Refusal`] for any other answer.
pub fn token(response: &Response) -> Result<Option<Secret<String>>, Refusal> {
    match response.status() {
        StatusCode::OK => serde_json::from_slice(response.body())
            .map(|token| Some(Secret::new(token)))
            .map_err(|_| unreadable(response, "not a token in quotes")),
        StatusCode::FORBIDDEN => Ok(None),
        _ => Err(refusal(response)),
    }
}

/// Compares the claims of a consent token with the requested consent. The code must be that of
/// `requested`.
///
/// # Errors
/// [`Fault`] for the first claim that differs or is missing.
pub fn check(claims: &Map<String, Value>, requested: &ConsentRequest<'_>) -> Result<(), Fault> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let code = text("AuthorizationCode").ok_or(Fault::Malformed)?;
    let rights = rights(claims.get("Services")).ok_or(Fault::Malformed)?;
    let valid_to = claims.get("ValidToDate").and_then(Value::as_i64);
    let valid_to = valid_to.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let valid_to = valid_to.ok_or(Fault::Malformed)?;
    let handle = requested.handle.unwrap_or_default();
    let subject = requested.subject;
    for (holds, member) in [
        (code.eq_ignore_ascii_case(handle), Mismatch::Id),
        // Numbers are never masked here, unlike in the API's answers.
        (
            text("OfferedBy") == Some(subject.party.expose()),
            Mismatch::From,
        ),
        (
            text("CoveredBy") == Some(subject.consumer.as_str()),
            Mismatch::To,
        ),
        (
            matches!(rights.as_slice(), [right] if right == subject.right),
            Mismatch::Rights,
        ),
        // A link holds Norwegian local time, in which one hour of October is ambiguous.
        (
            local_time::shown(valid_to) == local_time::shown(requested.valid_to),
            Mismatch::ValidTo,
        ),
    ] {
        if !holds {
            return Err(member.into());
        }
    }
    Ok(())
}

/// Parses the claim `Services`, a list or a single entry: `5928_202301` is a service, and
/// `4628_210607_inntektsaar=2025` one of its metadata.
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
        // The name may contain underscores.
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
