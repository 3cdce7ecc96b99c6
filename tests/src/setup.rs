//! What a journey has otherwise than it is by default.

use std::collections::BTreeMap;

use host::Limits;

use crate::{GatewaySetup, Generation};

/// What a journey changes before the app starts.
#[derive(Default)]
pub struct Setup {
    /// Which Altinn the app asks.
    pub altinn: Generation,
    /// Variables in place of the sandbox's.
    pub variables: BTreeMap<String, String>,
    /// Whether `token` gets a public route, which it has not by default.
    pub token_is_public: bool,
    /// The host's limits.
    pub limits: Limits,
    /// Whether the components show the bank's enterprise certificate to whoever asks for one.
    pub enterprise_certificate: bool,
    /// Whether the host knows no counterparty by its organisation number, as Spin does not.
    pub no_pins: bool,
    /// Where the app's secrets lie.
    pub secrets: Secrets,
    /// The gateway in front of the app. Without it there is one where `INNSYN_GATEWAY` asks for one.
    pub gateway: Option<GatewaySetup>,
}

/// Where the host reads the app's secrets, as Spin does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Secrets {
    /// With the other variables.
    #[default]
    Variables,
    /// In the sandbox's vault.
    Vault,
}
