//! Two banks in one deployment with a back end of one bank alone: even with a key of its own it
//! cannot choose the bank of its tokens.

use journeys::{SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const API: &str = "https://api.example";

/// Starts an app of both banks with a changed entry for the back end in `token_services`. Only that
/// back end requests tokens of Maskinporten.
async fn start(change: impl FnOnce(&mut Value)) -> TestBed {
    let mut bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let changed = [
        bed.services_with_back_end(change),
        (
            "consumer_organisations".to_owned(),
            INNLANDSBANKEN.to_owned(),
        ),
    ];
    bed.restart_app_with(changed.into()).await;
    bed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_bank_is_refused_and_the_log_says_why() {
    let bed = start(|back_end| back_end["consumers"] = json!([FJORDBANKEN])).await;
    let fields = [("scope", SCOPE)];
    let own = bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    assert!(own["access_token"].is_string());

    let other = bed.back_end_asks(INNLANDSBANKEN, &fields).await;
    let told = other.json(401);
    assert_eq!(told["error"], "invalid_client");
    assert_eq!(told["problem"], "login-required");
    assert!(other.header("www-authenticate").starts_with("Bearer"));
    let minted = bed.services().maskinporten.minted();
    let [(identity, 1)] = minted.as_slice() else {
        panic!("{minted:?}")
    };
    let own_client = bed.services().consumers[0].client_id;
    assert_eq!(identity.client_id, own_client);

    let cause = format!(
        "the service backend asks for the consumer {INNLANDSBANKEN}, which is not among its consumers: {FJORDBANKEN}"
    );
    let lines = bed.log.lines();
    let told: Vec<&String> = lines.iter().filter(|line| line.contains(&cause)).collect();
    let [line] = told.as_slice() else {
        panic!("{lines:#?}")
    };
    assert!(line.contains(r#""outcome":"login-required""#) && line.contains(r#""status":401"#));
    bed.log_is_clean(&[]);

    // Customers of both are served: the restriction concerns the back end alone.
    for bank in [FJORDBANKEN, INNLANDSBANKEN] {
        let ragna = bed.customer("ragna").logged_in_at(bank);
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_and_system_users_of_the_back_end_are_limited() {
    let bed = start(|back_end| {
        back_end["consumers"] = json!([FJORDBANKEN]);
        back_end["resources"] = json!([API]);
        back_end["systemuser_orgs"] = json!([SOLE_PROPRIETORSHIP]);
    })
    .await;
    let user = |number: &str| {
        let owner = json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{number}")});
        json!([{"type": "urn:altinn:systemuser", "systemuser_org": owner}]).to_string()
    };
    let (own, other) = (user(SOLE_PROPRIETORSHIP), user("314055403"));
    let (own, other) = (
        ("authorization_details", own.as_str()),
        ("authorization_details", other.as_str()),
    );
    for (fields, error) in [
        (&[("resource", API)][..], None),
        (&[("resource", API), own], None),
        (&[], Some("invalid_target")),
        (
            &[("resource", "https://other.example")],
            Some("invalid_target"),
        ),
        (
            &[("resource", API), other],
            Some("invalid_authorization_details"),
        ),
    ] {
        let fields = [&[("scope", SCOPE)][..], fields].concat();
        let answer = bed.back_end_asks(FJORDBANKEN, &fields).await;
        match error {
            None => _ = answer.json(200),
            Some(error) => assert_eq!(answer.json(400)["error"], error, "{fields:?}"),
        }
    }
    assert_eq!(bed.minted(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_banks_each_service_says_whose_it_is() {
    let bed = start(|back_end| {
        let members = back_end.as_object_mut().expect("an object");
        members.remove("consumers");
    })
    .await;
    let fields = [("scope", SCOPE)];
    let answer = bed.back_end_asks(FJORDBANKEN, &fields).await;
    assert_eq!(answer.json(500)["problem"], "configuration-missing");
    let log = bed.log.lines().join("\n");
    let cause = "token_services number 7 has no consumers, and this deployment has several: give each service `consumers`";
    assert!(log.contains(cause), "{log}");
    assert_eq!(bed.minted(), 0);
}
