//! Refusals of Maskinporten to the app, each provoked once: each is a problem of its own, with its
//! code, its trace id and a remedy.

mod grants;
mod keys;
mod rights;

use journeys::{Answer, TestBed, TestOptions};
use sandbox::maskinporten::Client;
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start() -> TestBed {
    TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await
}

/// Checks that an answer of `/token` has this error, and names a remedy.
#[track_caller]
fn is_refused(answer: &Answer, status: u16, error: &str, problem: &str, code: Option<&str>) {
    let body = answer.json(status);
    let said = (&body["error"], &body["problem"], body["code"].as_str());
    assert_eq!(said, (&json!(error), &json!(problem), code), "{body}");
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.contains("What to do: "), "{body}");
    assert_eq!(body["trace_id"].as_str().map(str::len), Some(32), "{body}");
    let address = body["error_uri"].as_str().unwrap_or_default();
    assert!(code.is_none_or(|code| address.ends_with(code)), "{body}");
}

/// Requests a token for `scope`, of an identity without an earlier request.
async fn ask(bed: &TestBed, consumer: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    let resource = format!("urn:{what}");
    let mut all = vec![("scope", SCOPE), ("resource", resource.as_str())];
    all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    all.extend(fields);
    bed.back_end_asks(consumer, &all).await
}

fn change_client(bed: &TestBed, change: impl FnOnce(&mut Client)) {
    let id = bed.services().consumers[0].client_id;
    bed.services().maskinporten.change(|register| {
        change(register.client_mut(id).expect("Fjordbanken's client"));
    });
}

/// Returns the claims of the token, after a check of Maskinporten's signature.
#[track_caller]
fn claims(bed: &TestBed, answer: &Answer) -> Value {
    let token = answer.json(200)["access_token"].clone();
    let services = bed.services();
    let claims = services
        .maskinporten
        .verify(services.clock.now(), token.as_str().expect("a token"));
    claims.expect("a good token")
}
