//! What the counterparties share: time, addresses, and each other.

use crate::altinn::Altinn;
use crate::bank::Bank;
use crate::clock::Clock;
use crate::maskinporten::Maskinporten;
use crate::skatteetaten::Skatteetaten;

/// The state of all counterparties. Each keeps its own behind its own lock; none holds a lock while
/// it asks another.
#[derive(Debug)]
pub struct World {
    /// Their common time.
    pub clock: Clock,
    /// Where each is reached.
    pub addresses: Addresses,
    /// Issues tokens.
    pub maskinporten: Maskinporten,
    /// Keeps consents.
    pub altinn: Altinn,
    /// Answers with claims and payments.
    pub skatteetaten: Skatteetaten,
    /// Logs customers in.
    pub bank: Bank,
}

/// The origins, without a slash at the end. The first four are TLS with the sandbox's own authority,
/// for machines; the pages are plain HTTP on the loopback, for browsers that do not know that authority.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// `https://localhost:…`; the issuer is this and a slash.
    pub maskinporten: String,
    /// Altinn's platform: `https://localhost:…`.
    pub altinn: String,
    /// Skatteetaten, krav og betalinger: `https://localhost:…`.
    pub skatteetaten: String,
    /// The bank's login service (issuer and JWKS): `https://localhost:…`.
    pub login: String,
    /// Altinn's consent page, for browsers: `http://localhost:…`.
    pub altinn_page: String,
    /// The demo bank, for browsers: `http://localhost:…`.
    pub bank_page: String,
    /// Faults, clock and counters: `http://127.0.0.1:…`.
    pub admin: String,
}
