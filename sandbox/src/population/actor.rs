//! Person who acts in a call of the admin API.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use serde::Deserialize;

use super::people::{PERSONS, Person, person_named};

/// Actor that the optional body `{"person": "ragna"}` names; without a name, any person who may
/// act.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Actor {
    person: Option<String>,
}

/// Error: no person has this handle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UnknownPerson;

impl Actor {
    /// Returns the named person, or else the first for whose number `may_act` holds.
    pub(crate) fn choose(&self, may_act: impl Fn(&str) -> bool) -> Option<&'static Person> {
        match &self.person {
            Some(handle) => person_named(handle),
            None => PERSONS.iter().find(|person| may_act(person.number)),
        }
    }

    /// Returns the named person, if one is named.
    ///
    /// # Errors
    ///
    /// [`UnknownPerson`] if the name is unknown.
    pub(crate) fn named(&self) -> Result<Option<&'static Person>, UnknownPerson> {
        let handle = self.person.as_deref();
        let person = handle.map(|handle| person_named(handle).ok_or(UnknownPerson));
        person.transpose()
    }
}

impl<S: Send + Sync> FromRequest<S> for Actor {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, JsonRejection> {
        let body = <Json<Self> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(body.map(|Json(actor)| actor).unwrap_or_default())
    }
}
