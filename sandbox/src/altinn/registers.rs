//! Registers of Altinn that Maskinporten and APIs consult: delegations and system users.

use time::OffsetDateTime;
use uuid::Uuid;

use super::problem::Problem;
use super::state::Altinn;
use super::systems::{Grants, Registered, Right, System, SystemUserError};
use crate::interfaces::{
    ActiveConsent, Authorisations, ConsentObstacle, Delegation, SystemUser, SystemUserRights,
};

impl Altinn {
    /// Returns all delegations.
    pub fn delegations(&self) -> Vec<Delegation> {
        self.state().delegations.iter().cloned().collect()
    }

    /// Adds a delegation, as a consumer does, possibly before the scope's owner has granted it the
    /// scope. Returns false if it exists already.
    pub fn delegate(&self, delegation: Delegation) -> bool {
        self.state().delegations.insert(delegation)
    }

    /// Withdraws a delegation, as a consumer does. Returns false if there is none.
    pub fn withdraw_delegation(&self, delegation: &Delegation) -> bool {
        self.state().delegations.remove(delegation)
    }

    /// Returns all systems.
    pub fn systems(&self) -> Vec<System> {
        let state = self.state();
        let systems = state.systems.registered.values();
        let system = |system: &Registered| System {
            id: system.id.clone(),
            client_ids: system.client_ids.iter().cloned().collect(),
            rights: (system.rights.iter())
                .flat_map(Right::resources)
                .map(str::to_owned)
                .collect(),
        };
        systems
            .filter(|system| !system.is_deleted)
            .map(system)
            .collect()
    }

    /// Registers a vendor's system. One with the same identifier keeps members that are absent
    /// here, and its users keep their rights.
    pub fn register_system(&self, system: System) {
        let systems = &mut self.state().systems.registered;
        let new = system.registered();
        let system = match systems.get(&new.id) {
            Some(former) => Registered {
                client_ids: new.client_ids,
                rights: new.rights,
                is_deleted: false,
                ..former.clone()
            },
            None => new,
        };
        systems.insert(system.id.clone(), system);
    }

    /// Returns all system users.
    pub fn system_users(&self) -> Vec<SystemUser> {
        let state = self.state();
        let users = state.systems.users.values();
        users.map(|user| user.identity.clone()).collect()
    }

    /// Creates a system user with all rights of its system, as a customer does.
    ///
    /// # Errors
    ///
    /// [`SystemUserError`] is the reason why the system user cannot be made.
    pub fn make_system_user(&self, user: SystemUser) -> Result<(), SystemUserError> {
        let now = OffsetDateTime::UNIX_EPOCH;
        self.state().systems.make(user, now)
    }

    /// Grants a system user the rights to these resources, and to no others, as a customer does.
    /// Returns false if the system user does not exist.
    pub fn set_system_user_rights(&self, id: Uuid, resources: &[&str]) -> bool {
        let mut state = self.state();
        let user = state.systems.users.get_mut(&id);
        user.map(|user| {
            user.grants = Grants {
                rights: resources
                    .iter()
                    .map(|resource| Right::to(resource))
                    .collect(),
                packages: Vec::new(),
            };
        })
        .is_some()
    }

    /// Deletes a system user and its request, as a customer does. Returns false if it does not
    /// exist.
    pub fn delete_system_user(&self, id: Uuid) -> bool {
        let systems = &mut self.state().systems;
        systems.requests.remove(&id);
        systems.users.remove(&id).is_some()
    }
}

impl Authorisations for Altinn {
    fn is_delegated(&self, delegation: &Delegation) -> bool {
        self.state().delegations.contains(delegation)
    }

    fn consent(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        from: &str,
        to: &str,
    ) -> Result<ActiveConsent, Vec<ConsentObstacle>> {
        self.lookup(now, id, from, to).map_err(|problems| {
            let obstacle = |problem: &Problem| ConsentObstacle {
                code: problem.code,
                text: problem.text,
            };
            problems.iter().map(obstacle).collect()
        })
    }

    /// Finds a system user. Assumption: an empty external reference is the same as none.
    fn system_user(
        &self,
        client_id: &str,
        vendor: &str,
        owner: &str,
        reference: Option<&str>,
    ) -> Option<SystemUser> {
        let reference = reference.filter(|reference| !reference.is_empty());
        let systems = &self.state().systems;
        let found = systems.find(client_id, vendor, owner, reference.unwrap_or(owner));
        found.cloned()
    }
}

impl SystemUserRights for Altinn {
    fn system_user_may(&self, id: Uuid, owner: &str, resource: &str) -> bool {
        let state = self.state();
        let user = state.systems.users.get(&id);
        user.is_some_and(|user| user.identity.owner_org == owner && user.may(resource))
    }
}
