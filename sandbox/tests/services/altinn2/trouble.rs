//! Switches and ordered faults: other shapes of errors, faults, the journal.

use sandbox::altinn2::{ErrorMembers, ErrorsIn, Switches};
use sandbox::kit::{ExternalService, Fault, Rule};
use serde_json::{Value, json};

use crate::altinn2::support::{Answer, TestBed};

#[tokio::test]
async fn errors_come_in_three_shapes() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["OfferedByName"] = json!("Fjordvik");
    let text = "The name does not match the identifier given for OfferedBy";
    let general = bed.create(&request).await.json();
    assert_eq!(
        general,
        json!([{ "ErrorCode": "40332", "ErrorMessage": text }])
    );
    bed.switch(Switches {
        error_members: ErrorMembers::Described,
        ..Switches::default()
    });
    let described = bed.create(&request).await.json();
    assert_eq!(
        described,
        json!([{ "errorCode": "40332", "errorDescription": text }])
    );
    bed.switch(Switches {
        errors_in: ErrorsIn::ReasonPhrase,
        ..Switches::default()
    });
    bed.create(&request).await.says(400, text);
}

#[tokio::test]
async fn faults_concern_it_and_it_has_a_journal() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    bed.services().faults.order(Rule {
        service: ExternalService::Altinn2,
        path: Some("/api/authorization/token".to_owned()),
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    assert_eq!(bed.fetch(&code).await.status.as_u16(), 429);
    assert_eq!(bed.fetch(&code).await.status.as_u16(), 200);
    let journal = bed.services().journal.entries();
    let last = journal.last().unwrap();
    assert_eq!(last.service, ExternalService::Altinn2);
    assert_eq!(last.route, "/api/authorization/token/{code}");
    assert!(!format!("{journal:?}").contains(&code));
}

#[tokio::test]
async fn an_app_is_given_what_it_needs() {
    let bed = TestBed::start().await;
    let variables = bed.sandbox.variables_of_altinn2("http://localhost:1");
    assert_eq!(variables["altinn_generation"], "2");
    assert_eq!(variables["altinn_origin"], bed.sandbox.addresses().altinn2);
    let keys: Value = serde_json::from_str(&variables["altinn_api_keys"]).unwrap();
    for consumer in bed.services().consumers.iter() {
        let key = bed.key(consumer.organisation);
        assert_eq!(keys[consumer.organisation], key);
    }
    let ordinary = bed.sandbox.variables("http://localhost:1");
    assert_eq!(ordinary.get("altinn_generation"), None);
}

#[tokio::test]
async fn the_admin_address_has_switches_keys_and_answers() {
    let bed = TestBed::start().await;
    let admin = format!("{}/altinn2", bed.sandbox.addresses().admin);
    let set = bed.http.put(format!("{admin}/switches"));
    let set = Answer::receive(set.json(&json!({ "answer_delay_seconds": 7 }))).await;
    assert_eq!(set.status.as_u16(), 204);
    let switches = Answer::receive(bed.http.get(format!("{admin}/switches")))
        .await
        .json();
    assert_eq!(
        (&switches["answer_delay_seconds"], &switches["closed"]),
        (&json!(7), &json!(false))
    );
    bed.switch(Switches::default());

    let new = json!({ "organisation": "310000205", "resources": ["Authorization.read"] });
    let made = Answer::receive(bed.http.post(format!("{admin}/apikeys")).json(&new))
        .await
        .json();
    let keys = Answer::receive(bed.http.get(format!("{admin}/apikeys")))
        .await
        .json();
    assert!(keys.as_array().unwrap().contains(&made));

    let code = bed.created(&bed.request()).await;
    let consents = Answer::receive(bed.http.get(format!("{admin}/consents")))
        .await
        .json();
    assert_eq!(
        consents,
        json!([{ "code": code, "status": "Unopened", "ending": null }])
    );
    for (action, person, status) in [
        ("approve", "odd", 409),
        ("withdraw", "ragna", 409),
        ("approve", "ragna", 204),
        ("approve", "ragna", 409),
        ("dance", "ragna", 404),
    ] {
        let url = format!("{admin}/consents/{code}/{action}");
        let answer = Answer::receive(bed.http.post(url).json(&json!({ "person": person }))).await;
        assert_eq!(answer.status.as_u16(), status, "{action} by {person}");
    }
}
