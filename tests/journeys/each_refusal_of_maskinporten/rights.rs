//! Refusals about the rights of the client, the consumer and the party.

use journeys::{COMPANY, SOLE_PROPRIETORSHIP};
use sandbox::maskinporten::{DetailsRefusal, Register, Switches};
use sandbox::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};
use serde_json::json;

use super::{SCOPE, ask, change_client, claims, is_refused, start};

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_suppliers() {
    let bed = start().await;
    let register =
        |change: &dyn Fn(&mut Register)| bed.services().maskinporten.change(|r| change(r));

    change_client(&bed, |client| {
        client.scopes.remove(SCOPE);
    });
    let answer = ask(&bed, FJORDBANKEN, "client", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_scope",
        "scope-not-on-client",
        Some("MP-200"),
    );
    change_client(&bed, |client| {
        client.scopes.insert(SCOPE.to_owned());
    });

    let types = |types: &[&str]| {
        let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
        register(&|r| {
            r.scope_mut(SCOPE)
                .expect("a scope")
                .integration_types
                .clone_from(&types);
        });
    };
    types(&["idporten"]);
    let answer = ask(&bed, FJORDBANKEN, "type", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_scope",
        "scope-not-allowed",
        Some("MP-201"),
    );
    types(&["maskinporten"]);

    register(&|r| r.withdraw(SCOPE, FJORDBANKEN));
    let answer = ask(&bed, FJORDBANKEN, "access", &[]).await;
    is_refused(
        &answer,
        403,
        "forbidden",
        "scope-not-granted",
        Some("MP-250"),
    );
    register(&|r| r.grant(SCOPE, FJORDBANKEN));

    let delegated = |consumer| [("scope", DEMO_DELEGATED_SCOPE), ("consumer_org", consumer)];
    register(&|r| r.grant(DEMO_DELEGATED_SCOPE, COMPANY));
    let answer = ask(&bed, FJORDBANKEN, "none", &delegated(COMPANY)).await;
    is_refused(
        &answer,
        403,
        "forbidden",
        "scope-not-delegated",
        Some("MP-251"),
    );

    let answer = ask(&bed, FJORDBANKEN, "own", &delegated(FJORDBANKEN)).await;
    is_refused(
        &answer,
        400,
        "invalid_request",
        "consumer-org-refused",
        None,
    );

    let supplier = ask(
        &bed,
        FJORDBANKEN,
        "supplier",
        &delegated(SOLE_PROPRIETORSHIP),
    )
    .await;
    let claims = claims(&bed, &supplier);
    assert_eq!(
        claims["consumer"]["ID"],
        format!("0192:{SOLE_PROPRIETORSHIP}")
    );
    assert_eq!(claims["supplier"]["ID"], format!("0192:{FJORDBANKEN}"));
    bed.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn details_and_restrictions() {
    let bed = start().await;
    let system_user = |owner: &str| {
        let owner = format!("0192:{owner}");
        let org = json!({"authority": "iso6523-actorid-upis", "ID": owner});
        json!([{"type": "urn:altinn:systemuser", "systemuser_org": org}]).to_string()
    };
    let (known, unknown) = (system_user(SOLE_PROPRIETORSHIP), system_user(COMPANY));

    let answer = ask(
        &bed,
        FJORDBANKEN,
        "none",
        &[("authorization_details", &unknown)],
    )
    .await;
    let error = "invalid_altinn_customer_configuration";
    is_refused(&answer, 400, error, "system-user-refused", Some("MP-303"));

    for (refusal, problem, code) in [
        (DetailsRefusal::Type, "details-type-unknown", "MP-301"),
        (DetailsRefusal::Field, "details-field-unknown", "MP-302"),
    ] {
        bed.services().maskinporten.set_switches(Switches {
            details_refused: Some(refusal),
            ..Switches::default()
        });
        let answer = ask(
            &bed,
            FJORDBANKEN,
            code,
            &[("authorization_details", &known)],
        )
        .await;
        is_refused(
            &answer,
            400,
            "invalid_authorization_details",
            problem,
            Some(code),
        );
    }
    bed.services().maskinporten.set_switches(Switches {
        strict_resource: true,
        ..Switches::default()
    });
    let answer = ask(&bed, FJORDBANKEN, "", &[("resource", "no-address")]).await;
    is_refused(&answer, 400, "invalid_target", "resource-refused", None);

    let consent = json!([{
        "type": "urn:altinn:consent",
        "id": uuid::Uuid::new_v4(),
        "from": format!("urn:altinn:organization:identifier-no:{COMPANY}"),
    }]);
    let fields = [("authorization_details", consent.to_string())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = ask(&bed, FJORDBANKEN, "consent", &fields).await;
    is_refused(
        &answer,
        400,
        "invalid_authorization_details",
        "consent-required",
        Some("MP-303"),
    );

    let fields = [
        ("authorization_details", known.as_str()),
        ("pid", "02829090123"),
    ];
    let claims = claims(&bed, &ask(&bed, FJORDBANKEN, "good", &fields).await);
    assert_eq!(claims["pid"], "02829090123");
    assert_eq!(claims["aud"], "urn:good");
    assert_eq!(
        claims["authorization_details"][0]["type"],
        "urn:altinn:systemuser"
    );
    bed.log_is_clean(&["02829090123"]);
}
