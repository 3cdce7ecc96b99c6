//! Skatteetaten's APIs that are read with a consent, with a Maskinporten token alone, or both: krav og betalinger,
//! income, tax basis, and the lookup in Folkeregisteret, which Skatteetaten runs too.
//!
//! Requests are built and answers read here; nothing is sent. The rules are those of Skatteetaten's public
//! documentation (feilkoder, skjerming, versjonering, and a page for each API), read tolerantly. What differs from one
//! API to the next is configuration: see [`Api`].

mod answer;
mod api;
#[cfg(test)]
pub(crate) mod examples;
mod members;
mod merge;
mod period;
mod template;

use bytes::Bytes;
use http::header;

pub use answer::{Reason, Refusal, read};
pub use api::{Api, Dataset, Values, Windows};
pub use merge::merge;
pub use period::{Period, PeriodError};

use api::{FROM, TO};

use crate::config::Origin;
use crate::party::Party;
use crate::platform::Request;

/// What is asked of the source, but for the token.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The source's origin.
    pub origin: &'a Origin,
    /// *Rettighetspakke*, such as `finans`; empty where no path has it.
    pub package: &'a str,
    /// Whose data. The number goes into the path: the APIs put it there.
    pub party: &'a Party,
    /// Which read.
    pub dataset: &'a Dataset,
    /// Of its parameters.
    pub values: &'a Values,
    /// In place of the days in `values`: the part of them that is asked for.
    pub window: Option<Period>,
    /// A UUID for the header `Korrelasjonsid`, the same for every attempt.
    pub correlation_id: &'a str,
}

/// The request, but for the token.
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

/// The period of a read in windows.
pub fn period(values: &Values) -> Result<Period, PeriodError> {
    let value = |name| values.get(name).map(String::as_str).unwrap_or_default();
    Period::parse(value(FROM), value(TO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::Environment;

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
