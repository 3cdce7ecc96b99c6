//! Lookup of Folkeregisteret: the accepted callers, the meaning of each status, and the parts of an
//! answer.

use http::Method;
use sandbox::folkeregisteret::lookup::Switches;
use serde_json::{Value, json};

use crate::consents_and_claims::support::{Answer, BANK, TestBed};

const FINANCE: &str = "folkeregister:deling/finans";
const BY_LAW: &str = "folkeregister:deling/offentligmedhjemmel";
const RAGNA: &str = "04827896468";
const SOLVEIG: &str = "14858512450";

async fn get(bed: &TestBed, path: &str, claims: &Value) -> Answer {
    let url = format!(
        "{}/folkeregisteret/{path}",
        bed.sandbox.addresses().person_lookup
    );
    bed.send(Method::GET, &url, &bed.token(claims), None).await
}

async fn finance(bed: &TestBed, rest: &str) -> Answer {
    let path = format!("api/finans/v1/personer/{rest}");
    get(bed, &path, &json!({ "scope": FINANCE })).await
}

fn members(answer: &Answer) -> Vec<String> {
    let document = answer.json();
    document.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_person_comes_in_the_parts_that_are_asked_for() {
    let bed = TestBed::start().await;
    let basis = finance(&bed, RAGNA).await;
    assert_eq!(basis.status, 200, "{basis:?}");
    assert_eq!(
        basis.body,
        finance(&bed, &format!("{RAGNA}?part=person-basis"))
            .await
            .body
    );
    assert!(basis.json().get("familierelasjon").is_none());
    assert_eq!(basis.json()["navn"].as_array().unwrap().len(), 1);

    let named = finance(&bed, &format!("{RAGNA}?part=historikk&part=navn")).await;
    assert_eq!(members(&named), ["identifikasjonsnummer", "navn"]);
    let both = named.json()["navn"].clone();
    assert_eq!(
        (&both[0]["erGjeldende"], &both[1]["erGjeldende"]),
        (&json!(true), &json!(false))
    );
    let family = finance(&bed, &format!("{RAGNA}?part=relasjon-utvidet")).await;
    assert_eq!(
        members(&family),
        ["familierelasjon", "identifikasjonsnummer"]
    );

    let hidden = finance(&bed, SOLVEIG).await.json();
    assert_eq!(
        hidden["adressebeskyttelse"][0]["graderingsnivaa"],
        "strengtFortrolig"
    );
    assert!(hidden.get("bostedsadresse").is_none());

    let path = format!("offentlig-med-hjemmel/api/v1/personer/{RAGNA}?part=navn");
    let by_law = get(&bed, &path, &json!({ "scope": BY_LAW })).await;
    assert_eq!(by_law.status, 200);
}

#[tokio::test]
async fn each_refusal_has_its_status_and_the_one_published_code() {
    let bed = TestBed::start().await;
    let finance = json!({ "scope": FINANCE });
    let person = |package: &str, rest: &str| format!("api/{package}/v1/personer/{rest}");
    let press = json!({ "scope": "folkeregister:deling/presse" });
    let aimed = json!({ "scope": FINANCE, "aud": "https://elsewhere.example" });
    let former = json!({ "scope": FINANCE, "exp": bed.now().unix_timestamp() - 60 });
    let nobody = json!({ "scope": FINANCE, "consumer": Value::Null });
    for (path, claims, status) in [
        (person("finans", RAGNA), &aimed, 401),
        (person("finans", RAGNA), &former, 401),
        (person("finans", RAGNA), &nobody, 401),
        (person("finans", RAGNA), &press, 403),
        // Its package has no such service.
        (person("presse", RAGNA), &press, 403),
        (person("privatutenhjemmel", RAGNA), &finance, 403),
        (
            person("finans", &format!("{RAGNA}?part=bibehold")),
            &finance,
            403,
        ),
        (
            person("finans", &format!("{RAGNA}?part=alt")),
            &finance,
            400,
        ),
        (
            person("finans", &format!("{RAGNA}?parts=navn")),
            &finance,
            400,
        ),
        (person("finans", "04827896469"), &finance, 400),
        (person("finans", "313367002"), &finance, 400),
        (person("finans", "02925796975"), &finance, 404),
        (person("bank", RAGNA), &finance, 404),
        (person("offentlig-med-hjemmel", RAGNA), &finance, 403),
        ("api/finans/v1/personer".to_owned(), &finance, 404),
    ] {
        let answer = get(&bed, &path, claims).await;
        assert_eq!(answer.status, status, "{path} {claims}");
        assert_eq!(answer.json()["kode"], "FREG-001", "{path}");
        assert!(answer.json().get("korrelasjonsid").is_none());
    }
    let url = format!(
        "{}/folkeregisteret/{}",
        bed.sandbox.addresses().person_lookup,
        person("finans", RAGNA)
    );
    let scoped = bed.scoped(BANK, FINANCE);
    let asked = |accept: &str| {
        let request = bed.http.get(&url).bearer_auth(&scoped);
        request.header("accept", accept).send()
    };
    assert_eq!(asked("text/html").await.unwrap().status(), 406);
    let xml = Answer::read(asked("application/xml").await.unwrap()).await;
    assert!(
        xml.body
            .contains("<folkeregisterperson><identifikasjonsnummer>")
    );
}

#[tokio::test]
async fn too_many_calls_are_told_to_wait_in_milliseconds() {
    let bed = TestBed::start().await;
    bed.services().lookup.set_switches(Switches {
        calls_per_minute: 1,
    });
    assert_eq!(finance(&bed, RAGNA).await.status, 200);
    let throttled = finance(&bed, RAGNA).await;
    assert_eq!(throttled.status, 429);
    let wait: u64 = throttled.header("retry-after").parse().unwrap();
    assert!((1_000..=60_000).contains(&wait), "{wait}");
    bed.advance(60);
    assert_eq!(finance(&bed, RAGNA).await.status, 200);
}
