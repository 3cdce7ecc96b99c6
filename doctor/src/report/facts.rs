//! Data of the certificate in the report.

use innsyn_protocols::x509::{Generation, Purpose as KeyPurpose};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::terminal::printable;
use crate::checks::{CertificateContext, time_since};
use crate::language::{Bilingual, Language};
use crate::material::role;

/// Texts in both languages.
struct Texts {
    /// Time since the certificate expired, if it has.
    expired: Option<Bilingual>,
    environment: Option<Bilingual>,
    role: Bilingual,
}

/// Data of the certificate.
#[derive(Serialize)]
pub(super) struct CertificateFacts {
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
    texts: Texts,
}

impl CertificateFacts {
    /// Collects the data of the certificate.
    pub(super) fn new(context: &CertificateContext) -> Self {
        let fields = &context.leaf.fields;
        let authority = context.authority();
        let generation = authority.map(|authority| authority.generation);
        let issuer = fields.issuer.common_name().or(fields.issuer.organisation());
        let moment = |moment: time::OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
        Self {
            issuer: printable(issuer.unwrap_or("?")),
            issuer_is_known: authority.is_some(),
            generation: generation.or(fields.subject.generation()).map(
                |generation| match generation {
                    Generation::Seid1 => "SEID 1",
                    Generation::Seid2 => "SEID 2",
                },
            ),
            environment: authority.map(|authority| authority.environment.as_str()),
            organisation_number: fields
                .subject
                .number()
                .ok()
                .map(|own| own.number.to_string()),
            // The common name is omitted: the certificate may be a person's.
            organisation_name: fields.subject.organisation().map(printable),
            role: match fields.purpose() {
                Some(KeyPurpose::Authentication) => "authentication",
                Some(KeyPurpose::Signing) => "signing",
                Some(KeyPurpose::Encryption) => "encryption",
                Some(KeyPurpose::Issuing) => "issuing",
                None => "unknown",
            },
            not_before: moment(fields.validity.from),
            not_after: moment(fields.validity.until),
            days_left: fields.validity.days_left(context.now),
            fingerprint: fields.fingerprint.to_string(),
            texts: Texts {
                expired: (context.now > fields.validity.until)
                    .then(|| time_since(fields.validity.until, context.now)),
                environment: authority.map(|authority| authority.environment.into()),
                role: role(fields.purpose()),
            },
        }
    }

    /// Returns the rows of the table, each with its name.
    pub(super) fn rows(&self, language: Language) -> [(&'static str, String); 7] {
        let unknown = || language.choose("ukjent", "unknown").to_owned();
        let environment = self.texts.environment.as_ref();
        let environment = environment.map(|word| word.get(language).to_owned());
        let parts = [&self.organisation_name, &self.organisation_number];
        let organisation: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        let organisation = Some(organisation.join(", ")).filter(|text| !text.is_empty());
        [
            (language.choose("Utsteder", "Issuer"), self.issuer.clone()),
            (
                language.choose("Generasjon", "Generation"),
                self.generation.map_or_else(unknown, str::to_owned),
            ),
            (
                language.choose("Miljø", "Environment"),
                environment.unwrap_or_else(unknown),
            ),
            (
                language.choose("Virksomhet", "Organisation"),
                organisation.unwrap_or_else(unknown),
            ),
            (
                language.choose("Rolle", "Role"),
                self.texts.role.get(language).to_owned(),
            ),
            match &self.texts.expired {
                Some(ago) => (
                    language.choose("Utløpt", "Expired"),
                    format!("{} ({})", ago.get(language), self.not_after),
                ),
                None => (
                    language.choose("Dager igjen", "Days left"),
                    format!("{} ({})", self.days_left, self.not_after),
                ),
            },
            (
                language.choose("Fingeravtrykk", "Fingerprint"),
                self.fingerprint.clone(),
            ),
        ]
    }
}
