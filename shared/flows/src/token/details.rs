//! `authorization_details`: the purpose of a token beyond its scopes (RFC 9396; Digdir, the pages
//! on consent and on system users). Maskinporten supports two types and accepts one object at a
//! time.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use innsyn_core::identifier::is_uuid;
use innsyn_core::party::{OrganisationNumber, Party, PersonNumber};

/// Name of ISO 6523 in Maskinporten's claims, and the code of the Norwegian register in it.
const AUTHORITY: &str = "iso6523-actorid-upis";
const REGISTER: &str = "0192:";

const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";
const PERSON: &str = "urn:altinn:person:identifier-no:";

/// Maximum length of an `externalRef`, in characters.
const LONGEST_REFERENCE: usize = 255;

/// Authorization details of a token. They may name a person, so they cannot be printed.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Details {
    /// Consent of a party (Altinn 3).
    #[serde(rename = "urn:altinn:consent")]
    Consent {
        /// Id of the consent: a UUID.
        id: String,
        /// Party that gave it, as a URN with an organisation number or a national identity number.
        from: String,
    },
    /// System user that an organisation has created for a system of the app's.
    #[serde(rename = "urn:altinn:systemuser")]
    SystemUser {
        /// Organisation that owns the system user.
        systemuser_org: Owner,
        /// Reference that distinguishes it from others of the same organisation.
        #[serde(
            rename = "externalRef",
            default,
            skip_serializing_if = "Option::is_none"
        )]
        external_ref: Option<String>,
    },
}

/// Organisation in Maskinporten's form.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    authority: String,
    #[serde(rename = "ID")]
    id: String,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Details({})", self.kind())
    }
}

impl Details {
    /// Parses an array of one object, and checks every member.
    ///
    /// # Errors
    ///
    /// [`DetailsError`] with the variant of the first fault.
    pub fn read(details: &Value) -> Result<Self, DetailsError> {
        let Some([detail]) = details.as_array().map(Vec::as_slice) else {
            return Err(DetailsError::Shape);
        };
        let kind = detail.get("type").and_then(Value::as_str);
        if !matches!(kind, Some("urn:altinn:consent" | "urn:altinn:systemuser")) {
            return Err(DetailsError::Type);
        }
        let details = Self::deserialize(detail).map_err(|_| DetailsError::Members)?;
        details.check()?;
        Ok(details)
    }

    /// Creates the details of the consent `id`, which `party` has given.
    pub(super) fn consent(id: &str, party: &Party) -> Result<Self, DetailsError> {
        let details = Self::Consent {
            id: id.to_owned(),
            from: party.urn(),
        };
        is_uuid(id).then_some(details).ok_or(DetailsError::Id)
    }

    /// Creates the details of the system user of `owner`; `external_ref` is omitted if the system
    /// user was created without one (Digdir, "Systembruker").
    pub(super) fn system_user(
        owner: &OrganisationNumber,
        external_ref: Option<String>,
    ) -> Result<Self, DetailsError> {
        let details = Self::SystemUser {
            systemuser_org: Owner {
                authority: AUTHORITY.to_owned(),
                id: format!("{REGISTER}{owner}"),
            },
            external_ref,
        };
        details.check()?;
        Ok(details)
    }

    /// Returns the `type`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Consent { .. } => "urn:altinn:consent",
            Self::SystemUser { .. } => "urn:altinn:systemuser",
        }
    }

    /// Returns whether the details are of a consent.
    pub const fn is_consent(&self) -> bool {
        matches!(self, Self::Consent { .. })
    }

    /// Returns the national identity number in the details, if any.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Consent { from, .. } => from.strip_prefix(PERSON),
            Self::SystemUser { .. } => None,
        }
    }

    /// Returns the number of the organisation that owns the system user, and the system user's
    /// `externalRef`.
    pub(super) fn of_system_user(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Consent { .. } => None,
            Self::SystemUser {
                systemuser_org,
                external_ref,
            } => {
                let number = systemuser_org.id.strip_prefix(REGISTER).unwrap_or_default();
                Some((number, external_ref.as_deref()))
            }
        }
    }

    /// Serialises the details as JSON: an array of one object.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&[self]).unwrap_or_default()
    }

    fn check(&self) -> Result<(), DetailsError> {
        match self {
            Self::Consent { id, from } => {
                if !is_uuid(id) {
                    return Err(DetailsError::Id);
                }
                let organisation = from.strip_prefix(ORGANISATION);
                let person = from.strip_prefix(PERSON);
                let is_party = organisation
                    .is_some_and(|number| OrganisationNumber::parse(number).is_ok())
                    || person.is_some_and(|number| PersonNumber::parse(number).is_ok());
                is_party.then_some(()).ok_or(DetailsError::From)
            }
            Self::SystemUser {
                systemuser_org,
                external_ref,
            } => {
                let number = systemuser_org.id.strip_prefix(REGISTER).unwrap_or_default();
                if systemuser_org.authority != AUTHORITY
                    || OrganisationNumber::parse(number).is_err()
                {
                    return Err(DetailsError::Owner);
                }
                let fits = external_ref.as_deref().is_none_or(is_external_ref);
                fits.then_some(()).ok_or(DetailsError::Reference)
            }
        }
    }
}

