//! The bank: the login service that issues customers' tokens, and a page to walk the journey.
//!
//! No particular login service is imitated: a token is a JWT signed with RS256, its keys are published
//! as a JWKS, and the claims say who the customer is and whom the customer may act for.

mod customer;
mod keys;
mod login;
mod page;
mod token;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use customer::{CUSTOMERS, Customer};
pub use token::{AUDIENCE, Overrides, Signature};

use crate::html;
use crate::session::Sessions;
use crate::world::{Addresses, World};
use keys::Key;

/// The bank's state.
#[derive(Debug)]
pub struct Bank {
    issuer: String,
    keys: Mutex<Keys>,
    /// Published nowhere.
    foreign: Key,
    sessions: Sessions<&'static Customer>,
    at_altinn2: AtomicBool,
}

#[derive(Debug)]
struct Keys {
    signing: Key,
    former: Option<Key>,
}

impl Bank {
    /// A new one, with new keys. `issuer` is the login service's address, without a slash at the end.
    /// Making keys takes its time: not for an async thread.
    pub fn new(issuer: &str) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: issuer.to_owned(),
            keys: Mutex::new(Keys {
                signing: Key::named("login")?,
                former: None,
            }),
            foreign: Key::named("nobody's")?,
            sessions: Sessions::named("bank_session"),
            at_altinn2: AtomicBool::new(false),
        })
    }

    /// Tells customers from now on that their consents are at Altinn 2, as the app asks for them there.
    pub fn keep_consents_at_altinn2(&self) {
        self.at_altinn2.store(true, Ordering::Relaxed);
    }

    fn portal<'a>(&self, addresses: &'a Addresses) -> &'a str {
        if self.at_altinn2.load(Ordering::Relaxed) {
            &addresses.altinn2_page
        } else {
            &addresses.altinn_page
        }
    }

    /// `iss` of login tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A login token for the customer.
    pub fn login_token(
        &self,
        now: OffsetDateTime,
        customer: &Customer,
        overrides: &Overrides,
    ) -> anyhow::Result<String> {
        let claims = token::claims(&self.issuer, now, customer, overrides);
        let keys = self.keys();
        let signing = &keys.signing;
        match overrides.signature {
            Signature::Genuine => signing.token(signing.kid(), &claims),
            Signature::ForeignKey => self.foreign.token(signing.kid(), &claims),
            Signature::UnknownKey => self.foreign.token(self.foreign.kid(), &claims),
            Signature::None => Ok(signing.unsigned(&claims)),
            Signature::PublicKeyAsSecret => Ok(signing.keyed_with_public(&claims)),
        }
    }

    /// Signs with a new key from now on; the former stays published until the next change. Takes part
    /// of a second: not for an async thread.
    pub fn change_key(&self) -> anyhow::Result<()> {
        let new = Key::generate()?;
        let mut keys = self.keys();
        let former = std::mem::replace(&mut keys.signing, new);
        keys.former = Some(former);
        Ok(())
    }

    /// Publishes the former key no more. False when there is none.
    pub fn retire_key(&self) -> bool {
        self.keys().former.take().is_some()
    }

    /// The published keys.
    fn jwks(&self) -> Value {
        let keys = self.keys();
        let published: Vec<_> = [Some(&keys.signing), keys.former.as_ref()]
            .into_iter()
            .flatten()
            .map(Key::published)
            .collect();
        json!({ "keys": published })
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The login service's routes, for machines.
pub fn router(world: Arc<World>) -> Router {
    login::routes().with_state(world)
}

/// The login service's part of the admin address.
pub(crate) fn admin_router() -> Router<Arc<World>> {
    login::admin_routes()
}

/// The bank's pages, for browsers.
pub fn page_router(world: Arc<World>) -> Router {
    page::routes()
        .merge(html::language_route(&world.addresses.bank_page))
        .with_state(world)
}
