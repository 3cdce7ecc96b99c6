//! Common parts of Skatteetaten's APIs about persons: packages of rights, codes, and the checks
//! before an answer.
//!
//! Sources: Skatteetaten, "Inntekt API", "Summert skattegrunnlag API", "Feilhåndtering",
//! "Skjerming", "Bruk av tjenestene"; DSOP, the pages on consent-based loan applications, for how
//! long a consent may be.
//!
//! Assumptions: the order of the checks; that a token without the scope, and a package that the
//! organisation has not been granted, are refused as authorisation (-005), and a package that does
//! not exist as input (-006); that the consent must be to exactly the period or year that is asked
//! for; that one valid for over ten days is refused as a consent (-010), and what a package may not
//! see as authorisation; what is in an answer in XML, for its schema is not published.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::access::{ConsentRequirements, consent};
use super::call_limit::CallLimit;
use super::state::Skatteetaten;
use super::{correlation, named, proof};
use crate::kit::bearer::{bearer, consumer, has_scope};
use crate::kit::document::{Format, Node, escape};
use crate::kit::journal::JournalNote;
use crate::population::is_person;

/// The package that needs a consent: *samtykkebasert lånesøknad*.
pub(super) const BY_CONSENT: &str = "sbl";

/// Maximum validity of a consent.
const LONGEST: Duration = Duration::days(10);

/// API about persons.
#[derive(Debug)]
pub(super) struct Api {
    /// Prefix of the API's error codes.
    pub(super) prefix: &'static str,
    pub(super) scopes: &'static [&'static str],
    pub(super) resource: &'static str,
    /// Service at Altinn 2: code and edition.
    pub(super) service: &'static str,
    /// Packages other than [`BY_CONSENT`]: granted by law, and here to no organisation.
    pub(super) by_law: &'static [&'static str],
}

/// Reason for refusing a call. The numbers are the same in both APIs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    UnknownUrl,
    Unauthenticated,
    NotAuthorised,
    Input(&'static str),
    UnknownPerson,
    NothingFound,
    Format,
    Consent,
    /// Year whose data are no longer available; only the tax basis has this error.
    Gone,
    /// Answer of the gateway instead of the service.
    TooMany,
}

impl Refusal {
    const fn facts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::UnknownUrl => ("003", StatusCode::NOT_FOUND, "Ukjent url benyttet"),
            Self::Unauthenticated => (
                "004",
                StatusCode::UNAUTHORIZED,
                "Feil i forbindelse med autentisering",
            ),
            Self::NotAuthorised => (
                "005",
                StatusCode::FORBIDDEN,
                "Feil i forbindelse med autorisering",
            ),
            Self::Input(text) => ("006", StatusCode::BAD_REQUEST, text),
            Self::UnknownPerson => (
                "007",
                StatusCode::NOT_FOUND,
                "Ikke treff på oppgitt personidentifikator",
            ),
            Self::NothingFound => (
                "008",
                StatusCode::NOT_FOUND,
                "Ingen opplysninger for oppgitt personidentifikator og tidsrom",
            ),
            Self::Format => (
                "009",
                StatusCode::NOT_ACCEPTABLE,
                "Kun formatene JSON og XML støttes",
            ),
            Self::Consent => (
                "010",
                StatusCode::FORBIDDEN,
                "Feil i forbindelse med samtykke",
            ),
            Self::Gone => ("011", StatusCode::GONE, "Skattegrunnlag finnes ikke lenger"),
            Self::TooMany => ("", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        }
    }

    fn response(self, api: &Api, format: Format, correlation: &str) -> Response {
        let (number, status, text) = self.facts();
        if self == Self::TooMany {
            return (status, text).into_response();
        }
        let code = format!("{}-{number}", api.prefix);
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
        let note = axum::Extension(JournalNote(format!("{code}: {text}")));
        let media_type = [(header::CONTENT_TYPE, format.media_type())];
        (status, note, media_type, body).into_response()
    }
}

/// Caller with a verified token.
pub(super) struct Caller<'a> {
    skatteetaten: &'a Skatteetaten,
    headers: &'a HeaderMap,
    claims: Value,
    /// Organisation as in the token: `0192:`, and its number.
    organisation: String,
}

impl<'a> Caller<'a> {
    /// Checks the token itself, and the API's scope.
    fn identify(
        skatteetaten: &'a Skatteetaten,
        headers: &'a HeaderMap,
        api: &Api,
    ) -> Result<Self, Refusal> {
        let token = bearer(headers).ok_or(Refusal::Unauthenticated)?;
        let claims = skatteetaten
            .tokens
            .verify(skatteetaten.clock.now(), token)
            .map_err(|_| Refusal::Unauthenticated)?;
        let organisation = consumer(&claims)
            .ok_or(Refusal::Unauthenticated)?
            .to_owned();
        if !has_scope(&claims, api.scopes) {
            return Err(Refusal::NotAuthorised);
        }
        Ok(Self {
            skatteetaten,
            headers,
            claims,
            organisation,
        })
    }

    /// Checks the package, and the person's consent to `metadata`: in the token, or beside it.
    pub(super) fn may_read(
        &self,
        api: &Api,
        package: &str,
        person: &str,
        metadata: &[(&'static str, &str)],
    ) -> Result<(), Refusal> {
        if package != BY_CONSENT {
            return Err(if api.by_law.contains(&package) {
                Refusal::NotAuthorised
            } else {
                Refusal::Input("Oppgitt rettighetspakke er ugyldig")
            });
        }
        if !is_person(person) {
            return Err(Refusal::Input("Oppgitt personidentifikator er ugyldig"));
        }
        let wanted = ConsentRequirements {
            resource: api.resource,
            service: api.service,
            metadata,
            longest: Some(LONGEST),
        };
        let reader = self.organisation.trim_start_matches("0192:");
        proof::consents(self.skatteetaten, self.headers, reader, person, wanted)
            .unwrap_or_else(|| consent(&self.claims, person, self.now(), wanted))
            .then_some(())
            .ok_or(Refusal::Consent)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.skatteetaten.clock.now()
    }
}

/// Answers a call: runs `read` once the caller is authenticated and has one of the five permits.
pub(super) fn answer(
    skatteetaten: &Skatteetaten,
    limit: &CallLimit,
    headers: &HeaderMap,
    api: &Api,
    root: &str,
    read: impl FnOnce(&Caller<'_>) -> Result<Node, Refusal>,
) -> Response {
    let correlation = correlation(headers);
    let Some(format) = Format::from_headers(headers) else {
        let refused = Refusal::Format.response(api, Format::Json, &correlation);
        return named(refused, &correlation);
    };
    let tree = Caller::identify(skatteetaten, headers, api).and_then(|caller| {
        let _permit = limit
            .acquire(&caller.organisation)
            .ok_or(Refusal::TooMany)?;
        read(&caller)
    });
    let response = match tree {
        Ok(tree) => {
            let body = match format {
                Format::Json => tree.json(),
                Format::Xml => tree.xml(root),
            };
            ([(header::CONTENT_TYPE, format.media_type())], body).into_response()
        }
        Err(refusal) => refusal.response(api, format, &correlation),
    };
    named(response, &correlation)
}

/// Builds the answer to an unknown address below the API's version.
pub(super) fn unknown(headers: &HeaderMap, api: &Api) -> Response {
    let correlation = correlation(headers);
    let format = Format::from_headers(headers).unwrap_or(Format::Json);
    let refused = Refusal::UnknownUrl.response(api, format, &correlation);
    named(refused, &correlation)
}
