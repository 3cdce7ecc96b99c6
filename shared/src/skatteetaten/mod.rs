//! Skatteetaten's *Krav og betalinger*: a party's tax claims and payments.
//!
//! Requests are built and answers read here; nothing is sent. The rules are those of Skatteetaten's
//! public documentation of the API (krav og betalinger, feilkoder, versjonering), read tolerantly.

mod answer;
mod merge;
mod period;

use bytes::Bytes;
use http::header;

pub use answer::{Reason, Refusal, read};
pub use merge::merge;
pub use period::{Period, PeriodError};

use crate::config::Origin;
use crate::party::Party;
use crate::platform::Request;

/// One of the reads. `aapnekrav` takes no period, the others need one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dataset {
    /// Claims with something outstanding, unplaced payments and totals.
    Aapnekrav,
    /// All claims of a period.
    Krav,
    /// All incoming payments of a period.
    Innbetalinger,
    /// All refunds of a period.
    Utbetalinger,
}

impl Dataset {
    /// The last segment of the path.
    pub const fn segment(self) -> &'static str {
        match self {
            Self::Aapnekrav => "aapnekrav",
            Self::Krav => "krav",
            Self::Innbetalinger => "innbetalinger",
            Self::Utbetalinger => "utbetalinger",
        }
    }

    /// The member that holds the elements.
    const fn list(self) -> &'static str {
        match self {
            Self::Aapnekrav => "aapentKravMedGjenstaaendeBeloep",
            Self::Krav => "krav",
            Self::Innbetalinger => "innbetaling",
            Self::Utbetalinger => "utbetaling",
        }
    }

    /// The member of an element that says which one it is, with its other known spelling.
    const fn identifiers(self) -> &'static [&'static str] {
        match self {
            Self::Aapnekrav | Self::Krav => &["kravidentifikator"],
            Self::Innbetalinger => &["innbetalingsidentifikator"],
            Self::Utbetalinger => &["utbetalingsidentifikator", "utbetalingIdentifikator"],
        }
    }
}

/// What is asked of the source, but for the token.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The source's origin.
    pub origin: &'a Origin,
    /// *Rettighetspakke*, such as `finans`.
    pub package: &'a str,
    /// Whose data. The number goes into the path: the API puts it there.
    pub party: &'a Party,
    /// Which read.
    pub dataset: Dataset,
    /// At most one window; `None` for `aapnekrav`.
    pub window: Option<Period>,
    /// A UUID for the header `Korrelasjonsid`, the same for every attempt.
    pub correlation_id: &'a str,
}

/// The request, but for the token: `GET /v1/{package}/{party}/{dataset}`.
pub fn request(query: Query<'_>) -> Result<Request, http::Error> {
    let mut address = query.origin.join(&format!(
        "/v1/{}/{}/{}",
        query.package,
        query.party.expose(),
        query.dataset.segment()
    ));
    if let Some(window) = query.window {
        // Dates need no escaping.
        address = format!(
            "{address}?fraOgMed={}&tilOgMed={}",
            window.from(),
            window.to()
        );
    }
    http::Request::get(address)
        .header(header::ACCEPT, "application/json")
        .header("Korrelasjonsid", query.correlation_id)
        .body(Bytes::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::Environment;

    #[test]
    fn builds_the_four_reads() {
        let origin = Origin::parse("https://kravogbetalinger.example").expect("an origin");
        let party = Party::parse("313367002", Environment::Test).expect("a party");
        let window = Period::parse("2025-01-01", "2025-12-31").ok();
        for (dataset, window, path) in [
            (Dataset::Aapnekrav, None, "/v1/finans/313367002/aapnekrav"),
            (
                Dataset::Krav,
                window,
                "/v1/finans/313367002/krav?fraOgMed=2025-01-01&tilOgMed=2025-12-31",
            ),
            (
                Dataset::Innbetalinger,
                window,
                "/v1/finans/313367002/innbetalinger?fraOgMed=2025-01-01&tilOgMed=2025-12-31",
            ),
            (
                Dataset::Utbetalinger,
                window,
                "/v1/finans/313367002/utbetalinger?fraOgMed=2025-01-01&tilOgMed=2025-12-31",
            ),
        ] {
            let query = Query {
                origin: &origin,
                package: "finans",
                party: &party,
                dataset,
                window,
                correlation_id: "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55",
            };
            let request = request(query).expect("a request");
            assert_eq!(
                request.uri().to_string(),
                format!("https://kravogbetalinger.example{path}")
            );
            assert_eq!(
                request.headers()["korrelasjonsid"],
                "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55"
            );
        }
    }
}
