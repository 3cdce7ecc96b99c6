use super::*;

#[test]
fn asks_with_every_required_member_and_the_api_key() {
    let request = call(&altinn(), &requested(PERSON)).expect("a request");
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://former.example/api/consentRequests");
    assert_eq!(request.headers()["ApiKey"], KEY);
    assert!(request.headers()["ApiKey"].is_sensitive());
    assert_eq!(request.headers()["accept"], "application/hal+json");
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(
        body,
        json!({
            "CoveredBy": "313000028",
            "OfferedBy": PERSON,
            "OfferedByName": "Brekke",
            "RequiredDelegator": PERSON,
            "RequiredDelegatorName": "Brekke",
            "ValidTo": "2026-07-09T10:00:00Z",
            "RedirectUrl": "https://bank.example/consent/callback?state=Zk3",
            "RequestResources": [{
                "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025" },
            }],
            "PortalViewMode": "Hide",
        })
    );
}

#[test]
fn an_organisation_may_answer_through_anybody_altinn_lets() {
    let mut requested = requested("313367002");
    requested.subject.right = right("4628_210607", BTreeMap::new());
    let request = call(&altinn(), &requested).expect("a request");
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body.get("RequiredDelegator"), None);
    assert_eq!(body["RequestResources"][0].get("Metadata"), None);
}

#[test]
fn what_is_missing_is_told_by_who_has_to_act() {
    let problem = |change: &dyn Fn(&mut ConsentRequest<'_>, &mut Creation<'_>)| {
        let (mut requested, mut creation) = (requested(PERSON), creation());
        change(&mut requested, &mut creation);
        let error = altinn().create(&requested, creation);
        Problem::from(error.expect_err("nothing to ask")).kind
    };
    assert_eq!(
        problem(&|_, creation| creation.party_name = None),
        Kind::RequestInvalid
    );
    let other = forever(OrganisationNumber::parse("310000205").expect("a number"));
    assert_eq!(
        problem(&|requested, _| requested.subject.consumer = other),
        Kind::Internal
    );
    for resource in [
        "ske-samtykke-krav-og-betalinger",
        "5928",
        "5928_",
        "_1",
        "5928_1x",
        "59x_1",
    ] {
        let right = right(resource, BTreeMap::new());
        assert_eq!(
            problem(&|requested, _| requested.subject.right = right),
            Kind::Internal,
            "{resource}"
        );
        assert!(!altinn().can_name(&right.resource), "{resource}");
    }
    assert!(altinn().can_name(&requested(PERSON).subject.right.resource));
}

#[test]
fn the_certificate_is_asked_for_by_the_address_alone() {
    let altinn = altinn_by(Start::Certificate);
    let forced = Some("ForceEIAuthentication");
    assert!(!altinn.takes_token() && !altinn.learns_codes_from_browsers());
    let request = call(&altinn, &requested(PERSON)).expect("a request");
    assert_eq!(
        (request.uri().path(), request.uri().query()),
        ("/api/consentRequests", forced)
    );
    assert_eq!(request.headers()["ApiKey"], KEY);
    let Ok(Lookup::Request(request)) = altinn.lookup(&known(PERSON)) else {
        panic!("a request")
    };
    assert_eq!(request.uri().query(), forced);
    for given in [true, false] {
        let withdrawal = altinn.withdrawal(&known(PERSON), given);
        let withdrawal = withdrawal.expect("no fault").expect("a request");
        assert_eq!(withdrawal.request.uri().query(), forced);
    }
    // The token endpoint requires only the key.
    let Ok(Some(request)) = altinn.presented_proof(&known(PERSON)) else {
        panic!("beside")
    };
    assert_eq!(request.uri().query(), None);
}

#[test]
fn looks_up_by_code_and_not_before_there_is_one() {
    let altinn = altinn();
    assert!(altinn.takes_token());
    assert!(matches!(
        altinn.lookup(&requested(PERSON)),
        Ok(Lookup::Unknown)
    ));
    let Ok(Lookup::Request(request)) = altinn.lookup(&known(PERSON)) else {
        panic!("a request")
    };
    assert_eq!(request.uri().path(), format!("/api/consentRequests/{CODE}"));
    assert_eq!(request.uri().query(), None);
    assert_eq!(request.headers()["ApiKey"], KEY);
    assert_eq!(
        altinn.token_resource().as_deref(),
        Some("https://former.example/")
    );
}

#[test]
fn a_withdrawal_names_the_consent_or_the_question() {
    for (given, path, scope) in [
        (
            true,
            "/api/authorization/token/",
            "altinn:consenttokens.write",
        ),
        (
            false,
            "/api/consentRequests/",
            "altinn:consentrequests.write",
        ),
    ] {
        let withdrawal = altinn().withdrawal(&known(PERSON), given);
        let withdrawal = withdrawal.expect("no fault").expect("a request");
        assert_eq!(withdrawal.request.method(), "DELETE");
        assert_eq!(withdrawal.request.uri().path(), format!("{path}{CODE}"));
        assert_eq!(withdrawal.request.headers()["ApiKey"], KEY);
        assert_eq!(withdrawal.scope, scope);
    }
    let none = altinn().withdrawal(&requested(PERSON), true);
    assert!(none.expect("no fault").is_none());
    for (status, done) in [
        (204, Some(true)),
        (403, Some(false)),
        (401, None),
        (503, None),
    ] {
        let withdrawn = altinn().withdrawn(&answer(status, &json!(null)));
        assert_eq!(withdrawn.ok(), done, "{status}");
    }
}

#[test]
fn a_new_request_has_altinns_code_and_page() {
    let altinn = altinn();
    let created = altinn.created(&requested(PERSON), &answer(201, &kept("Unopened")));
    let Ok(Created::New(consent)) = created else {
        panic!("a new request")
    };
    assert_eq!(
        consent.outcome(&requested(PERSON), NOW),
        Ok(Outcome::Pending)
    );
    assert_eq!(consent.handle.as_deref(), Some(CODE));
    let page = altinn.page(&consent).expect("a page");
    assert_eq!(
        page,
        format!("https://page.example/ui/AccessConsent/request?id={CODE}")
    );
    let mut elsewhere = kept("Unopened");
    elsewhere["_links"]["gui"]["href"] = json!("https://page.example.evil.example/");
    assert_eq!(altinn.page(&found(&elsewhere).expect("readable")), None);
}

#[test]
fn a_read_shows_the_consent_beside_its_token() {
    let Ok(Some(request)) = altinn().presented_proof(&known(PERSON)) else {
        panic!("beside")
    };
    assert_eq!(
        request.uri(),
        &*format!("https://former.example/api/authorization/token/{CODE}")
    );
    assert_eq!(request.headers()["ApiKey"], KEY);
    assert!(!request.headers().contains_key("authorization"));
    assert!(matches!(
        altinn().presented_proof(&requested(PERSON)),
        Err(RequestError::NoHandle)
    ));
}
