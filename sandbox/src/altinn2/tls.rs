//! Transport: a client may present a certificate, which must then be valid.
//!
//! The real server requested it in the middle of a connection, if the address required it; TLS 1.3
//! has no such feature. Here the server requests one of every client, none has to present it, and
//! it counts only if the address requires it. Reason phrases need HTTP/1.1.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::kit::Clock;
use crate::pki::{EnterpriseAuthority, EnterpriseClientVerifier, WebAuthority};

/// Returns the TLS configuration: a certificate of `web`, and clients certified by `enterprise` or
/// without a certificate.
pub(crate) fn tls(
    web: &WebAuthority,
    enterprise: &EnterpriseAuthority,
    clock: &Clock,
) -> anyhow::Result<Arc<ServerConfig>> {
    let verifier = EnterpriseClientVerifier::of_roots(enterprise)?.optional();
    let server = web.server_with_clients(clock, Arc::new(verifier))?;
    let mut server = Arc::unwrap_or_clone(server);
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}
