//! Who is logged in, and where those who were are going.

use crate::session::Sessions as Cookies;

/// Two kinds of session, each with its cookie.
#[derive(Debug)]
pub(super) struct Sessions {
    /// The logged-in persons' national identity numbers.
    pub(super) persons: Cookies<&'static str>,
    /// Return addresses, for the moment between log-out and return.
    pub(super) returns: Cookies<String>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            persons: Cookies::named("altinn_session"),
            returns: Cookies::named("AltinnLogoutInfo"),
        }
    }
}
