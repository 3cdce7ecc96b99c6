//! Altinn 2, which closed on 19 June 2026: consent requests by its REST API or by a link, a code
//! for each consent, and a consent token (*samtykkebevis*) with a lifetime of half a minute.
//!
//! Source: Altinn's documentation of the time ("Be om samtykke", "Forespørsler", "Hente token",
//! "Virksomhet"). The API authenticates the enterprise by its API key, together with a Maskinporten
//! token whose audience is Altinn, or with an enterprise certificate, which Altinn reads only if
//! the address requests it.
//!
//! Altinn chooses the code, so creation is not idempotent: a repeated request creates a second one.
//! The duplicate is harmless: no browser is sent to the page of a request whose answer was lost,
//! and the portal does not list it.

mod answer;
mod api_key;
mod config;
mod link;
mod local_time;
mod proof;
mod refusal;
mod request;

pub use answer::{created, found};
pub use api_key::ApiKeys;
pub use config::{Altinn2Config, Start};
pub use link::{opened, stored};
pub use proof::{check, token};
pub use request::{create, fetch, lookup, service, withdrawal, withdrawn};
