//! Life of a request: accepted, rejected, revoked, expired; and its visibility to others.

use http::Method;
use sandbox::altinn::{LetterCase, Switches, Timestamps, timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::consents_and_claims::support::{
    BANK, COMPANY, OTHER_BANK, READ, SUPPLIER, TestBed, WRITE, organisation, organisation_urn,
    person_urn,
};

const RAGNA: &str = "04827896468";
const EIRIK: &str = "02839211360";
const ODD: &str = "02829090123";
const BACK: &str = "https://bank.example/cb";

#[tokio::test]
async fn answers_are_final_and_repeatable() {
    let bed = TestBed::start().await;
    let altinn = &bed.services().altinn;
    let now = bed.now();
    let code =
        |outcome: Result<(), sandbox::altinn::Problem>| outcome.map_err(|problem| problem.code);

    let accepted = bed.created(BACK).await;
    assert_eq!(code(altinn.revoke(now, accepted, RAGNA)), Err("AM-00010"));
    assert_eq!(code(altinn.approve(now, accepted, ODD)), Err("AM-00000"));
    assert_eq!(code(altinn.approve(now, accepted, RAGNA)), Ok(()));
    assert_eq!(
        code(altinn.approve(now, accepted, EIRIK)),
        Ok(()),
        "again, by whoever may"
    );
    assert_eq!(code(altinn.reject(now, accepted, RAGNA)), Err("AM-00015"));
    let read = bed.read(accepted).await.json();
    assert_eq!(read["status"], "Accepted");
    assert_eq!(
        read["consentRequestEvents"].as_array().unwrap().len(),
        2,
        "{read}"
    );
    assert_eq!(
        read["consentRequestEvents"][1]["performedBy"],
        person_urn(RAGNA)
    );
    assert_eq!(
        read["consented"],
        read["consentRequestEvents"][1]["created"]
    );
    assert_eq!(code(altinn.revoke(now, accepted, ODD)), Err("AM-00000"));
    assert_eq!(code(altinn.revoke(now, accepted, EIRIK)), Ok(()));
    assert_eq!(code(altinn.revoke(now, accepted, RAGNA)), Ok(()));
    assert_eq!(code(altinn.approve(now, accepted, RAGNA)), Err("AM-00002"));
    assert_eq!(bed.read(accepted).await.json()["status"], "Revoked");

    let rejected = bed.created(BACK).await;
    assert_eq!(code(altinn.reject(now, rejected, RAGNA)), Ok(()));
    assert_eq!(code(altinn.reject(now, rejected, RAGNA)), Ok(()));
    assert_eq!(code(altinn.approve(now, rejected, RAGNA)), Err("AM-00002"));
    assert_eq!(code(altinn.revoke(now, rejected, RAGNA)), Err("AM-00010"));
    assert_eq!(
        code(altinn.approve(now, Uuid::new_v4(), RAGNA)),
        Err("AM-00001")
    );
}

#[tokio::test]
async fn only_the_named_person_answers() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let mut request = bed.request(id);
    request["requiredDelegator"] = json!(person_urn(EIRIK));
    assert_eq!(bed.create(&request).await.status, 201);
    let altinn = &bed.services().altinn;
    assert_eq!(
        altinn.approve(bed.now(), id, RAGNA).unwrap_err().code,
        "AM-00000"
    );
    altinn.approve(bed.now(), id, EIRIK).unwrap();
}

#[tokio::test]
async fn running_out_changes_no_status() {
    let bed = TestBed::start().await;
    let open = bed.created(BACK).await;
    let given = bed.created(BACK).await;
    bed.services()
        .altinn
        .approve(bed.now(), given, RAGNA)
        .unwrap();
    bed.advance(90 * 86_400 + 1);

    for (id, status) in [(open, "Created"), (given, "Accepted")] {
        let read = bed.read(id).await.json();
        assert_eq!(read["status"], status);
        let last = read["consentRequestEvents"]
            .as_array()
            .unwrap()
            .last()
            .unwrap();
        assert_eq!(last["eventType"], "Expired");
        assert_eq!(last["created"], read["validTo"]);
        assert_eq!(last["performedBy"], organisation_urn(BANK));
    }
    let late = bed
        .services()
        .altinn
        .approve(bed.now(), open, RAGNA)
        .unwrap_err();
    assert_eq!(
        (late.code, late.faults()[0].code),
        ("STD-00000", "AM.VLD-00022")
    );
    bed.services()
        .altinn
        .reject(bed.now(), open, RAGNA)
        .unwrap();
    bed.services()
        .altinn
        .revoke(bed.now(), given, RAGNA)
        .unwrap();
}

#[tokio::test]
async fn only_the_receiver_reads() {
    let bed = TestBed::start().await;
    let id = bed.created(BACK).await.to_string();
    let unknown = Uuid::new_v4().to_string();
    for (token, id, status, code) in [
        (bed.scoped(BANK, READ), &id, 200, Value::Null),
        (bed.scoped(BANK, WRITE), &id, 200, Value::Null),
        (bed.scoped(OTHER_BANK, READ), &id, 403, json!("AM-00000")),
        (bed.scoped(SUPPLIER, READ), &id, 403, json!("AM-00000")),
        (bed.scoped(BANK, READ), &unknown, 404, json!("AM-00001")),
    ] {
        let answer = bed.read_as(&token, id).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (status, &code)
        );
    }
    assert_eq!(bed.read_as(&bed.scoped(BANK, "x"), &id).await.status, 403);
    assert_eq!(bed.read_as("x", &id).await.status, 401);
    assert_eq!(
        bed.read_as(&bed.scoped(BANK, READ), "seven").await.status,
        404
    );
}

