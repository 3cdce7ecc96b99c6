//! System in the register: reading, validation and serialisation.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::problem;
use super::right::{self, Package, RESOURCE, Right};
use crate::altinn::body::{self, InvalidBody, Members};
use crate::altinn::canonical_url::canonical;
use crate::altinn::problem::{Fault, Problem};
use crate::altinn::resource;

/// Prefix of Norwegian organisation numbers.
const NORWEGIAN: &str = "0192";

/// Types of resources that a system can request.
const DELEGABLE: [&str; 7] = [
    "AltinnApp",
    "Systemresource",
    "Default",
    "CorrespondenceService",
    "BrokerService",
    "GenericAccessResource",
    "MigratedApp",
];

/// Registered system of a vendor.
#[derive(Clone, Debug)]
pub(in crate::altinn) struct Registered {
    pub(in crate::altinn) internal_id: Uuid,
    pub(in crate::altinn) id: String,
    /// `0192:` and nine digits.
    pub(in crate::altinn) vendor: String,
    /// Names by language.
    pub(in crate::altinn) name: Vec<(String, String)>,
    pub(in crate::altinn) description: Vec<(String, String)>,
    pub(in crate::altinn) rights: Vec<Right>,
    pub(in crate::altinn) packages: Vec<String>,
    pub(in crate::altinn) client_ids: Vec<String>,
    pub(in crate::altinn) is_visible: bool,
    pub(in crate::altinn) redirects: Vec<String>,
    pub(in crate::altinn) is_deleted: bool,
}

impl Registered {
    /// Parses the body of a call that registers or replaces a system. Strings are trimmed, except
    /// in lists.
    pub(in crate::altinn) fn read(body: &[u8]) -> Result<Self, InvalidBody> {
        let value = body::value(body, "the system")?;
        let members = Members::new(&value, "$")?;
        let trimmed = |text: &str| Some(text.trim().to_owned());
        let object = |name: &str| {
            let value = members.get(name);
            value.ok_or_else(|| InvalidBody::missing("$", name))
        };
        let vendor = Members::new(object("vendor")?, "$.vendor")?;
        Ok(Self {
            internal_id: Uuid::new_v4(),
            id: members.required("id", trimmed)?,
            vendor: vendor.required("ID", trimmed)?,
            name: body::texts(object("name")?, "$.name")?,
            description: body::texts(object("description")?, "$.description")?,
            rights: members.optional_list("rights", Right::read)?,
            packages: members.optional_list("accessPackages", right::read_package)?,
            client_ids: members.optional_list("clientId", body::text)?,
            is_visible: members.flag("isVisible")?.unwrap_or(true),
            redirects: members.optional_list("allowedRedirectUrls", body::text)?,
            is_deleted: false,
        })
    }

    /// Returns the vendor's organisation number.
    pub(in crate::altinn) fn vendor_number(&self) -> &str {
        self.vendor.split_once(':').map_or("", |(_, number)| number)
    }

    /// Returns the Norwegian name.
    pub(in crate::altinn) fn title(&self) -> &str {
        let mut names = self.name.iter();
        let norwegian = names.find(|(language, _)| language == "nb");
        norwegian.map_or(self.id.as_str(), |(_, name)| name)
    }

    pub(in crate::altinn) fn has_vendor_form(&self) -> bool {
        self.vendor.split(':').next() == Some(NORWEGIAN)
    }

