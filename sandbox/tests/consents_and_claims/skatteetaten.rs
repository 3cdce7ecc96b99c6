//! Krav og betalinger: each code, each kind of party.

use http::Method;
use sandbox::skatteetaten::{MissingScope, NothingFound, ODD_AMOUNT, Refusal, Switches};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{
    Answer, BANK, Bench, CLAIMS, COMPANY, OTHER_BANK, organisation, organisation_urn, person_urn,
    rfc3339, right,
};

const EMPTY: &str = "311851381";
const SHIELDED: &str = "314961900";
const PERSON: &str = "02829090123";

/// The claims of a consent token for the party.
pub(crate) fn consented(bench: &Bench, party: &str) -> Value {
    let from = if party.len() == 9 {
        organisation_urn(party)
    } else {
        person_urn(party)
    };
    json!({
        "scope": CLAIMS,
        "authorization_details": [{
            "type": "urn:altinn:consent",
            "id": "0198a000-1111-7222-8333-444455556666",
            "from": from,
            "to": organisation(BANK),
            "consented": rfc3339(bench.now()),
            "validTo": rfc3339(bench.now() + Duration::days(1)),
            "consentRights": [right("ske-samtykke-krav-og-betalinger", &Value::Null)],
        }],
    })
}

async fn get(bench: &Bench, token: &str, path: &str) -> Answer {
    let url = format!("{}/v1/{path}", bench.sandbox.addresses().skatteetaten);
    bench.send(Method::GET, &url, token, None).await
}

/// An answer about the party, with a good token.
pub(crate) async fn about(bench: &Bench, party: &str, read: &str) -> Answer {
    get(
        bench,
        &bench.token(&consented(bench, party)),
        &format!("finans/{party}/{read}"),
    )
    .await
}

fn year(bench: &Bench, offset: i32) -> String {
    let year = bench.now().year() + offset;
    format!("fraOgMed={year}-01-01&tilOgMed={year}-12-31")
}

