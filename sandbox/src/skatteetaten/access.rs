//! Permission to read: the claims that a Maskinporten token must have, for each package of rights.
//!
//! Sources: Altinn, "Validate consent" for resource owners; Skatteetaten, "Krav og betalinger";
//! Digdir, "Systembruker". Assumption: a system user without the right is refused as one of another
//! party is.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::interfaces::SystemUserRights;
use crate::kit::bearer::{consumer, has_scope, identifier};
use crate::kit::clock::between;
use crate::population::is_organisation;

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const RESOURCE: &str = "ske-samtykke-krav-og-betalinger";
const SERVICE: &str = "5928_202301";
/// Resource that a system user must have the right to.
const RIGHT: &str = "ske-krav-og-betalinger";

pub(super) const ANY_CLAIMS: ConsentRequirements<'_> = ConsentRequirements {
    resource: RESOURCE,
    service: SERVICE,
    metadata: &[],
    longest: None,
};

/// Requirements on a consent.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConsentRequirements<'a> {
    /// Identifier of the resource at Altinn 3.
    pub(super) resource: &'static str,
    /// Service at Altinn 2: code and edition.
    pub(super) service: &'static str,
    /// Keys are compared without regard to case, values exactly.
    pub(super) metadata: &'a [(&'static str, &'a str)],
    /// Maximum validity of the consent request.
    pub(super) longest: Option<Duration>,
}

/// Package of rights in the path, which decides how access is authorised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Package {
    /// `finans`: access by the party's consent.
    Finans,
    /// `regnskapssystem`: access by the party's system user.
    Regnskapssystem,
}

impl Package {
    pub(super) fn read(segment: &str) -> Result<Self, Refusal> {
        match segment {
            "finans" => Ok(Self::Finans),
            "regnskapssystem" => Ok(Self::Regnskapssystem),
            _ => Err(Refusal::Package),
        }
    }
}

/// Checks the token itself: its consumer, and that it is meant for this API. `without_scope` is the
/// refusal for a missing scope. Returns the organisation that reads.
pub(super) fn reader(claims: &Value, without_scope: Refusal) -> Result<String, Refusal> {
    let consumer = consumer(claims).ok_or(Refusal::Unauthenticated)?;
    if !has_scope(claims, &[SCOPE]) {
        return Err(without_scope);
    }
    Ok(consumer.to_owned())
}

/// Checks that the party in the path is the one whose permission the token has.
pub(super) fn permission(
    package: Package,
    claims: &Value,
    party: &str,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    match package {
        Package::Finans => consent(claims, party, now, ANY_CLAIMS)
            .then_some(())
            .ok_or(Refusal::Consent),
        Package::Regnskapssystem => system_user(claims, party)
            .map(|_| ())
            .ok_or(Refusal::SystemUser),
    }
}

/// Checks with Altinn that the token's system user still exists and has the right.
pub(super) fn right(
    system_users: &dyn SystemUserRights,
    claims: &Value,
    party: &str,
) -> Result<(), Refusal> {
    system_user(claims, party)
        .filter(|id| system_users.system_user_may(*id, party, RIGHT))
        .map(|_| ())
        .ok_or(Refusal::SystemUser)
}

