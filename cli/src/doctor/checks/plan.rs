//! The checks that a purpose needs, and what came of each.

use super::super::catalogue::{cryptography as c, file as f, identity as o, issuer as i};
use super::super::catalogue::{profile as p, revocation as n, setting as a, time as v};
use super::super::finding::{Entry, Finding, Level, Purpose};
use super::super::language::Both;
use super::super::material::KeyPlace;
use super::{Case, Scope, address, cryptography, file, identity, issuer, ordered, profile, time};

/// Outcome of a check.
pub(in super::super) enum Outcome {
    /// Check that was made, with its findings.
    Made(Vec<Finding>),
    /// Check that could not be made, with the reason.
    NotMade(Both),
    /// A part of it was made and found this; another could not be, and why.
    Partly(Vec<Finding>, Both),
}

/// A check of the report: its name, and why it was not made if it was not.
pub(in super::super) struct Checked {
    /// Name of the check, an interface: scripts refer to it.
    pub(in super::super) name: &'static str,
    /// Catalogue entries that the check looks for.
    pub(in super::super) entries: &'static [&'static Entry],
    /// Reason why the check, or a part of it, was not made.
    pub(in super::super) missing: Option<Both>,
}

/// Everything that came of the checks of a purpose.
#[derive(Default)]
pub(in super::super) struct Examination {
    /// Findings, gravest first.
    pub(in super::super) findings: Vec<Finding>,
    /// Each check that the purpose needs.
    pub(in super::super) checks: Vec<Checked>,
}

impl Examination {
    /// Adds what came of one check, which looks for `entries`.
    pub(in super::super) fn add(
        &mut self,
        name: &'static str,
        entries: &'static [&'static Entry],
        outcome: Outcome,
    ) {
        let missing = match outcome {
            Outcome::Made(mut findings) => {
                self.findings.append(&mut findings);
                None
            }
            Outcome::NotMade(why) => Some(why),
            Outcome::Partly(mut findings, why) => {
                self.findings.append(&mut findings);
                Some(why)
            }
        };
        self.checks.push(Checked {
            name,
            entries,
            missing,
        });
    }

    /// Adds what a check found that is in the report already, or that no purpose needs.
    pub(in super::super) fn note(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Returns it with the findings in the order of the report.
    pub(in super::super) fn in_order(mut self, purpose: Purpose) -> Self {
        self.findings = ordered(self.findings, purpose);
        self
    }

    /// Adds a later one, whose findings stand behind these.
    pub(in super::super) fn append(&mut self, mut later: Self) {
        self.findings.append(&mut later.findings);
        self.checks.append(&mut later.checks);
    }

    /// Returns whether an error was found.
    pub(in super::super) fn has_errors(&self, purpose: Purpose) -> bool {
        let mut levels = self.findings.iter().map(|found| found.level(purpose));
        levels.any(|level| level == Some(Level::Error))
    }
}

/// Check with the entries of the catalogue that it can report.
struct Check {
    name: &'static str,
    entries: &'static [&'static Entry],
    /// For a token or a seal, for a registered key, for TLS.
    need: [Need; 3],
    /// Marks a check that takes the private key.
    of_key: bool,
    look: Look,
}

/// Degree to which a purpose needs a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Need {
    /// Without it, nothing is OK.
    Always,
    /// A registered key needs no certificate; one that is there is looked at.
    WhereThereIsOne,
}

/// Input of a check.
enum Look {
    /// Everything that was found.
    Files(fn(&Scope) -> Outcome),
    /// The certificate.
    Certificate(fn(&Case) -> Outcome),
}

const ALWAYS: [Need; 3] = [Need::Always, Need::Always, Need::Always];
const OF_A_CERTIFICATE: [Need; 3] = [Need::Always, Need::WhereThereIsOne, Need::Always];