#[tokio::test]
async fn lookups_tell_everything_that_is_wrong() {
    let bed = TestBed::start().await;
    let services = bed.services();
    let (from, to) = (organisation_urn(COMPANY), organisation_urn(BANK));
    let look = |id: Uuid, from: &str, to: &str| {
        let outcome = services.altinn.lookup(bed.now(), id, from, to);
        outcome.map_err(|problems| {
            problems
                .iter()
                .map(|problem| problem.code)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    let code = |id: Uuid, from: &str, to: &str| look(id, from, to).unwrap_err();

    let id = bed.created(BACK).await;
    assert_eq!(code(Uuid::new_v4(), &from, &to), "AM-00001");
    assert_eq!(code(id, &from, &organisation_urn(OTHER_BANK)), "AM-00001");
    assert_eq!(code(id, &from, &to), "AM-00014");
    services.altinn.approve(bed.now(), id, RAGNA).unwrap();
    let consent = look(id, &from, &to).unwrap();
    assert_eq!(
        (&consent.from, &consent.to, &consent.handled_by),
        (&from, &to, &None)
    );
    assert_eq!(
        consent.rights[0]["resource"][0]["value"],
        "ske-samtykke-krav-og-betalinger"
    );
    assert_eq!(code(id, &person_urn(RAGNA), &to), "AM-00012");

    let url = format!(
        "{}/accessmanagement/api/v1/maskinporten/consent/lookup",
        bed.sandbox.addresses().altinn
    );
    let body = json!({ "id": id, "from": from, "to": to });
    let token = bed.token(
        &json!({ "scope": "altinn:maskinporten/consent.read", "consumer": organisation(SUPPLIER) }),
    );
    let answer = bed.send(Method::POST, &url, &token, Some(&body)).await;
    assert_eq!(answer.json()["validTo"], timestamp(consent.valid_to));
    assert_eq!(answer.json()["consentRights"], consent.rights);
    assert_eq!(
        bed.send(Method::POST, &url, &bed.scoped(BANK, READ), Some(&body))
            .await
            .status,
        403
    );

    services.altinn.revoke(bed.now(), id, RAGNA).unwrap();
    assert_eq!(code(id, &from, &to), "AM-00011");
    bed.advance(91 * 86_400);
    assert_eq!(code(id, &from, &to), "AM-00013 AM-00011");
    let token = bed.token(&json!({ "scope": "altinn:maskinporten/consent.read" }));
    let both = bed.send(Method::POST, &url, &token, Some(&body)).await;
    assert_eq!(
        (both.status.as_u16(), &both.json()["code"]),
        (500, &json!("STD-00001"))
    );
}

#[tokio::test]
async fn a_handlers_lookup_passes() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let claims = json!({ "scope": WRITE, "supplier": organisation(SUPPLIER) });
    assert_eq!(
        bed.create_as(&bed.token(&claims), &bed.request(id))
            .await
            .status,
        201
    );
    bed.services().altinn.approve(bed.now(), id, RAGNA).unwrap();
    let looked_up = bed.services().altinn.lookup(
        bed.now(),
        id,
        &organisation_urn(COMPANY),
        &organisation_urn(SUPPLIER),
    );
    assert_eq!(
        looked_up.unwrap().handled_by,
        Some(organisation_urn(SUPPLIER))
    );
}

#[tokio::test]
async fn switches_change_what_is_seen() {
    let bed = TestBed::start().await;
    let altinn = &bed.services().altinn;
    let id = bed.created(BACK).await;
    let switch = |switches: Switches| altinn.set_switches(switches);

    switch(Switches {
        answer_delay_seconds: 30,
        ..Switches::default()
    });
    altinn.approve(bed.now(), id, RAGNA).unwrap();
    assert_eq!(
        bed.read(id).await.json()["status"],
        "Created",
        "not visible yet"
    );
    assert!(
        altinn
            .lookup(
                bed.now(),
                id,
                &organisation_urn(COMPANY),
                &organisation_urn(BANK)
            )
            .is_err()
    );
    bed.advance(31);
    assert_eq!(bed.read(id).await.json()["status"], "Accepted");

    switch(Switches {
        letter_case: LetterCase::Upper,
        unknown_members: true,
        ..Switches::default()
    });
    let read = bed.read(id).await.json();
    assert_eq!(
        (&read["status"], &read["portalViewMode"]),
        (&json!("ACCEPTED"), &json!("HIDE"))
    );
    assert!(read["addedLater"].is_object());

    switch(Switches {
        missing_status: true,
        timestamps: Timestamps::HundredNanoseconds,
        ..Switches::default()
    });
    let read = bed.read(id).await.json();
    assert_eq!(read["status"], Value::Null);
    assert_eq!(
        read["consented"].as_str().unwrap().len(),
        "2026-08-30T09:17:40.5521030+00:00".len()
    );
}

#[tokio::test]
async fn the_admin_address_answers_without_a_page() {
    let bed = TestBed::start().await;
    let admin = &bed.sandbox.addresses().admin;
    let id = bed.created(BACK).await;
    let act = async |action: &str, body: Value| {
        let url = format!("{admin}/altinn/consents/{id}/{action}");
        bed.http
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(act("approve", json!({ "person": "odd" })).await, 403);
    assert_eq!(act("approve", json!({})).await, 204);
    assert_eq!(bed.read(id).await.json()["status"], "Accepted");
    assert_eq!(act("reject", json!({ "person": "ragna" })).await, 400);
    assert_eq!(act("revoke", json!({ "person": "eirik" })).await, 204);
    let url = format!("{admin}/altinn/switches");
    let set = bed
        .http
        .put(&url)
        .json(&json!({ "event_lag_seconds": 0 }))
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), 204);
    assert_eq!(bed.services().altinn.switches().event_lag_seconds, 0);
}
