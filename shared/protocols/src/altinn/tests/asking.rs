use super::*;

#[test]
fn asks_with_every_required_member() {
    let request = call(&requested(PERSON));
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
    let mut requested = requested("313367002");
    let right = Right {
        metadata: BTreeMap::new(),
        ..requested.subject.right.clone()
    };
    requested.subject.right = &right;
    let request = call(&requested);
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body.get("requiredDelegator"), None);
    assert_eq!(body["consentRights"][0].get("metadata"), None);
}

#[test]
fn looks_up_by_id() {
    let request = lookup(&origin(), ID).expect("a request");
    assert_eq!(
        request.uri().path(),
        format!("/accessmanagement/api/v1/enterprise/consentrequests/{ID}")
    );
}

#[test]
fn a_new_request_is_echoed_and_a_known_one_is_to_be_looked_up() {
    let Ok(Created::New(consent)) = created(&answer(201, &kept("Created"))) else {
        panic!("a new request")
    };
    assert_eq!(
        consent.outcome(&requested(PERSON), NOW),
        Ok(Outcome::Pending)
    );
    let page = consent.page_at(&page_origin()).expect("a page");
    assert!(page.starts_with("https://am.ui.example/accessmanagement/"));
    // The body of a repeated POST is the service's internal model and cannot be relied on.
    let inner = json!({ "id": ID, "consentRequestStatus": "Created", "templateId": "bst_krav_v2" });
    assert_eq!(created(&answer(200, &inner)), Ok(Created::Known));
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
        let consent = read(&body).expect("readable");
        assert_eq!(consent.page_at(&page_origin()), None, "{page}");
    }
    let mut body = kept("Created");
    body.as_object_mut().expect("an object").remove("viewUri");
    assert_eq!(read(&body).expect("readable").page_at(&page_origin()), None);
}
