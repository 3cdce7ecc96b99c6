//! Checks, by group. Each looks at what was found in the files; none sends anything.
//!
//! [`plan`] lists the checks that a purpose needs. A check is made, or it says why it could not be.

mod address;
mod cryptography;
mod file;
mod identity;
mod issuer;
mod plan;
mod profile;
mod time;

use ::time::OffsetDateTime;
use shared::certificate::{Authorities, Authority, Generation, Holder, House, Role};
use shared::party::{Environment, OrganisationNumber};

use super::finding::{Finding, Purpose};
use super::material::{Held, Material};
pub(super) use address::{issuers, lists, responders};
pub(super) use cryptography::is_signed_with_sha1;
pub(super) use issuer::{has_signed, sorted};
pub(super) use plan::{Checked, Examination, Outcome, examine};
pub(super) use profile::environment;
pub(super) use time::ago;

/// Everything that is known before anything is judged.
pub(super) struct Scope<'a> {
    /// Material read from the files.
    pub(super) material: &'a Material,
    /// Known authorities, and those that are trusted besides.
    pub(super) authorities: &'a Authorities,
    /// Intended use of the certificate and the key.
    pub(super) purpose: Purpose,
    /// Environment in which they are to be used.
    pub(super) target: Option<Environment>,
    /// For whom.
    pub(super) organisation: Option<&'a OrganisationNumber>,
    /// The time.
    pub(super) now: OffsetDateTime,
}

impl<'a> Scope<'a> {
    /// Returns the case of the certificate, if there is one.
    pub(super) fn case(&self) -> Option<Case<'a>> {
        Some(Case {
            material: self.material,
            leaf: self.material.leaf.as_ref()?,
            authorities: self.authorities,
            purpose: self.purpose,
            target: self.target,
            organisation: self.organisation,
            now: self.now,
        })
    }
}

/// What a certificate is judged by.
pub(super) struct Case<'a> {
    /// What was found in the files.
    pub(super) material: &'a Material,
    /// The certificate in question.
    pub(super) leaf: &'a Held,
    /// Those who issue enterprise certificates.
    pub(super) authorities: &'a Authorities,
    /// What it is to be used for.
    pub(super) purpose: Purpose,
    /// Where it is to be used.
    pub(super) target: Option<Environment>,
    /// For whom.
    pub(super) organisation: Option<&'a OrganisationNumber>,
    /// The time.
    pub(super) now: OffsetDateTime,
}

impl Case<'_> {
    /// Returns the known authority that issued it.
    pub(super) fn authority(&self) -> Option<&Authority> {
        issuer::known(self)
    }

    /// Returns whether it is an organisation's at all: else most of what it lacks needs no word.
    pub(super) fn is_organisations(&self) -> bool {
        let holder = self.leaf.read.holder();
        matches!(holder, Holder::Enterprise | Holder::Unknown) && !issuer::issues_to_persons(self)
    }
}

/// Those that apply, gravest first.
pub(super) fn ordered(findings: Vec<Finding>, purpose: Purpose) -> Vec<Finding> {
    let applies = |finding: &Finding| finding.level(purpose).is_some();
    let mut findings: Vec<Finding> = findings.into_iter().filter(applies).collect();
    findings.sort_by_key(|finding| finding.level(purpose));
    // A chain may have the same fault in each of its certificates.
    findings.dedup();
    findings
}

/// The known authorities, those that are trusted besides, and those in the file that these have signed.
///
/// What a certificate does not say about itself is told from its name, which follows the houses' own ones.
pub(super) fn authorities(material: &Material) -> Authorities {
    let trusted = material.trusted.iter();
    let below = material.others.iter().filter(|held| {
        let mut above = material.trusted.iter();
        held.read.is_authority() && above.any(|above| issuer::has_signed(above, held))
    });
    trusted.chain(below).fold(Authorities::known(), with)
}

/// One more authority, as its certificate has it.
pub(super) fn with(known: Authorities, held: &Held) -> Authorities {
    let Some(key) = held.read.subject_key.clone() else {
        return known;
    };
    let name = held.name().to_lowercase();
    let is_commfides = ["commfides", "cpn"].iter().any(|word| name.contains(word));
    known.with(Authority {
        name: held.name().to_owned(),
        house: if is_commfides {
            House::Commfides
        } else {
            House::Buypass
        },
        role: if held.read.is_self_issued() {
            Role::Root
        } else {
            Role::Issuing
        },
        generation: held.read.subject.generation().unwrap_or(Generation::Seid2),
        environment: if name.contains("test") {
            Environment::Test
        } else {
            Environment::Production
        },
        key,
        fingerprint: held.read.fingerprint,
    })
}
