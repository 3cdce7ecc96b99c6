//! Requests for a system user, and for a change of its rights, by vendors to customers.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::problem;
use super::right::{self, Right};
use super::user_key::UserKey;
use crate::altinn::body::{self, InvalidBody, Members};
use crate::altinn::document::timestamp;
use crate::altinn::problem::Problem;

/// Time in which a request can be answered.
const LIFE: Duration = Duration::days(180);

/// Status of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::altinn) enum Status {
    New,
    Accepted,
    Rejected,
}

impl Status {
    pub(in crate::altinn) const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Accepted => "Accepted",
            Self::Rejected => "Rejected",
        }
    }
}

/// Rights and access packages that a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::altinn) struct Grants {
    pub(in crate::altinn) rights: Vec<Right>,
    pub(in crate::altinn) packages: Vec<String>,
}

impl Grants {
    pub(in crate::altinn) fn is_empty(&self) -> bool {
        self.rights.is_empty() && self.packages.is_empty()
    }

    /// Adds the rights and packages of `other` that are missing.
    pub(in crate::altinn) fn add(&mut self, other: &Self) {
        for right in &other.rights {
            if !self.rights.iter().any(|own| own.is_same_as(right)) {
                self.rights.push(right.clone());
            }
        }
        for urn in &other.packages {
            if !self.packages.contains(urn) {
                self.packages.push(urn.clone());
            }
        }
    }

    /// Removes the rights and packages of `other`.
    pub(in crate::altinn) fn remove(&mut self, other: &Self) {
        let unwanted = |own: &Right| other.rights.iter().any(|right| right.is_same_as(own));
        self.rights.retain(|own| !unwanted(own));
        self.packages.retain(|own| !other.packages.contains(own));
    }
}

/// Purpose of a request.
#[derive(Clone, Debug)]
pub(in crate::altinn) enum Purpose {
    /// Creation of a system user with these rights.
    Create { title: String, grants: Grants },
    /// Change of the rights of a system user.
    Change {
        user: Uuid,
        required: Grants,
        unwanted: Grants,
    },
}

/// Request for a system user, or for other rights of one.
#[derive(Clone, Debug)]
pub(in crate::altinn) struct Request {
    pub(in crate::altinn) id: Uuid,
    pub(in crate::altinn) system_id: String,
    /// Organisation number of the customer: nine digits.
    pub(in crate::altinn) party: String,
    pub(in crate::altinn) external_ref: String,
    pub(in crate::altinn) redirect_url: Option<String>,
    pub(in crate::altinn) purpose: Purpose,
    pub(in crate::altinn) created: OffsetDateTime,
    pub(in crate::altinn) status: Status,
}

impl Request {
    pub(in crate::altinn) fn is_change(&self) -> bool {
        matches!(self.purpose, Purpose::Change { .. })
    }

    pub(in crate::altinn) fn is_timed_out(&self, now: OffsetDateTime) -> bool {
        self.created.saturating_add(LIFE) < now
    }

    /// # Errors
    ///
    /// [`problem::NOT_NEW`] for one that is answered or too old.
    pub(in crate::altinn) fn check_open(&self, now: OffsetDateTime) -> Result<(), Problem> {
        let open = self.status == Status::New && !self.is_timed_out(now);
        open.then_some(()).ok_or(problem::NOT_NEW)
    }

    /// Returns the key by which its vendor knows it.
    pub(in crate::altinn) fn key(&self) -> UserKey<'_> {
        UserKey {
            system: &self.system_id,
            owner: &self.party,
            external_ref: &self.external_ref,
        }
    }

    /// Address where the customer answers, on the pages at `origin`.
    pub(in crate::altinn) fn confirm_url(&self, origin: &str) -> String {
        let page = if self.is_change() {
            "changerequest"
        } else {
            "request"
        };
        let id = self.id;
        format!("{origin}/accessmanagement/ui/systemuser/{page}?id={id}&DONTCHOOSEREPORTEE=true")
    }

    /// Builds the answer to its vendor; `created` is absent right after creation, where the service
    /// does not fill it in.
    pub(in crate::altinn) fn document(
        &self,
        origin: &str,
        now: OffsetDateTime,
        is_new: bool,
    ) -> Value {
        let created = if is_new {
            "0001-01-01T00:00:00".to_owned()
        } else {
            utc(self.created)
        };
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                document.insert(name.to_owned(), value);
            }
        };
        put("id", json!(self.id));
        put("externalRef", json!(self.external_ref));
        put("systemId", json!(self.system_id));
        put("partyOrgNo", json!(self.party));
        match &self.purpose {
            Purpose::Create { title, grants } => {
                put("integrationTitle", json!(title));
                put("rights", right::documents(&grants.rights));
                put("accessPackages", right::package_documents(&grants.packages));
                put("escalated", json!(false));
            }
            Purpose::Change {
                user,
                required,
                unwanted,
            } => {
                put("systemUserId", json!(user));
                for (prefix, grants) in [("required", required), ("unwanted", unwanted)] {
                    put(&format!("{prefix}Rights"), right::documents(&grants.rights));
                    let packages = right::package_documents(&grants.packages);
                    put(&format!("{prefix}AccessPackages"), packages);
                }
            }
        }
        put("status", json!(self.status.name()));
        put("redirectUrl", json!(self.redirect_url));
        put("confirmUrl", json!(self.confirm_url(origin)));
        put("created", json!(created));
        put("timedOut", json!(self.is_timed_out(now)));
        Value::Object(document)
    }
}

