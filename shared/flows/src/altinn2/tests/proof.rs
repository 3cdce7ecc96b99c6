//! Tests of valid and invalid consent tokens, signed by another library.

use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::*;
use innsyn_core::context::Context;
use innsyn_core::fixtures::{ALTINN_PRIMARY, ALTINN_SECONDARY, OTHER_KEY};
use innsyn_core::platform::Platform as _;
use innsyn_core::platform::memory::Memory;
use innsyn_protocols::altinn::{Fault, Proof, ProofError};

/// Returns Altinn's claims, at noon on 1 January 2026, about the consent that [`requested`] requests.
fn claims() -> Value {
    let now = Memory::new().now().unix_timestamp();
    json!({
        "Services": ["4628_210607", "4628_210607_inntektsaar=2025"],
        "AuthorizationCode": CODE,
        "OfferedBy": PERSON,
        "CoveredBy": "313000028",
        "DelegatedDate": now - 60,
        "ValidToDate": known(PERSON).valid_to.unix_timestamp(),
        "nbf": now, "exp": now + 30, "iat": now, "iss": "altinn.no",
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[member] = value;
    claims
}

/// Altinn with its two keys published, and a clock.
struct Fixture {
    platform: Memory,
    altinn: Altinn,
}

impl Fixture {
    fn new() -> Self {
        let platform = Memory::new();
        publish(
            &platform,
            &[
                ALTINN_PRIMARY.jwk("primary"),
                ALTINN_SECONDARY.jwk("secondary"),
            ],
        );
        Self {
            platform,
            altinn: altinn(),
        }
    }

    fn prove(
        &self,
        requested: &ConsentRequest<'_>,
        token: &str,
    ) -> Result<Option<Proof>, ProofError> {
        let context = Context::new(&self.platform, "claims", std::time::Duration::from_secs(20));
        let response = answer(200, &json!(token));
        let proof = self.altinn.proof(&context, requested, &response);
        self.platform.run(proof)
    }

    fn fault(&self, token: &str) -> Fault {
        match self.prove(&known(PERSON), token) {
            Err(ProofError::Fault(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the number of requests for the keys.
    fn asked_for_keys(&self) -> usize {
        let requests = self.platform.requests().into_iter();
        let keys = requests.filter(|request| request.uri().path() == "/api/metadata/jwk");
        keys.count()
    }
}

/// Publishes the keys at their documented address, without a metadata document.
fn publish(platform: &Memory, keys: &[Value]) {
    let set = json!({ "keys": keys });
    platform.respond(move |request| {
        Ok(match request.uri().path() {
            "/api/metadata/jwk" => answer(200, &set),
            _ => answer(404, &json!(null)),
        })
    });
}

fn signed(claims: &Value) -> String {
    ALTINN_PRIMARY.sign(Some("primary"), claims)
}

#[test]
fn a_good_one_becomes_the_sources_header() {
    let fixture = Fixture::new();
    let token = signed(&claims());
    let proof = fixture
        .prove(&known(PERSON), &token)
        .expect("good")
        .expect("one");
    assert_eq!(proof.name, "AltinnSamtykke");
    assert_eq!(proof.value, token);
    assert!(proof.value.is_sensitive());
    // Signed with the announced key, and as tokens of 2016 named theirs.
    let secondary = ALTINN_SECONDARY.sign(Some("secondary"), &claims());
    assert!(fixture.prove(&known(PERSON), &secondary).is_ok());
    let mut header = Header::new(Algorithm::RS256);
    header.x5t = Some("primary".to_owned());
    let older = ALTINN_PRIMARY.sign_under(&header, &claims());
    assert!(fixture.prove(&known(PERSON), &older).is_ok());
    assert_eq!(fixture.asked_for_keys(), 1);
}

#[test]
fn the_header_is_called_what_the_deployment_says() {
    let mut fixture = Fixture::new();
    let mut config = Altinn2::of_one(&fixture.altinn.origin, "313000028", KEY);
    config.config.header = http::HeaderName::from_static("altinsamtykke");
    let Altinn {
        origin,
        page_origin,
        ..
    } = fixture.altinn;
    fixture.altinn = Altinn::two(config, origin, page_origin);
    let proof = fixture.prove(&known(PERSON), &signed(&claims()));
    assert_eq!(proof.expect("good").expect("one").name, "AltinSamtykke");
}

#[test]
fn services_are_one_or_several_and_in_any_order() {
    let fixture = Fixture::new();
    let reversed = json!(["4628_210607_inntektsaar=2025", "4628_210607"]);
    assert!(
        fixture
            .prove(&known(PERSON), &signed(&with("Services", reversed)))
            .is_ok()
    );
    let mut bare = known(PERSON);
    bare.subject.right = right("4628_210607", BTreeMap::new());
    let one = with("Services", json!("4628_210607"));
    assert!(fixture.prove(&bare, &signed(&one)).is_ok());
    // A name may contain an underscore, a value an equals sign.
    let mut strange = known(PERSON);
    let metadata = BTreeMap::from([("a_b".to_owned(), "c=d".to_owned())]);
    strange.subject.right = right("4628_210607", metadata);
    let entries = json!(["4628_210607", "4628_210607_a_b=c=d"]);
    assert!(
        fixture
            .prove(&strange, &signed(&with("Services", entries)))
            .is_ok()
    );
}

#[test]
fn the_proof_of_another_consent_is_told_by_the_member() {
    let fixture = Fixture::new();
    for (member, value, mismatch) in [
        ("AuthorizationCode", json!(KEY), Mismatch::Id),
        ("OfferedBy", json!("02829090123"), Mismatch::From),
        // The API masks numbers; a masked one proves nothing.
        ("OfferedBy", json!("148585*****"), Mismatch::From),
        ("OfferedBy", json!(null), Mismatch::From),
        ("CoveredBy", json!("310000205"), Mismatch::To),
        ("Services", json!([]), Mismatch::Rights),
        ("Services", json!("4628_210607"), Mismatch::Rights),
        (
            "Services",
            json!(["4628_1", "4628_1_inntektsaar=2025"]),
            Mismatch::Rights,
        ),
        (
            "Services",
            json!(["4628_210607", "4628_210607_inntektsaar=2024"]),
            Mismatch::Rights,
        ),
        (
            "Services",
            json!(["4628_210607", "4628_210607_inntektsaar=2025", "4804_210607"]),
            Mismatch::Rights,
        ),
        ("ValidToDate", json!(1_783_591_201), Mismatch::ValidTo),
    ] {
        let fault = fixture.fault(&signed(&with(member, value.clone())));
        assert_eq!(fault, Fault::Mismatch(mismatch), "{member}: {value}");
        let problem = Problem::from(fault);
        assert_eq!(problem.kind, Kind::ProofRefused);
        let detail = problem.advice.expect("advice");
        assert!(detail.contains(&mismatch.to_string()), "{detail}");
    }
}

#[test]
fn a_token_that_is_not_altinns_is_refused() {
    let fixture = Fixture::new();
    let good = signed(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let more = signed(&with("OfferedBy", json!("02829090123")));
    let changed = format!(
        "{}.{}.{}",
        parts[0],
        more.split('.').nth(1).expect("claims"),
        parts[2]
    );
    assert_eq!(fixture.fault(&changed), Fault::Signature);
    assert_eq!(
        fixture.fault(&OTHER_KEY.sign(Some("primary"), &claims())),
        Fault::Signature
    );
    assert_eq!(
        fixture.fault(&ALTINN_PRIMARY.sign(Some("secondary"), &claims())),
        Fault::Signature
    );
    assert_eq!(
        fixture.fault(&OTHER_KEY.sign(Some("other"), &claims())),
        Fault::UnknownKey
    );
    assert_eq!(
        fixture.fault(&OTHER_KEY.sign(None, &claims())),
        Fault::UnknownKey
    );

    let mut header = Header::new(Algorithm::RS512);
    header.kid = Some("primary".to_owned());
    assert_eq!(
        fixture.fault(&ALTINN_PRIMARY.sign_under(&header, &claims())),
        Fault::Algorithm
    );
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("primary".to_owned());
    let secret = EncodingKey::from_secret(b"what is public");
    let symmetric = jsonwebtoken::encode(&header, &claims(), &secret).expect("a token");
    assert_eq!(fixture.fault(&symmetric), Fault::Algorithm);
    // {"alg":"none","kid":"primary"}
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoicHJpbWFyeSJ9.{}.", parts[1]);
    assert_eq!(fixture.fault(&unsigned), Fault::Algorithm);
}

#[test]
fn issuer_and_times_are_its_own() {
    let fixture = Fixture::new();
    let now = fixture.platform.now().unix_timestamp();
    let times = |nbf: i64, exp: i64| {
        let mut claims = with("nbf", json!(now + nbf));
        claims["exp"] = json!(now + exp);
        claims["iat"] = json!(now + nbf);
        signed(&claims)
    };
    for (token, fault) in [
        (
            signed(&with("iss", json!("https://altinn.no"))),
            Fault::Issuer,
        ),
        (signed(&with("iss", json!(null))), Fault::Issuer),
        (times(-41, -11), Fault::Expired),
        (times(11, 41), Fault::NotYet),
        (signed(&with("exp", json!(null))), Fault::Malformed),
        (signed(&with("nbf", json!(null))), Fault::Malformed),
        (
            signed(&with("ValidToDate", json!("27.10.2016 21:11:17"))),
            Fault::Malformed,
        ),
        (
            signed(&with("Services", json!("4629,1"))),
            Fault::Mismatch(Mismatch::Rights),
        ),
        (signed(&with("Services", json!(null))), Fault::Malformed),
        (signed(&with("Services", json!([4628]))), Fault::Malformed),
        (signed(&with("Services", json!(["x=y"]))), Fault::Malformed),
        (
            signed(&with("AuthorizationCode", json!(null))),
            Fault::Malformed,
        ),
        ("a.b.c".to_owned(), Fault::Malformed),
        ("x".repeat(20_000), Fault::Malformed),
    ] {
        assert_eq!(fixture.fault(&token), fault, "{fault}");
    }
    // A clock may be off by ten seconds.
    assert!(fixture.prove(&known(PERSON), &times(-40, -10)).is_ok());
    assert!(fixture.prove(&known(PERSON), &times(10, 40)).is_ok());
}

#[test]
fn a_key_that_was_announced_needs_no_question_and_the_one_after_it_one() {
    let fixture = Fixture::new();
    let now = |fixture: &Fixture| fixture.platform.now().unix_timestamp();
    let at = |fixture: &Fixture| {
        let mut claims = with("nbf", json!(now(fixture)));
        claims["exp"] = json!(now(fixture) + 30);
        claims
    };
    assert!(
        fixture
            .prove(&known(PERSON), &signed(&at(&fixture)))
            .is_ok()
    );
    let rolled = ALTINN_SECONDARY.sign(Some("secondary"), &at(&fixture));
    assert!(fixture.prove(&known(PERSON), &rolled).is_ok());
    assert_eq!(fixture.asked_for_keys(), 1);

    publish(
        &fixture.platform,
        &[ALTINN_SECONDARY.jwk("secondary"), OTHER_KEY.jwk("third")],
    );
    fixture.platform.advance(std::time::Duration::from_secs(5));
    let third = OTHER_KEY.sign(Some("third"), &at(&fixture));
    assert!(fixture.prove(&known(PERSON), &third).is_ok());
    assert_eq!(fixture.asked_for_keys(), 2);
    // The dropped key is no longer known, and an invented key id causes no request within five
    // seconds.
    assert_eq!(fixture.fault(&signed(&at(&fixture))), Fault::UnknownKey);
    assert_eq!(
        fixture.fault(&OTHER_KEY.sign(Some("fourth"), &at(&fixture))),
        Fault::UnknownKey
    );
    assert_eq!(fixture.asked_for_keys(), 2);
    fixture.platform.advance(std::time::Duration::from_secs(5));
    assert_eq!(
        fixture.fault(&OTHER_KEY.sign(Some("fourth"), &at(&fixture))),
        Fault::UnknownKey
    );
    assert_eq!(fixture.asked_for_keys(), 3);
}

#[test]
fn keys_are_looked_for_at_altinns_origin_alone() {
    for (document, kind) in [
        (
            json!({ "jwks_uri": "https://former.example/api/metadata/jwk" }),
            None,
        ),
        (
            json!({ "jwks_uri": "https://evil.example/keys" }),
            Some(Kind::SourceUnreadable),
        ),
        (json!({}), None),
    ] {
        let fixture = Fixture::new();
        let said = document.clone();
        fixture.platform.respond(move |request| {
            assert_eq!(request.uri().host(), Some("former.example"));
            Ok(match request.uri().path() {
                "/.well-known/oauth-authorization-server" => answer(200, &said),
                _ => answer(200, &json!({ "keys": [ALTINN_PRIMARY.jwk("primary")] })),
            })
        });
        let proof = fixture.prove(&known(PERSON), &signed(&claims()));
        let found = proof
            .map_err(|proof_error| Problem::from(proof_error).kind)
            .err();
        assert_eq!(found, kind, "{document}");
    }
}

#[test]
fn what_is_no_token_is_told_apart_from_none() {
    let fixture = Fixture::new();
    let prove = |response: &Response| {
        let context = Context::new(
            &fixture.platform,
            "claims",
            std::time::Duration::from_secs(20),
        );
        let requested = known(PERSON);
        let proof = fixture.altinn.proof(&context, &requested, response);
        let proof = fixture.platform.run(proof);
        proof.map_err(|proof_error| Problem::from(proof_error).kind)
    };
    assert_eq!(prove(&answer(403, &json!(null))), Ok(None));
    for (status, body, kind) in [
        (200, json!({}), Kind::SourceUnreadable),
        (200, json!("x"), Kind::ProofRefused),
        (401, json!(null), Kind::SourceRefused),
        (503, json!(null), Kind::SourceDown),
    ] {
        assert_eq!(prove(&answer(status, &body)), Err(kind), "{status}");
    }
}