/// Returns whether `text` matches the pattern that Maskinporten allows; others lead to MP-302
/// there.
pub(crate) fn is_external_ref(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(c);
    text.chars().count() <= LONGEST_REFERENCE && text.chars().all(allowed)
}

/// Reason why details are not valid.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum DetailsError {
    /// Value other than an array of one object.
    #[error("authorization_details must be an array of one object")]
    Shape,
    /// Type that Maskinporten does not support.
    #[error("authorization_details needs the type urn:altinn:consent or urn:altinn:systemuser")]
    Type,
    /// Member that is missing, of another type, or unknown.
    #[error(
        "authorization_details: a consent has id and from; a system user has systemuser_org with authority and ID, and may have externalRef; nothing else"
    )]
    Members,
    /// Id that is not a UUID.
    #[error("authorization_details: id must be a consent's UUID")]
    Id,
    /// Value that is not a party.
    #[error(
        "authorization_details: from must be urn:altinn:person:identifier-no: or urn:altinn:organization:identifier-no: with a valid number"
    )]
    From,
    /// Value that is not an organisation.
    #[error(
        "authorization_details: systemuser_org must have the authority iso6523-actorid-upis and an ID of 0192: and a valid organisation number"
    )]
    Owner,
    /// Reference that Maskinporten does not allow.
    #[error("authorization_details: externalRef has letters, digits, _ and - only, 255 at most")]
    Reference,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use innsyn_core::party::Environment;

    const ID: &str = "3d2f6a60-9d6c-4cf5-93a3-5d1c9f0c7a04";
    const FROM: &str = "urn:altinn:person:identifier-no:02829090123";

    #[test]
    fn both_types_are_read_and_written_as_maskinporten_has_them() {
        for details in [
            json!([{"type": "urn:altinn:consent", "id": ID, "from": FROM}]),
            json!([{"type": "urn:altinn:consent", "id": ID, "from": "urn:altinn:organization:identifier-no:313367002"}]),
            json!([{"type": "urn:altinn:systemuser", "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:313367002"}}]),
            json!([{"type": "urn:altinn:systemuser", "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:313367002"}, "externalRef": "kunde_42-Ø"}]),
        ] {
            let read = Details::read(&details).expect("good details");
            let written: Value = serde_json::from_str(&read.to_json()).expect("JSON");
            assert_eq!(written, details);
        }
    }

    #[test]
    fn the_token_request_names_the_consent_and_its_party() {
        for (number, from) in [
            (
                "313367002",
                "urn:altinn:organization:identifier-no:313367002",
            ),
            ("02829090123", FROM),
        ] {
            let party = Party::parse(number, Environment::Test).expect("a party");
            let details = json!([{ "type": "urn:altinn:consent", "id": ID, "from": from }]);
            let consent = Details::consent(ID, &party);
            assert_eq!(consent, Details::read(&details), "{number}");
            let written: Value =
                serde_json::from_str(&consent.expect("good").to_json()).expect("JSON");
            assert_eq!(written, details);
            assert_eq!(Details::consent("one", &party), Err(DetailsError::Id));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let owner = json!({"authority": "iso6523-actorid-upis", "ID": "0192:313367002"});
        for (details, error) in [
            (json!({}), DetailsError::Shape),
            (json!([]), DetailsError::Shape),
            (
                json!([{"type": "urn:altinn:consent", "id": ID, "from": FROM}, {}]),
                DetailsError::Shape,
            ),
            (json!([{}]), DetailsError::Type),
            (json!([{"type": "urn:altinn:concent"}]), DetailsError::Type),
            (
                json!([{"type": "urn:altinn:consent", "id": ID}]),
                DetailsError::Members,
            ),
            (
                json!([{"type": "urn:altinn:consent", "id": ID, "from": FROM, "to": FROM}]),
                DetailsError::Members,
            ),
            (
                json!([{"type": "urn:altinn:consent", "id": "one", "from": FROM}]),
                DetailsError::Id,
            ),
            (
                json!([{"type": "urn:altinn:consent", "id": ID, "from": "02829090123"}]),
                DetailsError::From,
            ),
            (
                json!([{"type": "urn:altinn:consent", "id": ID, "from": "urn:altinn:person:identifier-no:02829090124"}]),
                DetailsError::From,
            ),
            (
                json!([{"type": "urn:altinn:systemuser", "systemuser_org": {"authority": "x", "ID": "0192:313367002"}}]),
                DetailsError::Owner,
            ),
            (
                json!([{"type": "urn:altinn:systemuser", "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "313367002"}}]),
                DetailsError::Owner,
            ),
            (
                json!([{"type": "urn:altinn:systemuser", "systemuser_org": owner, "systemuser_id": ["1"]}]),
                DetailsError::Members,
            ),
            (
                json!([{"type": "urn:altinn:systemuser", "systemuser_org": owner, "externalRef": "a b"}]),
                DetailsError::Reference,
            ),
        ] {
            assert_eq!(Details::read(&details), Err(error), "{details}");
        }
    }

    #[test]
    fn nobody_is_printed() {
        let details = json!([{"type": "urn:altinn:consent", "id": ID, "from": FROM}]);
        let details = Details::read(&details).expect("good details");
        assert_eq!(format!("{details:?}"), "Details(urn:altinn:consent)");
    }
}
