//! Access to the sidecar: programs on this machine, which know the sidecar by a name of this
//! machine, and no page in a browser.

use axum::http::{HeaderMap, StatusCode};

use super::answer::Refused;

/// Checks that a request comes from a program on this machine.
///
/// # Errors
/// [`Refused`] with status 403.
pub(super) fn expect_this_machine(headers: &HeaderMap) -> Result<(), Refused> {
    if !loopback::names_this_machine(headers) {
        Err(refused(
            "the Host of a request must be localhost or a loopback address",
        ))
    } else if loopback::is_of_a_browser(headers) {
        Err(refused("a browser may not ask for tokens"))
    } else {
        Ok(())
    }
}

fn refused(description: &str) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, "invalid_request", description)
}
