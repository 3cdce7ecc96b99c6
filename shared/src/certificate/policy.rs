//! The rules that certificates are issued under.

use super::{House, Purpose};
use crate::party::Environment;

/// A certificate policy, by object identifier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy(pub String);

/// What a policy is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// Certificates of enterprises.
    Enterprise {
        /// Who issues them.
        house: House,
        /// Where they are for; `None` for Buypass' ones, which are in test certificates as well.
        environment: Option<Environment>,
        /// What they are for, where the policy says it.
        purpose: Option<Purpose>,
        /// How well the organisation was looked at.
        level: Level,
    },
    /// Certificates of persons.
    Person {
        /// Who issues them.
        house: House,
    },
    /// ETSI's normalised level (NCP): the holder was looked at as for a qualified certificate.
    Normalised,
    /// Qualified certificates of organisations (QCP-l). Commfides' authentication certificates are that too.
    QualifiedSeal,
    /// A private authority for tests, Digdir's or NAV's.
    PrivateTest,
    /// An authority's own.
    Authority,
    /// Any policy, in certificates of authorities.
    Any,
}

/// How well the issuer has looked at the organisation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Level {
    /// As usual.
    Normal,
    /// Less (LCP): Digdir's validator does not name these policies.
    Lightweight,
}

impl Policy {
    /// What it is about; `None` for one that is not known.
    pub fn meaning(&self) -> Option<Meaning> {
        let buypass = |environment| Meaning::Enterprise {
            house: House::Buypass,
            environment,
            purpose: None,
            level: Level::Normal,
        };
        Some(match self.0.as_str() {
            "2.16.578.1.26.1.3.2" | "2.16.578.1.26.1.3.5" => buypass(None),
            "2.16.578.1.26.1.0.3.2" | "2.16.578.1.26.1.0.3.5" => buypass(Some(Environment::Test)),
            "2.16.578.1.26.1.3.1" | "2.16.578.1.26.1.3.6" | "2.16.578.1.26.1.0" => {
                Meaning::Person {
                    house: House::Buypass,
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

    /// Whether Digdir's published validator takes it: one of a certificate's policies must be.
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

/// The last two arcs are a version and are passed over: production has moved on twice.
fn commfides(arcs: &str) -> Option<Meaning> {
    let mut arcs = arcs.split('.');
    let environment = match arcs.next()? {
        "12" | "912" => {
            return Some(Meaning::Person {
                house: House::Commfides,
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
        house: House::Commfides,
        environment: Some(environment),
        purpose,
        level,
    })
}