    /// Returns the faults of a new identifier, independently of other registrations.
    pub(in crate::altinn) fn form_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.id.contains(' ') {
            faults.push(problem::id_blanks());
        }
        if self.id.split('_').next() != Some(self.vendor_number()) {
            faults.push(problem::id_form());
        }
        faults
    }

    pub(in crate::altinn) fn redirect_faults(&self) -> Vec<Fault> {
        let is_secure = |address: &String| {
            url::Url::parse(address).is_ok_and(|address| address.scheme() == "https")
        };
        let fine = self.redirects.iter().all(is_secure);
        (!fine).then(problem::redirect_form).into_iter().collect()
    }

    /// Replaces the contents with those of `proposed`.
    pub(in crate::altinn) fn replaced_by(&self, proposed: Self) -> Self {
        Self {
            internal_id: self.internal_id,
            ..proposed
        }
    }

    /// Builds the document that the vendor reads.
    pub(in crate::altinn) fn document(&self) -> Value {
        json!({
            "id": self.id,
            "vendor": { "ID": self.vendor },
            "name": dictionary(&self.name),
            "description": dictionary(&self.description),
            "rights": right::documents(&self.rights),
            "accessPackages": right::package_documents(&self.packages),
            "isDeleted": self.is_deleted,
            "clientId": self.client_ids,
            "isVisible": self.is_visible,
            "allowedRedirectUrls": self.redirects,
        })
    }

    /// Builds the entry in a list of systems.
    pub(in crate::altinn) fn summary(&self) -> Value {
        json!({
            "systemId": self.id,
            "systemVendorOrgNumber": self.vendor_number(),
            "systemVendorOrgName": "",
            "name": dictionary(&self.name),
            "description": dictionary(&self.description),
            "rights": right::documents(&self.rights),
            "accessPackages": right::package_documents(&self.packages),
            "isVisible": self.is_visible,
        })
    }

    /// Checks that a request may send its person back to `address`: the path counts, the query does
    /// not.
    ///
    /// # Errors
    ///
    /// [`problem::NO_REDIRECTS`] and [`problem::REDIRECT_NOT_FOUND`].
    pub(in crate::altinn) fn check_redirect(&self, address: Option<&str>) -> Result<(), Problem> {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return Ok(());
        };
        if self.redirects.is_empty() {
            return Err(problem::NO_REDIRECTS);
        }
        let path = |address: &str| {
            let end = address.find(['?', '#']).unwrap_or(address.len());
            canonical(address.split_at(end).0)
        };
        let mut allowed = self.redirects.iter();
        allowed
            .any(|known| path(known) == path(address))
            .then_some(())
            .ok_or(problem::REDIRECT_NOT_FOUND)
    }

    /// Checks that every right is one of the system's.
    pub(in crate::altinn) fn check_rights(&self, rights: &[Right]) -> Result<(), Problem> {
        let known = |right: &Right| self.rights.iter().any(|own| own.is_same_as(right));
        if rights.len() > self.rights.len() || !rights.iter().all(known) {
            return Err(problem::RIGHTS_NOT_FOUND);
        }
        Ok(())
    }

    /// Checks that each package is one of the system's, and one that a system user can have.
    pub(in crate::altinn) fn check_packages(&self, packages: &[String]) -> Result<(), Problem> {
        if packages.is_empty() {
            return Ok(());
        }
        if packages.len() > self.packages.len() {
            return Err(problem::PACKAGE_NOT_FOUND);
        }
        let (known, unknown): (Vec<_>, Vec<_>) = packages
            .iter()
            .map(String::as_str)
            .partition(|urn| self.packages.iter().any(|own| own == urn));
        if !unknown.is_empty() {
            return Err(problem::PACKAGE_NOT_FOUND.with("NotFoundPackages", &unknown.join(", ")));
        }
        let assignable = |urn: &&str| !Package::find(urn).is_some_and(|found| found.is_assignable);
        let fixed: Vec<_> = known.into_iter().filter(assignable).collect();
        if !fixed.is_empty() {
            let listed = fixed.join(", ");
            return Err(problem::PACKAGE_NOT_DELEGABLE.with("NotDelegablePackages", &listed));
        }
        Ok(())
    }
}

/// Returns the faults of a system's rights.
pub(in crate::altinn) fn rights_faults(rights: &[Right]) -> Vec<Fault> {
    let (mut ill_formed, mut unknown, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen: Vec<&Right> = Vec::new();
    let mut repeated = false;
    for right in rights {
        repeated |= seen.contains(&right);
        seen.push(right);
        for (id, value) in right.attributes() {
            match resource::find(value) {
                _ if id != RESOURCE => ill_formed.push(value),
                None => unknown.push(value),
                Some(found) if !DELEGABLE.contains(&found.kind) => fixed.push(value),
                Some(_) => {}
            }
        }
    }
    let mut faults = Vec::new();
    if !ill_formed.is_empty() {
        faults.push(problem::resources_form(&ill_formed));
    }
    if !unknown.is_empty() {
        faults.push(problem::resources_unknown(&unknown));
    }
    if !fixed.is_empty() {
        faults.push(problem::resources_not_delegable(&fixed));
    }
    if repeated {
        faults.push(problem::rights_repeated());
    }
    faults
}

/// Returns the faults of a system's packages.
pub(in crate::altinn) fn packages_faults(packages: &[String], is_visible: bool) -> Vec<Fault> {
    let ill_formed = |urn: &&String| urn.split(':').count() < 4;
    let (wrong, formed): (Vec<&String>, Vec<&String>) = packages.iter().partition(ill_formed);
    let unknown = formed.iter().filter(|urn| Package::find(urn).is_none());
    let unknown: Vec<_> = unknown.map(|urn| urn.as_str()).collect();
    let mut details = Vec::new();
    if !wrong.is_empty() {
        let listed: Vec<_> = wrong.iter().map(|urn| urn.as_str()).collect();
        details.push(format!("Invalid format: {}", listed.join(", ")));
    }
    if !unknown.is_empty() {
        details.push(format!("Not found: {}", unknown.join(", ")));
    }
    let mut faults = Vec::new();
    if !details.is_empty() {
        faults.push(problem::packages_invalid(&details.join(" | ")));
    }
    if packages.iter().collect::<BTreeSet<_>>().len() < packages.len() {
        faults.push(problem::packages_repeated());
    }
    let mut found = formed.iter().filter_map(|urn| Package::find(urn));
    if is_visible && found.any(|package| !package.is_assignable) {
        faults.push(problem::visible_with_client_package());
    }
    faults
}

fn dictionary(texts: &[(String, String)]) -> Value {
    let pairs = texts.iter().map(|(key, text)| (key.clone(), json!(text)));
    Value::Object(pairs.collect::<Map<_, _>>())
}
