//! The consent token. It is shown to the source as it came, in a header of its own (Skatteetaten, "Samtykke");
//! what it says is the source's affair.

use http::{HeaderName, HeaderValue, StatusCode};

use super::super::{Consent, Refusal, Status};
use super::refusal::{refusal, unreadable};
use crate::platform::Response;

/// With two n; an early draft of Skatteetaten's had one.
const HEADER: HeaderName = HeaderName::from_static("altinnsamtykke");

/// The token's header. Every reason why there is none is the same 403; `None` is that.
pub(in crate::altinn) fn proof(
    response: &Response,
) -> Result<Option<(HeaderName, HeaderValue)>, Refusal> {
    match response.status() {
        StatusCode::OK => {
            let token: String = serde_json::from_slice(response.body())
                .map_err(|_| unreadable(response, "not a token in quotes"))?;
            let is_token = token.split('.').count() == 3;
            let value = HeaderValue::try_from(token).ok().filter(|_| is_token);
            let mut value = value.ok_or_else(|| unreadable(response, "not a token"))?;
            value.set_sensitive(true);
            Ok(Some((HEADER, value)))
        }
        StatusCode::FORBIDDEN => Ok(None),
        _ => Err(refusal(response)),
    }
}

/// A consent that was accepted and gives no token has been withdrawn, or given up.
pub(in crate::altinn) fn confirmed(
    consent: Consent,
    response: &Response,
) -> Result<Consent, Refusal> {
    let status = match proof(response)? {
        Some(_) => consent.status,
        None => Status::Revoked,
    };
    Ok(Consent { status, ..consent })
}
