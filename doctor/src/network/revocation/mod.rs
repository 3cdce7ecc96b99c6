//! Revocation: OCSP responders (RFC 6960) and revocation lists (RFC 5280 §5) of the issuer.

mod client;
mod crl;
mod ocsp;
mod status;

pub(crate) use client::RevocationClient;
