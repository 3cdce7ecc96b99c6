use super::*;

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
    let unknown = read(&kept("Frozen")).expect_err("unknown");
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
        assert_eq!(read(&body).expect("readable").status, status, "{events:?}");
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
        let consent = read(&kept(status)).expect("readable");
        let at = |now| consent.outcome(&requested(PERSON), now);
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
    assert!(read(&body).is_err());
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
