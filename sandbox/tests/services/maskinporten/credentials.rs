//! Grants that are refused for the key or the certificate they are signed with.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::RsaKeySize;
use sandbox::pki::{EnterpriseAuthority, Profile, Vendor, rsa_key};
use sandbox::population::INNLANDSBANKEN;
use serde_json::{Value, json};
use time::Duration;

use crate::maskinporten::support::{TestBed, assert_is, assert_refused};

#[tokio::test]
async fn keys_and_signatures() {
    let bed = TestBed::start().await;
    let kid = |kid: &str| json!({ "alg": "RS256", "kid": kid });
    let chain = bed.certified_grant().header["x5c"].clone();
    let stranger = rsa_key(RsaKeySize::_2048).unwrap();
    let unknown = (
        400,
        "invalid_grant",
        "",
        "Unknown key identifier (kid) for client",
    );
    let required = (
        400,
        "invalid_grant",
        "",
        "requires pre-registered jwk and no key identifier",
    );
    let signature = (400, "invalid_grant", "MP-124", "Invalid JWT signature");
    let malformed = (400, "invalid_request", "MP-011", "");
    let both = json!({ "alg": "RS256", "kid": "fjordbanken-1", "x5c": chain });
    let table = [
        (
            "kid of a client without keys",
            bed.certified_grant().header(kid("a")),
            unknown,
        ),
        (
            "neither, with keys",
            bed.grant().header(json!({"alg": "RS256"})),
            required,
        ),
        ("both", bed.grant().header(both), malformed),
        ("another key", bed.grant().key(&stranger), signature),
        (
            "another key than the certificate's",
            bed.certified_grant().key(&stranger),
            signature,
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }

    let assertion = bed.grant().assertion();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"fjordbanken-1"}"#);
    let unsigned = format!("{none}.{}.", assertion.split('.').nth(1).unwrap());
    assert_is("none", &bed.ask_with(&unsigned).await, malformed);
    assert_is("no JWT", &bed.ask_with("a.b").await, malformed);
}

#[tokio::test]
async fn certificates() {
    let bed = TestBed::start().await;
    let now = bed.clock.now();
    let ours = &bed.sandbox.services().enterprise;
    let foreign = EnterpriseAuthority::generate(now).unwrap();
    let production = EnterpriseAuthority::production_twin(now).unwrap();
    let key = rsa_key(RsaKeySize::_2048).unwrap();
    let issued = |authority: &EnterpriseAuthority, profile, organisation, years: i64| {
        let from = now - Duration::days(365 * years);
        let leaf = authority
            .issue(profile, organisation, "BANKEN ASA", &key, from)
            .unwrap();
        json!([STANDARD.encode(leaf)])
    };
    let shown = |x5c: Value| {
        bed.certified_grant()
            .header(json!({ "alg": "RS256", "x5c": x5c }))
            .key(&key)
    };
    let invalid = (
        400,
        "invalid_grant",
        "MP-120",
        "signed with an invalid certificate",
    );
    let form = (400, "invalid_grant", "MP-123", "Invalid JWT header x5c");
    let commfides = ours.hierarchy(Vendor::Commfides, Profile::Seid2);
    let good = issued(ours, Profile::Seid2, INNLANDSBANKEN, 0);
    let table = [
        (
            "another authority's",
            shown(issued(&foreign, Profile::Seid2, INNLANDSBANKEN, 0)),
            invalid,
        ),
        (
            "production's",
            shown(issued(&production, Profile::Seid2, INNLANDSBANKEN, 0)),
            invalid,
        ),
        (
            "another line's authority",
            shown(json!([good[0], STANDARD.encode(commfides.issuing())])),
            invalid,
        ),
        (
            "expired",
            shown(issued(ours, Profile::Seid2, INNLANDSBANKEN, 4)),
            invalid,
        ),
        (
            "with a foreign authority",
            shown(json!([good[0], STANDARD.encode(foreign.issuing())])),
            invalid,
        ),
        (
            "an authority's own",
            shown(json!([STANDARD.encode(ours.issuing())])),
            invalid,
        ),
        ("nothing", shown(json!([])), form),
        ("no certificate", shown(json!(["AAAA"])), form),
        (
            "absent",
            bed.certified_grant().header(json!({ "alg": "RS256" })),
            form,
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
    for profile in [Profile::Seid1, Profile::Seid2] {
        let grant = shown(issued(ours, profile, INNLANDSBANKEN, 0));
        assert_eq!(bed.ask(&grant).await.status, 200, "{profile:?}");
        let (vendor, name) = (Vendor::Commfides, "BANKEN ASA");
        let leaf = ours.issue_as(vendor, profile, INNLANDSBANKEN, name, &key, now);
        let grant = shown(json!([STANDARD.encode(leaf.unwrap())]));
        assert_eq!(bed.ask(&grant).await.status, 200, "{profile:?}");
    }
}
