//! Callers of Altinn's platform, by the claims of their token.

use http::StatusCode;
use serde_json::Value;

use super::party::Party;

/// Holder of a verified token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Caller {
    pub(super) consumer: Party,
    pub(super) supplier: Option<Party>,
    scope: String,
}

impl Caller {
    pub(super) fn from_claims(claims: &Value, any_of: &[&str]) -> Result<Self, StatusCode> {
        let scope = claims["scope"].as_str().unwrap_or_default().to_owned();
        if !scope.split(' ').any(|held| any_of.contains(&held)) {
            return Err(StatusCode::FORBIDDEN);
        }
        let consumer = organisation(&claims["consumer"]).ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self {
            consumer,
            supplier: organisation(&claims["supplier"]),
            scope,
        })
    }

    /// Creates a caller for the organisation itself, without a token.
    pub(super) fn receiver(organisation: &Party) -> Self {
        Self {
            consumer: organisation.clone(),
            supplier: None,
            scope: String::new(),
        }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|held| held == scope)
    }
}

/// Parses `{"authority": "iso6523-actorid-upis", "ID": "0192:…"}` without further members.
fn organisation(claim: &Value) -> Option<Party> {
    if claim["authority"].as_str()? != "iso6523-actorid-upis" {
        return None;
    }
    let number = claim["ID"].as_str()?.strip_prefix("0192:")?;
    format!("urn:altinn:organization:identifier-no:{number}")
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_consumer_must_be_an_organisation_in_iso_form() {
        let claims = |consumer: Value| json!({ "scope": "a b", "consumer": consumer });
        let good = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:310000205" });
        assert!(Caller::from_claims(&claims(good.clone()), &["b"]).is_ok());
        assert_eq!(
            Caller::from_claims(&claims(good), &["c"]),
            Err(StatusCode::FORBIDDEN)
        );
        for consumer in [
            json!(null),
            json!("0192:310000205"),
            json!({ "authority": "other", "ID": "0192:310000205" }),
            json!({ "authority": "iso6523-actorid-upis", "ID": "310000205" }),
        ] {
            assert_eq!(
                Caller::from_claims(&claims(consumer), &["b"]),
                Err(StatusCode::UNAUTHORIZED)
            );
        }
    }
}
