//! What can be switched and ordered: other shapes of errors, faults, the journal.

use sandbox::altinn2::{ErrorMembers, ErrorsIn, Switches};
use sandbox::fault::{Fault, Rule};
use sandbox::world::Counterparty;
use serde_json::{Value, json};

use crate::support::{Answer, Bench};

#[tokio::test]
async fn errors_come_in_three_shapes() {
    let bench = Bench::start().await;
    let mut request = bench.request();
    request["OfferedByName"] = json!("Fjordvik");
    let text = "The name does not match the identifier given for OfferedBy";
    let general = bench.create(&request).await.json();
    assert_eq!(
        general,
        json!([{ "ErrorCode": "40332", "ErrorMessage": text }])
    );
    bench.switch(Switches {
        error_members: ErrorMembers::Described,
        ..Switches::default()
    });
    let described = bench.create(&request).await.json();
    assert_eq!(
        described,
        json!([{ "errorCode": "40332", "errorDescription": text }])
    );
    bench.switch(Switches {
        errors_in: ErrorsIn::ReasonPhrase,
        ..Switches::default()
    });
    bench.create(&request).await.says(400, text);
}

#[tokio::test]
async fn faults_concern_it_and_it_has_a_journal() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    bench.world().faults.order(Rule {
        counterparty: Counterparty::Altinn2,
        path: Some("/api/authorization/token".to_owned()),
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    assert_eq!(bench.fetch(&code).await.status.as_u16(), 429);
    assert_eq!(bench.fetch(&code).await.status.as_u16(), 200);
    let journal = bench.world().journal.entries();
    let last = journal.last().unwrap();
    assert_eq!(last.counterparty, Counterparty::Altinn2);
    assert_eq!(last.route, "/api/authorization/token/{code}");
    assert!(!format!("{journal:?}").contains(&code));
}

#[tokio::test]
async fn an_app_is_given_what_it_needs() {
    let bench = Bench::start().await;
    let variables = bench.sandbox.variables_of_altinn2("http://localhost:1");
    assert_eq!(variables["altinn_generation"], "2");
    assert_eq!(
        variables["altinn_origin"],
        bench.sandbox.addresses().altinn2
    );
    let keys: Value = serde_json::from_str(&variables["altinn_api_keys"]).unwrap();
    for consumer in &bench.world().consumers {
        let key = bench.key(consumer.organisation);
        assert_eq!(keys[consumer.organisation], key);
    }
    let ordinary = bench.sandbox.variables("http://localhost:1");
    assert_eq!(ordinary.get("altinn_generation"), None);
}

#[tokio::test]
async fn the_admin_address_has_switches_keys_and_answers() {
    let bench = Bench::start().await;
    let admin = format!("{}/altinn2", bench.sandbox.addresses().admin);
    let set = bench.http.put(format!("{admin}/switches"));
    let set = Answer::of(set.json(&json!({ "answer_delay_seconds": 7 }))).await;
    assert_eq!(set.status.as_u16(), 204);
    let switches = Answer::of(bench.http.get(format!("{admin}/switches")))
        .await
        .json();
    assert_eq!(
        (&switches["answer_delay_seconds"], &switches["closed"]),
        (&json!(7), &json!(false))
    );
    bench.switch(Switches::default());

    let new = json!({ "organisation": "310000205", "resources": ["Authorization.read"] });
    let made = Answer::of(bench.http.post(format!("{admin}/apikeys")).json(&new))
        .await
        .json();
    let keys = Answer::of(bench.http.get(format!("{admin}/apikeys")))
        .await
        .json();
    assert!(keys.as_array().unwrap().contains(&made));

    let code = bench.created(&bench.request()).await;
    let consents = Answer::of(bench.http.get(format!("{admin}/consents")))
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
        let answer = Answer::of(bench.http.post(url).json(&json!({ "person": person }))).await;
        assert_eq!(answer.status.as_u16(), status, "{action} by {person}");
    }
}
