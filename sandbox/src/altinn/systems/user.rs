//! System user with its grants.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::registered::Registered;
use super::request::{Grants, utc};
use super::right::{Package, Right};
use super::user_key::UserKey;
use crate::interfaces::SystemUser;
use crate::population;

/// System user of a customer.
#[derive(Clone, Debug)]
pub(in crate::altinn) struct User {
    pub(in crate::altinn) identity: SystemUser,
    pub(in crate::altinn) title: String,
    pub(in crate::altinn) grants: Grants,
    pub(in crate::altinn) created: OffsetDateTime,
}

impl User {
    /// Returns whether it is the one with this key.
    pub(in crate::altinn) fn has_key(&self, key: UserKey<'_>) -> bool {
        UserKey::from(&self.identity) == key
    }

    /// Returns whether it has the right to `resource`, by itself or in a package.
    pub(in crate::altinn) fn may(&self, resource: &str) -> bool {
        let mut rights = self.grants.rights.iter().flat_map(Right::resources);
        let packages = self.grants.packages.iter();
        let mut packages = packages.filter_map(|urn| Package::find(urn));
        rights.any(|own| own == resource)
            || packages.any(|package| package.resources.contains(&resource))
    }

    /// Builds the document for the vendor and for Maskinporten.
    pub(in crate::altinn) fn document(&self, system: &Registered) -> Value {
        let vendor = population::organisation(system.vendor_number());
        json!({
            "id": self.identity.id,
            "integrationTitle": self.title,
            "systemId": self.identity.system_id,
            "productName": self.identity.system_id,
            "reporteeOrgNo": self.identity.owner_org,
            "created": utc(self.created),
            "isDeleted": false,
            "supplierName": vendor.map_or("", |vendor| vendor.name),
            "supplierOrgno": system.vendor_number(),
            "externalRef": self.identity.external_ref,
            "userType": "standard",
        })
    }
}