/// Every check that needs no network, in the order of the report.
static CHECKS: &[Check] = &[
    Check {
        name: "file",
        entries: &[
            &f::F01,
            &f::F02,
            &f::F03,
            &f::F06,
            &f::F07,
            &f::F08,
            &f::F09,
            &f::F12,
            &f::F13,
            &f::F14,
            &c::C06,
            &c::C07,
            &a::A01,
            &a::A02,
        ],
        need: ALWAYS,
        of_key: false,
        look: Look::Files(file::reading),
    },
    Check {
        name: "certificate",
        entries: &[&f::F10, &f::F11],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Files(file::certificate),
    },
    Check {
        name: "key",
        entries: &[&f::F04],
        need: ALWAYS,
        of_key: true,
        look: Look::Files(file::key),
    },
    Check {
        name: "key-of-certificate",
        entries: &[&f::F05],
        need: OF_A_CERTIFICATE,
        of_key: true,
        look: Look::Certificate(file::pair),
    },
    Check {
        name: "key-strength",
        entries: &[&c::C01, &c::C02, &c::C03, &c::C08],
        need: ALWAYS,
        of_key: true,
        look: Look::Files(cryptography::strength),
    },
    Check {
        name: "trial-signature",
        entries: &[&c::C05],
        need: ALWAYS,
        of_key: true,
        look: Look::Files(cryptography::trial),
    },
    Check {
        name: "validity",
        entries: &[&v::V01, &v::V02, &v::V03],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(time::check),
    },
    Check {
        name: "issuer",
        entries: &[
            &i::I01,
            &i::I02,
            &i::I03,
            &i::I04,
            &i::I05,
            &i::I06,
            &i::I07,
            &i::I08,
            &i::I09,
        ],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(issuer::issuer),
    },
    Check {
        name: "chain",
        entries: &[&i::I10, &i::I11],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(issuer::chain),
    },
    Check {
        name: "issuer-signature",
        entries: &[&i::I12],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(issuer::signature),
    },
    Check {
        name: "signature-algorithm",
        entries: &[&c::C04],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(cryptography::algorithm),
    },
    Check {
        name: "organisation",
        entries: &[
            &o::O01,
            &o::O02,
            &o::O03,
            &o::O04,
            &o::O05,
            &o::O06,
            &o::O07,
            &o::O09,
        ],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(identity::check),
    },
    Check {
        name: "usage",
        entries: &[
            &p::P01,
            &p::P02,
            &p::P03,
            &p::P04,
            &p::P05,
            &p::P06,
            &p::P07,
            &p::P08,
            &p::P09,
            &p::P10,
        ],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(profile::check),
    },
    Check {
        name: "revocation-addresses",
        entries: &[&n::N02],
        need: OF_A_CERTIFICATE,
        of_key: false,
        look: Look::Certificate(address::check),
    },
];

/// Makes every check that the purpose needs. The findings are in the order of the report.
pub(in super::super) fn examine(scope: &Scope) -> Examination {
    let mut examination = Examination::default();
    let case = scope.case();
    let there_is_none = || Both::new("sertifikatet mangler", "there is no certificate");
    for check in CHECKS {
        let [token, key, tls] = check.need;
        let need = match scope.purpose {
            Purpose::Token | Purpose::Seal => token,
            Purpose::Key => key,
            Purpose::Tls => tls,
        };
        let outcome = match (&check.look, &case) {
            (_, None) if need == Need::WhereThereIsOne => continue,
            (Look::Files(look), _) => look(scope),
            (Look::Certificate(look), Some(case)) => look(case),
            (Look::Certificate(_), None) => Outcome::NotMade(there_is_none()),
        };
        let is_in_vault = scope.material.key_place == KeyPlace::Vault;
        match outcome {
            // What is in a vault is the vault's to look at, which the report says.
            Outcome::NotMade(_) if is_in_vault && check.of_key => {}
            // What surrounds a registered key is looked at as far as it can be.
            Outcome::NotMade(_) if need == Need::WhereThereIsOne => {}
            Outcome::Partly(found, _) if need == Need::WhereThereIsOne => examination.note(found),
            outcome => examination.add(check.name, check.entries, outcome),
        }
    }
    if scope.material.key_place == KeyPlace::Vault {
        examination.note([a::A02.found([])]);
    }
    examination.in_order(scope.purpose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::catalogue;

    /// Groups of entries that are not looked for in files: answers of the network, and settings of a project.
    const ELSEWHERE: [char; 2] = ['L', 'N'];

    #[test]
    fn every_entry_of_the_catalogue_belongs_to_one_check() {
        for entry in catalogue::all() {
            let checks = CHECKS.iter();
            let of_it = checks.filter(|check| check.entries.iter().any(|own| own.id == entry.id));
            let count = of_it.count();
            let is_elsewhere =
                entry.id.starts_with(ELSEWHERE) || ["O08", "V04", "V05"].contains(&entry.id);
            assert_eq!(
                count == 0,
                is_elsewhere && entry.id != "N02",
                "{}",
                entry.id
            );
            assert!(count <= 1, "{}", entry.id);
        }
    }

    #[test]
    fn a_check_that_can_find_an_error_is_needed_by_the_purpose() {
        for check in CHECKS {
            for (place, need) in check.need.into_iter().enumerate() {
                let mut levels = check.entries.iter().map(|entry| entry.levels[place]);
                let is_grave = levels.any(|level| level == Some(Level::Error));
                let is_key = place == 1;
                assert!(
                    !is_grave || need == Need::Always || is_key,
                    "{}",
                    check.name
                );
            }
        }
    }
}
