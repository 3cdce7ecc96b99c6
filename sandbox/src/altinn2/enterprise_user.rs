//! Enterprise users (virksomhetsbrukere), who log in with name and password.

use serde::Serialize;

use crate::kit::random;
use crate::population::FJORDBANKEN;

/// Enterprise user (virksomhetsbruker).
#[derive(Clone, Debug, Serialize)]
pub struct EnterpriseUser {
    /// Organisation of the certificate that it logs in with.
    pub organisation: &'static str,
    /// User name.
    pub name: &'static str,
    /// Password, generated at each start.
    pub password: String,
}

impl EnterpriseUser {
    /// Creates the enterprise user of Fjordbanken.
    pub(super) fn demo() -> anyhow::Result<Self> {
        Ok(Self {
            organisation: FJORDBANKEN,
            name: "fjordbanken-integration",
            password: random::token()?,
        })
    }
}
