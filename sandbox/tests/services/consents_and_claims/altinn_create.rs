//! Creating a request for consent.

use http::{Method, StatusCode};
use sandbox::altinn::{Format, Switches};
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::consents_and_claims::support::{
    Answer, BANK, COMPANY, OTHER_BANK, READ, REQUESTS, SUPPLIER, TestBed, WRITE, organisation,
    organisation_urn, person_urn, rfc3339, right,
};

pub(crate) const CLAIMS: &str = "ske-samtykke-krav-og-betalinger";
pub(crate) const INCOME: &str = "ske-samtykke-sbl-inntekt";
const TAX_BASIS: &str = "ske-samtykke-sbl-summert-skattegrunnlag";

#[tokio::test]
async fn the_answer_repeats_the_request() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let mut request = bed.request(id);
    request["consentRights"] = json!([
        right(
            INCOME,
            &json!({ "fraOgMed": "2026-01", "tilogmed": "2026-06" })
        ),
        right(TAX_BASIS, &json!({ "inntektsaar": "2024" })),
        right(TAX_BASIS, &json!({ "inntektsaar": "2025" })),
    ]);
    request["requestMessage"] = json!({ "nb": "hei", "en": "hi" });

    let answer = bed.create(&request).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let altinn = &bed.sandbox.addresses().altinn;
    assert_eq!(
        answer.header("location"),
        format!("{altinn}{REQUESTS}/{id}")
    );
    let created = answer.json();
    for member in [
        "id",
        "from",
        "to",
        "redirectUrl",
        "requestMessage",
        "consentRights",
    ] {
        assert_eq!(created[member], request[member], "{member}");
    }
    assert_eq!(created["status"], "Created");
    assert_eq!(created["portalViewMode"], "Hide");
    for member in ["handledBy", "consented", "requiredDelegator"] {
        assert_eq!(created[member], Value::Null, "{member}");
    }
    let page = &bed.sandbox.addresses().altinn_page;
    assert_eq!(
        created["viewUri"],
        format!("{page}/accessmanagement/ui/consent/request?id={id}")
    );
    assert!(created["validTo"].as_str().unwrap().ends_with("+00:00"));
    let event = &created["consentRequestEvents"][0];
    assert_eq!(event["eventType"], "Created");
    assert_eq!(event["performedBy"], organisation_urn(BANK));
    assert_eq!(event["consentRequestID"], json!(id));
    assert!(event["consentEventID"].is_string());
    assert_eq!(bed.read(id).await.json(), created);
}

/// Returns the codes in the answer's body: one, or those of several problems.
fn codes(answer: &Answer) -> String {
    let body = answer.json();
    if let Some(problems) = body["problems"].as_array() {
        assert_eq!(body["code"], "STD-00001");
        let inner: Vec<_> = problems
            .iter()
            .map(|problem| problem["code"].as_str().unwrap())
            .collect();
        return inner.join(" ");
    }
    let inner = body["validationErrors"].as_array().into_iter().flatten();
    let inner: Vec<_> = inner.map(|fault| fault["code"].as_str().unwrap()).collect();
    format!("{} {}", body["code"].as_str().unwrap(), inner.join(" "))
        .trim()
        .to_owned()
}

#[tokio::test]
async fn requests_are_refused_with_their_codes() {
    let bed = TestBed::start().await;
    let past = rfc3339(bed.now() - Duration::seconds(1));
    let nobody = person_urn("29909999999");
    for (changes, status, expected) in [
        (
            json!({ "from": organisation_urn("313000028") }),
            400,
            "AM-00003",
        ),
        (json!({ "from": nobody }), 400, "AM-00004"),
        (json!({ "requiredDelegator": nobody }), 400, "AM-00004"),
        (
            json!({ "requiredDelegator": organisation_urn(COMPANY) }),
            400,
            "AM-00004",
        ),
        (json!({ "from": nobody, "validTo": past }), 400, "AM-00004"),
        (json!({ "validTo": past }), 400, "STD-00000 AM.VLD-00022"),
        (
            json!({ "consentRights": [] }),
            400,
            "STD-00000 AM.VLD-00023",
        ),
        (
            json!({ "redirectUrl": "/relative" }),
            400,
            "STD-00000 AM.VLD-00027",
        ),
        (
            json!({ "redirectUrl": "x", "validTo": past, "consentRights": [] }),
            400,
            "STD-00000 AM.VLD-00022 AM.VLD-00023 AM.VLD-00027",
        ),
        (
            json!({ "consentRights": [without_action()], "validTo": past }),
            500,
            "STD-00000 STD-00000",
        ),
    ] {
        assert_refused(&bed, &changes, status, expected).await;
    }
    assert!(bed.services().altinn.ids().is_empty());
}