/// Body of a call that requests a system user.
#[derive(Clone, Debug)]
pub(in crate::altinn) struct Draft {
    pub(in crate::altinn) title: Option<String>,
    pub(in crate::altinn) external_ref: Option<String>,
    pub(in crate::altinn) system_id: String,
    pub(in crate::altinn) party: String,
    /// `None` where neither rights nor packages are named.
    pub(in crate::altinn) grants: Option<Grants>,
    pub(in crate::altinn) redirect_url: Option<String>,
}

impl Draft {
    pub(in crate::altinn) fn read(body: &[u8]) -> Result<Self, InvalidBody> {
        let value = body::value(body, "the request")?;
        let members = Members::new(&value, "$")?;
        let trimmed = |text: &str| Some(text.trim().to_owned());
        let names = |name: &str| members.get(name).is_some();
        let grants = Grants {
            rights: members.optional_list("rights", Right::read)?,
            packages: members.optional_list("accessPackages", right::read_package)?,
        };
        let asks = names("rights") || names("accessPackages");
        Ok(Self {
            title: members.optional("integrationTitle", trimmed)?,
            external_ref: members.optional("externalRef", trimmed)?,
            system_id: members.required("systemId", trimmed)?,
            party: members.required("partyOrgNo", trimmed)?,
            grants: asks.then_some(grants),
            redirect_url: members.optional("redirectUrl", trimmed)?,
        })
    }

    /// Returns the vendor's name for the customer, by default the customer's number.
    pub(in crate::altinn) fn reference(&self) -> &str {
        let chosen = self.external_ref.as_deref();
        chosen
            .filter(|chosen| !chosen.is_empty())
            .unwrap_or(&self.party)
    }
}

/// Body of a call that requests a change.
#[derive(Clone, Debug)]
pub(in crate::altinn) struct ChangeDraft {
    pub(in crate::altinn) required: Grants,
    pub(in crate::altinn) unwanted: Grants,
    pub(in crate::altinn) redirect_url: Option<String>,
}

impl ChangeDraft {
    pub(in crate::altinn) fn read(body: &[u8]) -> Result<Self, InvalidBody> {
        let value = body::value(body, "the change request")?;
        let members = Members::new(&value, "$")?;
        let grants = |prefix: &str| {
            Ok(Grants {
                rights: members.optional_list(&format!("{prefix}Rights"), Right::read)?,
                packages: members
                    .optional_list(&format!("{prefix}AccessPackages"), right::read_package)?,
            })
        };
        Ok(Self {
            required: grants("required")?,
            unwanted: grants("unwanted")?,
            redirect_url: members.optional("redirectUrl", |text| Some(text.trim().to_owned()))?,
        })
    }
}

/// Formats a moment as the documents of system users do: UTC, with `Z`.
pub(in crate::altinn) fn utc(moment: OffsetDateTime) -> String {
    timestamp(moment).replace("+00:00", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(rights: &[&str], packages: &[&str]) -> Grants {
        Grants {
            rights: rights.iter().map(|right| Right::to(right)).collect(),
            packages: packages.iter().map(|urn| (*urn).to_owned()).collect(),
        }
    }

    #[test]
    fn a_change_adds_and_takes_away_once() {
        let mut held = grants(&["a", "b"], &["p"]);
        held.add(&grants(&["b", "c"], &["p", "q"]));
        assert_eq!(held, grants(&["a", "b", "c"], &["p", "q"]));
        held.remove(&grants(&["a", "x"], &["q"]));
        assert_eq!(held, grants(&["b", "c"], &["p"]));
        assert!(!held.is_empty() && Grants::default().is_empty());
    }

    #[test]
    fn an_empty_reference_is_the_customers_number() {
        let body = |reference: Value| json!({ "SystemId": "1_x", "partyOrgNo": " 313367002 ", "externalRef": reference });
        for (reference, expected) in [
            (json!(null), "313367002"),
            (json!(""), "313367002"),
            (json!(" tenant-42 "), "tenant-42"),
        ] {
            let draft = Draft::read(body(reference).to_string().as_bytes()).unwrap();
            assert_eq!(draft.reference(), expected);
            assert!(draft.grants.is_none());
        }
        assert_eq!(Draft::read(b"{}").unwrap_err().path, "$");
    }
}
