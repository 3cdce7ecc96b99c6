//! Grants that are good, and the tokens they give.

use sandbox::maskinporten::{Scope, Switches};
use sandbox::population::INNLANDSBANKEN;
use serde_json::json;

use crate::maskinporten::support::{Answer, GRANT_TYPE, TestBed};

#[tokio::test]
async fn a_grant_with_a_certificate_needs_no_more_than_the_leaf() {
    let bed = TestBed::start().await;
    let chain = bed.certified_grant();
    let mut leaf = bed.certified_grant();
    leaf.header["x5c"].as_array_mut().unwrap().truncate(1);
    for grant in [&chain, &leaf] {
        let claims = bed.ask(grant).await.claims();
        assert_eq!(claims["client_amr"], "virksomhetssertifikat");
        assert_eq!(claims["consumer"]["ID"], format!("0192:{INNLANDSBANKEN}"));
    }

    let strict = Switches {
        require_full_x5c_chain: true,
        ..Switches::default()
    };
    bed.maskinporten().set_switches(strict);
    let mut leaf = bed.certified_grant();
    leaf.header["x5c"].as_array_mut().unwrap().truncate(1);
    assert_eq!(bed.ask(&leaf).await.code(), "MP-120");
    assert_eq!(bed.ask(&bed.certified_grant()).await.status, 200);
}

#[tokio::test]
async fn variations_that_pass() {
    let bed = TestBed::start().await;
    let now = bed.clock.now().unix_timestamp();
    let issuer = bed.maskinporten().issuer();
    let endpoint = bed.token_endpoint();
    let grants = [
        ("no jti", bed.grant().without("jti")),
        (
            "an audience of one",
            bed.grant().with("aud", json!([issuer])),
        ),
        (
            "the endpoint as audience",
            bed.grant().with("aud", endpoint),
        ),
        ("the longest life", bed.grant().with("exp", now + 120)),
        ("a clock 10 s ahead", bed.grant().with("iat", now + 10)),
        (
            "a clock behind",
            bed.grant().with("iat", now - 60).with("exp", now + 60),
        ),
        (
            "registered claims",
            bed.grant().with("nbf", now).with("sub", "someone"),
        ),
    ];
    for (name, grant) in grants {
        assert_eq!(bed.ask(&grant).await.status, 200, "{name}");
    }
    for (algorithm, name) in [
        (jsonwebtoken::Algorithm::RS384, "RS384"),
        (jsonwebtoken::Algorithm::RS512, "RS512"),
    ] {
        let mut grant = bed.grant();
        grant.header["alg"] = json!(name);
        grant.algorithm = algorithm;
        assert_eq!(bed.ask(&grant).await.status, 200, "{name}");
    }
    let journal = bed.sandbox.services().journal.entries();
    let notes: Vec<_> = journal.into_iter().filter_map(|entry| entry.note).collect();
    assert_eq!(
        notes,
        ["aud is the token endpoint; documentation says the issuer"]
    );
    let in_query = bed.http.post(bed.token_endpoint());
    let assertion = bed.grant().assertion();
    let in_query = in_query.query(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]);
    assert_eq!(Answer::receive(in_query).await.status, 200);
}

#[tokio::test]
async fn a_resource_becomes_the_audience_and_a_person_is_copied() {
    let bed = TestBed::start().await;
    let resource = "https://api.fjell.example/orders";
    for form in [json!([resource]), json!(resource)] {
        let grant = bed
            .grant()
            .with("resource", form)
            .with("pid", "02829090123");
        let claims = bed.ask(&grant).await.claims();
        assert_eq!(claims["aud"], resource);
        assert_eq!(claims["pid"], "02829090123");
    }
    let legacy = Switches {
        emit_aud_unspecified: true,
        ..Switches::default()
    };
    bed.maskinporten().set_switches(legacy);
    assert_eq!(bed.ask(&bed.grant()).await.claims()["aud"], "unspecified");
}

#[tokio::test]
async fn the_shortest_lifetime_wins() {
    let bed = TestBed::start().await;
    bed.add_scope(
        "a:short",
        Scope {
            at_max_age_s: Some(30),
            ..Scope::default()
        },
    );
    bed.add_scope(
        "a:long",
        Scope {
            at_max_age_s: Some(300),
            ..Scope::default()
        },
    );
    bed.add_scope(
        "a:unset",
        Scope {
            at_max_age_s: Some(0),
            ..Scope::default()
        },
    );
    for (scope, client_lifetime, lifetime) in [
        ("a:short a:long a:unset", None, 30),
        ("a:long", None, 120),
        ("a:long", Some(1000), 300),
        ("a:unset", Some(7200), 7200),
    ] {
        bed.maskinporten().change(|register| {
            let id = bed.sandbox.services().consumers[0].client_id;
            register.client_mut(id).unwrap().token_lifetime_s = client_lifetime;
        });
        let answer = bed.ask(&bed.grant().with("scope", scope)).await;
        let claims = answer.claims();
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, lifetime, "{scope} {client_lifetime:?}");
        assert_eq!(answer.body["expires_in"], lifetime - 1);
        assert_eq!(claims["scope"], scope);
    }
    let brief = Switches {
        token_lifetime_s: Some(5),
        ..Switches::default()
    };
    bed.maskinporten().set_switches(brief);
    assert_eq!(bed.ask(&bed.grant()).await.body["expires_in"], 4);
}
