//! Scopes and consumers, by the registers.

use sandbox::interfaces::{DELEGATION_SOURCE, Delegation};
use sandbox::maskinporten::{Scope, Switches, TokenType};
use sandbox::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};
use serde_json::json;

use crate::maskinporten::support::{SCOPE, TestBed, assert_refused};

const CUSTOMER: &str = "313367002";
const OTHER: &str = "314055403";

#[tokio::test]
async fn scopes_that_are_nobodys_or_not_for_maskinporten() {
    let bed = TestBed::start().await;
    let elsewhere = Scope {
        integration_types: vec!["idporten".to_owned()],
        ..Scope::default()
    };
    bed.add_scope("idporten:profile", elsewhere);
    bed.add_scope(
        "a:closed",
        Scope {
            active: false,
            ..Scope::default()
        },
    );
    let scope = |scope: &str| bed.grant().with("scope", scope);
    let table = [
        (
            "another integration type goes before the client's scopes",
            scope("idporten:profile a:unknown"),
            (
                400,
                "invalid_scope",
                "MP-201",
                "scopes not allowed for maskinporten",
            ),
        ),
        (
            "out of use",
            scope("a:closed"),
            (
                400,
                "invalid_scope",
                "MP-200",
                "for client, a:closed (trace_id",
            ),
        ),
        (
            "the client's scopes go before access",
            scope("a:unknown").with("consumer_org", OTHER),
            (
                400,
                "invalid_scope",
                "MP-200",
                "for client, a:unknown (trace_id",
            ),
        ),
        (
            "access goes before delegation",
            bed.grant().with("consumer_org", OTHER),
            (
                403,
                "forbidden",
                "MP-250",
                "Consumer has not been granted access",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn a_scope_that_everybody_has_is_on_the_client_unless_a_switch_says_otherwise() {
    let bed = TestBed::start().await;
    let open = Scope {
        accessible_for_all: true,
        ..Scope::default()
    };
    bed.maskinporten()
        .change(|register| register.add_scope("a:open", open));
    let grant = || bed.grant().with("scope", "a:open");
    assert_eq!(bed.ask(&grant()).await.code(), "MP-200");
    bed.maskinporten().set_switches(Switches {
        allow_unregistered_open_scopes: true,
        ..Switches::default()
    });
    assert_eq!(bed.ask(&grant()).await.status, 200);
    assert_eq!(
        bed.ask(&bed.grant().with("scope", "a:closed")).await.code(),
        "MP-200"
    );

    bed.maskinporten().set_switches(Switches::default());
    let id = bed.sandbox.services().consumers[0].client_id;
    bed.maskinporten().change(|register| {
        register
            .client_mut(id)
            .unwrap()
            .scopes
            .insert("a:open".to_owned());
    });
    assert_eq!(bed.ask(&grant()).await.status, 200, "nobody granted it");
}

#[tokio::test]
async fn opaque_tokens() {
    let bed = TestBed::start().await;
    let opaque = Scope {
        token_type: TokenType::Opaque,
        ..Scope::default()
    };
    bed.add_scope("a:opaque", opaque);
    let both = bed.grant().with("scope", format!("{SCOPE} a:opaque"));
    let answer = bed.ask(&both).await;
    assert_eq!(
        (answer.token().len(), answer.token().contains('.')),
        (43, false)
    );
    assert_eq!(answer.body["expires_in"], 119);
    assert_eq!(answer.body["scope"], both.claims["scope"]);

    bed.maskinporten().set_switches(Switches {
        opaque_tokens: true,
        ..Switches::default()
    });
    let token = bed.ask(&bed.grant()).await.token().to_owned();
    assert!(!token.contains('.'), "{token}");
    assert!(bed.maskinporten().verify(bed.clock.now(), &token).is_err());
}

#[tokio::test]
async fn a_supplier_needs_every_link_of_the_chain() {
    let bed = TestBed::start().await;
    let delegable = |bed: &TestBed, source: Option<&str>| {
        let delegation_source = source.map(str::to_owned);
        bed.add_scope(
            SCOPE,
            Scope {
                delegation_source,
                ..Scope::default()
            },
        );
    };
    let grant = || bed.grant().with("consumer_org", CUSTOMER);
    delegable(&bed, Some(DELEGATION_SOURCE));
    assert_eq!(bed.ask(&grant()).await.code(), "MP-250");

    let delegation = json!({
        "supplier_org": FJORDBANKEN, "consumer_org": CUSTOMER, "scope": SCOPE,
    });
    bed.done("POST /altinn/delegations", &delegation).await;
    assert_eq!(
        bed.ask(&grant()).await.code(),
        "MP-250",
        "delegated before it is granted"
    );
    bed.maskinporten()
        .change(|register| register.grant(SCOPE, CUSTOMER));
    let claims = bed.ask(&grant()).await.claims();
    assert_eq!(claims["supplier"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert_eq!(claims["client_id"], bed.grant().claims["iss"]);

    let two = grant().with("scope", format!("{SCOPE} altinn:consentrequests.read"));
    bed.maskinporten().change(|register| {
        register.grant("altinn:consentrequests.read", CUSTOMER);
    });
    let refused = bed.ask(&two).await;
    assert_eq!(refused.code(), "MP-251");
    assert!(
        refused
            .description()
            .contains("scope altinn:consentrequests.read"),
        "{refused:?}"
    );

    delegable(&bed, None);
    assert_eq!(
        bed.ask(&grant()).await.code(),
        "MP-251",
        "no scope that is delegated"
    );
    delegable(&bed, Some(DELEGATION_SOURCE));
    let path = format!(
        "/altinn/delegations?supplier_org={FJORDBANKEN}&consumer_org={CUSTOMER}&scope={SCOPE}"
    );
    let delete = format!("DELETE {path}");
    bed.done(&delete, &json!(null)).await;
    assert_eq!(bed.ask(&grant()).await.code(), "MP-251", "taken back");
    assert_eq!(bed.administer(&delete, &json!(null)).await.0, 404);
}

#[tokio::test]
async fn a_delegated_token_says_so_where_real_ones_do() {
    let bed = TestBed::start().await;
    let payload = bed.ask(&bed.delegated_grant()).await.part(1);
    let names = [
        "scope",
        "supplier",
        "iss",
        "client_amr",
        "token_type",
        "exp",
        "delegation_source",
        "iat",
        "client_id",
        "jti",
        "consumer",
    ];
    let places = names.map(|name| payload.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{payload}");
}

#[tokio::test]
async fn a_client_that_a_supplier_made_in_anothers_name_cannot_use_what_is_delegated() {
    let bed = TestBed::start().await;
    let id = bed.sandbox.services().consumers[0].client_id;
    bed.maskinporten().change(|register| {
        register.client_mut(id).unwrap().supplier = Some("310000108".to_owned());
    });
    let combination = (
        400,
        "invalid_request",
        "",
        "The combination consumer_org in claim",
    );
    let plain = bed.grant().with("scope", DEMO_DELEGATED_SCOPE);
    assert_refused(&bed, "a scope that is delegated", &plain, combination).await;
    let grant = bed.delegated_grant();
    assert_refused(&bed, "on behalf of another", &grant, combination).await;
    assert_eq!(bed.ask(&bed.grant()).await.status, 200);
}

#[tokio::test]
async fn the_demo_delegates_one_scope() {
    let bed = TestBed::start().await;
    let [delegation] = &bed.sandbox.services().altinn.delegations()[..] else {
        panic!("one delegation");
    };
    let expected = Delegation {
        supplier_org: FJORDBANKEN.to_owned(),
        consumer_org: CUSTOMER.to_owned(),
        scope: DEMO_DELEGATED_SCOPE.to_owned(),
    };
    assert_eq!(*delegation, expected);
    for wrong in [
        json!({ "supplier_org": FJORDBANKEN, "consumer_org": CUSTOMER }),
        json!({ "supplier_org": FJORDBANKEN, "consumer_org": CUSTOMER, "scope": "a", "to": "" }),
    ] {
        assert_eq!(
            bed.administer("POST /altinn/delegations", &wrong).await.0,
            422
        );
    }
    let table = [
        (json!(expected), 409),
        (
            json!({ "supplier_org": FJORDBANKEN, "consumer_org": FJORDBANKEN, "scope": "a" }),
            400,
        ),
        (
            json!({ "supplier_org": FJORDBANKEN, "consumer_org": "313367003", "scope": "a" }),
            400,
        ),
    ];
    for (body, status) in table {
        let (answered, answer) = bed.administer("POST /altinn/delegations", &body).await;
        assert_eq!(answered, status, "{body}");
        assert!(answer["error"].is_string(), "{answer}");
    }
}
