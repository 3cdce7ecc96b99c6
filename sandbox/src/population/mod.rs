//! Persons and organisations that the services know, checks of their numbers, the clients that the
//! organisations have at Maskinporten, and the choice of a person on pages and in the admin API.

mod actor;
mod consumer;
pub(crate) mod login;
mod numbers;
mod organisations;
mod people;

pub(crate) use actor::Actor;
pub(crate) use consumer::VaultKey;
pub use consumer::{Consumer, Credential, PrivateKey};
pub(crate) use numbers::{is_organisation, is_person};
pub use organisations::{
    DEMO_DELEGATED_SCOPE, FJORDBANKEN, INNLANDSBANKEN, ORGANISATIONS, Organisation, VESTBANKEN,
    organisation,
};
pub(crate) use organisations::{may_act_for, name};
pub use people::{PERSONS, Person, person};
pub(crate) use people::{first_choice, person_choices, person_named};
