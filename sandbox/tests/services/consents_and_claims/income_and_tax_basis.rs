//! Skatteetaten's APIs about persons: each code, and the required content of a consent.

use http::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::consents_and_claims::support::{
    Answer, BANK, OTHER_BANK, TestBed, organisation, person_urn, rfc3339, right,
};

const RAGNA: &str = "04827896468";
const ODD: &str = "02829090123";
const SOLVEIG: &str = "14858512450";
const EIRIK: &str = "02839211360";
const ANE: &str = "02925796975";

/// API with the resource of its consents.
struct Api {
    scope: &'static str,
    resource: &'static str,
}

const INCOME: Api = Api {
    scope: "skatteetaten:inntekt",
    resource: "ske-samtykke-sbl-inntekt",
};
const BASIS: Api = Api {
    scope: "skatteetaten:summertskattegrunnlag",
    resource: "ske-samtykke-sbl-summert-skattegrunnlag",
};

/// The claims of a token for an API, with the person's consent.
fn consented(bed: &TestBed, api: &Api, person: &str, said: &Value) -> Value {
    json!({
        "scope": api.scope,
        "authorization_details": [{
            "type": "urn:altinn:consent",
            "id": "0198a000-1111-7222-8333-444455556666",
            "from": person_urn(person),
            "to": organisation(BANK),
            "consented": rfc3339(bed.now()),
            "validTo": rfc3339(bed.now() + Duration::days(9)),
            "consentRights": [right(api.resource, said)],
        }],
    })
}

async fn get(bed: &TestBed, origin: &str, path: &str, claims: &Value) -> Answer {
    let token = bed.token(claims);
    let url = format!("{origin}{path}");
    bed.send(Method::GET, &url, &token, None).await
}

