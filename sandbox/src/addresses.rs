//! Origins at which the services of a sandbox are reached.

/// Origins, without a slash at the end. All but the last five use TLS for machines, with a
/// certificate of the sandbox's own authority unless stated otherwise; the pages use plain HTTP on
/// the loopback, for browsers that do not trust that authority.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// `https://localhost:…`; the issuer is this and a slash.
    pub maskinporten: String,
    /// Altinn's platform: `https://localhost:…`.
    pub altinn: String,
    /// Altinn 2's interfaces, which check a client certificate if the address requires one:
    /// `https://localhost:…`.
    pub altinn2: String,
    /// Skatteetaten, krav og betalinger: `https://localhost:…`.
    pub skatteetaten: String,
    /// Skatteetaten, income: `https://localhost:…`.
    pub income: String,
    /// Skatteetaten, tax basis: `https://localhost:…`.
    pub tax_basis: String,
    /// Folkeregisteret's lookup of persons: `https://localhost:…`.
    pub person_lookup: String,
    /// Folkeregisteret for producers, which requests a client certificate: `https://localhost:…`.
    pub folkeregisteret: String,
    /// Posten signering, which requests a client certificate and presents an enterprise certificate
    /// without a host name: `https://localhost:…`.
    pub posten: String,
    /// The bank's login service (issuer and JWKS): `https://localhost:…`.
    pub login: String,
    /// The vault: `https://localhost:…`.
    pub vault: String,
    /// Publications of the issuers of enterprise certificates: `http://localhost:…`.
    pub issuers: String,
    /// Altinn's consent page, for browsers: `http://localhost:…`.
    pub altinn_page: String,
    /// Altinn 2's consent page, for browsers: `http://localhost:…`.
    pub altinn2_page: String,
    /// Posten's pages, on which signers read and sign: `http://localhost:…`.
    pub posten_page: String,
    /// The demo bank, for browsers: `http://localhost:…`.
    pub bank_page: String,
    /// Faults, clock and counters: `http://127.0.0.1:…`.
    pub admin: String,
}
