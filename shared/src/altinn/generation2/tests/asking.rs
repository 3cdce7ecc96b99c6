use super::*;

#[test]
fn asks_with_every_required_member_and_the_api_key() {
    let request = altinn().create(&asked(PERSON)).expect("a request");
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
    let mut asked = asked("313367002");
    asked.rights[0].metadata.clear();
    let request = altinn().create(&asked).expect("a request");
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body.get("RequiredDelegator"), None);
    assert_eq!(body["RequestResources"][0].get("Metadata"), None);
}

#[test]
fn what_is_missing_is_told_by_who_has_to_act() {
    let problem = |change: &dyn Fn(&mut Asked)| {
        let mut asked = asked(PERSON);
        change(&mut asked);
        let error = altinn().create(&asked).expect_err("nothing to ask");
        Problem::from(error).kind
    };
    assert_eq!(
        problem(&|asked| asked.party_name = None),
        Kind::RequestInvalid
    );
    let other = || OrganisationNumber::parse("310000205").expect("a number");
    assert_eq!(problem(&|asked| asked.to = other()), Kind::Internal);
    for resource in [
        "ske-samtykke-krav-og-betalinger",
        "5928",
        "5928_",
        "_1",
        "5928_1x",
        "59x_1",
    ] {
        let change = |asked: &mut Asked| resource.clone_into(&mut asked.rights[0].resource);
        assert_eq!(problem(&change), Kind::Internal, "{resource}");
        let right = Right {
            resource: resource.to_owned(),
            metadata: BTreeMap::new(),
        };
        assert!(!altinn().can_name(&right.resource), "{resource}");
    }
    assert!(altinn().can_name(&asked(PERSON).rights[0].resource));
}

#[test]
fn looks_up_by_code_and_not_before_there_is_one() {
    let altinn = altinn();
    assert!(altinn.lookup(&asked(PERSON)).expect("no fault").is_none());
    let request = altinn
        .lookup(&known(PERSON))
        .expect("no fault")
        .expect("a request");
    assert_eq!(request.uri().path(), format!("/api/consentRequests/{CODE}"));
    assert_eq!(request.headers()["ApiKey"], KEY);
    assert_eq!(
        altinn.token_resource().as_deref(),
        Some("https://former.example/")
    );
}

#[test]
fn a_new_request_has_altinns_code_and_page() {
    let altinn = altinn();
    let created = altinn.created(&asked(PERSON), &answer(201, &kept("Unopened")));
    let Ok(Created::New(consent)) = created else {
        panic!("a new request")
    };
    assert_eq!(consent.outcome(&asked(PERSON), NOW), Ok(Outcome::Pending));
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
    let altinn = altinn();
    let Asked { from, to, .. } = asked(PERSON);
    let shown = altinn
        .shown(ID, Some(CODE), &to, &from)
        .expect("something to show");
    let Shown::Beside(request) = shown else {
        panic!("beside")
    };
    assert_eq!(
        request.uri(),
        &*format!("https://former.example/api/authorization/token/{CODE}")
    );
    assert_eq!(request.headers()["ApiKey"], KEY);
    assert!(matches!(
        altinn.shown(ID, None, &to, &from),
        Err(NotAsked::NoHandle)
    ));

    let proof = altinn.proof(&answer(200, &json!("e30.e30.x")));
    let (name, value) = proof.expect("readable").expect("a header");
    assert_eq!(
        (name.as_str(), value.as_bytes()),
        ("altinnsamtykke", &b"e30.e30.x"[..])
    );
    assert!(value.is_sensitive());
    assert_eq!(
        altinn.proof(&answer(403, &json!(null))).expect("readable"),
        None
    );
    for nonsense in [json!({}), json!("x"), json!("a.b.c\n")] {
        let refusal = altinn.proof(&answer(200, &nonsense)).expect_err("nonsense");
        assert!(
            matches!(refusal.reason, Reason::Unreadable(_)),
            "{nonsense}"
        );
    }
}