#[tokio::test]
async fn what_dotnet_reads_is_read_and_what_it_does_not_is_refused() {
    let bed = TestBed::start().await;
    let day = (bed.now() + Duration::days(9)).date();
    for valid_to in [
        json!(day.to_string()),
        json!(format!("{day}T12:00")),
        json!(format!("{day}T12:00:00.5")),
    ] {
        let mut request = bed.request(Uuid::new_v4());
        request["validTo"] = valid_to.clone();
        let answer = bed.create(&request).await;
        assert_eq!(answer.status, 201, "{valid_to} {answer:?}");
    }
    let id = Uuid::new_v4();
    for (member, value) in [
        ("id", json!(id.simple().to_string())),
        ("id", json!(id.braced().to_string())),
        ("id", json!(id.urn().to_string())),
        ("requestMessage", json!("Vi trenger dette")),
        ("requestMessage", json!(["Vi trenger dette"])),
        ("requestMessage", json!({ "nb": 7 })),
        ("validTo", json!(day.to_string().replace('-', ""))),
    ] {
        let mut request = bed.request(id);
        request[member] = value.clone();
        let answer = bed.create(&request).await;
        assert_eq!(answer.status, 400, "{member} {value}");
        let errors = answer.json()["errors"].to_string();
        assert!(errors.contains(&format!("$.{member}")), "{errors}");
    }
}

#[tokio::test]
async fn a_resource_is_its_value_and_metadata_keys_are_one_in_any_letter_case() {
    let bed = TestBed::start().await;
    let with = |metadata: serde_json::Value| {
        let mut request = bed.request(Uuid::new_v4());
        request["consentRights"] = json!([right(TAX_BASIS, &metadata)]);
        request
    };
    let mut request = with(json!({ "InntektsAar": "2025" }));
    request["consentRights"][0]["resource"][0]["type"] = json!("urn:altinn:resourceid");
    let created = bed.create(&request).await;
    assert_eq!(created.status, 201, "{created:?}");
    let right = &created.json()["consentRights"][0];
    assert_eq!(right["resource"][0]["type"], "urn:altinn:resourceid");
    assert_eq!(right["metadata"], json!({ "InntektsAar": "2025" }));

    // The real service puts both into one dictionary and fails.
    let twice = with(json!({ "inntektsaar": "2025", "Inntektsaar": "2024" }));
    let refused = bed.create(&twice).await;
    assert_eq!((refused.status.as_u16(), &*refused.body), (500, ""));
    let entries = bed.services().journal.entries();
    let note = entries.last().and_then(|entry| entry.note.as_deref());
    assert_eq!(note, Some("metadata keys differ only in case"));
}

#[tokio::test]
async fn rights_are_refused_with_their_codes() {
    let bed = TestBed::start().await;
    let colour = json!({ "Favorittfarge": "x" });
    let year = json!({ "inntektsaar": "2025" });
    for (rights, status, expected) in [
        (vec![right(CLAIMS, &colour)], 400, "AM-00006"),
        (
            vec![right(TAX_BASIS, &json!({ "INNTEKTSAAR": "" }))],
            400,
            "AM-00007",
        ),
        (vec![right(TAX_BASIS, &json!(null))], 400, "AM-00008"),
        (vec![right(TAX_BASIS, &colour)], 500, "AM-00006 AM-00008"),
        (vec![right(INCOME, &json!({}))], 500, "AM-00008 AM-00008"),
        (
            vec![right(CLAIMS, &json!(null)), right(TAX_BASIS, &year)],
            400,
            "AM-00009",
        ),
        (vec![right("ske-skattekort", &json!(null))], 400, "AM-00005"),
        (vec![two_resources()], 400, "AM-00005"),
        (vec![without_action()], 400, "STD-00000 STD.VLD-00000"),
    ] {
        assert_refused(&bed, &json!({ "consentRights": rights }), status, expected).await;
    }
    assert!(bed.services().altinn.ids().is_empty());
}

/// Checks that a request with these changes gets this status and these codes.
async fn assert_refused(bed: &TestBed, changes: &Value, status: u16, expected: &str) {
    let mut request = bed.request(Uuid::new_v4());
    for (name, value) in changes.as_object().unwrap() {
        request[name.as_str()] = value.clone();
    }
    let answer = bed.create(&request).await;
    assert_eq!(
        (answer.status.as_u16(), codes(&answer).as_str()),
        (status, expected),
        "{changes}"
    );
    assert!(
        answer
            .header("content-type")
            .starts_with("application/problem+json")
    );
}

fn two_resources() -> Value {
    let mut right = right(CLAIMS, &json!(null));
    let first = right["resource"][0].clone();
    right["resource"].as_array_mut().unwrap().push(first);
    right
}

