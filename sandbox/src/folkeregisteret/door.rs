//! The server's side of two-way TLS.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::authority::{Door, EnterpriseAuthority, Hierarchy, WebAuthority};
use crate::clock::Clock;

/// What the server needs: its own certificate of `web`, and clients certified by `enterprise`.
pub(crate) fn tls(
    web: &WebAuthority,
    enterprise: &EnterpriseAuthority,
    clock: &Clock,
) -> anyhow::Result<Arc<ServerConfig>> {
    web.server_with_clients(clock, Arc::new(door(enterprise)?))
}

/// Who is let in by a certificate of `enterprise`.
pub(crate) fn door(enterprise: &EnterpriseAuthority) -> anyhow::Result<Door> {
    let roots = enterprise.hierarchies().map(Hierarchy::root);
    Ok(Door::new(roots)?.refusing(enterprise))
}
