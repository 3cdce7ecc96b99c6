//! Grants that are refused: each code once, and everything that has no code.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, RsaKeySize};
use sandbox::authority::{EnterpriseAuthority, Profile, rsa_key};
use sandbox::consumer::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::maskinporten::{ErrorStyle, ResourceForm, Scope, Switches, UnknownClaims};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Answer, Bench, GRANT_TYPE, Grant, SCOPE};

/// What a refusal must say: status, `error`, code, and a piece of its text.
type Expected = (u16, &'static str, &'static str, &'static str);

async fn assert_refused(bench: &Bench, name: &str, grant: &Grant, expected: Expected) {
    assert_is(name, &bench.ask(grant).await, expected);
}

fn assert_is(name: &str, answer: &Answer, expected: Expected) {
    let (status, error, code, text) = expected;
    assert_eq!((answer.status, answer.error(), answer.code()), (status, error, code), "{name}");
    assert!(answer.description().contains(text), "{name}: {answer:?}");
    let (_, trace) = answer.description().rsplit_once(" (trace_id: ").unwrap();
    assert_eq!(trace.trim_end_matches(')').len(), 32, "{name}");
}

#[tokio::test]
async fn what_is_wrong_with_the_grant_itself() {
    let bench = Bench::start().await;
    let issuer = bench.maskinporten().issuer().to_owned();
    let without_slash = issuer.trim_end_matches('/').to_owned();
    let now = bench.clock.now().unix_timestamp();
    let grant = || bench.grant();
    let invalid = |code, text| (400, "invalid_grant", code, text);
    let malformed = (400, "invalid_request", "MP-011", "Invalid assertion");
    let target = (400, "invalid_target", "", "");
    let table = [
        ("aud without slash", grant().with("aud", without_slash), invalid("MP-110", "claim aud")),
        ("aud of two", grant().with("aud", json!([issuer, issuer])), invalid("MP-110", "aud")),
        ("no aud", grant().without("aud"), invalid("MP-110", "aud")),
        ("lives too long", grant().with("exp", now + 121), malformed),
        ("from the future", grant().with("iat", now + 30), invalid("", "Issue time is after now")),
        ("expired", grant().with("iat", now - 60).with("exp", now), invalid("MP-130", "expired")),
        ("unknown client", grant().with("iss", "x"), invalid("MP-100", "Client not found")),
        ("no iss", grant().without("iss"), malformed),
        ("no scope", grant().without("scope"), malformed),
        ("exp as text", grant().with("exp", "soon"), malformed),
        ("unknown claim", grant().with("consumer_orgno", FJORDBANKEN), malformed),
        ("pid of ten digits", grant().with("pid", "0282909012"), malformed),
        ("consumer of eight digits", grant().with("consumer_org", "31000010"), malformed),
        ("fragment", grant().with("resource", json!(["https://a.example/#b"])), target),
        ("two resources", grant().with("resource", json!(["https://a", "https://b"])), target),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn a_grant_works_once() {
    let bench = Bench::start().await;
    let used = (400, "invalid_grant", "MP-012", "Grant is used before");
    let grant = bench.grant();
    assert_eq!(bench.ask(&grant).await.status, 200);
    assert_refused(&bench, "the same grant", &grant, used).await;
    let again = bench.grant().with("jti", grant.claims["jti"].clone());
    assert_refused(&bench, "the same jti", &again, used).await;
    let without = bench.grant().without("jti");
    assert_eq!(bench.ask(&without).await.status, 200);
    assert_refused(&bench, "the same grant without jti", &without, used).await;
    let refused = bench.grant().with("scope", "a:b");
    assert_eq!(bench.ask(&refused).await.code(), "MP-200");
    assert_refused(&bench, "a grant that was refused", &refused, used).await;
}

#[tokio::test]
async fn keys_and_signatures() {
    let bench = Bench::start().await;
    let kid = |kid: &str| json!({ "alg": "RS256", "kid": kid });
    let chain = bench.certified_grant().header["x5c"].clone();
    let stranger = rsa_key(RsaKeySize::_2048).unwrap();
    let unknown = (400, "invalid_grant", "", "Unknown key identifier (kid) for client");
    let required = (400, "invalid_grant", "", "requires pre-registered jwk and no key identifier");
    let signature = (400, "invalid_grant", "MP-124", "Invalid JWT signature");
    let malformed = (400, "invalid_request", "MP-011", "");
    let both = json!({ "alg": "RS256", "kid": "fjordbanken-1", "x5c": chain });
    let table = [
        ("unknown kid", bench.grant().header(kid("another")), unknown),
        ("kid of a client without keys", bench.certified_grant().header(kid("a")), unknown),
        ("x5c of a client with keys", bench.grant().header(json!({"alg": "RS256", "x5c": chain})), required),
        ("neither, with keys", bench.grant().header(json!({"alg": "RS256"})), required),
        ("both", bench.grant().header(both), malformed),
        ("another key", bench.grant().key(&stranger), signature),
        ("another key than the certificate's", bench.certified_grant().key(&stranger), signature),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }

    let assertion = bench.grant().assertion();
    let mut parts: Vec<_> = assertion.split('.').collect();
    let other = bench.grant().with("scope", "a:b").assertion();
    parts[1] = other.split('.').nth(1).unwrap();
    assert_is("tampered", &bench.ask_with(&parts.join(".")).await, signature);

    let mut ec = bench.grant();
    let pair = KeyPair::generate().unwrap();
    ec.header["alg"] = json!("ES256");
    ec.algorithm = Algorithm::ES256;
    ec.key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    assert_refused(&bench, "ES256", &ec, malformed).await;
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"fjordbanken-1"}"#);
    let unsigned = format!("{none}.{}.", parts[1]);
    assert_is("none", &bench.ask_with(&unsigned).await, malformed);
    assert_is("no JWT", &bench.ask_with("a.b").await, malformed);
}

#[tokio::test]
async fn a_registered_key_lasts_a_year() {
    let bench = Bench::start().await;
    let posted_again = bench.clock.now();
    bench.clock.set_offset(Duration::days(364).whole_seconds());
    assert_eq!(bench.ask(&bench.grant()).await.status, 200);
    bench.clock.set_offset(Duration::days(366).whole_seconds());
    let expired = (400, "invalid_grant", "MP-121", "Expired key");
    assert_refused(&bench, "old key", &bench.grant(), expired).await;
    bench.maskinporten().change(|register| {
        let client = register.client_mut(bench.sandbox.world().consumers[0].client_id).unwrap();
        client.keys[0].posted = posted_again + Duration::days(300);
    });
    assert_eq!(bench.ask(&bench.grant()).await.status, 200);
}

#[tokio::test]
async fn certificates() {
    let bench = Bench::start().await;
    let now = bench.clock.now();
    let ours = &bench.sandbox.world().enterprise;
    let foreign = EnterpriseAuthority::generate(now).unwrap();
    let key = rsa_key(RsaKeySize::_2048).unwrap();
    let issued = |authority: &EnterpriseAuthority, profile, organisation, years| {
        let from = now - Duration::days(365 * years);
        let leaf = authority.issue(profile, organisation, "BANKEN ASA", &key, from).unwrap();
        json!([STANDARD.encode(leaf)])
    };
    let shown = |x5c: Value| {
        bench.certified_grant().header(json!({ "alg": "RS256", "x5c": x5c })).key(&key)
    };
    let invalid = (400, "invalid_grant", "MP-120", "signed with an invalid certificate");
    let other = (400, "invalid_grant", "MP-122", "Does not match certificate orgno");
    let form = (400, "invalid_grant", "MP-123", "Invalid JWT header x5c");
    let good = issued(ours, Profile::Seid2, INNLANDSBANKEN, 0);
    let table = [
        ("another organisation's", shown(issued(ours, Profile::Seid2, FJORDBANKEN, 0)), other),
        ("another authority's", shown(issued(&foreign, Profile::Seid2, INNLANDSBANKEN, 0)), invalid),
        ("expired", shown(issued(ours, Profile::Seid2, INNLANDSBANKEN, 4)), invalid),
        ("with a foreign authority", shown(json!([good[0], STANDARD.encode(foreign.issuing())])), invalid),
        ("an authority's own", shown(json!([STANDARD.encode(ours.issuing())])), invalid),
        ("a string", shown(good[0].clone()), form),
        ("nothing", shown(json!([])), form),
        ("no certificate", shown(json!(["AAAA"])), form),
        ("absent", bench.certified_grant().header(json!({ "alg": "RS256" })), form),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }
    for profile in [Profile::Seid1, Profile::Seid2] {
        let grant = shown(issued(ours, profile, INNLANDSBANKEN, 0));
        assert_eq!(bench.ask(&grant).await.status, 200, "{profile:?}");
    }
}

#[tokio::test]
async fn scopes_and_delegation() {
    let bench = Bench::start().await;
    let elsewhere = Scope { for_maskinporten: false, ..Scope::default() };
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
            (400, "invalid_scope", "MP-200", "invalid scopes for client, a:one a:two (trace_id"),
        ),
        (
            "not for Maskinporten",
            scope("idporten:profile"),
            (400, "invalid_scope", "MP-201", "scopes not allowed for maskinporten"),
        ),
        (
            "withdrawn",
            scope("a:withdrawn"),
            (403, "forbidden", "MP-250", "granted access to the scope a:withdrawn."),
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
            (403, "forbidden", "MP-250", "Consumer has not been granted access"),
        ),
        (
            "on behalf of itself",
            on_behalf(FJORDBANKEN),
            (400, "invalid_request", "", "The combination consumer_org in claim and delegation"),
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
        ("type", detail(json!({ "type": "urn:altinn:concent" })), (400, class, "MP-301", "Unknown")),
        ("field", detail(field), (400, class, "MP-302", "Unknown fields in authorization details: scope")),
        ("value", detail(json!({ "type": "urn:altinn:consent" })), (400, class, "MP-303", "Invalid id")),
        (
            "system user",
            detail(system_user),
            (400, "invalid_altinn_customer_configuration", "MP-303", "No system user"),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bench, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn switches_make_it_stricter() {
    let bench = Bench::start().await;
    let now = bench.clock.now().unix_timestamp();
    let endpoint = bench.token_endpoint();
    let default = Switches::default;
    let old = bench.grant().with("iat", now - 60).with("exp", now + 50);
    let table = [
        (
            Switches { accept_token_endpoint_aud: false, ..default() },
            bench.grant().with("aud", endpoint),
            "MP-110",
        ),
        (
            Switches { unknown_claims: UnknownClaims::Strict, ..default() },
            bench.grant().with("nbf", now),
            "MP-011",
        ),
        (Switches { iat_max_age_s: Some(10), ..default() }, old, "MP-011"),
        (
            Switches { resource_form: ResourceForm::Array, ..default() },
            bench.grant().with("resource", "https://a.example"),
            "",
        ),
    ];
    for (switches, grant, code) in table {
        bench.maskinporten().set_switches(switches);
        let answer = bench.ask(&grant).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{answer:?}");
    }
    let lenient = Switches {
        unknown_claims: UnknownClaims::Lenient,
        max_grant_lifetime_s: 180,
        error_style: ErrorStyle::Legacy,
        ..default()
    };
    bench.maskinporten().set_switches(lenient);
    let grant = bench.grant().with("exp", now + 180).with("anything", true);
    assert_eq!(bench.ask(&grant).await.status, 200);
    let refused = bench.ask(&grant).await;
    assert!(refused.description().contains(" (correlation id: "), "{refused:?}");
    assert!(refused.body.get("error_uri").is_none());
}

#[tokio::test]
async fn a_request_that_is_no_grant() {
    let bench = Bench::start().await;
    let assertion = bench.grant().assertion();
    let endpoint = bench.token_endpoint();
    let form = |form: &[(&str, &str)]| bench.http.post(&endpoint).form(form);
    let table = [
        ("nothing", form(&[]), "invalid_request"),
        ("no assertion", form(&[("grant_type", GRANT_TYPE)]), "invalid_request"),
        (
            "two assertions",
            form(&[("grant_type", GRANT_TYPE), ("assertion", "a"), ("assertion", "b")]),
            "invalid_request",
        ),
        (
            "another grant type",
            form(&[("grant_type", "client_credentials"), ("assertion", &assertion)]),
            "unsupported_grant_type",
        ),
        ("JSON", bench.http.post(&endpoint).json(&json!({ "grant_type": GRANT_TYPE })), "invalid_request"),
    ];
    for (name, request, error) in table {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.error(), answer.code()), (400, error, ""), "{name}");
    }
    assert_eq!(bench.http.get(&endpoint).send().await.unwrap().status(), 405);
}
