//! Request for consent: the created one, and each fault.

use http::Method;
use serde_json::{Value, json};

use crate::altinn2::support::{
    Answer, BANK, COMPANY, HAL, OTHER_BANK, PERSON, SUPPLIER, TestBed, WRITE, organisation,
};

#[tokio::test]
async fn what_is_made_is_told() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["OfferedBy"] = json!(PERSON);
    request["OfferedByName"] = json!("BREKKE");
    request["RequiredDelegator"] = json!(PERSON);
    request["RequiredDelegatorName"] = json!("Brekke");
    request["PortalViewMode"] = json!("show");
    request["RequestResources"] = json!([
        { "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025", "annet": "x" } },
        { "ServiceCode": "4804", "ServiceEditionCode": 210_607,
          "Metadata": { "fraOgMed": "2025-10", "tilOgMed": "2025-12" }, "Operations": ["Read"] },
    ]);
    let answer = bed.create(&request).await;

    assert_eq!(answer.status.as_u16(), 201, "{answer:?}");
    assert!(answer.header("content-type").starts_with(HAL));
    let made = answer.json();
    let code = made["AuthorizationCode"].as_str().unwrap();
    let links = json!({
        "self": { "href": bed.address(&format!("/api/consentRequest/{code}")) },
        "gui": { "href": format!("{}/ui/AccessConsent/request?id={code}", bed.sandbox.addresses().altinn2_page) },
    });
    let expected = json!({
        "AuthorizationCode": code,
        "RequestStatus": "Unopened",
        "Created": made["Created"],
        "LastChanged": made["Created"],
        "CoveredBy": BANK,
        "OfferedBy": "148585*****",
        "RequiredDelegator": "148585*****",
        "ValidTo": request["ValidTo"],
        "RedirectUrl": request["RedirectUrl"],
        "RequestResources": [
            { "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025" } },
            { "ServiceCode": "4804", "ServiceEditionCode": 210_607, "Metadata": { "fraOgMed": "2025-10", "tilOgMed": "2025-12" } },
        ],
        "PortalViewMode": "Show",
        "_links": links,
    });
    assert_eq!(made, expected);
    let created = made["Created"].as_str().unwrap();
    assert_eq!((created.len(), &created[19..20]), (23, "."), "{created}");
    assert!(!answer.body.contains(PERSON));
}

#[tokio::test]
async fn links_come_with_hal_alone() {
    let bed = TestBed::start().await;
    let call = bed.call(Method::POST, "/api/consentRequests", WRITE);
    let answer = Answer::receive(
        call.header("Accept", "application/json")
            .json(&bed.request()),
    )
    .await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["_links"], Value::Null);
}

#[tokio::test]
async fn member_names_are_read_in_any_letter_case_and_hal_is_a_good_type() {
    let bed = TestBed::start().await;
    let body = bed.request().to_string();
    let body = body
        .replace("CoveredBy", "coveredBy")
        .replace("ServiceCode", "serviceCode");
    for (kind, status) in [
        (HAL, 201),
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
    ] {
        let call = bed.call(Method::POST, "/api/consentRequests", WRITE);
        let call = call.header("Content-Type", kind).body(body.clone());
        assert_eq!(
            Answer::receive(call).await.status.as_u16(),
            status,
            "{kind}"
        );
    }
    for body in ["", "[]", "{"] {
        let call = bed.call(Method::POST, "/api/consentRequests", WRITE);
        let call = call.header("Content-Type", HAL).body(body);
        Answer::receive(call)
            .await
            .says(400, "The request body could not be read.");
    }
}

