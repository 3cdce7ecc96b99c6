//! Systems of vendors, and the system users that customers have made for them (Altinn, "Systembruker
//! for systemleverandører").
//!
//! A system user has the rights that its system is registered with. Left out: requests for system users, changes of their
//! rights, and the approval of both, and agent systems, whose client administration is Altinn's alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use super::Altinn;
use crate::consumer::{Consumer, FJORDBANKEN};

/// The demo's system.
pub const DEMO_SYSTEM: &str = "310000205_fjordbanken";
/// What the demo's system may read, in the name that the register of resources has for it.
const DEMO_RIGHT: &str = "ske-krav-og-betalinger";
/// The system user that Fjordvik Snekkerverksted has made for it.
pub const DEMO_SYSTEM_USER: Uuid = Uuid::from_u128(0x5f3c_1d7a_0b42_4c8e_9a61_2e7d_4f80_b915);

/// A vendor's system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// The vendor's number, an underscore and a name.
    pub id: String,
    /// The clients at Maskinporten that are this system.
    pub client_ids: BTreeSet<String>,
    /// The resources whose rights customers are asked for when they make a system user for it.
    pub rights: BTreeSet<String>,
}

impl System {
    /// Whose it is.
    fn vendor(&self) -> &str {
        self.id.split_once('_').map_or("", |(vendor, _)| vendor)
    }
}

/// What a customer has made for a system to act as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SystemUser {
    /// Its identifier.
    pub id: Uuid,
    /// The system.
    pub system_id: String,
    /// Whose it is: nine digits.
    pub owner_org: String,
    /// What the vendor calls the customer; the customer's number unless something was chosen.
    pub external_ref: String,
}

/// The systems and their users.
#[derive(Debug, Default)]
pub(super) struct Systems {
    systems: BTreeMap<String, System>,
    users: BTreeMap<Uuid, SystemUser>,
}

/// Why a system user is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotMade {
    /// No vendor has registered the system.
    #[error("no such system")]
    NoSystem,
    /// Its identifier is taken, or the customer has one for the system with this reference.
    #[error("there is such a system user already")]
    Taken,
}

impl Systems {
    /// The demo's: Fjordbanken's system, which its clients are, with one user.
    pub(super) fn demo(consumers: &[Consumer]) -> Self {
        let clients = consumers
            .iter()
            .filter(|consumer| consumer.organisation == FJORDBANKEN);
        let system = System {
            id: DEMO_SYSTEM.to_owned(),
            client_ids: clients.map(|client| client.client_id.to_owned()).collect(),
            rights: [DEMO_RIGHT.to_owned()].into(),
        };
        let user = SystemUser {
            id: DEMO_SYSTEM_USER,
            system_id: DEMO_SYSTEM.to_owned(),
            owner_org: "313367002".to_owned(),
            external_ref: "313367002".to_owned(),
        };
        Self {
            systems: [(system.id.clone(), system)].into(),
            users: [(user.id, user)].into(),
        }
    }

    fn find(
        &self,
        client_id: &str,
        vendor: &str,
        owner: &str,
        reference: &str,
    ) -> Option<&SystemUser> {
        self.users.values().find(|user| {
            let system = self.systems.get(&user.system_id);
            user.owner_org == owner
                && user.external_ref == reference
                && system.is_some_and(|system| {
                    system.vendor() == vendor && system.client_ids.contains(client_id)
                })
        })
    }
}

impl Altinn {
    /// All systems.
    pub fn systems(&self) -> Vec<System> {
        self.state().systems.systems.values().cloned().collect()
    }

    /// A vendor registers a system, in place of one with the same identifier.
    pub fn register_system(&self, system: System) {
        let systems = &mut self.state().systems.systems;
        systems.insert(system.id.clone(), system);
    }

    /// All system users.
    pub fn system_users(&self) -> Vec<SystemUser> {
        self.state().systems.users.values().cloned().collect()
    }

    /// A customer makes a system user.
    pub fn make_system_user(&self, user: SystemUser) -> Result<(), NotMade> {
        let systems = &mut self.state().systems;
        if !systems.systems.contains_key(&user.system_id) {
            return Err(NotMade::NoSystem);
        }
        let same = |other: &SystemUser| {
            (&other.system_id, &other.owner_org, &other.external_ref)
                == (&user.system_id, &user.owner_org, &user.external_ref)
        };
        if systems.users.contains_key(&user.id) || systems.users.values().any(same) {
            return Err(NotMade::Taken);
        }
        systems.users.insert(user.id, user);
        Ok(())
    }

