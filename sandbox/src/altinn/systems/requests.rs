//! State of the requests of vendors to customers.

use time::OffsetDateTime;
use uuid::Uuid;

use super::problem;
use super::registered::Registered;
use super::request::{ChangeDraft, Draft, Grants, Purpose, Request, Status};
use super::state::Systems;
use super::user::User;
use super::user_key::UserKey;
use crate::altinn::party::Party;
use crate::altinn::problem::Problem;
use crate::altinn::register;
use crate::altinn::state::Altinn;
use crate::interfaces::SystemUser;
use crate::population;

/// Outcome of a request's creation.
pub(super) enum CreatedRequest {
    /// New request.
    New(Request),
    /// Existing identical request.
    Already(Request),
}

impl Systems {
    /// Returns the system, if it is `vendor`'s.
    ///
    /// # Errors
    ///
    /// [`problem::SYSTEM_NOT_FOUND`], also for another vendor's.
    pub(super) fn own(&self, id: &str, vendor: &str) -> Result<&Registered, Problem> {
        let system = self.registered.get(id);
        system
            .filter(|system| system.vendor_number() == vendor)
            .ok_or(problem::SYSTEM_NOT_FOUND)
    }

    /// Returns the request of one kind, if it is for one of `vendor`'s systems.
    ///
    /// # Errors
    ///
    /// [`problem::REQUEST_NOT_FOUND`] and [`problem::SYSTEM_NOT_FOUND`].
    pub(super) fn request(
        &self,
        id: Uuid,
        is_change: bool,
        vendor: &str,
    ) -> Result<&Request, Problem> {
        let request = self.requests.get(&id);
        let request = request.filter(|request| request.is_change() == is_change);
        let request = request.ok_or(problem::REQUEST_NOT_FOUND)?;
        self.own(&request.system_id, vendor)?;
        Ok(request)
    }

    /// Returns the newest request of one kind with this key.
    pub(super) fn newest_request(&self, key: UserKey<'_>, is_change: bool) -> Option<&Request> {
        let requests = self
            .requests
            .values()
            .filter(|request| request.is_change() == is_change && request.key() == key);
        requests.max_by_key(|request| request.created)
    }

    pub(super) fn user(&self, key: UserKey<'_>) -> Option<&User> {
        self.users.values().find(|user| user.has_key(key))
    }

    /// Stores a vendor's request for a system user. An existing one is returned unchanged, even if
    /// it was rejected: its vendor deletes it first.
    pub(super) fn ask(
        &mut self,
        draft: Draft,
        vendor: &str,
        now: OffsetDateTime,
    ) -> Result<CreatedRequest, Problem> {
        let key = UserKey {
            system: &draft.system_id,
            owner: &draft.party,
            external_ref: draft.reference(),
        };
        if self.user(key).is_some() {
            return Err(problem::USER_EXISTS);
        }
        let system = self.own(&draft.system_id, vendor)?;
        let former = self.newest_request(key, false);
        if let Some(former) = former.filter(|former| !former.is_timed_out(now)) {
            return Ok(CreatedRequest::Already(former.clone()));
        }
        known(&draft.party)?;
        system.check_redirect(draft.redirect_url.as_deref())?;
        let external_ref = draft.reference().to_owned();
        let grants = draft.grants.ok_or(problem::RIGHTS_NOT_FOUND)?;
        if grants.is_empty() {
            return Err(problem::NOTHING_ASKED_FOR);
        }
        system.check_rights(&grants.rights)?;
        system.check_packages(&grants.packages)?;
        let title = draft.title.unwrap_or_else(|| system.title().to_owned());
        let request = Request {
            id: Uuid::new_v4(),
            system_id: draft.system_id,
            party: draft.party,
            external_ref,
            redirect_url: draft.redirect_url,
            purpose: Purpose::Create { title, grants },
            created: now,
            status: Status::New,
        };
        self.requests.insert(request.id, request.clone());
        Ok(CreatedRequest::New(request))
    }

    /// Stores a vendor's request for a change, under the identifier that the vendor chose.
    pub(super) fn ask_for_change(
        &mut self,
        id: Uuid,
        user: &SystemUser,
        draft: ChangeDraft,
        vendor: &str,
        now: OffsetDateTime,
    ) -> Result<CreatedRequest, Problem> {
        if let Ok(former) = self.request(id, true, vendor) {
            return Ok(CreatedRequest::Already(former.clone()));
        }
        if self.requests.contains_key(&id) {
            return Err(problem::REQUEST_NOT_FOUND);
        }
        let system = self.own(&user.system_id, vendor)?;
        system.check_redirect(draft.redirect_url.as_deref())?;
        system.check_rights(&draft.required.rights)?;
        system.check_packages(&draft.required.packages)?;
        let request = Request {
            id,
            system_id: user.system_id.clone(),
            party: user.owner_org.clone(),
            external_ref: user.external_ref.clone(),
            redirect_url: draft.redirect_url,
            purpose: Purpose::Change {
                user: user.id,
                required: draft.required,
                unwanted: draft.unwanted,
            },
            created: now,
            status: Status::New,
        };
        self.requests.insert(request.id, request.clone());
        Ok(CreatedRequest::New(request))
    }

