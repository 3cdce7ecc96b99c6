//! Claims of a grant with a valid signature.
//!
//! Assumptions: a lifetime above the limit, a missing or ill-formed claim and an unknown one are
//! MP-011; more than one `resource` is `invalid_target`.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::refusal::Refusal;
use super::switches::{ResourceForm, Switches, UnknownClaims};

/// The claims that documentation names (Digdir, "JWT grant").
const DOCUMENTED: [&str; 11] = [
    "aud",
    "iss",
    "scope",
    "iat",
    "exp",
    "jti",
    "resource",
    "pid",
    "consumer_org",
    "iss_onbehalfof",
    "authorization_details",
];

/// Claims of a grant.
#[derive(Debug)]
pub(super) struct Claims {
    /// `aud` is the token endpoint, not the issuer.
    pub(super) for_endpoint: bool,
    pub(super) scopes: Vec<String>,
    pub(super) expires: i64,
    pub(super) jti: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) pid: Option<String>,
    pub(super) consumer_org: Option<String>,
    pub(super) authorization_details: Option<Value>,
}

/// Audiences that a grant may have.
#[derive(Debug)]
pub(super) struct Addressees<'a> {
    pub(super) issuer: &'a str,
    pub(super) token_endpoint: &'a str,
}

impl Claims {
    /// Reads them, in the order in which they are checked.
    pub(super) fn read(
        claims: &Map<String, Value>,
        addressees: &Addressees<'_>,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<Self, Refusal> {
        let for_endpoint = audience(claims.get("aud"), addressees, switches)?;
        let expires = times(claims, switches, now.unix_timestamp())?;
        known(claims, switches.unknown_claims)?;
        let consumer_org = text(claims, "consumer_org")?;
        if consumer_org
            .as_deref()
            .is_some_and(|number| !digits(number, 9))
        {
            return Err(Refusal::Malformed("consumer_org"));
        }
        if consumer_org.is_some() && claims.contains_key("iss_onbehalfof") {
            return Err(Refusal::Malformed("consumer_org and iss_onbehalfof"));
        }
        let pid = text(claims, "pid")?;
        if pid.as_deref().is_some_and(|number| !digits(number, 11)) {
            return Err(Refusal::Malformed("pid"));
        }
        Ok(Self {
            for_endpoint,
            scopes: scopes(claims)?,
            expires,
            jti: text(claims, "jti")?,
            resource: claims
                .get("resource")
                .map(|value| resource(value, switches))
                .transpose()?,
            pid,
            consumer_org,
            authorization_details: claims.get("authorization_details").cloned(),
        })
    }
}

/// Returns whether the only audience is the token endpoint, which is not the same as the issuer.
fn audience(
    audience: Option<&Value>,
    addressees: &Addressees<'_>,
    switches: &Switches,
) -> Result<bool, Refusal> {
    let only = match audience {
        Some(Value::Array(several)) => match several.as_slice() {
            [only] => only.as_str(),
            _ => None,
        },
        Some(one) => one.as_str(),
        None => None,
    };
    match only {
        Some(only) if only == addressees.issuer => Ok(false),
        Some(only) if only == addressees.token_endpoint && switches.accept_token_endpoint_aud => {
            Ok(true)
        }
        _ => Err(Refusal::Audience),
    }
}

/// Returns when the grant expires, in Unix seconds.
fn times(claims: &Map<String, Value>, switches: &Switches, now: i64) -> Result<i64, Refusal> {
    let expires = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or(Refusal::Malformed("exp"))?;
    let issued = claims
        .get("iat")
        .and_then(Value::as_i64)
        .ok_or(Refusal::Malformed("iat"))?;
    if expires <= now {
        return Err(Refusal::Expired);
    }
    if issued > now.saturating_add(switches.iat_future_skew_s) {
        return Err(Refusal::IssuedInFuture);
    }
    if switches
        .iat_max_age_s
        .is_some_and(|age| issued < now.saturating_sub(age))
    {
        return Err(Refusal::Malformed("iat is too old"));
    }
    if expires.saturating_sub(issued) > switches.max_grant_lifetime_s {
        return Err(Refusal::Malformed("exp - iat is too long"));
    }
    Ok(expires)
}

fn known(claims: &Map<String, Value>, policy: UnknownClaims) -> Result<(), Refusal> {
    let known = claims.keys().all(|name| match policy {
        UnknownClaims::Strict => DOCUMENTED.contains(&name.as_str()),
        UnknownClaims::Rfc7519 => {
            DOCUMENTED.contains(&name.as_str()) || name == "sub" || name == "nbf"
        }
        UnknownClaims::Lenient => true,
    });
    if known {
        Ok(())
    } else {
        Err(Refusal::Malformed("unknown claim"))
    }
}

fn scopes(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let scopes = text(claims, "scope")?.ok_or(Refusal::Malformed("scope"))?;
    let scopes: Vec<_> = scopes.split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() {
        Err(Refusal::Malformed("scope"))
    } else {
        Ok(scopes)
    }
}

fn resource(value: &Value, switches: &Switches) -> Result<String, Refusal> {
    let one = match (value, switches.resource_form) {
        (Value::String(one), ResourceForm::String | ResourceForm::Both) => Some(one.as_str()),
        (Value::Array(several), ResourceForm::Array | ResourceForm::Both) => {
            match several.as_slice() {
                [one] => one.as_str(),
                _ => None,
            }
        }
        _ => None,
    };
    let is_good =
        |one: &&str| !one.is_empty() && (!switches.strict_resource || url::Url::parse(one).is_ok());
    one.filter(is_good)
        .filter(|one| !one.contains('#'))
        .map(str::to_owned)
        .ok_or(Refusal::Target)
}

fn text(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::Malformed(name)),
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}
