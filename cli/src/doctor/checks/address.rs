//! Where a certificate says that more can be learnt: of its issuer, and whether it is revoked.

use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};

use super::super::catalogue::revocation::N02;
use super::super::language::Both;
use super::super::material::Held;
use super::{Case, Outcome};

/// `id-ad-ocsp` and `id-ad-caIssuers` (RFC 5280 §4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// The issuers that are known write at least one address into every certificate.
pub(super) fn check(case: &Case) -> Outcome {
    let has_none = lists(case.leaf).is_empty() && responders(case.leaf).is_empty();
    let found = (case.authority().is_some() && has_none).then(|| {
        N02.found([
            Both::new(
                "sertifikatet har ingen adresse",
                "the certificate has no address",
            ),
            Both::new("hverken CRL eller OCSP", "neither CRL nor OCSP"),
        ])
    });
    Outcome::Made(found.into_iter().collect())
}

/// The issuer's certificate.
pub(in super::super) fn issuers(held: &Held) -> Option<String> {
    access(held, ISSUERS).into_iter().next()
}

/// Who answers with OCSP.
pub(in super::super) fn responders(held: &Held) -> Vec<String> {
    access(held, OCSP)
}

/// The lists of what is revoked.
pub(in super::super) fn lists(held: &Held) -> Vec<String> {
    let Some(parsed) = held.parsed() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for extension in parsed.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
            continue;
        };
        for point in &points.points {
            if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                all.extend(names.iter().filter_map(http));
            }
        }
    }
    all
}

fn access(held: &Held, method: &str) -> Vec<String> {
    let Some(parsed) = held.parsed() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for extension in parsed.extensions() {
        if let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() {
            let of_method = access
                .accessdescs
                .iter()
                .filter(|description| description.access_method.to_id_string() == method);
            all.extend(of_method.filter_map(|description| http(&description.access_location)));
        }
    }
    all
}

/// LDAP is not asked.
fn http(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(address) if address.starts_with("http") => Some((*address).to_owned()),
        _ => None,
    }
}
