//! Everything that Maskinporten can hold against the app, provoked once: each is a problem of its own,
//! with its code, its trace id and what to do about it.

mod grants;
mod keys;
mod rights;

use journeys::{Answer, Bench, Setup};
use sandbox::maskinporten::Client;
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start() -> Bench {
    Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await
}

/// Checks that an answer of `/token` says this, and that it says what to do.
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

/// A token for `scope`, of an identity that no one has asked for before.
async fn ask(bench: &Bench, consumer: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    let resource = format!("urn:{what}");
    let mut all = vec![("scope", SCOPE), ("resource", resource.as_str())];
    all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    all.extend(fields);
    bench.back_end_asks(consumer, &all).await
}

fn change_client(bench: &Bench, change: impl FnOnce(&mut Client)) {
    let id = bench.world().consumers[0].client_id;
    bench.world().maskinporten.change(|register| {
        change(register.client_mut(id).expect("Fjordbanken's client"));
    });
}

/// What the token says, which Maskinporten has signed.
#[track_caller]
fn claims(bench: &Bench, answer: &Answer) -> Value {
    let token = answer.json(200)["access_token"].clone();
    let world = bench.world();
    let claims = world
        .maskinporten
        .verify(world.clock.now(), token.as_str().expect("a token"));
    claims.expect("a good token")
}
