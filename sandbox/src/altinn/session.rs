//! Sessions of logged-in persons, and return addresses of those who have logged out.

use crate::kit::session::Sessions as Cookies;

/// Two kinds of session, each with its cookie.
#[derive(Debug)]
pub(super) struct Sessions {
    /// National identity numbers of the persons who are logged in.
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
