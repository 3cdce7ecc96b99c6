//! Signatures from the transit engine of Vault or `OpenBao`, for keys that may not leave it.
//!
//! [`Vault`] sends; what is sent and what is read is in `message`.

mod message;

use std::cell::RefCell;
use std::time::Duration;

use crate::config::Origin;
use crate::context::Context;
use crate::flight::Flights;
use crate::maskinporten::{Algorithm, TransitKey};
use crate::outbound::{self, Call, Repeat};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;
use message::Refused;

/// A signature has no effect but itself, so it may be asked for again.
const VAULT: Call = Call {
    counterparty: "vault",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    repeat: Repeat::Unavailable(2),
};

/// The vault's own token is renewed when this much of its life is left.
const HEAD_ROOM: Duration = Duration::from_secs(10);

/// Where the vault is, and how we prove who we are.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Its address.
    pub origin: Origin,
    /// The namespace, where it has any.
    pub namespace: Option<String>,
    /// How to log in.
    pub login: VaultLogin,
}

/// How to log in to the vault.
#[derive(Clone, Debug)]
pub enum VaultLogin {
    /// A token that someone else keeps alive.
    Token(Secret<String>),
    /// A role of the `AppRole` method.
    AppRole {
        /// Not secret by itself.
        role_id: String,
        /// The other half.
        secret_id: Secret<String>,
    },
}

/// Signs with keys of one vault. Lives as long as the instance, for its login.
#[derive(Debug)]
pub struct Vault {
    settings: VaultSettings,
    /// The token of the last login, and until when it is used.
    token: RefCell<Option<(Secret<String>, Duration)>>,
    logins: Flights<(), Result<(), Problem>>,
}

impl Vault {
    /// The vault that `settings` describe.
    pub const fn new(settings: VaultSettings) -> Self {
        Self {
            settings,
            token: RefCell::new(None),
            logins: Flights::new(Duration::from_secs(5)),
        }
    }

    /// The signature of `message` under `key`. A login that no longer holds is made anew, once.
    pub async fn sign<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &TransitKey,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, Problem> {
        for last in [false, true] {
            let token = self.token(context).await?;
            let request = message::sign(&self.settings, &token, key, algorithm, message)
                .ok_or_else(unspeakable)?;
            let answer = outbound::send(context, &VAULT, &request).await?;
            match message::signature(&answer, key) {
                Ok(signature) => return Ok(signature),
                Err(Refused::Permission(_)) if !last && self.forget(&token) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(unspeakable())
    }

    /// The token to show: the configured one, the last login's, or a new login's.
    async fn token<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<Secret<String>, Problem> {
        let (role_id, secret_id) = match &self.settings.login {
            VaultLogin::Token(token) => return Ok(token.clone()),
            VaultLogin::AppRole { role_id, secret_id } => (role_id, secret_id),
        };
        if let Some(token) = self.kept(context) {
            return Ok(token);
        }
        let login = async || {
            if self.kept(context).is_some() {
                return Ok(());
            }
            let request =
                message::login(&self.settings, role_id, secret_id).ok_or_else(unspeakable)?;
            let answer = outbound::send(context, &VAULT, &request).await?;
            let (token, lease) = message::logged_in(&answer)?;
            // A lease of nothing is one without an end.
            let lease = if lease.is_zero() {
                Duration::from_hours(1)
            } else {
                lease
            };
            let head_room = HEAD_ROOM.min(lease.checked_div(4).unwrap_or_default());
            let lasts = lease.saturating_sub(head_room);
            let until = context.platform.uptime().saturating_add(lasts);
            *self.token.borrow_mut() = Some((token, until));
            Ok(())
        };
        self.logins.join(context.platform, &(), login).await?;
        self.kept(context).ok_or_else(unspeakable)
    }

    fn kept<P: Platform>(&self, context: &Context<'_, P>) -> Option<Secret<String>> {
        let now = context.platform.uptime();
        let token = self.token.borrow();
        token
            .as_ref()
            .filter(|(_, until)| now < *until)
            .map(|(token, _)| token.clone())
    }

    /// Drops a token that was refused. Whether another login may help.
    fn forget(&self, refused: &Secret<String>) -> bool {
        self.token
            .borrow_mut()
            .take_if(|(token, _)| token == refused);
        matches!(self.settings.login, VaultLogin::AppRole { .. })
    }
}

/// The settings were checked when they were read; what cannot be written down is our own fault.
fn unspeakable() -> Problem {
    Problem::new(Kind::Internal).cause("the vault cannot be asked")
}
