//! What can go wrong around a token without being the grant's fault.

use reqwest::header::DATE;
use sandbox::fault::{Content, Fault, Rule};
use sandbox::maskinporten::Switches;
use sandbox::world::Counterparty;
use serde_json::json;
use time::Duration;

use crate::support::{Bench, GRANT_TYPE, assert_refused};

#[tokio::test]
async fn metadata_and_keys_are_down_each_by_itself() {
    let bench = Bench::start().await;
    let issuer = bench.maskinporten().issuer().to_owned();
    let metadata = format!("{issuer}.well-known/oauth-authorization-server");
    let keys = format!("{issuer}jwk");
    let status = |address: &str| {
        let request = bench.http.get(address);
        async { request.send().await.unwrap().status().as_u16() }
    };
    for (path, expected) in [("/.well-known", (503, 200)), ("/jwk", (200, 503))] {
        bench.sandbox.world().faults.order(Rule {
            counterparty: Counterparty::Maskinporten,
            path: Some(path.to_owned()),
            times: None,
            fault: Fault::Status {
                code: reqwest::StatusCode::SERVICE_UNAVAILABLE,
                body: Content::Html,
            },
        });
        assert_eq!((status(&metadata).await, status(&keys).await), expected);
        assert_eq!(bench.ask(&bench.grant()).await.status, 200);
        bench.sandbox.world().faults.clear();
    }
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_the_date() {
    let bench = Bench::start().await;
    for (offset, code, text) in [
        (-60, "", "Issue time is after now"),
        (110, "MP-130", "JWT is expired"),
    ] {
        bench.clock.set_offset(0);
        let assertion = bench.grant().assertion();
        let here = bench.clock.now();
        bench.clock.set_offset(offset);
        let form = [("grant_type", GRANT_TYPE), ("assertion", &assertion)];
        let request = bench.http.post(bench.token_endpoint()).form(&form);
        let response = request.send().await.unwrap();
        let date = response.headers()[DATE].to_str().unwrap().to_owned();
        let body: serde_json::Value = response.json().await.unwrap();
        assert!(
            body["error_description"].as_str().unwrap().contains(text),
            "{body}"
        );
        assert!(
            body["error_uri"]
                .as_str()
                .unwrap_or_default()
                .ends_with(code),
            "{body}"
        );

        let format = time::macros::format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] \
             [hour]:[minute]:[second] GMT"
        );
        let there = time::PrimitiveDateTime::parse(&date, format)
            .unwrap()
            .assume_utc();
        let off = (there - here).whole_seconds();
        assert!((off - offset).abs() <= 2, "{date}");
    }
}

#[tokio::test]
async fn tokens_that_live_shorter_than_a_margin() {
    let bench = Bench::start().await;
    for lifetime in [30, 5] {
        bench.maskinporten().set_switches(Switches {
            token_lifetime_s: Some(lifetime),
            ..Switches::default()
        });
        let answer = bench.ask(&bench.grant()).await;
        assert_eq!(answer.body["expires_in"], lifetime - 1);
    }
}

#[tokio::test]
async fn a_key_can_expire_before_it_is_a_year_old() {
    let bench = Bench::start().await;
    let grant = bench.grant();
    let path = format!(
        "/maskinporten/clients/{}/jwks",
        grant.claims["iss"].as_str().unwrap()
    );
    let admin = &bench.sandbox.addresses().admin;
    let mut keys = bench.read(&format!("{admin}{path}")).await;
    let soon = bench.clock.now() + Duration::HOUR;
    keys["keys"][0]["exp"] = json!(soon.unix_timestamp());
    bench.done(&format!("PUT {path}"), &keys).await;

    assert_eq!(bench.ask(&grant).await.status, 200);
    bench.clock.set_offset(3602);
    let expired = (400, "invalid_grant", "MP-121", "Expired key");
    assert_refused(&bench, "expired", &bench.grant(), expired).await;
    let past = bench.administer(&format!("PUT {path}"), &keys).await;
    assert_eq!(past.0, 400, "a key that has expired is not registered");
}

#[tokio::test]
async fn altinn_behind_it_is_down_for_those_who_need_it_alone() {
    let bench = Bench::start().await;
    bench
        .done(
            "PUT /maskinporten/switches",
            &json!({ "altinn_down": true }),
        )
        .await;
    let down = (
        503,
        "temporarily_unavailable",
        "",
        "Altinn is not available",
    );
    let owner = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:313367002" });
    let user = json!([{ "type": "urn:altinn:systemuser", "systemuser_org": owner }]);
    let person = "urn:altinn:person:identifier-no:02829090123";
    let consent = json!([{
        "type": "urn:altinn:consent", "id": uuid::Uuid::new_v4().to_string(), "from": person,
    }]);
    let with = |details| bench.grant().with("authorization_details", details);
    for (name, grant) in [
        ("delegation", bench.delegated_grant()),
        ("system user", with(user)),
        ("consent", with(consent)),
    ] {
        assert_refused(&bench, name, &grant, down).await;
        let spent = bench.ask(&grant).await;
        assert_eq!(spent.code(), "MP-012", "{name}: the grant is spent");
    }
    assert_eq!(bench.ask(&bench.grant()).await.status, 200);
    let unknown = with(json!([{ "type": "urn:altinn:other" }]));
    assert_eq!(
        bench.ask(&unknown).await.code(),
        "MP-301",
        "needs no Altinn"
    );
}
