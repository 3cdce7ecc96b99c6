//! Certificate policies.

use super::{CaVendor, Purpose};
use innsyn_core::party::Environment;

/// Certificate policy, by object identifier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy(pub String);

/// Meaning of a policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// Policy for enterprise certificates.
    Enterprise {
        /// Vendor of the certificates.
        vendor: CaVendor,
        /// Environment; `None` for Buypass, whose test certificates have the same policies.
        environment: Option<Environment>,
        /// Purpose, if the policy defines it.
        purpose: Option<Purpose>,
        /// Level of identity proofing of the organisation.
        level: Level,
    },
    /// Policy for certificates of persons.
    Person {
        /// Vendor of the certificates.
        vendor: CaVendor,
    },
    /// ETSI's normalised level (NCP): identity proofing as for a qualified certificate.
    Normalised,
    /// Policy for qualified certificates of organisations (QCP-l). Commfides' authentication
    /// certificates have it too.
    QualifiedSeal,
    /// Private test authority, Digdir's or NAV's.
    PrivateTest,
    /// Policy of an authority itself.
    Authority,
    /// Any policy, in certificates of authorities.
    Any,
}

/// Level of the issuer's identity proofing of an organisation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Level {
    /// Usual level of assurance.
    Normal,
    /// Lightweight level (LCP): Digdir's validator does not name these policies.
    Lightweight,
}

impl Policy {
    /// Returns the meaning of the policy; `None` if it is unknown.
    pub fn meaning(&self) -> Option<Meaning> {
        let buypass = |environment| Meaning::Enterprise {
            vendor: CaVendor::Buypass,
            environment,
            purpose: None,
            level: Level::Normal,
        };
        Some(match self.0.as_str() {
            "2.16.578.1.26.1.3.2" | "2.16.578.1.26.1.3.5" => buypass(None),
            "2.16.578.1.26.1.0.3.2" | "2.16.578.1.26.1.0.3.5" => buypass(Some(Environment::Test)),
            "2.16.578.1.26.1.3.1" | "2.16.578.1.26.1.3.6" | "2.16.578.1.26.1.0" => {
                Meaning::Person {
                    vendor: CaVendor::Buypass,
                }
            }
            "2.16.578.1.29.10.1.1.0" => Meaning::Authority,
            "2.16.578.1.1.1.1.100" | "2.16.578.1.26.1.0.9.9" => Meaning::PrivateTest,
            "0.4.0.2042.1.1" => Meaning::Normalised,
            "0.4.0.194112.1.1" => Meaning::QualifiedSeal,
            "2.5.29.32.0" => Meaning::Any,
            other => commfides(other.strip_prefix("2.16.578.1.29.")?)?,
        })
    }

    /// Returns whether Digdir's published validator accepts the policy. A certificate needs at
    /// least one accepted policy.
    pub fn is_accepted(&self, environment: Environment) -> bool {
        let oid = self.0.strip_prefix("2.16.578.1.").unwrap_or_default();
        let (exact, beginnings): (&[_], &[_]) = match environment {
            Environment::Production => (
                &["26.1.3.2", "26.1.3.5", "29.13.1.1.0", "29.13.1"],
                &["29.13.200.", "29.13.210.", "29.13.220."],
            ),
            Environment::Test => (
                &[
                    "26.1.3.2",
                    "26.1.3.5",
                    "26.1.0.3.2",
                    "29.913.1.1.0",
                    "29.13.1.1.0",
                    "1.1.1.100",
                ],
                &["29.913.200.", "29.913.210.", "29.913.220."],
            ),
        };
        exact.contains(&oid) || beginnings.iter().any(|begin| oid.starts_with(begin))
    }
}

/// Returns the meaning of a Commfides policy. The last two arcs are a version and are ignored:
/// production has changed them twice.
fn commfides(arcs: &str) -> Option<Meaning> {
    let mut arcs = arcs.split('.');
    let environment = match arcs.next()? {
        "12" | "912" => {
            return Some(Meaning::Person {
                vendor: CaVendor::Commfides,
            });
        }
        "13" => Environment::Production,
        "913" => Environment::Test,
        _ => return None,
    };
    let (purpose, level) = match arcs.next()? {
        "1" => (None, Level::Normal),
        "200" => (Some(Purpose::Signing), Level::Normal),
        "210" => (Some(Purpose::Authentication), Level::Normal),
        "220" => (Some(Purpose::Encryption), Level::Normal),
        "300" => (Some(Purpose::Signing), Level::Lightweight),
        "310" => (Some(Purpose::Authentication), Level::Lightweight),
        "320" => (Some(Purpose::Encryption), Level::Lightweight),
        _ => return None,
    };
    Some(Meaning::Enterprise {
        vendor: CaVendor::Commfides,
        environment: Some(environment),
        purpose,
        level,
    })
}
