//! Signatures by the transit engine of Vault or `OpenBao`, for keys that must not leave it.

use std::cell::RefCell;
use std::time::Duration;

use crate::outbound::{self, Endpoint, RetryPolicy};
use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::single_flight::SingleFlight;
use innsyn_protocols::maskinporten::{Algorithm, TransitKey};
use innsyn_protocols::vault::{self, Refused, VaultLogin, VaultSettings};

/// Signing is free of side effects, so it may be repeated.
const VAULT: Endpoint = Endpoint {
    counterparty: "vault",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnUnavailable(2),
};

/// Remaining lifetime at which the vault's own token is renewed.
const HEAD_ROOM: Duration = Duration::from_secs(10);

/// Signer with the keys of one vault. Lives as long as the instance, to keep its login.
#[derive(Debug)]
pub struct Vault {
    settings: VaultSettings,
    /// Token of the last login, and the time until which it is used.
    token: RefCell<Option<(Secret<String>, Duration)>>,
    logins: SingleFlight<(), Result<(), Problem>>,
}

impl Vault {
    /// Creates a signer for the vault in `settings`.
    pub const fn new(settings: VaultSettings) -> Self {
        Self {
            settings,
            token: RefCell::new(None),
            logins: SingleFlight::new(Duration::from_secs(5)),
        }
    }

    /// Signs `message` with `key`. A login that is no longer valid is repeated once.
    ///
    /// # Errors
    ///
    /// The problems of [`outbound::send`], of the vault's refusals, and `Kind::Internal` if a
    /// request cannot be built.
    pub async fn sign<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &TransitKey,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, Problem> {
        for last in [false, true] {
            let token = self.token(context).await?;
            let request = vault::sign(&self.settings, &token, key, algorithm, message)
                .ok_or_else(unspeakable)?;
            let answer = outbound::send(context, &VAULT, &request).await?;
            match vault::signature(&answer, key, &token) {
                Ok(signature) => return Ok(signature),
                Err(Refused::Permission(_)) if !last && self.forget(&token) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(unspeakable())
    }

    /// Returns the token to send: the configured one, the last login's, or a new login's.
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
                vault::login(&self.settings, role_id, secret_id).ok_or_else(unspeakable)?;
            let answer = outbound::send(context, &VAULT, &request).await?;
            let (token, lease) = vault::logged_in(&answer, secret_id)?;
            // A lease duration of zero means that the token does not expire.
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

    /// Drops a refused token. Returns whether another login may help.
    fn forget(&self, refused: &Secret<String>) -> bool {
        self.token
            .borrow_mut()
            .take_if(|(token, _)| token == refused);
        matches!(self.settings.login, VaultLogin::AppRole { .. })
    }
}

/// Returns the problem for a request that cannot be built: the settings were validated, so it is a
/// defect of the app.
fn unspeakable() -> Problem {
    Problem::new(Kind::Internal).cause("the vault cannot be asked")
}
