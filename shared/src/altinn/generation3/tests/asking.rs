use super::*;
use crate::altinn::Shown;

#[test]
fn asks_with_every_required_member() {
    let request = call(&asked(PERSON));
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri(),
        "https://platform.example/accessmanagement/api/v1/enterprise/consentrequests"
    );
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
    let request = call(&asked);
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body.get("requiredDelegator"), None);
    assert_eq!(body["consentRights"][0].get("metadata"), None);
}

#[test]
fn looks_up_by_id() {
    let Ok(Lookup::Call(request)) = altinn().lookup(&asked(PERSON)) else {
        panic!("something to ask")
    };
    assert_eq!(
        request.uri().path(),
        format!("/accessmanagement/api/v1/enterprise/consentrequests/{ID}")
    );
}

#[test]
fn a_new_request_is_echoed_and_a_known_one_is_to_be_looked_up() {
    let altinn = altinn();
    let Ok(Created::New(consent)) = altinn.created(&asked(PERSON), &answer(201, &kept("Created")))
    else {
        panic!("a new request")
    };
    assert_eq!(consent.outcome(&asked(PERSON), NOW), Ok(Outcome::Pending));
    let page = altinn.page(&consent).expect("a page");
    assert!(page.starts_with("https://am.ui.example/accessmanagement/"));
    // The body of a repeated POST is the service's inner model and says nothing that can be trusted.
    let inner = json!({ "id": ID, "consentRequestStatus": "Created", "templateId": "bst_krav_v2" });
    assert_eq!(
        altinn.created(&asked(PERSON), &answer(200, &inner)),
        Ok(Created::Known)
    );
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
fn the_token_request_names_the_consent_and_its_party() {
    let Ok(Shown::InToken(details)) = altinn().shown(&asked("313367002")) else {
        panic!("details")
    };
    assert_eq!(
        details,
        json!([{
            "type": "urn:altinn:consent",
            "id": ID,
            "from": "urn:altinn:organization:identifier-no:313367002",
        }])
    );
}
