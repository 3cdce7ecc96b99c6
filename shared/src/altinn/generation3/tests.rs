use http::StatusCode;
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::altinn::{Altinn, Consent, Created, Mismatch, Outcome, Reason, Refusal, Right, Status};
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Response;
use crate::problem::{Kind, Problem};

const ID: &str = "0198a000-1111-4222-8333-444455556666";
const PERSON: &str = "14858512450";
const NOW: OffsetDateTime = datetime!(2026-08-30 09:20 UTC);

fn altinn() -> Altinn {
    let origin = |text| Origin::parse(text).expect("an origin");
    Altinn {
        origin: origin("https://platform.example"),
        page_origin: origin("https://am.ui.example"),
    }
}

fn asked(party: &str) -> Asked {
    Asked {
        id: ID.to_owned(),
        from: Party::parse(party, Environment::Test).expect("a party"),
        to: OrganisationNumber::parse("313000028").expect("an organisation"),
        rights: vec![Right {
            resource: "ske-samtykke-sbl-inntekt".to_owned(),
            metadata: BTreeMap::from([("fraogmed".to_owned(), "2026-01".to_owned())]),
        }],
        valid_to: datetime!(2026-09-05 12:00 UTC),
        redirect_address: Secret::new("https://bank.example/consent/callback?state=Zk3".to_owned()),
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// As the service writes it today.
fn kept(status: &str) -> Value {
    let mut body = json!({
        "id": ID,
        "from": format!("urn:altinn:person:identifier-no:{PERSON}"),
        "to": "urn:altinn:organization:identifier-no:313000028",
        "requiredDelegator": format!("urn:altinn:person:identifier-no:{PERSON}"),
        "handledBy": null,
        "validTo": "2026-09-05T12:00:00.000000+00:00",
        "consentRights": [{
            "action": ["consent"],
            "resource": [{ "type": "urn:altinn:resource", "value": "ske-samtykke-sbl-inntekt", "version": "2" }],
            "metadata": { "fraOgMed": "2026-01" },
        }],
        "status": status,
        "consented": null,
        "redirectUrl": "https://bank.example/consent/callback?state=Zk3",
        "consentRequestEvents": [{
            "consentEventID": "0198a000-1111-7aaa-8bbb-000000000001",
            "created": "2026-08-30T09:15:02.103441+00:00",
            "performedBy": "urn:altinn:organization:identifier-no:313000028",
            "eventType": "Created",
            "consentRequestID": ID,
        }],
        "viewUri": format!("https://am.ui.example/accessmanagement/ui/consent/request?id={ID}"),
        "portalViewMode": "Hide",
        "something": { "new": true },
    });
    if matches!(status.to_ascii_lowercase().as_str(), "accepted" | "revoked") {
        happen(&mut body, "Accepted", PERSON);
    }
    body
}

fn happen(body: &mut Value, event: &str, person: &str) {
    let events = body["consentRequestEvents"].as_array_mut().expect("events");
    events.push(json!({
        "created": "2026-08-30T09:17:40.5521034+00:00",
        "performedBy": format!("urn:altinn:person:identifier-no:{person}"),
        "eventType": event,
    }));
}

fn found(body: &Value) -> Result<Consent, Refusal> {
    altinn().found(&answer(200, body))
}

fn outcome(body: &Value) -> Result<Outcome, Mismatch> {
    found(body).expect("readable").outcome(&asked(PERSON), NOW)
}

#[test]
fn asks_with_every_required_member() {
    let token = Secret::new("t0ken".to_owned());
    let request = altinn().create(&asked(PERSON), &token).expect("a request");
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri(),
        "https://platform.example/accessmanagement/api/v1/enterprise/consentrequests"
    );
    assert_eq!(request.headers()["authorization"], "Bearer t0ken");
    assert_eq!(request.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(
        body,
        json!({
            "id": ID,
            "from": "urn:altinn:person:identifier-no:14858512450",
            "to": "urn:altinn:organization:identifier-no:313000028",
            "requiredDelegator": "urn:altinn:person:identifier-no:14858512450",
            "validTo": "2026-09-05T12:00:00Z",
            "consentRights": [{
                "action": ["consent"],
                "resource": [{ "type": "urn:altinn:resource", "value": "ske-samtykke-sbl-inntekt" }],
                "metadata": { "fraogmed": "2026-01" },
            }],
            "redirectUrl": "https://bank.example/consent/callback?state=Zk3",
        })
    );
}

#[test]
fn an_organisation_may_answer_through_anybody_altinn_lets() {
    let mut asked = asked("313367002");
    asked.rights[0].metadata.clear();
    let token = Secret::new("t0ken".to_owned());
    let request = altinn().create(&asked, &token).expect("a request");
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body.get("requiredDelegator"), None);
    assert_eq!(body["consentRights"][0].get("metadata"), None);
}

#[test]
fn looks_up_by_id() {
    let token = Secret::new("t0ken".to_owned());
    let request = altinn().lookup(ID, &token).expect("a request");
    assert_eq!(
        request.uri().path(),
        format!("/accessmanagement/api/v1/enterprise/consentrequests/{ID}")
    );
    assert_eq!(request.headers()["authorization"], "Bearer t0ken");
}

#[test]
fn a_new_request_is_echoed_and_a_known_one_is_to_be_looked_up() {
    let altinn = altinn();
    let Ok(Created::New(consent)) = altinn.created(&answer(201, &kept("Created"))) else {
        panic!("a new request")
    };
    assert_eq!(consent.outcome(&asked(PERSON), NOW), Ok(Outcome::Pending));
    let page = altinn.page(&consent).expect("a page");
    assert!(page.starts_with("https://am.ui.example/accessmanagement/"));
    // The body of a repeated POST is the service's inner model and says nothing that can be trusted.
    let inner = json!({ "id": ID, "consentRequestStatus": "Created", "templateId": "bst_krav_v2" });
    assert_eq!(altinn.created(&answer(200, &inner)), Ok(Created::Known));
}

#[test]
fn the_page_must_be_altinns() {
    for page in [
        "https://am.ui.example.evil.example/request?id=1",
        "https://am.ui.example@evil.example/request",
        "https://someone@am.ui.example/request",
        "http://am.ui.example/request",
        "https://am.ui.example:8443/request",
        "javascript:alert(1)",
        "/accessmanagement/ui",
    ] {
        let mut body = kept("Created");
        body["viewUri"] = json!(page);
        let consent = found(&body).expect("readable");
        assert_eq!(altinn().page(&consent), None, "{page}");
    }
    let mut body = kept("Created");
    body.as_object_mut().expect("an object").remove("viewUri");
    assert_eq!(altinn().page(&found(&body).expect("readable")), None);
}

#[test]
fn every_status_in_any_case() {
    for (status, expected) in [
        ("Created", Outcome::Pending),
        ("created", Outcome::Pending),
        ("Accepted", Outcome::Granted),
        ("ACCEPTED", Outcome::Granted),
        ("Rejected", Outcome::Rejected),
        ("rejected", Outcome::Rejected),
        ("Revoked", Outcome::Revoked),
        ("deleted", Outcome::Revoked),
        ("Expired", Outcome::Expired),
    ] {
        assert_eq!(outcome(&kept(status)), Ok(expected), "{status}");
    }
    let unknown = found(&kept("Frozen")).expect_err("unknown");
    assert_eq!(unknown.reason, Reason::Unreadable("an unknown status"));
}

#[test]
fn without_status_the_events_tell() {
    for (events, status) in [
        (vec![], Status::Created),
        (vec!["accepted"], Status::Accepted),
        (vec!["Accepted", "Used", "Expired"], Status::Accepted),
        (vec!["Rejected"], Status::Rejected),
        (vec!["Accepted", "Revoked"], Status::Revoked),
    ] {
        let mut body = kept("Created");
        body.as_object_mut().expect("an object").remove("status");
        for event in &events {
            happen(&mut body, event, PERSON);
        }
        assert_eq!(found(&body).expect("readable").status, status, "{events:?}");
    }
}

#[test]
fn time_runs_out_though_altinn_keeps_the_status() {
    for (status, expected) in [
        ("Created", Outcome::Expired),
        ("Accepted", Outcome::Expired),
        ("Rejected", Outcome::Rejected),
        ("Revoked", Outcome::Revoked),
    ] {
        let consent = found(&kept(status)).expect("readable");
        let at = |now| consent.outcome(&asked(PERSON), now);
        assert_eq!(
            at(datetime!(2026-09-05 12:00 UTC)),
            Ok(expected),
            "{status}"
        );
    }
}

#[test]
fn times_have_any_number_of_decimals() {
    for time in [
        "2026-09-05T12:00:00Z",
        "2026-09-05T12:00:00.1+00:00",
        "2026-09-05T12:00:00.12345+00:00",
        "2026-09-05T14:00:00.123456+02:00",
        "2026-09-05T12:00:00.1234567+00:00",
        "2026-09-05T12:00:00.123456789123Z",
    ] {
        let mut body = kept("Accepted");
        body["validTo"] = json!(time);
        assert_eq!(outcome(&body), Ok(Outcome::Granted), "{time}");
    }
    let mut body = kept("Accepted");
    body["validTo"] = json!("next week");
    assert!(found(&body).is_err());
}

#[test]
fn a_consent_must_be_the_one_asked_for() {
    let other_person = "urn:altinn:person:identifier-no:02829090123";
    for (pointer, value, mismatch) in [
        (
            "/id",
            json!("0198a000-1111-4222-8333-444455556667"),
            Mismatch::Id,
        ),
        ("/from", json!(other_person), Mismatch::From),
        (
            "/from",
            json!("urn:altinn:organization:identifier-no:313367002"),
            Mismatch::From,
        ),
        (
            "/to",
            json!("urn:altinn:organization:identifier-no:310000108"),
            Mismatch::To,
        ),
        ("/validTo", json!("2027-09-05T12:00:00Z"), Mismatch::ValidTo),
        ("/validTo", json!("2026-09-05T11:59:59Z"), Mismatch::ValidTo),
        ("/consentRights", json!([]), Mismatch::Rights),
        (
            "/consentRights/0/resource/0/value",
            json!("another"),
            Mismatch::Rights,
        ),
        (
            "/consentRights/0/resource/0/type",
            json!("urn:altinn:other"),
            Mismatch::Rights,
        ),
        ("/consentRights/0/resource", json!([]), Mismatch::Rights),
        ("/consentRights/0/action", json!(["read"]), Mismatch::Rights),
        (
            "/consentRights/0/action",
            json!(["consent", "write"]),
            Mismatch::Rights,
        ),
        (
            "/consentRights/0/metadata",
            json!({ "fraogmed": "2025-01" }),
            Mismatch::Rights,
        ),
        ("/consentRights/0/metadata", json!({}), Mismatch::Rights),
        ("/consentRights/0/metadata", Value::Null, Mismatch::Rights),
        (
            "/consentRequestEvents/1/performedBy",
            json!(other_person),
            Mismatch::ApprovedBy,
        ),
        (
            "/consentRequestEvents/1/performedBy",
            Value::Null,
            Mismatch::ApprovedBy,
        ),
        ("/consentRequestEvents", json!([]), Mismatch::ApprovedBy),
    ] {
        let mut body = kept("Accepted");
        *body.pointer_mut(pointer).expect("a member") = value;
        assert_eq!(outcome(&body), Err(mismatch), "{pointer}");
    }
    let mut twice = kept("Accepted");
    let right = twice["consentRights"][0].clone();
    twice["consentRights"]
        .as_array_mut()
        .expect("rights")
        .push(right);
    assert_eq!(outcome(&twice), Err(Mismatch::Rights));
}

#[test]
fn metadata_in_the_documented_spelling_reads_too() {
    let mut body = kept("Accepted");
    let right = body["consentRights"][0].as_object_mut().expect("a right");
    let metadata = right.remove("metadata").expect("metadata");
    right.insert("metaData".to_owned(), metadata);
    assert_eq!(outcome(&body), Ok(Outcome::Granted));
}

#[test]
fn nobodys_number_is_ever_printed() {
    let consent = found(&kept("Accepted")).expect("readable");
    assert!(!format!("{consent:?}").contains(PERSON));
    assert!(!format!("{:?}", asked(PERSON)).contains(PERSON));
    assert!(!format!("{:?}", asked(PERSON)).contains("Zk3"));
    let unknown = json!({
        "status": 400, "detail": "Unknown person. Could not be found", "code": "AM-00004",
        "fnumber": format!("urn:altinn:person:identifier-no:{PERSON}"),
    });
    let refusal = altinn()
        .created(&answer(400, &unknown))
        .expect_err("a refusal");
    assert!(!format!("{refusal:?}").contains(PERSON));
    let problem = Problem::from(refusal);
    assert_eq!(problem.kind, Kind::PartyUnknown);
    assert!(!format!("{problem:?}").contains(PERSON));
    let mut nonsense = kept("Accepted");
    nonsense["validTo"] = json!(PERSON);
    nonsense["status"] = json!({ "from": PERSON });
    let refusal = found(&nonsense).expect_err("unreadable");
    assert!(!format!("{:?}", Problem::from(refusal)).contains(PERSON));
}

#[test]
fn refusals_are_classified_by_code() {
    let several = |statuses: [u16; 2]| {
        json!({
            "status": 500, "detail": "Multiple problems occurred.", "code": "STD-00001",
            "problems": [
                { "status": statuses[0], "detail": "Invalid consent metadata", "code": "AM-00006", "key": "x" },
                { "status": statuses[1], "detail": "Missing metadata", "code": "AM-00008", "key": "y" },
            ],
        })
    };
    let validation = json!({
        "status": 400, "code": "STD-00000",
        "validationErrors": [{ "code": "AM.VLD-00027", "detail": "Redirect URL is not a valid URL", "paths": ["RedirectUrl"] }],
    });
    let version6 = json!({
        "type": "urn:altinn:error:AM-00001", "title": "Consent not found", "status": 404, "code": "AM-00001",
        "traceId": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "source": "x", "statusDescription": "Not Found",
    });
    for (status, body, reason, codes) in [
        (
            400,
            json!({ "code": "AM-00006", "key": "x" }),
            Reason::Final,
            vec!["AM-00006"],
        ),
        (
            400,
            json!({ "code": "AM-00003", "orgnr": "x" }),
            Reason::PartyUnknown,
            vec!["AM-00003"],
        ),
        (
            400,
            json!({ "code": "AM-00016" }),
            Reason::Final,
            vec!["AM-00016"],
        ),
        (
            404,
            json!({ "code": "AM-00001" }),
            Reason::Unknown,
            vec!["AM-00001"],
        ),
        (404, version6, Reason::Unknown, vec!["AM-00001"]),
        (
            403,
            json!({ "code": "AM-00000" }),
            Reason::Final,
            vec!["AM-00000"],
        ),
        (403, json!(""), Reason::Final, vec![]),
        (404, json!("<html>"), Reason::Final, vec![]),
        (401, json!(""), Reason::Token, vec![]),
        (400, validation, Reason::Final, vec!["AM.VLD-00027"]),
        (
            500,
            several([400, 400]),
            Reason::Final,
            vec!["AM-00006", "AM-00008"],
        ),
        (
            500,
            several([400, 500]),
            Reason::Down,
            vec!["AM-00006", "AM-00008"],
        ),
        (
            500,
            json!({ "code": "STD-00001" }),
            Reason::Down,
            vec!["STD-00001"],
        ),
        (500, json!(""), Reason::Down, vec![]),
        (503, json!("<html>"), Reason::Down, vec![]),
        (429, json!(""), Reason::TooManyCalls(None), vec![]),
        (
            202,
            json!({}),
            Reason::Unreadable("an unexpected status"),
            vec![],
        ),
        (
            400,
            json!({ "code": PERSON, "errors": { "$.from": [PERSON] } }),
            Reason::Final,
            vec![],
        ),
    ] {
        let refusal = altinn()
            .created(&answer(status, &body))
            .expect_err("a refusal");
        assert_eq!(refusal.reason, reason, "{status} {body}");
        assert_eq!(refusal.codes, codes, "{status} {body}");
    }
    for text in ["", "[]", "null", "{\"id\":", "<html>"] {
        let mut response = answer(200, &Value::Null);
        *response.body_mut() = Bytes::copy_from_slice(text.as_bytes());
        let refusal = altinn().found(&response).expect_err("nonsense");
        assert_eq!(refusal.reason, Reason::Unreadable("not a consent request"));
    }
}

#[test]
fn the_token_request_names_the_consent_and_its_party() {
    let party = Party::parse("313367002", Environment::Test).expect("a party");
    assert_eq!(
        crate::altinn::token_details(ID, &party),
        json!([{
            "type": "urn:altinn:consent",
            "id": ID,
            "from": "urn:altinn:organization:identifier-no:313367002",
        }])
    );
}
