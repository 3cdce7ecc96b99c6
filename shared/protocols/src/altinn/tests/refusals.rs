use super::*;

#[test]
fn nobodys_number_is_ever_printed() {
    let consent = read(&kept("Accepted")).expect("readable");
    assert!(!format!("{consent:?}").contains(PERSON));
    assert!(!format!("{:?}", requested(PERSON)).contains(PERSON));
    assert!(!format!("{:?}", creation()).contains("Zk3"));
    let unknown = json!({
        "status": 400, "detail": "Unknown person. Could not be found", "code": "AM-00004",
        "fnumber": format!("urn:altinn:person:identifier-no:{PERSON}"),
    });
    let refusal = created(&answer(400, &unknown)).expect_err("a refusal");
    assert!(!format!("{refusal:?}").contains(PERSON));
    let problem = Problem::from(refusal);
    assert_eq!(problem.kind, Kind::PartyUnknown);
    assert!(!format!("{problem:?}").contains(PERSON));
    let mut nonsense = kept("Accepted");
    nonsense["validTo"] = json!(PERSON);
    nonsense["status"] = json!({ "from": PERSON });
    let refusal = read(&nonsense).expect_err("unreadable");
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
        let refusal = created(&answer(status, &body)).expect_err("a refusal");
        assert_eq!(refusal.reason, reason, "{status} {body}");
        assert_eq!(refusal.codes, codes, "{status} {body}");
    }
}

#[test]
fn what_is_no_consent_request_is_unreadable() {
    for text in ["", "[]", "null", "{\"id\":", "<html>"] {
        let mut response = answer(200, &Value::Null);
        *response.body_mut() = Bytes::copy_from_slice(text.as_bytes());
        let refusal = found(&response).expect_err("nonsense");
        assert_eq!(refusal.reason, Reason::Unreadable("not a consent request"));
    }
}
