//! `--live`: checks over the network. For a token these are Maskinporten's name, TCP, TLS, metadata and clock, and a test
//! grant; for mutual TLS, a handshake and a request with the certificate. Both ask the issuer whether it has revoked the
//! certificate.

mod arguments;
mod checks;
mod clock;
mod maskinporten;
mod mutual_tls;
mod revocation;
mod tls_connection;

pub(crate) use arguments::Arguments;
pub(crate) use checks::NetworkChecks;
pub(crate) use revocation::RevocationClient;
