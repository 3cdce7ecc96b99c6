//! System user that a token is for.
//!
//! Assumptions: `systemuser_org` that is missing or ill-formed is MP-303, an unknown member inside
//! it MP-302; a system that is not the client, a wrong reference and a wrong owner get the same
//! error.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::entry::{Holder, only};
use crate::interfaces::Authorisations;
use crate::maskinporten::organisation::Organisation;
use crate::maskinporten::refusal::Refusal;
use crate::maskinporten::switches::Switches;

pub(super) const TYPE: &str = "urn:altinn:systemuser";

/// Maximum length of `externalRef`, in characters.
const LONGEST: usize = 255;

/// System user in a token request.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::maskinporten) struct SystemUser {
    /// Organisation number of the owner: nine digits.
    owner: String,
    external_ref: Option<String>,
}

/// System user in an access token, with members in the order of a real one.
#[derive(Debug, Serialize)]
pub(in crate::maskinporten) struct TokenSystemUser {
    #[serde(rename = "type")]
    kind: &'static str,
    systemuser_org: Organisation,
    systemuser_id: [Uuid; 1],
    system_id: String,
    #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
}

impl SystemUser {
    pub(super) fn read(entry: &Map<String, Value>) -> Result<Self, Refusal> {
        only(entry, &["type", "systemuser_org", "externalRef"])?;
        let external_ref = match entry.get("externalRef") {
            None => None,
            Some(Value::String(text)) if is_external_reference(text) => Some(text.clone()),
            Some(_) => return Err(Refusal::DetailField("externalRef".to_owned())),
        };
        let owner = entry.get("systemuser_org").and_then(Value::as_object);
        let owner = owner.ok_or(INVALID_OWNER)?;
        only(owner, &["authority", "ID"])?;
        Ok(Self {
            owner: number(owner).ok_or(INVALID_OWNER)?.to_owned(),
            external_ref,
        })
    }

    pub(super) fn look_up(
        self,
        altinn: &dyn Authorisations,
        holder: &Holder<'_>,
        switches: &Switches,
    ) -> Result<TokenSystemUser, Refusal> {
        if switches.refuse_consumer_org_with_system_user && holder.consumer != holder.vendor {
            let text = "A system user cannot be combined with consumer_org";
            return Err(Refusal::SystemUser(text));
        }
        let reference = self.external_ref.as_deref();
        let found = altinn
            .system_user(holder.client_id, holder.vendor, &self.owner, reference)
            .ok_or(Refusal::SystemUser("No system user found"))?;
        Ok(TokenSystemUser {
            kind: TYPE,
            systemuser_org: Organisation::new(&self.owner),
            systemuser_id: [found.id],
            system_id: found.system_id,
            external_ref: self.external_ref.filter(|_| switches.echo_external_ref),
        })
    }
}

const INVALID_OWNER: Refusal = Refusal::SystemUser("Invalid systemuser_org");

/// Returns the organisation number of a Norwegian owner.
fn number(owner: &Map<String, Value>) -> Option<&str> {
    let text = |name| owner.get(name).and_then(Value::as_str);
    let number = text("ID")?.strip_prefix(Organisation::NORWEGIAN)?;
    let is_number = number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && text("authority") == Some(Organisation::AUTHORITY)).then_some(number)
}

fn is_external_reference(text: &str) -> bool {
    text.chars().count() <= LONGEST
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(owner: &Value, reference: &Value) -> Result<SystemUser, Refusal> {
        let entry = json!({ "type": TYPE, "systemuser_org": owner, "externalRef": reference });
        SystemUser::read(entry.as_object().unwrap())
    }

    fn owner() -> Value {
        json!({ "authority": "iso6523-actorid-upis", "ID": "0192:313367002" })
    }

    #[test]
    fn references_are_short_and_plain() {
        for good in ["", "tenant-42", "Ærlig_Ørn", &"a".repeat(255)] {
            let user = read(&owner(), &json!(good)).unwrap();
            assert_eq!(user.external_ref.as_deref(), Some(good));
        }
        for wrong in [
            json!("a b"),
            json!("a.b"),
            json!("a".repeat(256)),
            json!(42),
        ] {
            let expected = Refusal::DetailField("externalRef".to_owned());
            assert_eq!(read(&owner(), &wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn the_owner_is_a_norwegian_organisation() {
        for wrong in [
            json!(null),
            json!("0192:313367002"),
            json!({ "authority": "iso6523-actorid-upis" }),
            json!({ "authority": "other", "ID": "0192:313367002" }),
            json!({ "authority": "iso6523-actorid-upis", "ID": "313367002" }),
            json!({ "authority": "iso6523-actorid-upis", "ID": "0192:31336700" }),
        ] {
            assert_eq!(read(&wrong, &json!("a")), Err(INVALID_OWNER), "{wrong}");
        }
    }

    #[test]
    fn a_member_too_many() {
        let entry = json!({ "type": TYPE, "systemuser_org": owner(), "id": "" });
        let refusal = SystemUser::read(entry.as_object().unwrap()).unwrap_err();
        assert_eq!(refusal, Refusal::DetailField("id".to_owned()));
        let mut owner = owner();
        owner["name"] = json!("Fjordvik");
        let expected = Refusal::DetailField("name".to_owned());
        assert_eq!(read(&owner, &json!("a")), Err(expected));
    }
}