fn without_action() -> Value {
    let mut right = right(CLAIMS, &json!(null));
    right["action"] = json!([]);
    right
}

#[tokio::test]
async fn refusals_say_where_and_what() {
    let bed = TestBed::start().await;
    let mut request = bed.request(Uuid::new_v4());
    request["consentRights"] = json!([right(CLAIMS, &json!({ "Farge": "x" }))]);
    let metadata = bed.create(&request).await.json();
    assert_eq!(metadata["detail"], "Invalid consent metadata");
    assert_eq!(
        metadata["type"],
        "https://tools.ietf.org/html/rfc9110#section-15.5.1"
    );
    assert_eq!(metadata["key"], "farge");
    request["consentRights"] = json!([right(TAX_BASIS, &json!({ "inntektsaar": "" }))]);
    assert_eq!(
        bed.create(&request).await.json()["ConsentRight index: 0, key"],
        "inntektsaar"
    );
    request["consentRights"] = json!([without_action()]);
    assert_eq!(
        bed.create(&request).await.json()["validationErrors"][0]["paths"],
        json!(["/consentRight/0/action"])
    );
    request["from"] = json!(person_urn("29909999999"));
    assert_eq!(
        bed.create(&request).await.json()["fnumber"],
        person_urn("29909999999")
    );

    bed.services().altinn.set_switches(Switches {
        problem_format: Format::Version6,
        ..Switches::default()
    });
    let newer = bed.create(&request).await.json();
    assert_eq!(newer["type"], "urn:altinn:error:AM-00004");
    assert_eq!(newer["title"], "Unknown person. Could not be found");
    assert_eq!(newer["detail"], Value::Null);
    assert!(newer["traceId"].is_string());
}

#[tokio::test]
async fn tokens_and_rights_are_checked_before_the_contents() {
    let bed = TestBed::start().await;
    let request = bed.request(Uuid::new_v4());
    let bank = organisation(BANK);
    let now = bed.now().unix_timestamp();
    let table = [
        (json!({ "scope": READ }), 403),
        (json!({ "scope": "" }), 403),
        (json!({ "scope": WRITE, "consumer": null }), 401),
        (
            json!({ "scope": WRITE, "consumer": { "authority": "x", "ID": "0192:310000205" } }),
            401,
        ),
        (json!({ "scope": WRITE, "exp": now - 60 }), 401),
        (
            json!({ "scope": WRITE, "iss": "https://maskinporten.no/" }),
            401,
        ),
        (
            json!({ "scope": WRITE, "consumer": organisation(OTHER_BANK) }),
            403,
        ),
        (json!({ "scope": WRITE, "consumer": bank }), 201),
    ];
    for (claims, status) in table {
        let answer = bed.create_as(&bed.token(&claims), &request).await;
        assert_eq!(answer.status.as_u16(), status, "{claims}");
        assert_eq!(answer.body.is_empty(), status != 201, "{claims}");
    }
    assert_eq!(bed.create_as("a.b.c", &request).await.status, 401);

    // Policy: an unknown resource is not requestable, the supplier is on no list, and nothing is
    // worse.
    let mut unknown = bed.request(Uuid::new_v4());
    unknown["consentRights"] = json!([right("no-such-resource", &json!(null))]);
    let answer = bed.create(&unknown).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, ""));
    unknown["to"] = json!(organisation_urn(SUPPLIER));
    unknown["consentRights"] = json!([right(CLAIMS, &json!(null))]);
    assert_eq!(
        bed.create_as(&bed.scoped(SUPPLIER, WRITE), &unknown)
            .await
            .status,
        403
    );
    let mut empty = bed.request(Uuid::new_v4());
    empty["consentRights"][0]["resource"] = json!([]);
    let answer = bed.create(&empty).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, ""));
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_the_framework() {
    let bed = TestBed::start().await;
    let mut request = bed.request(Uuid::new_v4());
    request["redirectUrl"] = Value::Null;
    let answer = bed.create(&request).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["errors"]["$"].is_array(), "{answer:?}");
    assert_eq!(answer.json()["code"], Value::Null);

    let url = format!("{}{REQUESTS}/", bed.sandbox.addresses().altinn);
    let token = bed.scoped(BANK, WRITE);
    let form = bed
        .http
        .post(&url)
        .bearer_auth(&token)
        .body("a=b")
        .header("content-type", "text/plain");
    assert_eq!(form.send().await.unwrap().status(), 415);
    let slash = bed
        .send(
            Method::POST,
            &url,
            &token,
            Some(&bed.request(Uuid::new_v4())),
        )
        .await;
    assert_eq!(slash.status, 201);
}
