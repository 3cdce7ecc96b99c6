//! Options of a journey that deviate from the defaults.

use std::collections::BTreeMap;

use host::Limits;
use sandbox::kit::Heads;

use crate::{GatewayOptions, Generation};

/// Options that a journey sets before the app starts.
#[derive(Default)]
pub struct TestOptions {
    /// Altinn that the app calls.
    pub altinn: Generation,
    /// Values of variables that replace the sandbox's.
    pub variables: BTreeMap<String, String>,
    /// Orders of signatures that customers may place.
    pub orders: Orders,
    /// Gives `token` a public route. The default has none.
    pub token_is_public: bool,
    /// Limits of the host.
    pub limits: Limits,
    /// Presents the bank's enterprise certificate to servers that request one.
    pub enterprise_certificate: bool,
    /// Configures no certificate pins by organisation number, as on Spin.
    pub no_pins: bool,
    /// Storage of the app's secrets.
    pub secrets: Secrets,
    /// Recorder of the heads of all requests to the external services, which then speak HTTP/1.1.
    pub heads: Option<Heads>,
    /// Certificates in PEM that the app trusts for `localhost`, beside the sandbox's authority.
    pub trusted: Vec<String>,
    /// Gateway in front of the app. The default depends on `INNSYN_AS_DEPLOYED`.
    pub gateway: Option<GatewayOptions>,
}

/// Source from which the host reads the app's secrets, as Spin does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Stored with the other variables.
    #[default]
    Variables,
    /// Stored in the sandbox's vault.
    Vault,
}

/// Orders of signatures that customers may place.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Orders {
    /// Orders of any document. No events are sent.
    #[default]
    Free,
    /// Orders from the templates of the demo bank's back end, which receives events.
    Templates,
}

/// Lets customers order any document, and sends no events.
pub fn order_freely(variables: &mut BTreeMap<String, String>) {
    variables.insert("signature_orders".to_owned(), "free".to_owned());
    variables.remove("event_receivers");
    variables.remove("events_origin");
}
