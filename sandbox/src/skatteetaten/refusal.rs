//! Skatteetaten's errors: every code that krav og betalinger answers with, its status and its text.
//!
//! Codes: Skatteetaten, "Krav og betalinger", "Feilhåndtering". Assumption: the Norwegian texts,
//! which the real service varies.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::kit::document::{Format, escape};
use crate::kit::journal::JournalNote;

/// Reason for refusing a call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// `KB-001`: unexpected error.
    Unexpected,
    /// `KB-002`: unexpected error in a system behind the API.
    UnexpectedBehind,
    /// `KB-003`: unknown URL.
    UnknownUrl,
    /// `KB-004`: not authenticated.
    Unauthenticated,
    /// `KB-005` for `finans`: no valid consent.
    Consent,
    /// `KB-005` for `regnskapssystem`: no valid system user.
    SystemUser,
    /// `KB-006`: invalid package of rights.
    Package,
    /// `KB-006`: invalid party number.
    PartyNumber,
    /// `KB-006`: a date is missing or is none.
    Dates,
    /// `KB-006`: the period ends before it begins.
    PeriodBackwards,
    /// `KB-006`: the period is longer than a year.
    PeriodTooLong,
    /// `KB-007`: nothing found.
    NothingFound,
    /// `KB-008`: media type that is not supported.
    Format,
    /// `KB-009`: unknown party.
    UnknownParty,
    /// `DAS-003`: service not available.
    Unavailable,
    /// `DAS-008`: not authorised.
    NotAuthorised,
}

impl Refusal {
    /// Returns code, status and text.
    const fn facts(self) -> (&'static str, StatusCode, &'static str) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::Unexpected => (
                "KB-001",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Uventet feil på tjenesten",
            ),
            Self::UnexpectedBehind => (
                "KB-002",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Uventet feil i et bakenforliggende system",
            ),
            Self::UnknownUrl => ("KB-003", StatusCode::NOT_FOUND, "Ukjent url benyttet"),
            Self::Unauthenticated => (
                "KB-004",
                StatusCode::UNAUTHORIZED,
                "Feil i forbindelse med autentisering",
            ),
            Self::Consent => (
                "KB-005",
                StatusCode::FORBIDDEN,
                "Feil i forbindelse med samtykketoken",
            ),
            Self::SystemUser => (
                "KB-005",
                StatusCode::FORBIDDEN,
                "Systembrukeren gjelder ikke forespurt part",
            ),
            Self::Package => ("KB-006", BAD, "Oppgitt rettighetspakke er ugyldig"),
            Self::PartyNumber => (
                "KB-006",
                BAD,
                "Oppgitt partIdentifikator er ikke et gyldig organisasjonsnummer eller fødselsnummer",
            ),
            Self::Dates => (
                "KB-006",
                BAD,
                "fraOgMed og tilOgMed må være datoer på formen ÅÅÅÅ-MM-DD",
            ),
            Self::PeriodBackwards => ("KB-006", BAD, "fraOgMed kan ikke være etter tilOgMed"),
            Self::PeriodTooLong => ("KB-006", BAD, "Perioden kan ikke være lengre enn ett år"),
            Self::NothingFound => (
                "KB-007",
                StatusCode::NOT_FOUND,
                "Fant ingen krav eller betalinger for oppgitt identifikator og periode",
            ),
            Self::Format => (
                "KB-008",
                StatusCode::NOT_ACCEPTABLE,
                "Kun formatene JSON og XML støttes",
            ),
            Self::UnknownParty => (
                "KB-009",
                StatusCode::NOT_FOUND,
                "Ingen treff på oppgitt identifikator",
            ),
            Self::Unavailable => (
                "DAS-003",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Informasjonen er midlertidig utilgjengelig, prøv igjen senere",
            ),
            Self::NotAuthorised => (
                "DAS-008",
                StatusCode::FORBIDDEN,
                "Ikke autorisert for ressursen",
            ),
        }
    }

    /// Returns the code: `KB-…` or `DAS-…`.
    pub const fn code(self) -> &'static str {
        self.facts().0
    }

    /// Builds the answer.
    pub(super) fn response(self, format: Format, correlation: &str) -> Response {
        let (code, status, text) = self.facts();
        let body = match format {
            Format::Json => {
                json!({ "kode": code, "melding": text, "korrelasjonsid": correlation }).to_string()
            }
            Format::Xml => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
                 <feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>{code}</kode>\
                 <melding>{text}</melding><korrelasjonsid>{}</korrelasjonsid></feil>",
                escape(correlation)
            ),
        };
        let mut response =
            (status, [(header::CONTENT_TYPE, format.media_type())], body).into_response();
        response
            .extensions_mut()
            .insert(JournalNote(format!("{code}: {text}")));
        response
    }
}
