//! State of the system register: systems, their users and the requests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::log::LogEntry;
use super::registered::Registered;
use super::request::{Grants, Request};
use super::right::{DEMO_RIGHT, Right};
use super::user::User;
use super::user_key::UserKey;
use crate::interfaces::SystemUser;

/// Identifier of the demo's system.
pub const DEMO_SYSTEM: &str = "310000205_fjordbanken";
/// The system user that Fjordvik Snekkerverksted has made for it.
pub const DEMO_SYSTEM_USER: Uuid = Uuid::from_u128(0x5f3c_1d7a_0b42_4c8e_9a61_2e7d_4f80_b915);

/// Registered system of a vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// The vendor's number, an underscore and a name.
    pub id: String,
    /// The clients at Maskinporten that are this system.
    pub client_ids: BTreeSet<String>,
    /// Resources whose rights a customer is asked for with a system user of this system.
    pub rights: BTreeSet<String>,
}

/// Registered systems, their system users, and requests for them.
#[derive(Debug, Default)]
pub(in crate::altinn) struct Systems {
    pub(in crate::altinn) registered: BTreeMap<String, Registered>,
    pub(in crate::altinn) users: BTreeMap<Uuid, User>,
    /// Requests by identifier: the future system user's for a request, the vendor's own for a
    /// change.
    pub(in crate::altinn) requests: BTreeMap<Uuid, Request>,
    pub(in crate::altinn) log: Vec<LogEntry>,
}

/// Reason why a system user was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SystemUserError {
    /// The system is not registered by any vendor.
    #[error("no such system")]
    NoSystem,
    /// Identifier or reference that is taken: the customer has one for the system with it.
    #[error("there is such a system user already")]
    Taken,
}

impl System {
    pub(in crate::altinn) fn registered(self) -> Registered {
        let vendor = self.id.split_once('_').map_or("", |(vendor, _)| vendor);
        let name = vec![("nb".to_owned(), self.id.clone())];
        Registered {
            internal_id: Uuid::new_v4(),
            vendor: format!("0192:{vendor}"),
            description: name.clone(),
            name,
            rights: self.rights.iter().map(|right| Right::to(right)).collect(),
            packages: Vec::new(),
            client_ids: self.client_ids.into_iter().collect(),
            is_visible: true,
            redirects: Vec::new(),
            is_deleted: false,
            id: self.id,
        }
    }
}

impl Systems {
    /// Creates the demo's systems: Fjordbanken's, with its clients and one user.
    pub(in crate::altinn) fn demo(client_ids: BTreeSet<String>) -> Self {
        let system = System {
            id: DEMO_SYSTEM.to_owned(),
            client_ids,
            rights: [DEMO_RIGHT.to_owned()].into(),
        };
        let user = SystemUser {
            id: DEMO_SYSTEM_USER,
            system_id: DEMO_SYSTEM.to_owned(),
            owner_org: "313367002".to_owned(),
            external_ref: "313367002".to_owned(),
        };
        let mut systems = Self::default();
        let name = vec![
            ("nb".to_owned(), "Fjordbanken regnskap".to_owned()),
            ("nn".to_owned(), "Fjordbanken rekneskap".to_owned()),
            ("en".to_owned(), "Fjordbanken accounting".to_owned()),
        ];
        let system = Registered {
            description: name.clone(),
            name,
            ..system.registered()
        };
        systems.registered.insert(system.id.clone(), system);
        // The system exists, and the user does not.
        let _ = systems.make(user, OffsetDateTime::UNIX_EPOCH);
        systems
    }

    /// Makes a user with all rights of its system.
    pub(in crate::altinn) fn make(
        &mut self,
        user: SystemUser,
        now: OffsetDateTime,
    ) -> Result<(), SystemUserError> {
        let system = self.registered.get(&user.system_id);
        let system = system.ok_or(SystemUserError::NoSystem)?;
        let grants = Grants {
            rights: system.rights.clone(),
            packages: system.packages.clone(),
        };
        let title = system.title().to_owned();
        let key = UserKey::from(&user);
        let taken = self.users.values().any(|other| other.has_key(key));
        if taken || self.users.contains_key(&user.id) {
            return Err(SystemUserError::Taken);
        }
        self.users.insert(
            user.id,
            User {
                identity: user,
                title,
                grants,
                created: now,
            },
        );
        Ok(())
    }

    pub(in crate::altinn) fn find(
        &self,
        client_id: &str,
        vendor: &str,
        owner: &str,
        reference: &str,
    ) -> Option<&SystemUser> {
        let found = self.users.values().find(|user| {
            let system = self.registered.get(&user.identity.system_id);
            user.identity.owner_org == owner
                && user.identity.external_ref == reference
                && system.is_some_and(|system| {
                    let mut clients = system.client_ids.iter();
                    !system.is_deleted
                        && system.vendor_number() == vendor
                        && clients.any(|own| own == client_id)
                })
        });
        found.map(|user| &user.identity)
    }
}
