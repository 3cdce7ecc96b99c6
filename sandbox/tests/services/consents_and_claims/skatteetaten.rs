//! Krav og betalinger: each code, each kind of party.

use http::Method;
use sandbox::skatteetaten::{MissingScope, NothingFound, ODD_AMOUNT, Refusal, Switches};
use serde_json::{Value, json};
use time::Duration;

use crate::consents_and_claims::support::{
    Answer, BANK, CLAIMS, COMPANY, OTHER_BANK, TestBed, organisation, organisation_urn, person_urn,
    rfc3339, right,
};

const EMPTY: &str = "311851381";
const SHIELDED: &str = "314961900";
const PERSON: &str = "02829090123";

/// Returns the claims of a consent token for the party.
pub(crate) fn consented(bed: &TestBed, party: &str) -> Value {
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
            "consented": rfc3339(bed.now()),
            "validTo": rfc3339(bed.now() + Duration::days(1)),
            "consentRights": [right("ske-samtykke-krav-og-betalinger", &Value::Null)],
        }],
    })
}

async fn get(bed: &TestBed, token: &str, path: &str) -> Answer {
    let url = format!("{}/v1/{path}", bed.sandbox.addresses().skatteetaten);
    bed.send(Method::GET, &url, token, None).await
}

/// Reads about the party, with a valid token.
pub(crate) async fn about(bed: &TestBed, party: &str, read: &str) -> Answer {
    get(
        bed,
        &bed.token(&consented(bed, party)),
        &format!("finans/{party}/{read}"),
    )
    .await
}

fn year(bed: &TestBed, offset: i32) -> String {
    let year = bed.now().year() + offset;
    format!("fraOgMed={year}-01-01&tilOgMed={year}-12-31")
}

#[tokio::test]
async fn a_sole_trader_has_items_on_two_numbers_and_over_years() {
    let bed = TestBed::start().await;
    let open = about(&bed, COMPANY, "aapnekrav").await;
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
        let window = about(&bed, COMPANY, &format!("krav?{}", year(&bed, offset))).await;
        assert_eq!(
            window.json()["periode"]["fraOgMed"],
            format!("{}-01-01", bed.now().year() + offset)
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
    let payments = about(&bed, COMPANY, &format!("innbetalinger?{}", year(&bed, -2))).await;
    assert!(payments.body.contains(r#""innbetaltBeloep":7480.00"#));
    let refunds = about(&bed, COMPANY, &format!("utbetalinger?{}", year(&bed, -1))).await;
    assert!(
        refunds.body.contains(r#""utbetaltdato""#)
            && refunds.body.contains(r#""utbetaltBeloep":62374.0"#)
    );
    assert_eq!(about(&bed, PERSON, "aapnekrav").await.status, 200);
    let odd = about(&bed, "314055403", "aapnekrav").await;
    assert!(odd.body.contains(r#""saldo":149462.75"#));
}

#[tokio::test]
async fn the_party_of_altinns_own_test_has_a_claim_that_was_set_off() {
    let bed = TestBed::start().await;
    let open = about(&bed, "313506673", "aapnekrav").await;
    assert_eq!(open.status, 200, "{open:?}");
    let tree = open.json();
    let instalment = &tree["aapentKravMedGjenstaaendeBeloep"][0]["kravforfall"][0];
    let offset = &instalment["plassertMotkrav"][0];
    assert_eq!(offset["kravforfallsIdentifikator"], "2000211");
    assert_eq!(offset["kravtype"], "RESTERENDE_SKT_TILB");
    assert_eq!(offset["kravbeskrivelse"]["spraakTekst"][0]["spraak"], "nb");
    assert!(offset["forfallsdato"].is_string() && offset["kravperiode"]["aar"].is_string());
    let account = &instalment["betalingsinformasjon"]["konto"];
    for member in [
        "bankinformasjon",
        "kontoeiersNavn",
        "kontonummer",
        "iban",
        "swiftBIC",
    ] {
        assert!(account[member].is_string(), "{member}");
    }
}

#[tokio::test]
async fn accounts_have_names_or_nothing_at_all() {
    let bed = TestBed::start().await;
    let last = year(&bed, -1);
    let claims = about(&bed, COMPANY, &format!("krav?{last}")).await;
    assert!(claims.body.contains(r#""innbetaltFra":{"konto":{}}"#));
    let payments = about(&bed, COMPANY, &format!("innbetalinger?{last}")).await;
    assert!(
        payments
            .body
            .contains(r#""kontoeiersNavn":"FJORDVIK SNEKKERVERKSTED""#)
    );
    let this = year(&bed, 0);
    let refunds = about(&bed, "14858512450", &format!("utbetalinger?{this}")).await;
    assert!(
        refunds
            .body
            .contains(r#""konto":{"kontoeiersNavn":"SOLVEIG BREKKE","kontonummer":"627xxxxxx"}"#)
    );
}

#[tokio::test]
async fn there_are_four_ways_to_see_nothing() {
    let bed = TestBed::start().await;
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
        code(&about(&bed, EMPTY, "aapnekrav").await),
        (404, "KB-007".into())
    );
    assert_eq!(
        code(&about(&bed, "04827896468", "aapnekrav").await),
        (404, "KB-009".into())
    );
    let shielded = about(&bed, SHIELDED, "aapnekrav").await;
    assert_eq!(
        shielded.json(),
        json!({ "partIdentifikator": SHIELDED, "skjermet": true })
    );
    let period = about(&bed, SHIELDED, &format!("krav?{}", year(&bed, 0)))
        .await
        .json();
    assert_eq!(
        (&period["skjermet"], period.get("krav")),
        (&json!(true), None)
    );
    assert!(period["periode"]["tilOgMed"].is_string());

    bed.services().skatteetaten.set_switches(Switches {
        nothing_found: NothingFound::EmptyLists,
        ..Switches::default()
    });
    let empty = about(&bed, EMPTY, &format!("innbetalinger?{}", year(&bed, 0))).await;
    assert_eq!(
        (empty.status.as_u16(), &empty.json()["innbetaling"]),
        (200, &json!([]))
    );
    assert_eq!(
        about(&bed, EMPTY, "aapnekrav").await.json()["totalOversikt"]["saldo"],
        0.0
    );
}

#[tokio::test]
async fn each_refusal_has_its_code_and_text() {
    let bed = TestBed::start().await;
    let good = bed.token(&consented(&bed, COMPANY));
    let other = bed.token(&consented(&bed, "314055403"));
    let with = |name: &str, value: Value| {
        let mut claims = consented(&bed, COMPANY);
        claims[name] = value;
        bed.token(&claims)
    };
    let expired = with("exp", json!(bed.now().unix_timestamp() - 60));
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
        let answer = get(&bed, token, &path).await;
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
    bed.services().skatteetaten.set_switches(switches);
    let refused = get(&bed, &unscoped, &open).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["kode"]),
        (403, &json!("DAS-008"))
    );
    bed.services().skatteetaten.set_switches(Switches {
        failing: Some(Refusal::UnexpectedBehind),
        ..Switches::default()
    });
    assert_eq!(get(&bed, &good, &open).await.json()["kode"], "KB-002");
}
