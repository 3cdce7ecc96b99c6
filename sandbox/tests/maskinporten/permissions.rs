//! Grants that are refused for what they ask.

use sandbox::consumer::FJORDBANKEN;
use sandbox::maskinporten::Scope;
use serde_json::{Value, json};

use crate::support::{Bench, SCOPE, assert_refused};

#[tokio::test]
async fn scopes_and_delegation() {
    let bench = Bench::start().await;
    let elsewhere = Scope {
        integration_types: vec!["idporten".to_owned()],
        ..Scope::default()
    };
    bench.add_scope("idporten:profile", elsewhere);
    bench.add_scope("a:withdrawn", Scope::default());
    bench.maskinporten().change(|register| {
        register.withdraw("a:withdrawn", FJORDBANKEN);
        register.grant(SCOPE, "310000108");
    });
    let scope = |scope: &str| bench.grant().with("scope", scope);
    let on_behalf = |number: &str| bench.grant().with("consumer_org", number);
    let table = [
        (
            "not on the client",
            scope("fjellapi:orders.read a:one a:two"),
            (
                400,
                "invalid_scope",
                "MP-200",
                "invalid scopes for client, a:one a:two (trace_id",
            ),
        ),
        (
            "not for Maskinporten",
            scope("idporten:profile"),
            (
                400,
                "invalid_scope",
                "MP-201",
                "scopes not allowed for maskinporten",
            ),
        ),
        (
            "withdrawn",
            scope("a:withdrawn"),
            (
                403,
                "forbidden",
                "MP-250",
                "granted access to the scope a:withdrawn.",
            ),
        ),
        (
            "not delegated",
            on_behalf("310000108"),
            (
                403,
                "forbidden",
                "MP-251",
                "Consumer 310000108 has not delegated access to the scope fjellapi:orders.read \
                 to supplier 310000205.",
            ),
        ),
        (
            "for a consumer without access",
            on_behalf("314961900"),
            (
                403,
                "forbidden",
                "MP-250",
                "Consumer has not been granted access",
            ),
        ),
        (
            "on behalf of itself",
            on_behalf(FJORDBANKEN),
            (
                400,
                "invalid_request",
                "",
                "The combination consumer_org in claim and delegation",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn authorization_details() {
    let bench = Bench::start().await;
    let detail = |detail: Value| bench.grant().with("authorization_details", json!([detail]));
    let system_user = json!({
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:310000205" },
    });
    let field = json!({ "type": "urn:altinn:consent", "id": "", "from": "", "scope": "" });
    let class = "invalid_authorization_details";
    let table = [
        (
            "type",
            detail(json!({ "type": "urn:altinn:concent" })),
            (400, class, "MP-301", "Unknown"),
        ),
        (
            "field",
            detail(field),
            (
                400,
                class,
                "MP-302",
                "Unknown fields in authorization details: scope",
            ),
        ),
        (
            "value",
            detail(json!({ "type": "urn:altinn:consent" })),
            (400, class, "MP-303", "Invalid id"),
        ),
        (
            "system user",
            detail(system_user),
            (
                400,
                "invalid_altinn_customer_configuration",
                "MP-303",
                "No system user",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }
}
