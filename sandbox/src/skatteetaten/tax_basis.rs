//! *Summert skattegrunnlag*: the sums of a person's tax return for one income year.
//!
//! Source: Skatteetaten, "Summert skattegrunnlag API" (V2). Assumptions: the path, which a public
//! client shows; that the latest income year is the one before the present; that another year, and
//! a stage that the package has not, are refused as authorisation (-005), and a stage that there is
//! not as input (-006).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, Uri};

use super::instance_unknown;
use super::person_api::{Api, BY_CONSENT, Caller, Refusal, answer, unknown};
use super::state::Skatteetaten;
use crate::kit::document::Node;

const API: Api = Api {
    prefix: "SSG",
    // The scope of the API that this one has replaced still works.
    scopes: &[
        "skatteetaten:summertskattegrunnlag",
        "skatteetaten:spesifisertsummertskattegrunnlag",
    ],
    resource: "ske-samtykke-sbl-summert-skattegrunnlag",
    service: "4628_210607",
    by_law: &[
        "fiskeridirektoratetkontrollmanntall",
        "fiskeridirektoratetmanntall",
        "frirettshjelp",
        "husbankenbostoette",
        "husbankenlaantilskudd",
        "kommuneboligsosialeformaal",
        "kommuneforeldrebetaling",
        "kommunelangtidsoppholdinstitusjon",
        "kommunepersonligassistanse",
        "laanekassen",
        "ldir",
        "ldirreindriftstilskudd",
        "ldirtotalregnskap",
        "nav",
        "navbidrag",
        "navbilstoenad",
        "navgravferdstoenad",
        "navsupplerendestoenad",
        "navufoeretrygd",
        "norgesbank",
        "saernamsmann",
        "sivilrett",
        "spkboliglaan",
        "ssb",
        "udi",
    ],
};

const PERSONS: [(&str, Record); 4] = [
    ("04827896468", Record::Settled),
    ("02829090123", Record::NotSettled),
    ("02839211360", Record::Gone),
    ("14858512450", Record::Shielded),
];

#[derive(Clone, Copy, Debug)]
enum Record {
    Settled,
    NotSettled,
    Gone,
    Shielded,
}

/// Returns the routes of the API.
pub(crate) fn router(skatteetaten: Arc<Skatteetaten>) -> Router {
    Router::new()
        .route("/v2/{stage}/{package}/{year}/{person}", get(read))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(skatteetaten)
}

async fn nowhere(uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/v2/") {
        unknown(&headers, &API)
    } else {
        instance_unknown()
    }
}

async fn read(
    State(skatteetaten): State<Arc<Skatteetaten>>,
    Path(asked): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let limit = &skatteetaten.tax_basis_calls;
    let (stage, package, year, person) = asked;
    let root = "summertSkattegrunnlag";
    answer(&skatteetaten, limit, &headers, &API, root, |caller| {
        basis(caller, &stage, &package, &year, &person)
    })
}

fn basis(
    caller: &Caller<'_>,
    stage: &str,
    package: &str,
    year: &str,
    person: &str,
) -> Result<Node, Refusal> {
    if !matches!(stage, "oppgjoer" | "utkast" | "fastsatt") {
        return Err(Refusal::Input("Oppgitt stadie er ugyldig"));
    }
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Input("Oppgitt inntektsår er ugyldig"));
    }
    caller.may_read(&API, package, person, &[("inntektsaar", year)])?;
    let latest = caller.now().year().saturating_sub(1).to_string();
    if package == BY_CONSENT && (stage != "oppgjoer" || year != latest) {
        return Err(Refusal::NotAuthorised);
    }
    let mut persons = PERSONS.iter();
    let (_, record) = persons
        .find(|(number, _)| *number == person)
        .ok_or(Refusal::UnknownPerson)?;
    let mut members = vec![
        ("personidentifikator", Node::text(person)),
        ("inntektsaar", Node::text(year)),
    ];
    match record {
        Record::NotSettled => return Err(Refusal::NothingFound),
        Record::Gone => return Err(Refusal::Gone),
        Record::Shielded => members.push(("skjermet", Node::Flag(true))),
        Record::Settled => {
            let settled = format!("{}-06-18", caller.now().year());
            members.extend([
                ("grunnlag", Node::List(sums())),
                ("skjermet", Node::Flag(false)),
                ("skatteoppgjoersdato", Node::text(&settled)),
                ("stadie", Node::text(stage)),
                (
                    "ajourholdstidspunkt",
                    Node::text(format!("{settled}T06:12:40.5Z")),
                ),
            ]);
        }
    }
    Ok(Node::Object(members))
}

fn sums() -> Vec<Node> {
    let employer = Node::Object(vec![
        ("type", Node::text("LoennOgTilsvarendeYtelser")),
        ("arbeidsgiversNavn", Node::text("NORDLYS HANDEL AS")),
        ("organisasjonsnummer", Node::text("314055403")),
        ("beloep", Node::Amount("579006".to_owned())),
    ]);
    let sum = |name: &str, amount: &str, category: &str, details: Vec<Node>| {
        let mut members = vec![
            ("tekniskNavn", Node::text(name)),
            ("beloep", Node::Amount(amount.to_owned())),
        ];
        if !details.is_empty() {
            members.push(("spesifisering", Node::List(details)));
        }
        members.push(("kategori", Node::text(category)));
        Node::Object(members)
    };
    vec![
        sum(
            "samletLoennsinntektMedTrygdeavgiftspliktOgMedTrekkplikt",
            "579006",
            "inntekt",
            vec![employer],
        ),
        sum("innskudd", "84210", "formue", Vec::new()),
    ]
}
