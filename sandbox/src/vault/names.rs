//! Names of the vault's contents for the app.

/// Name of the transit key.
pub const KEY: &str = "vestbanken";

/// Beginning of the paths of secrets that are the app's variables.
pub(super) const VARIABLES: &str = "innsyn/";
