//! Settings of a vault: its address and the login.

use innsyn_core::origin::Origin;
use innsyn_core::secret::Secret;

/// Address of the vault, and the login to it.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Origin of the vault.
    pub origin: Origin,
    /// Namespace, if any.
    pub namespace: Option<String>,
    /// Login method.
    pub login: VaultLogin,
}

/// Login method of the vault.
#[derive(Clone, Debug)]
pub enum VaultLogin {
    /// Token that is renewed outside the app.
    Token(Secret<String>),
    /// Role of the `AppRole` method.
    AppRole {
        /// Role id. It is not secret by itself.
        role_id: String,
        /// Secret id.
        secret_id: Secret<String>,
    },
}
