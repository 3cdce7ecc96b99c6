//! Checks that a purpose needs, in the order of the report.

use super::context::{CertificateContext, CheckContext};
use super::results::{CheckResults, Outcome};
use super::{cryptography, file, identity, issuer, profile, revocation_addresses, validity};
use crate::catalogue::{
    configuration as a, cryptography as c, file as f, identity as o, issuer as i, profile as p,
    revocation as n, time as v,
};
use crate::finding::{Entry, Purpose};
use crate::language::Bilingual;
use crate::material::KeyPlace;

/// Check with the entries of the catalogue that it can report.
struct Check {
    name: &'static str,
    entries: &'static [&'static Entry],
    /// Need for a token or a seal, for a registered key and for TLS.
    need: [Need; 3],
    /// Marks a check that uses the private key.
    uses_key: bool,
    function: Function,
}

/// Degree to which a purpose needs a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Need {
    /// The verdict cannot be OK without the check.
    Always,
    /// The check is made if there is a certificate, which a registered key does not need.
    IfPresent,
}

/// Function of a check, by its input.
enum Function {
    /// Check that needs only the files.
    Files(fn(&CheckContext) -> Outcome),
    /// Check that needs a certificate.
    Certificate(fn(&CertificateContext) -> Outcome),
}

const ALWAYS: [Need; 3] = [Need::Always, Need::Always, Need::Always];
const CERTIFICATE: [Need; 3] = [Need::Always, Need::IfPresent, Need::Always];

/// Checks, in the order of the report.
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
        uses_key: false,
        function: Function::Files(file::reading),
    },
    Check {
        name: "certificate",
        entries: &[&f::F10, &f::F11],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Files(file::certificate),
    },
    Check {
        name: "key",
        entries: &[&f::F04],
        need: ALWAYS,
        uses_key: true,
        function: Function::Files(file::key),
    },
    Check {
        name: "key-of-certificate",
        entries: &[&f::F05],
        need: CERTIFICATE,
        uses_key: true,
        function: Function::Certificate(file::pair),
    },
    Check {
        name: "key-strength",
        entries: &[&c::C01, &c::C02, &c::C03, &c::C08],
        need: ALWAYS,
        uses_key: true,
        function: Function::Files(cryptography::strength),
    },
    Check {
        name: "trial-signature",
        entries: &[&c::C05],
        need: ALWAYS,
        uses_key: true,
        function: Function::Files(cryptography::trial),
    },
    Check {
        name: "validity",
        entries: &[&v::V01, &v::V02, &v::V03],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(validity::check),
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
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(issuer::issuer),
    },
    Check {
        name: "chain",
        entries: &[&i::I10, &i::I11],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(issuer::chain),
    },
    Check {
        name: "issuer-signature",
        entries: &[&i::I12],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(issuer::signature),
    },
    Check {
        name: "signature-algorithm",
        entries: &[&c::C04],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(cryptography::algorithm),
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
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(identity::check),
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
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(profile::check),
    },
    Check {
        name: "revocation-addresses",
        entries: &[&n::N02],
        need: CERTIFICATE,
        uses_key: false,
        function: Function::Certificate(revocation_addresses::check),
    },
];

/// Makes the checks that the purpose needs.
pub(crate) fn run(context: &CheckContext) -> CheckResults {
    let mut results = CheckResults::default();
    let certificate = context.certificate();
    let no_certificate = || Bilingual::new("sertifikatet mangler", "there is no certificate");
    for check in CHECKS {
        let [token, key, tls] = check.need;
        let need = match context.purpose {
            Purpose::Token | Purpose::Seal => token,
            Purpose::Key => key,
            Purpose::Tls => tls,
        };
        let outcome = match (&check.function, &certificate) {
            (_, None) if need == Need::IfPresent => continue,
            (Function::Files(check), _) => check(context),
            (Function::Certificate(check), Some(certificate)) => check(certificate),
            (Function::Certificate(_), None) => Outcome::Skipped(no_certificate()),
        };
        let is_in_vault = context.material.key_place == KeyPlace::Vault;
        match outcome {
            // A key in a vault cannot be checked here, which A02 says.
            Outcome::Skipped(_) if is_in_vault && check.uses_key => {}
            // The certificate beside a registered key is checked as far as possible.
            Outcome::Skipped(_) if need == Need::IfPresent => {}
            Outcome::Partly(found, _) if need == Need::IfPresent => results.add_findings(found),
            outcome => results.add(check.name, check.entries, outcome),
        }
    }
    if context.material.key_place == KeyPlace::Vault {
        results.add_findings([a::A02.finding([])]);
    }
    results.sorted(context.purpose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::finding::Severity;

    /// Groups of entries that no check of files looks for: servers, and settings of a project.
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
                let mut levels = check.entries.iter().map(|entry| entry.severities[place]);
                let is_grave = levels.any(|level| level == Some(Severity::Error));
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