fn told(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = body["kode"].as_str().unwrap_or_default();
    if !code.is_empty() {
        assert_eq!(body["korrelasjonsid"], answer.header("korrelasjonsid"));
    }
    (answer.status.as_u16(), code.to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn income(bed: &TestBed, package: &str, person: &str, query: &str, claims: &Value) -> Answer {
    let origin = &bed.sandbox.addresses().income;
    let path = format!("/v1/{package}/{person}/inntekter{query}");
    get(bed, origin, &path, claims).await
}

#[tokio::test]
async fn income_is_told_month_by_month_to_whoever_has_a_consent_to_them() {
    let bed = TestBed::start().await;
    let year = bed.now().year() - 1;
    let (from, to) = (format!("{year}-11"), format!("{year}-12"));
    let query = format!("?fraOgMed={from}&tilOgMed={to}");
    let said = json!({ "fraogmed": from, "tilogmed": to });
    let good = consented(&bed, &INCOME, RAGNA, &said);

    let answer = income(&bed, "sbl", RAGNA, &query, &good).await;
    assert_eq!(told(&answer), is(200, ""), "{answer:?}");
    let reports = &answer.json()["oppgaveInntektsmottaker"];
    assert_eq!(reports.as_array().unwrap().len(), 2);
    assert_eq!(reports[0]["inntektsmottaker"]["personidentifikator"], RAGNA);
    assert!(answer.body.contains(r#""beloep":48250.5,"#));

    for (person, expected) in [
        (EIRIK, is(404, "IM-008")),
        (ANE, is(404, "IM-007")),
        (SOLVEIG, is(200, "")),
    ] {
        let claims = consented(&bed, &INCOME, person, &said);
        let answer = income(&bed, "sbl", person, &query, &claims).await;
        assert_eq!(told(&answer), expected, "{person}");
        if person == SOLVEIG {
            assert_eq!(answer.json(), json!({ "skjermet": true }));
        }
    }

    let with = |pointer: &str, value: Value| {
        let mut claims = good.clone();
        *claims.pointer_mut(pointer).unwrap() = value;
        claims
    };
    let details = "/authorization_details/0";
    let long = rfc3339(bed.now() + Duration::days(11));
    for (package, person, query, claims, expected) in [
        (
            "sbl",
            RAGNA,
            query.as_str(),
            with("/scope", json!(BASIS.scope)),
            is(403, "IM-005"),
        ),
        ("nav", RAGNA, &query, good.clone(), is(403, "IM-005")),
        ("finans", RAGNA, &query, good.clone(), is(400, "IM-006")),
        (
            "sbl",
            "04827896469",
            &query,
            good.clone(),
            is(400, "IM-006"),
        ),
        ("sbl", RAGNA, "", good.clone(), is(400, "IM-006")),
        (
            "sbl",
            RAGNA,
            "?fraOgMed=2025-1&tilOgMed=2025-02",
            good.clone(),
            is(400, "IM-006"),
        ),
        (
            "sbl",
            RAGNA,
            "?fraOgMed=2025-03&tilOgMed=2025-02",
            good.clone(),
            is(400, "IM-006"),
        ),
        // A month less than was consented to is another period.
        (
            "sbl",
            RAGNA,
            &format!("?fraOgMed={from}&tilOgMed={from}"),
            good.clone(),
            is(403, "IM-010"),
        ),
        ("sbl", ODD, &query, good.clone(), is(403, "IM-010")),
        (
            "sbl",
            RAGNA,
            &query,
            with(&format!("{details}/validTo"), json!(long)),
            is(403, "IM-010"),
        ),
        (
            "sbl",
            RAGNA,
            &query,
            with("/authorization_details", Value::Null),
            is(403, "IM-010"),
        ),
        (
            "sbl",
            RAGNA,
            &query,
            with(&format!("{details}/to"), organisation(OTHER_BANK)),
            is(403, "IM-010"),
        ),
    ] {
        let answer = income(&bed, package, person, query, &claims).await;
        assert_eq!(told(&answer), expected, "{package} {query}");
    }
}

#[tokio::test]
async fn an_address_and_a_token_of_another_api_are_refused() {
    let bed = TestBed::start().await;
    let good = consented(&bed, &INCOME, RAGNA, &json!({}));
    let origin = &bed.sandbox.addresses().income;
    let lost = get(&bed, origin, "/v1/sbl/inntekter", &good).await;
    assert_eq!(told(&lost), is(404, "IM-003"));
    let elsewhere = get(&bed, origin, "/inntekter", &good).await;
    assert!(elsewhere.body.starts_with("Unknown instance. ID="));
    let aimed = json!({ "scope": INCOME.scope, "aud": "https://elsewhere.example" });
    let answer = income(&bed, "sbl", RAGNA, "", &aimed).await;
    assert_eq!(told(&answer), is(401, "IM-004"));
}

#[tokio::test]
async fn the_tax_basis_is_told_for_the_latest_year() {
    let bed = TestBed::start().await;
    let latest = bed.now().year() - 1;
    let origin = bed.sandbox.addresses().tax_basis.clone();
    let said = |year: i32| json!({ "inntektsaar": year.to_string() });
    let path = |stage: &str, package: &str, year: &str, person: &str| {
        format!("/v2/{stage}/{package}/{year}/{person}")
    };
    for (person, expected) in [
        (RAGNA, is(200, "")),
        (ODD, is(404, "SSG-008")),
        (SOLVEIG, is(200, "")),
        (EIRIK, is(410, "SSG-011")),
        (ANE, is(404, "SSG-007")),
    ] {
        let claims = consented(&bed, &BASIS, person, &said(latest));
        let path = path("oppgjoer", "sbl", &latest.to_string(), person);
        let answer = get(&bed, &origin, &path, &claims).await;
        assert_eq!(told(&answer), expected, "{person}");
        if answer.status == 200 {
            let document = answer.json();
            assert_eq!(document["personidentifikator"], person);
            assert_eq!(document["skjermet"], person == SOLVEIG);
            assert_eq!(document.get("grunnlag").is_some(), person == RAGNA);
        }
    }
    let good = consented(&bed, &BASIS, RAGNA, &said(latest));
    let before = consented(&bed, &BASIS, RAGNA, &said(latest - 1));
    let (year, earlier) = (latest.to_string(), (latest - 1).to_string());
    for (path, claims, expected) in [
        (
            path("utkast", "sbl", &year, RAGNA),
            &good,
            is(403, "SSG-005"),
        ),
        (
            path("kladd", "sbl", &year, RAGNA),
            &good,
            is(400, "SSG-006"),
        ),
        (
            path("oppgjoer", "sbl", "25", RAGNA),
            &good,
            is(400, "SSG-006"),
        ),
        (
            path("oppgjoer", "sbl", &earlier, RAGNA),
            &good,
            is(403, "SSG-010"),
        ),
        (
            path("oppgjoer", "sbl", &earlier, RAGNA),
            &before,
            is(403, "SSG-005"),
        ),
        (
            path("oppgjoer", "udi", &year, RAGNA),
            &good,
            is(403, "SSG-005"),
        ),
        ("/v2/oppgjoer".to_owned(), &good, is(404, "SSG-003")),
    ] {
        let answer = get(&bed, &origin, &path, claims).await;
        assert_eq!(told(&answer), expected, "{path}");
    }
    let mut former = good.clone();
    former["scope"] = json!("skatteetaten:spesifisertsummertskattegrunnlag");
    let path = path("oppgjoer", "sbl", &year, RAGNA);
    assert_eq!(get(&bed, &origin, &path, &former).await.status, 200);
}