    /// Answers a request as `person` (a national identity number), who must manage the customer's
    /// access.
    fn answer(
        &mut self,
        id: Uuid,
        person: &str,
        status: Status,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        let request = self.requests.get(&id).ok_or(problem::REQUEST_NOT_FOUND)?;
        if !register::may_answer(person, &Party::Organisation(request.party.clone())) {
            return Err(problem::NOT_MANAGER);
        }
        request.check_open(now)?;
        if status == Status::Accepted {
            self.carry_out(&request.clone(), now)?;
        }
        if let Some(request) = self.requests.get_mut(&id) {
            request.status = status;
        }
        Ok(())
    }

    fn carry_out(&mut self, request: &Request, now: OffsetDateTime) -> Result<(), Problem> {
        let system = self.registered.get(&request.system_id);
        let system = system.ok_or(problem::SYSTEM_NOT_FOUND)?;
        match &request.purpose {
            Purpose::Create { title, grants } => {
                if self.user(request.key()).is_some() {
                    return Err(problem::USER_EXISTS);
                }
                system.check_rights(&grants.rights)?;
                system.check_packages(&grants.packages)?;
                let user = SystemUser {
                    id: request.id,
                    system_id: request.system_id.clone(),
                    owner_org: request.party.clone(),
                    external_ref: request.external_ref.clone(),
                };
                let user = User {
                    identity: user,
                    title: title.clone(),
                    grants: grants.clone(),
                    created: now,
                };
                self.users.insert(request.id, user);
            }
            Purpose::Change {
                user,
                required,
                unwanted,
            } => {
                let user = self.users.get_mut(user).ok_or(problem::USER_NOT_FOUND)?;
                user.grants.add(required);
                user.grants.remove(unwanted);
            }
        }
        Ok(())
    }
}

impl Altinn {
    /// Approves a request for a system user, or for a change of one, as `person`: as on the page.
    ///
    /// # Errors
    ///
    /// `AUTH-000…`, as Altinn's.
    pub fn approve_system_user(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        person: &str,
    ) -> Result<(), Problem> {
        let systems = &mut self.state().systems;
        systems.answer(id, person, Status::Accepted, now)
    }

    /// Rejects a request for a system user, or for a change of one, as `person`: as on the page.
    ///
    /// # Errors
    ///
    /// `AUTH-000…`, as Altinn's.
    pub fn reject_system_user(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        person: &str,
    ) -> Result<(), Problem> {
        let systems = &mut self.state().systems;
        systems.answer(id, person, Status::Rejected, now)
    }

    /// Revokes a system user as `person`: as in the portal.
    ///
    /// # Errors
    ///
    /// `AUTH-00015`, and `AUTH-00024` for a system user of another party.
    pub fn revoke_system_user(&self, id: Uuid, person: &str) -> Result<(), Problem> {
        let owner = self
            .state()
            .systems
            .users
            .get(&id)
            .map(|user| user.identity.owner_org.clone());
        let owner = owner.ok_or(problem::USER_NOT_FOUND)?;
        if !register::may_answer(person, &Party::Organisation(owner)) {
            return Err(problem::NOT_THEIRS);
        }
        self.delete_system_user(id);
        Ok(())
    }

    /// Returns the request, as the pages see it, with the name of its system and its system user's
    /// grants.
    pub(super) fn system_user_request(&self, id: Uuid) -> Option<(Request, String, Grants)> {
        let state = self.state();
        let request = state.systems.requests.get(&id)?.clone();
        let system = state.systems.registered.get(&request.system_id);
        let title = system.map_or("?", |system| system.title()).to_owned();
        let grants = match &request.purpose {
            Purpose::Create { grants, .. } => grants.clone(),
            Purpose::Change { user, .. } => {
                let user = state.systems.users.get(user);
                user.map(|user| user.grants.clone()).unwrap_or_default()
            }
        };
        Some((request, title, grants))
    }
}

fn known(party: &str) -> Result<(), Problem> {
    let found = population::organisation(party);
    found.map(|_| ()).ok_or(problem::CUSTOMER_NOT_FOUND)
}
