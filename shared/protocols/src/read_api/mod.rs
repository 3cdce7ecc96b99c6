//! APIs of Skatteetaten that are read with a consent, with only a Maskinporten token, or both: krav
//! og betalinger, income, tax basis, and the lookup in Folkeregisteret, which Skatteetaten also
//! operates.
//!
//! Sans-IO: the module builds requests and parses answers. The rules are those of
//! Skatteetaten's public documentation (feilkoder, skjerming, versjonering, and a page for each
//! API), applied tolerantly. Differences between the APIs are configuration: see [`Api`].

mod answer;
mod api;
#[cfg(all(any(test, feature = "test-support"), not(target_family = "wasm")))]
pub mod examples;
mod members;
mod merge;
mod period;
mod reason;
mod template;

use bytes::Bytes;
use http::header;

pub use answer::{Refusal, read};
pub use api::{Api, Dataset, RetryAfter, Values, Windows};
pub use merge::merge;
pub use period::{Period, PeriodError};
pub use reason::Reason;

use api::{FROM, TO};

use innsyn_core::origin::Origin;
use innsyn_core::party::Party;
use innsyn_core::platform::Request;

/// Parameters of a request to the source, except the token.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Origin of the source.
    pub origin: &'a Origin,
    /// *Rettighetspakke*, such as `finans`; empty if no path needs it.
    pub package: &'a str,
    /// Party whose data are read. The number is part of the path, as the APIs require.
    pub party: &'a Party,
    /// Dataset to read.
    pub dataset: &'a Dataset,
    /// Values of the dataset's parameters.
    pub values: &'a Values,
    /// Window to read instead of the whole period in `values`.
    pub window: Option<Period>,
    /// UUID for the header `Korrelasjonsid`, the same for every attempt.
    pub correlation_id: &'a str,
}

/// Builds the request, without the token.
///
/// # Errors
/// [`http::Error`] if the address is invalid.
pub fn request(query: Query<'_>) -> Result<Request, http::Error> {
    let window = query.window.map(|window| (window.from(), window.to()));
    let value = |name: &str| match (name, &window) {
        (FROM, Some((from, _))) => Some(from.as_str()),
        (TO, Some((_, to))) => Some(to.as_str()),
        _ => query.values.get(name).map(String::as_str),
    };
    let template = &query.dataset.template;
    let address = template.filled(query.package, query.party.expose(), value);
    http::Request::get(query.origin.join(&address))
        .header(header::ACCEPT, "application/json")
        .header("Korrelasjonsid", query.correlation_id)
        .body(Bytes::new())
}

/// Returns the period of a read in windows.
///
/// # Errors
/// [`PeriodError`] if a date is missing or malformed, or the period is reversed.
pub fn period(values: &Values) -> Result<Period, PeriodError> {
    let value = |name| values.get(name).map(String::as_str).unwrap_or_default();
    Period::parse(value(FROM), value(TO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use innsyn_core::party::Environment;

    #[test]
    fn builds_the_reads() {
        let origin = Origin::parse("https://source.example").expect("an origin");
        let values = |pairs: &[(&str, &str)]| -> Values {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let days = values(&[(FROM, "2024-01-01"), (TO, "2026-12-31")]);
        let months = values(&[(FROM, "2026-01"), (TO, "2026-03")]);
        let year = values(&[("inntektsaar", "2025")]);
        let none = Values::new();
        let window = Period::parse("2025-01-01", "2025-12-31").ok();
        for (api, name, package, party, values, window, address) in [
            (
                examples::claims(),
                "aapnekrav",
                "finans",
                "313367002",
                &none,
                None,
                "/v1/finans/313367002/aapnekrav",
            ),
            (
                examples::claims(),
                "krav",
                "finans",
                "313367002",
                &days,
                window,
                "/v1/finans/313367002/krav?fraOgMed=2025-01-01&tilOgMed=2025-12-31",
            ),
            (
                examples::claims(),
                "utbetalinger",
                "finans",
                "313367002",
                &days,
                None,
                "/v1/finans/313367002/utbetalinger?fraOgMed=2024-01-01&tilOgMed=2026-12-31",
            ),
            (
                examples::income(),
                "inntekter",
                "sbl",
                "02829090123",
                &months,
                None,
                "/v1/sbl/02829090123/inntekter?fraOgMed=2026-01&tilOgMed=2026-03",
            ),
            (
                examples::tax_basis(),
                "oppgjoer",
                "sbl",
                "02829090123",
                &year,
                None,
                "/v2/oppgjoer/sbl/2025/02829090123",
            ),
            (
                examples::persons(),
                "oppslag",
                "finans",
                "02829090123",
                &none,
                None,
                "/folkeregisteret/api/finans/v1/personer/02829090123?part=person-basis",
            ),
        ] {
            let party = Party::parse(party, Environment::Test).expect("a party");
            let query = Query {
                origin: &origin,
                package,
                party: &party,
                dataset: examples::dataset(&api, name),
                values,
                window,
                correlation_id: "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55",
            };
            let request = request(query).expect("a request");
            assert_eq!(
                request.uri().to_string(),
                format!("https://source.example{address}")
            );
            assert_eq!(
                request.headers()["korrelasjonsid"],
                "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55"
            );
        }
    }
}