/// Returns whether the token has the party's consent in force, for this reader and the requested
/// data.
pub(super) fn consent(
    claims: &Value,
    party: &str,
    now: OffsetDateTime,
    wanted: ConsentRequirements<'_>,
) -> bool {
    let Some(consent) = only(claims, "urn:altinn:consent") else {
        return false;
    };
    let kind = if is_organisation(party) {
        "organization"
    } else {
        "person"
    };
    let moment = |name: &str| {
        let text = consent[name].as_str();
        text.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
    };
    let too_long = wanted.longest.is_some_and(|longest| {
        moment("consented")
            .zip(moment("validTo"))
            .is_none_or(|(from, to)| between(from, to) > longest)
    });
    let rights = consent["consentRights"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    consent["from"] == format!("urn:altinn:{kind}:identifier-no:{party}").as_str()
        && identifier(&consent["to"]).is_some()
        && identifier(&consent["to"]) == identifier(&claims["consumer"])
        && moment("validTo").is_some_and(|valid_to| valid_to > now)
        && !too_long
        && rights.iter().any(|right| covers(right, wanted))
}

fn covers(right: &Value, wanted: ConsentRequirements<'_>) -> bool {
    let resources = right["resource"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    // Two pages write the key in two ways.
    let metadata = ["metadata", "metaData"]
        .iter()
        .find_map(|name| right[*name].as_object());
    let says = |key: &str, value: &str| {
        let mut members = metadata.into_iter().flatten();
        members.any(|(name, given)| name.eq_ignore_ascii_case(key) && given == value)
    };
    resources.iter().any(|resource| {
        resource["type"] == "urn:altinn:resource" && resource["value"] == wanted.resource
    }) && wanted.metadata.iter().all(|(key, value)| says(key, value))
}

/// Returns the token's single system user, if it is the party's.
fn system_user(claims: &Value, party: &str) -> Option<Uuid> {
    let details = only(claims, "urn:altinn:systemuser")?;
    let owner = identifier(&details["systemuser_org"])?.strip_prefix("0192:")?;
    let [id] = details["systemuser_id"].as_array()?.as_slice() else {
        return None;
    };
    let id = Uuid::parse_str(id.as_str()?).ok()?;
    (owner == party).then_some(id)
}

/// Returns the single entry of the type; `None` if there are several.
fn only<'a>(claims: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut entries = claims["authorization_details"]
        .as_array()?
        .iter()
        .filter(|entry| entry["type"] == kind);
    let entry = entries.next()?;
    entries.next().is_none().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const PARTY: &str = "313367002";
    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn claims() -> Value {
        let bank = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:310000205" });
        json!({
            "scope": "skatteetaten:kravogbetalinger",
            "consumer": bank,
            "authorization_details": [{
                "type": "urn:altinn:consent",
                "from": format!("urn:altinn:organization:identifier-no:{PARTY}"),
                "to": bank,
                "validTo": "2026-11-20T12:00:01+00:00",
                "consentRights": [{
                    "action": ["consent"],
                    "resource": [{ "type": "urn:altinn:resource", "value": RESOURCE }],
                }],
            }],
        })
    }

    #[test]
    fn a_consent_must_fit_in_every_part() {
        assert_eq!(permission(Package::Finans, &claims(), PARTY, NOW), Ok(()));
        let details = "/authorization_details/0";
        for (pointer, value) in [
            ("/authorization_details".into(), json!(null)),
            ("/authorization_details".into(), json!([])),
            (format!("{details}/type"), json!("urn:altinn:concent")),
            (
                format!("{details}/from"),
                json!("urn:altinn:organization:identifier-no:314055403"),
            ),
            (
                format!("{details}/from"),
                json!("urn:altinn:person:identifier-no:313367002"),
            ),
            (format!("{details}/to/ID"), json!("0192:310000302")),
            (
                format!("{details}/to"),
                json!("urn:altinn:organization:identifier-no:310000205"),
            ),
            (
                format!("{details}/validTo"),
                json!("2026-11-20T12:00:00+00:00"),
            ),
            (format!("{details}/validTo"), json!(null)),
            (format!("{details}/consentRights"), json!([])),
            (
                format!("{details}/consentRights/0/resource/0/value"),
                json!("ske-samtykke-sbl-inntekt"),
            ),
        ] {
            let mut claims = claims();
            *claims.pointer_mut(&pointer).unwrap() = value;
            assert_eq!(
                permission(Package::Finans, &claims, PARTY, NOW),
                Err(Refusal::Consent),
                "{pointer}"
            );
        }
        let mut twice = claims();
        let entry = twice["authorization_details"][0].clone();
        twice["authorization_details"]
            .as_array_mut()
            .unwrap()
            .push(entry);
        assert_eq!(
            permission(Package::Finans, &twice, PARTY, NOW),
            Err(Refusal::Consent)
        );
    }

    #[test]
    fn a_token_must_be_meant_for_this_api() {
        let outcome = |change: fn(&mut Value)| {
            let mut claims = claims();
            change(&mut claims);
            reader(&claims, Refusal::NotAuthorised)
        };
        assert_eq!(outcome(|_| {}), Ok("0192:310000205".into()));
        assert!(outcome(|claims| claims["aud"] = json!("unspecified")).is_ok());
        assert_eq!(
            outcome(|claims| claims["aud"] = json!("https://x")),
            Err(Refusal::Unauthenticated)
        );
        assert_eq!(
            outcome(|claims| claims["consumer"] = json!(null)),
            Err(Refusal::Unauthenticated)
        );
        assert_eq!(
            outcome(|claims| claims["scope"] = json!("skatteetaten:inntekt")),
            Err(Refusal::NotAuthorised)
        );
    }

    #[test]
    fn accounting_systems_need_the_partys_system_user() {
        let mut claims = claims();
        assert_eq!(
            permission(Package::Regnskapssystem, &claims, PARTY, NOW),
            Err(Refusal::SystemUser)
        );
        claims["authorization_details"] = json!([{
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:313367002" },
            "systemuser_id": [Uuid::nil()],
        }]);
        assert_eq!(
            permission(Package::Regnskapssystem, &claims, PARTY, NOW),
            Ok(())
        );
        assert_eq!(
            permission(Package::Regnskapssystem, &claims, "314055403", NOW),
            Err(Refusal::SystemUser)
        );
        for other in [json!(null), json!(Uuid::nil()), json!([])] {
            claims["authorization_details"][0]["systemuser_id"] = other;
            let outcome = permission(Package::Regnskapssystem, &claims, PARTY, NOW);
            assert_eq!(outcome, Err(Refusal::SystemUser));
        }
    }

    #[test]
    fn what_a_consent_says_of_time_is_compared_too() {
        let metadata = [("fraogmed", "2026-01"), ("tilogmed", "2026-03")];
        let wanted = ConsentRequirements {
            resource: RESOURCE,
            service: SERVICE,
            metadata: &metadata,
            longest: Some(Duration::days(10)),
        };
        let mut claims = claims();
        let details = &mut claims["authorization_details"][0];
        details["consented"] = json!("2026-11-10T12:00:01+00:00");
        details["consentRights"][0]["metadata"] =
            json!({ "FraOgMed": "2026-01", "tilogmed": "2026-03" });
        assert!(consent(&claims, PARTY, NOW, wanted));
        for (pointer, value) in [
            ("consented", json!("2026-11-10T12:00:00+00:00")),
            ("consented", Value::Null),
            ("consentRights/0/metadata/tilogmed", json!("2026-04")),
            ("consentRights/0/metadata", Value::Null),
        ] {
            let mut other = claims.clone();
            let pointer = format!("/authorization_details/0/{pointer}");
            *other.pointer_mut(&pointer).unwrap() = value;
            assert!(!consent(&other, PARTY, NOW, wanted), "{pointer}");
        }
    }
}