#[tokio::test]
async fn a_moment_with_an_offset_is_told_in_norwegian_time() {
    let bed = TestBed::start().await;
    let year = bed.now().year() + 1;
    for (given, told) in [
        ("01-09T12:00:00Z", "01-09T13:00:00.000"),
        ("07-09T12:00:00Z", "07-09T14:00:00.000"),
    ] {
        let mut request = bed.request();
        request["ValidTo"] = json!(format!("{year}-{given}"));
        let made = bed.create(&request).await.json();
        assert_eq!(made["ValidTo"], format!("{year}-{told}"));
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_has_its_error() {
    let bed = TestBed::start().await;
    let loan = |metadata: Value| json!([{ "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": metadata }]);
    let mixed = json!([
        { "ServiceCode": "5928", "ServiceEditionCode": 202_301 },
        { "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025" } },
    ]);
    let standard = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    for (member, value, code) in [
        ("CoveredBy", json!(null), "40300"),
        ("OfferedBy", json!(null), "40300"),
        ("OfferedByName", json!(""), "40300"),
        ("ValidTo", json!(null), "40300"),
        ("RedirectUrl", json!(null), "40300"),
        ("RequestResources", json!([]), "40300"),
        ("RequestResources", standard, "40300"),
        ("CoveredBy", json!(OTHER_BANK), "40310"),
        ("HandledBy", json!(SUPPLIER), "40311"),
        ("OfferedBy", json!("310000000"), "40330"),
        ("OfferedByName", json!("Fjordvik"), "40332"),
        ("RequiredDelegator", json!(COMPANY), "40301"),
        ("RequiredDelegator", json!("12345678901"), "40301"),
        ("ValidTo", json!("2030-01-01"), "40301"),
        ("ValidTo", json!("2020-01-01T12:00:00"), "40340"),
        ("RedirectUrl", json!("/cb"), "40301"),
        (
            "RequestResources",
            json!([{ "ServiceCode": "5928", "ServiceEditionCode": "202301" }]),
            "40301",
        ),
        (
            "RequestResources",
            json!([{ "ServiceCode": "5928", "ServiceEditionCode": 1 }]),
            "40360",
        ),
        ("RequestResources", loan(json!(null)), "40370"),
        (
            "RequestResources",
            loan(json!({ "inntektsaar": "" })),
            "40370",
        ),
        (
            "RequestResources",
            loan(json!({ "Inntektsaar": "2025" })),
            "40370",
        ),
        ("RequestResources", mixed, "40361"),
        ("RequestMessage", json!({ "no-nb": "Hei" }), "40380"),
        ("RequestMessage", json!("Hei"), "40301"),
        ("PortalViewMode", json!("Maybe"), "40301"),
    ] {
        let mut request = bed.request();
        request[member] = value;
        let answer = bed.create(&request).await;
        assert_eq!(answer.codes(), [code], "{member}: {answer:?}");
    }
    let mut named = bed.request();
    named["RequiredDelegator"] = json!(PERSON);
    named["RequiredDelegatorName"] = json!("Tangen");
    assert_eq!(bed.create(&named).await.codes(), ["40332"]);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_names_nobody() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["OfferedBy"] = json!(PERSON);
    request["ValidTo"] = json!("2020-01-01T12:00:00");
    let answer = bed.create(&request).await;
    assert_eq!(answer.codes(), ["40332", "40340"]);
    assert!(!answer.body.contains(PERSON) && !answer.body.contains("Brekke"));
    let journal = bed.services().journal.entries();
    assert_eq!(
        journal.last().unwrap().note.as_deref(),
        Some("40332, 40340")
    );
}

#[tokio::test]
async fn an_empty_message_is_none_and_the_standard_template_needs_one() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["RequestMessage"] = json!({});
    bed.created(&request).await;
    request["RequestResources"] = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    assert_eq!(bed.create(&request).await.codes(), ["40300"]);
    request["RequestMessage"] = json!({ "no-nb": "Hei", "en": "Hello" });
    bed.created(&request).await;
    request["RequestMessage"] = json!({ "nb": "Hei" });
    assert_eq!(bed.create(&request).await.codes(), ["40301"]);
}

#[tokio::test]
async fn an_owners_register_says_who_may_ask_and_where_to_return() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["RequestResources"] = json!([{ "ServiceCode": "9001", "ServiceEditionCode": 1 }]);
    request["RequestMessage"] = json!({ "no-nb": "Hei" });
    bed.created(&request).await;
    for (address, good) in [
        ("https://app.bank.example/x", true),
        ("bank-app://consent", true),
        ("http://bank.example/", false),
        ("https://bank.no/", false),
        ("https://evil.example/https://bank.example", false),
    ] {
        request["RedirectUrl"] = json!(address);
        let answer = bed.create(&request).await;
        assert_eq!(answer.status.as_u16() == 201, good, "{address}");
        assert!(good || answer.codes() == ["40350"], "{answer:?}");
    }
    // A holder of a key may ask for resources without a register, and return anywhere.
    let mut other = bed.request();
    other["CoveredBy"] = json!(OTHER_BANK);
    other["RedirectUrl"] = json!("http://anywhere.example/");
    let path = "/api/consentRequests";
    let call = bed.call_as(OTHER_BANK, Method::POST, path, WRITE);
    assert_eq!(
        Answer::receive(call.json(&other)).await.status.as_u16(),
        201
    );
    other["RequestResources"] = request["RequestResources"].clone();
    other["RequestMessage"] = json!({ "no-nb": "Hei" });
    let call = bed.call_as(OTHER_BANK, Method::POST, path, WRITE);
    assert_eq!(Answer::receive(call.json(&other)).await.codes(), ["40362"]);
}

#[tokio::test]
async fn a_handler_is_who_calls() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["HandledBy"] = json!(SUPPLIER);
    let path = "/api/consentRequests";
    let call = bed
        .call_as(SUPPLIER, Method::POST, path, WRITE)
        .json(&request);
    let made = Answer::receive(call).await;
    assert_eq!(
        (made.status.as_u16(), &made.json()["HandledBy"]),
        (201, &json!(SUPPLIER))
    );
    let delegated = json!({ "scope": WRITE, "supplier": organisation(SUPPLIER), "consumer": organisation(OTHER_BANK) });
    let call = bed
        .http
        .post(bed.address(path))
        .header("ApiKey", bed.key(SUPPLIER));
    let call = call.bearer_auth(bed.token(&delegated)).json(&request);
    assert_eq!(Answer::receive(call).await.codes(), ["40310"]);
}