#[tokio::test]
async fn a_sole_trader_has_items_on_two_numbers_and_over_years() {
    let bench = Bench::start().await;
    let open = about(&bench, COMPANY, "aapnekrav").await;
    assert_eq!(open.status, 200, "{open:?}");
    assert!(open.header("content-type").starts_with("application/json"));
    for text in [
        r#""skjermet":false"#,
        r#""opprinneligBeloep":25000.0"#,
        r#""stipulerteRenter":120.5"#,
        r#""kravidentifikator":"KRAV-1000001""#,
        r#""partIdentifikator":"04827896468","kravidentifikator":"2000002""#,
        r#""sumUplasserteInnbetalinger":500.0"#,
    ] {
        assert!(open.body.contains(text), "{text}");
    }
    let mut windows = Vec::new();
    for offset in -2..=0 {
        let window = about(&bench, COMPANY, &format!("krav?{}", year(&bench, offset))).await;
        assert_eq!(
            window.json()["periode"]["fraOgMed"],
            format!("{}-01-01", bench.now().year() + offset)
        );
        windows.push(window.body);
    }
    let both = r#""kravidentifikator":"2000003""#;
    assert!(
        windows[1].contains(both) && windows[2].contains(both),
        "one claim in adjacent windows"
    );
    assert!(windows[0].contains(&format!(r#""opprinneligBeloep":{ODD_AMOUNT}"#)));
    assert!(
        windows[1].contains(r#""plassertBeloep":-18750.0"#)
            && windows[2].contains(r#""plassertBeloep":9375.75"#)
    );
    let payments = about(
        &bench,
        COMPANY,
        &format!("innbetalinger?{}", year(&bench, -2)),
    )
    .await;
    assert!(payments.body.contains(r#""innbetaltBeloep":7480.00"#));
    let refunds = about(
        &bench,
        COMPANY,
        &format!("utbetalinger?{}", year(&bench, -1)),
    )
    .await;
    assert!(
        refunds.body.contains(r#""utbetaltdato""#)
            && refunds.body.contains(r#""utbetaltBeloep":62374.0"#)
    );
    assert_eq!(about(&bench, PERSON, "aapnekrav").await.status, 200);
    let odd = about(&bench, "314055403", "aapnekrav").await;
    assert!(odd.body.contains(r#""saldo":12345679049444.75"#));
}

#[tokio::test]
async fn there_are_four_ways_to_see_nothing() {
    let bench = Bench::start().await;
    let code = |answer: &Answer| {
        (
            answer.status.as_u16(),
            answer.json()["kode"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    assert_eq!(
        code(&about(&bench, EMPTY, "aapnekrav").await),
        (404, "KB-007".into())
    );
    assert_eq!(
        code(&about(&bench, "313506673", "aapnekrav").await),
        (404, "KB-009".into())
    );
    let shielded = about(&bench, SHIELDED, "aapnekrav").await;
    assert_eq!(
        shielded.json(),
        json!({ "partIdentifikator": SHIELDED, "skjermet": true })
    );
    let period = about(&bench, SHIELDED, &format!("krav?{}", year(&bench, 0)))
        .await
        .json();
    assert_eq!(
        (&period["skjermet"], period.get("krav")),
        (&json!(true), None)
    );
    assert!(period["periode"]["tilOgMed"].is_string());

    bench.world().skatteetaten.set_switches(Switches {
        nothing_found: NothingFound::EmptyLists,
        ..Switches::default()
    });
    let empty = about(&bench, EMPTY, &format!("innbetalinger?{}", year(&bench, 0))).await;
    assert_eq!(
        (empty.status.as_u16(), &empty.json()["innbetaling"]),
        (200, &json!([]))
    );
    assert_eq!(
        about(&bench, EMPTY, "aapnekrav").await.json()["totalOversikt"]["saldo"],
        0.0
    );
}

#[tokio::test]
async fn each_refusal_has_its_code_and_text() {
    let bench = Bench::start().await;
    let good = bench.token(&consented(&bench, COMPANY));
    let other = bench.token(&consented(&bench, "314055403"));
    let with = |name: &str, value: Value| {
        let mut claims = consented(&bench, COMPANY);
        claims[name] = value;
        bench.token(&claims)
    };
    let expired = with("exp", json!(bench.now().unix_timestamp() - 60));
    let foreign = with("iss", json!("https://maskinporten.no/"));
    let aimed = with("aud", json!("https://elsewhere.example"));
    let unscoped = with("scope", json!("skatteetaten:inntekt"));
    let plain = with("authorization_details", Value::Null);
    let consumer = with("consumer", organisation(OTHER_BANK));
    let open = format!("finans/{COMPANY}/aapnekrav");
    let claims = |query: &str| format!("finans/{COMPANY}/krav?{query}");
    let table: Vec<(&str, String, u16, &str)> = vec![
        (&good, format!("finans/{COMPANY}/oversikt"), 404, "KB-003"),
        (&good, "finans".into(), 404, "KB-003"),
        ("x.y.z", open.clone(), 401, "KB-004"),
        (&expired, open.clone(), 401, "KB-004"),
        (&foreign, open.clone(), 401, "KB-004"),
        (&aimed, open.clone(), 401, "KB-004"),
        (&unscoped, open.clone(), 401, "KB-004"),
        (&plain, open.clone(), 403, "KB-005"),
        (&consumer, open.clone(), 403, "KB-005"),
        (&other, open.clone(), 403, "KB-005"),
        (
            &good,
            format!("regnskapssystem/{COMPANY}/aapnekrav"),
            403,
            "KB-005",
        ),
        (&good, format!("bank/{COMPANY}/aapnekrav"), 400, "KB-006"),
        (&good, "finans/313367003/aapnekrav".into(), 400, "KB-006"),
        (&good, claims(""), 400, "KB-006"),
        (&good, claims("fraOgMed=2026-01-01"), 400, "KB-006"),
        (
            &good,
            claims("fraOgMed=2026-01-01&tilOgMed=2026-13-01"),
            400,
            "KB-006",
        ),
        (
            &good,
            claims("fraOgMed=2026-01-02&tilOgMed=2026-01-01"),
            400,
            "KB-006",
        ),
        (
            &good,
            claims("fraOgMed=2025-01-01&tilOgMed=2026-01-02"),
            400,
            "KB-006",
        ),
        (
            &good,
            claims("fraOgMed=1999-01-01&tilOgMed=1999-12-31"),
            404,
            "KB-007",
        ),
        (&good, open.clone(), 200, ""),
    ];
    for (token, path, status, code) in table {
        let answer = get(&bench, token, &path).await;
        let body = answer.json();
        assert_eq!(
            (
                answer.status.as_u16(),
                body["kode"].as_str().unwrap_or_default()
            ),
            (status, code),
            "{path}"
        );
        if status != 200 {
            assert_eq!(
                body["korrelasjonsid"],
                answer.header("korrelasjonsid"),
                "{path}"
            );
            assert!(!body["melding"].as_str().unwrap().is_empty());
        }
    }
    let switches = Switches {
        missing_scope: MissingScope::NotAuthorised,
        ..Switches::default()
    };
    bench.world().skatteetaten.set_switches(switches);
    let refused = get(&bench, &unscoped, &open).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["kode"]),
        (403, &json!("DAS-008"))
    );
    bench.world().skatteetaten.set_switches(Switches {
        failing: Some(Refusal::UnexpectedBehind),
        ..Switches::default()
    });
    assert_eq!(get(&bench, &good, &open).await.json()["kode"], "KB-002");
}
