//! *Inntekt*: what employers have reported that they pay a person, month by month.
//!
//! Source: Skatteetaten, "Inntekt API". Assumptions: the path, which the documentation has in an
//! older form and Altinn's own test in the present one; a shielded person's answer has the flag
//! alone; the current month has not been reported yet.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, Uri};
use time::{Date, Month};
use url::form_urlencoded;

use super::instance_unknown;
use super::person_api::{Api, Caller, Refusal, answer, unknown};
use super::state::Skatteetaten;
use crate::kit::document::Node;

const API: Api = Api {
    prefix: "IM",
    scopes: &["skatteetaten:inntekt"],
    resource: "ske-samtykke-sbl-inntekt",
    service: "4804_210607",
    by_law: &[
        "afp",
        "digisos",
        "fiskeridirektoratetkontrollmanntall",
        "gff",
        "husbanken",
        "kommuneBoligsosialeFormaal",
        "laanekassen",
        "ldir",
        "ldirReindriftstilskudd",
        "nav",
        "otp",
        "pensjonskasse",
        "saernamsmann",
        "spkBoliglaan",
        "ssb",
        "udi",
    ],
};

/// Known persons: with an employer, pay and the number of years; without any; or shielded.
const PERSONS: [(&str, Record); 4] = [
    ("04827896468", Record::Paid("314055403", "48250.5", 3)),
    ("02829090123", Record::Paid("313506673", "51000", 1)),
    ("02839211360", Record::Unpaid),
    ("14858512450", Record::Shielded),
];

#[derive(Clone, Copy, Debug)]
enum Record {
    Paid(&'static str, &'static str, i32),
    Unpaid,
    Shielded,
}

/// Returns the routes of the API.
pub(crate) fn router(skatteetaten: Arc<Skatteetaten>) -> Router {
    Router::new()
        .route("/v1/{package}/{person}/inntekter", get(read))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(skatteetaten)
}

async fn nowhere(uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/v1/") {
        unknown(&headers, &API)
    } else {
        instance_unknown()
    }
}

async fn read(
    State(skatteetaten): State<Arc<Skatteetaten>>,
    Path((package, person)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let limit = &skatteetaten.income_calls;
    let query = query.unwrap_or_default();
    answer(&skatteetaten, limit, &headers, &API, "inntekt", |caller| {
        income(caller, &package, &person, &query)
    })
}

fn income(caller: &Caller<'_>, package: &str, person: &str, query: &str) -> Result<Node, Refusal> {
    let (from, to) = (month(query, "fraOgMed")?, month(query, "tilOgMed")?);
    if from.1 > to.1 {
        return Err(Refusal::Input("fraOgMed kan ikke være etter tilOgMed"));
    }
    let metadata = [("fraogmed", from.0.as_str()), ("tilogmed", to.0.as_str())];
    caller.may_read(&API, package, person, &metadata)?;
    let mut persons = PERSONS.iter();
    let (_, record) = persons
        .find(|(number, _)| *number == person)
        .ok_or(Refusal::UnknownPerson)?;
    let Record::Paid(employer, pay, years) = *record else {
        return match record {
            Record::Shielded => Ok(Node::Object(vec![("skjermet", Node::Flag(true))])),
            _ => Err(Refusal::NothingFound),
        };
    };
    let today = caller.now().date();
    let hired = Date::from_calendar_date(today.year().saturating_sub(years), Month::March, 1);
    let hired = hired.map_or(0, count);
    let reported = (from.1.max(hired)..=to.1).filter(|month| *month < count(today));
    let reports: Vec<Node> = reported
        .map(|month| report(person, employer, pay, month))
        .collect();
    if reports.is_empty() {
        return Err(Refusal::NothingFound);
    }
    Ok(Node::Object(vec![(
        "oppgaveInntektsmottaker",
        Node::List(reports),
    )]))
}

/// Months since the year 0, so that they can be counted.
fn count(date: Date) -> i32 {
    months(date.year(), i32::from(u8::from(date.month())))
}

fn months(year: i32, month: i32) -> i32 {
    year.saturating_mul(12)
        .saturating_add(month)
        .saturating_sub(1)
}

/// Parses a month, and returns it both as written and as a count.
fn month(query: &str, name: &str) -> Result<(String, i32), Refusal> {
    const REFUSED: Refusal =
        Refusal::Input("fraOgMed og tilOgMed må være måneder på formen ÅÅÅÅ-MM");
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let (_, value) = values.next().ok_or(REFUSED)?;
    let digits = |text: &str, length| {
        let shaped = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        shaped.then(|| text.parse::<i32>().ok()).flatten()
    };
    let (year, month) = value.split_once('-').ok_or(REFUSED)?;
    let (year, month) = digits(year, 4).zip(digits(month, 2)).ok_or(REFUSED)?;
    if values.next().is_some() || !(1..=12).contains(&month) {
        return Err(REFUSED);
    }
    Ok((value.into_owned(), months(year, month)))
}

fn report(person: &str, employer: &str, pay: &str, month: i32) -> Node {
    let salary = Node::Object(vec![
        ("fordel", Node::text("kontantytelse")),
        ("utloeserArbeidsgiveravgift", Node::Flag(true)),
        ("inngaarIGrunnlagForTrekk", Node::Flag(true)),
        ("beloep", Node::Amount(pay.to_owned())),
        (
            "loennsinntekt",
            Node::Object(vec![("beskrivelse", Node::text("fastloenn"))]),
        ),
    ]);
    Node::Object(vec![
        ("opplysningspliktigId", Node::text(employer)),
        ("virksomhetId", Node::text(employer)),
        (
            "kalendermaaned",
            Node::text(format!(
                "{:04}-{:02}",
                month / 12,
                (month % 12).saturating_add(1)
            )),
        ),
        (
            "inntektsmottaker",
            Node::Object(vec![("personidentifikator", Node::text(person))]),
        ),
        ("inntekt", Node::List(vec![salary])),
    ])
}
