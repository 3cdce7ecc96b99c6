//! Faults around a token that are not the grant's.

use reqwest::header::DATE;
use sandbox::kit::{Content, ExternalService, Fault, Rule};
use sandbox::maskinporten::Switches;
use serde_json::json;
use time::Duration;

use crate::maskinporten::support::{GRANT_TYPE, TestBed, assert_refused};

#[tokio::test]
async fn metadata_and_keys_are_down_each_by_itself() {
    let bed = TestBed::start().await;
    let issuer = bed.maskinporten().issuer().to_owned();
    let metadata = format!("{issuer}.well-known/oauth-authorization-server");
    let keys = format!("{issuer}jwk");
    let status = |address: &str| {
        let request = bed.http.get(address);
        async { request.send().await.unwrap().status().as_u16() }
    };
    for (path, expected) in [("/.well-known", (503, 200)), ("/jwk", (200, 503))] {
        bed.sandbox.services().faults.order(Rule {
            service: ExternalService::Maskinporten,
            path: Some(path.to_owned()),
            times: None,
            fault: Fault::Status {
                code: reqwest::StatusCode::SERVICE_UNAVAILABLE,
                body: Content::Html,
            },
        });
        assert_eq!((status(&metadata).await, status(&keys).await), expected);
        assert_eq!(bed.ask(&bed.grant()).await.status, 200);
        bed.sandbox.services().faults.clear();
    }
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_the_date() {
    let bed = TestBed::start().await;
    for (offset, code, text) in [
        (-60, "", "Issue time is after now"),
        (110, "MP-130", "JWT is expired"),
    ] {
        bed.clock.set_offset(0);
        let assertion = bed.grant().assertion();
        let here = bed.clock.now();
        bed.clock.set_offset(offset);
        let form = [("grant_type", GRANT_TYPE), ("assertion", &assertion)];
        let request = bed.http.post(bed.token_endpoint()).form(&form);
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
    let bed = TestBed::start().await;
    for lifetime in [30, 5] {
        bed.maskinporten().set_switches(Switches {
            token_lifetime_s: Some(lifetime),
            ..Switches::default()
        });
        let answer = bed.ask(&bed.grant()).await;
        assert_eq!(answer.body["expires_in"], lifetime - 1);
    }
}

#[tokio::test]
async fn a_key_can_expire_before_it_is_a_year_old() {
    let bed = TestBed::start().await;
    let grant = bed.grant();
    let path = format!(
        "/maskinporten/clients/{}/jwks",
        grant.claims["iss"].as_str().unwrap()
    );
    let admin = &bed.sandbox.addresses().admin;
    let mut keys = bed.read(&format!("{admin}{path}")).await;
    let soon = bed.clock.now() + Duration::HOUR;
    keys["keys"][0]["exp"] = json!(soon.unix_timestamp());
    bed.done(&format!("PUT {path}"), &keys).await;

    assert_eq!(bed.ask(&grant).await.status, 200);
    bed.clock.set_offset(3602);
    let expired = (400, "invalid_grant", "MP-121", "Expired key");
    assert_refused(&bed, "expired", &bed.grant(), expired).await;
    let past = bed.administer(&format!("PUT {path}"), &keys).await;
    assert_eq!(past.0, 400, "a key that has expired is not registered");
}

#[tokio::test]
async fn altinn_behind_it_is_down_for_those_who_need_it_alone() {
    let bed = TestBed::start().await;
    bed.done(
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
    let with = |details| bed.grant().with("authorization_details", details);
    for (name, grant) in [
        ("delegation", bed.delegated_grant()),
        ("system user", with(user)),
        ("consent", with(consent)),
    ] {
        assert_refused(&bed, name, &grant, down).await;
        let spent = bed.ask(&grant).await;
        assert_eq!(spent.code(), "MP-012", "{name}: the grant is spent");
    }
    assert_eq!(bed.ask(&bed.grant()).await.status, 200);
    let unknown = with(json!([{ "type": "urn:altinn:other" }]));
    assert_eq!(bed.ask(&unknown).await.code(), "MP-301", "needs no Altinn");
}
