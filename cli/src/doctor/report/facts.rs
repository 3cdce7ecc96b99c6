//! The certificate's own data in the report.

use serde::Serialize;
use shared::certificate::Generation;
use time::format_description::well_known::Rfc3339;

use super::super::checks::{self, Case};
use super::super::language::{Both, Language};
use super::super::material;
use super::printable;

/// Texts that differ between the languages.
struct Said {
    /// Time since the certificate expired, if it has.
    expired: Option<Both>,
    environment: Option<Both>,
    role: Both,
}

/// Data of the certificate.
#[derive(Serialize)]
pub(super) struct Facts {
    issuer: String,
    issuer_is_known: bool,
    generation: Option<&'static str>,
    environment: Option<&'static str>,
    organisation_number: Option<String>,
    organisation_name: Option<String>,
    role: &'static str,
    not_before: String,
    not_after: String,
    days_left: i64,
    fingerprint: String,
    #[serde(skip)]
    said: Said,
}

impl Facts {
    pub(super) fn of(case: &Case) -> Self {
        let read = &case.leaf.read;
        let authority = case.authority();
        let generation = authority.map(|authority| authority.generation);
        let issuer = read.issuer.common_name().or(read.issuer.organisation());
        let moment = |moment: time::OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
        let role = material::role(read.purpose());
        Self {
            issuer: printable(issuer.unwrap_or("?")),
            issuer_is_known: authority.is_some(),
            generation: generation.or(read.subject.generation()).map(
                |generation| match generation {
                    Generation::Seid1 => "SEID 1",
                    Generation::Seid2 => "SEID 2",
                },
            ),
            environment: authority.map(|authority| authority.environment.as_str()),
            organisation_number: read.subject.number().ok().map(|own| own.number.to_string()),
            // Not that of a person, whose certificate this may be.
            organisation_name: read.subject.organisation().map(printable),
            role: match read.purpose() {
                Some(shared::certificate::Purpose::Authentication) => "authentication",
                Some(shared::certificate::Purpose::Signing) => "signing",
                Some(shared::certificate::Purpose::Encryption) => "encryption",
                Some(shared::certificate::Purpose::Issuing) => "issuing",
                None => "unknown",
            },
            not_before: moment(read.validity.from),
            not_after: moment(read.validity.until),
            days_left: read.validity.days_left(case.now),
            fingerprint: read.fingerprint.to_string(),
            said: Said {
                expired: (case.now > read.validity.until)
                    .then(|| checks::ago(read.validity.until, case.now)),
                environment: authority.map(|authority| checks::environment(authority.environment)),
                role,
            },
        }
    }

    pub(super) fn rows(&self, language: Language) -> [(&'static str, String); 7] {
        let unknown = || language.of("ukjent", "unknown").to_owned();
        let environment = self.said.environment.as_ref();
        let environment = environment.map(|word| word.in_language(language).to_owned());
        let parts = [&self.organisation_name, &self.organisation_number];
        let organisation: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        let organisation = Some(organisation.join(", ")).filter(|text| !text.is_empty());
        [
            (language.of("Utsteder", "Issuer"), self.issuer.clone()),
            (
                language.of("Generasjon", "Generation"),
                self.generation.map_or_else(unknown, str::to_owned),
            ),
            (
                language.of("Miljø", "Environment"),
                environment.unwrap_or_else(unknown),
            ),
            (
                language.of("Virksomhet", "Organisation"),
                organisation.unwrap_or_else(unknown),
            ),
            (
                language.of("Rolle", "Role"),
                self.said.role.in_language(language).to_owned(),
            ),
            match &self.said.expired {
                Some(ago) => (
                    language.of("Utløpt", "Expired"),
                    format!("{} ({})", ago.in_language(language), self.not_after),
                ),
                None => (
                    language.of("Dager igjen", "Days left"),
                    format!("{} ({})", self.days_left, self.not_after),
                ),
            },
            (
                language.of("Fingeravtrykk", "Fingerprint"),
                self.fingerprint.clone(),
            ),
        ]
    }
}
