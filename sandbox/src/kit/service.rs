//! Names of the external services, as faults, the journal and the counters know them.

use serde::{Deserialize, Serialize};

/// External service that machines call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalService {
    /// Maskinporten: access tokens.
    Maskinporten,
    /// Altinn 3: consents.
    Altinn,
    /// Altinn 2: consents and their tokens.
    Altinn2,
    /// Skatteetaten's API for claims and payments.
    Skatteetaten,
    /// Skatteetaten's API for income.
    Income,
    /// Skatteetaten's API for the tax basis.
    TaxBasis,
    /// Folkeregisteret's lookup of persons: an access token, no client certificate.
    PersonLookup,
    /// Folkeregisteret's reports: two-way TLS.
    Folkeregisteret,
    /// Posten signering: two-way TLS.
    Posten,
    /// The bank's login service.
    Login,
    /// Vault with signing keys.
    Vault,
    /// Revocation lists and OCSP answers of Buypass and Commfides.
    Issuers,
}