    /// A customer deletes a system user. False when there is none.
    pub fn delete_system_user(&self, id: Uuid) -> bool {
        self.state().systems.users.remove(&id).is_some()
    }

    /// The system user of `owner` for a system of `vendor` that the client is: what Maskinporten asks
    /// when a grant names a system user. Assumption: an empty reference is like none.
    pub(crate) fn system_user(
        &self,
        client_id: &str,
        vendor: &str,
        owner: &str,
        reference: Option<&str>,
    ) -> Option<SystemUser> {
        let reference = reference.filter(|reference| !reference.is_empty());
        let systems = &self.state().systems;
        systems
            .find(client_id, vendor, owner, reference.unwrap_or(owner))
            .cloned()
    }

    /// Whether the system user is there, is `owner`'s and has the right to `resource`: what an API asks Altinn's decision
    /// point, for a token proves no more than that there was one when it was issued.
    pub(crate) fn system_user_may(&self, id: Uuid, owner: &str, resource: &str) -> bool {
        let systems = &self.state().systems;
        let user = systems
            .users
            .get(&id)
            .filter(|user| user.owner_org == owner);
        let system = user.and_then(|user| systems.systems.get(&user.system_id));
        system.is_some_and(|system| system.rights.contains(resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "7b1f4a52-0c1e-4f3a-9a55-2d8d7f6f9c10";
    const CUSTOMER: &str = "313367002";

    fn altinn() -> Altinn {
        let altinn = Altinn::default();
        altinn.register_system(System {
            id: DEMO_SYSTEM.to_owned(),
            client_ids: [CLIENT.to_owned()].into(),
            rights: [DEMO_RIGHT.to_owned()].into(),
        });
        altinn
    }

    fn user(external_ref: &str) -> SystemUser {
        SystemUser {
            id: Uuid::new_v4(),
            system_id: DEMO_SYSTEM.to_owned(),
            owner_org: CUSTOMER.to_owned(),
            external_ref: external_ref.to_owned(),
        }
    }

    #[test]
    fn the_reference_is_the_customers_number_unless_chosen() {
        let altinn = altinn();
        altinn.make_system_user(user("tenant-42")).unwrap();
        let find = |reference| altinn.system_user(CLIENT, FJORDBANKEN, CUSTOMER, reference);
        assert_eq!(find(None), None);
        assert!(find(Some("tenant-42")).is_some());
        altinn.make_system_user(user(CUSTOMER)).unwrap();
        assert_ne!(find(None), find(Some("tenant-42")));
        assert_eq!(find(None), find(Some("")));
        assert_eq!(find(None), find(Some(CUSTOMER)));
    }

    #[test]
    fn client_vendor_and_customer_must_agree() {
        let altinn = altinn();
        altinn.make_system_user(user(CUSTOMER)).unwrap();
        for (client, vendor, owner) in [
            ("another", FJORDBANKEN, CUSTOMER),
            (CLIENT, "310000302", CUSTOMER),
            (CLIENT, FJORDBANKEN, "314055403"),
        ] {
            let reference = Some(CUSTOMER);
            assert_eq!(altinn.system_user(client, vendor, owner, reference), None);
        }
    }

    #[test]
    fn it_may_what_its_system_is_registered_for_while_it_is_there() {
        let altinn = altinn();
        let user = user(CUSTOMER);
        altinn.make_system_user(user.clone()).unwrap();
        assert!(altinn.system_user_may(user.id, CUSTOMER, DEMO_RIGHT));
        assert!(!altinn.system_user_may(user.id, "314055403", DEMO_RIGHT));
        assert!(!altinn.system_user_may(user.id, CUSTOMER, "ske-kontroll"));
        altinn.delete_system_user(user.id);
        assert!(!altinn.system_user_may(user.id, CUSTOMER, DEMO_RIGHT));
    }

    #[test]
    fn one_is_made_once_for_a_system_that_there_is() {
        let altinn = altinn();
        assert_eq!(altinn.make_system_user(user("a")), Ok(()));
        assert_eq!(altinn.make_system_user(user("a")), Err(NotMade::Taken));
        let mut lost = user("b");
        lost.system_id = "310000205_other".to_owned();
        assert_eq!(altinn.make_system_user(lost), Err(NotMade::NoSystem));
    }
}
