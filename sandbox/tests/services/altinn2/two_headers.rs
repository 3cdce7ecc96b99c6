//! Skatteetaten's call with two headers, beside the call with one.

use sandbox::skatteetaten::{ProofHeader, Switches};
use serde_json::{Value, json};

use crate::altinn2::support::{
    Answer, BANK, CLAIMS, COMPANY, OTHER_BANK, SUPPLIER, TestBed, claims, organisation, part,
};

const HEADER: &str = "AltinnSamtykke";

/// A token for Skatteetaten, without a consent in it.
fn access(bed: &TestBed, consumer: &str) -> String {
    bed.token(&json!({ "scope": CLAIMS, "aud": null, "consumer": organisation(consumer) }))
}

async fn read(bed: &TestBed, token: &str, headers: &[(&str, &str)]) -> Answer {
    read_as(bed, "finans", token, headers).await
}

async fn read_as(bed: &TestBed, package: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
    let origin = &bed.sandbox.addresses().skatteetaten;
    let url = format!("{origin}/v1/{package}/{COMPANY}/aapnekrav");
    let mut call = bed.http.get(url).bearer_auth(token);
    for (name, value) in headers {
        call = call.header(*name, *value);
    }
    Answer::receive(call).await
}

fn is_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert_eq!(answer.json()["kode"], code);
}

/// A consent token with other claims, well signed.
async fn signed(bed: &TestBed, claims: Value) -> String {
    let services = bed.sandbox.services().clone();
    let signing = move || services.altinn2.sign(&claims).unwrap();
    tokio::task::spawn_blocking(signing).await.unwrap()
}

#[tokio::test]
async fn both_headers_give_the_claims_in_either_letter_case() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    for name in [HEADER, "altinnsamtykke"] {
        let answer = read(&bed, &access(&bed, BANK), &[(name, &proof)]).await;
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    }
}

#[tokio::test]
async fn the_draft_pages_name_of_the_header_means_nothing() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let answer = read(&bed, &access(&bed, BANK), &[("AltinSamtykke", &proof)]).await;
    is_refused(&answer, 403, "KB-005");
}

#[tokio::test]
async fn the_other_name_can_be_switched_on_and_is_the_only_one_then() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    bed.services().skatteetaten.set_switches(Switches {
        proof_header: ProofHeader::OneN,
        ..Switches::default()
    });
    let token = access(&bed, BANK);
    let answer = read(&bed, &token, &[("AltinSamtykke", &proof)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    let answer = read(&bed, &token, &[(HEADER, &proof)]).await;
    is_refused(&answer, 403, "KB-005");
}

#[tokio::test]
async fn either_alone_or_the_second_twice_is_not_enough() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let token = access(&bed, BANK);
    is_refused(&read(&bed, &token, &[]).await, 403, "KB-005");
    let twice = [(HEADER, proof.as_str()), (HEADER, proof.as_str())];
    is_refused(&read(&bed, &token, &twice).await, 403, "KB-005");
    is_refused(
        &read(&bed, &proof, &[(HEADER, &proof)]).await,
        401,
        "KB-004",
    );
    let origin = &bed.sandbox.addresses().skatteetaten;
    let call = bed
        .http
        .get(format!("{origin}/v1/finans/{COMPANY}/aapnekrav"));
    let answer = Answer::receive(call.header(HEADER, &proof)).await;
    is_refused(&answer, 401, "KB-004");
    let unscoped = bed.token(&json!({ "scope": "skatteetaten:inntekt", "aud": null }));
    is_refused(
        &read(&bed, &unscoped, &[(HEADER, &proof)]).await,
        401,
        "KB-004",
    );
}

#[tokio::test]
async fn the_proof_must_be_signed_by_altinn_and_unchanged() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let parts: Vec<_> = proof.split('.').collect();
    let encode = |value: &Value| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let mut others = claims(&proof);
    others["OfferedBy"] = json!(COMPANY);
    others["exp"] = json!(others["exp"].as_i64().unwrap() + 1000);
    let unsigned = json!({ "alg": "none", "kid": part(&proof, 0)["kid"], "typ": "JWT" });
    let unknown = json!({ "alg": "RS256", "kid": "x", "typ": "JWT" });
    let maskinportens = bed.services().maskinporten.sign(&claims(&proof)).unwrap();
    for (name, forged) in [
        (
            "changed",
            format!("{}.{}.{}", parts[0], encode(&others), parts[2]),
        ),
        ("unsigned", format!("{}.{}.", encode(&unsigned), parts[1])),
        (
            "unknown key",
            format!("{}.{}.{}", encode(&unknown), parts[1], parts[2]),
        ),
        ("Maskinporten's", maskinportens),
        ("in quotes", format!("\"{proof}\"")),
        ("a bearer", format!("Bearer {proof}")),
        ("encoded again", {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(&proof)
        }),
        ("empty", String::new()),
    ] {
        let answer = read(&bed, &access(&bed, BANK), &[(HEADER, &forged)]).await;
        assert_eq!(answer.status.as_u16(), 403, "{name}: {answer:?}");
        is_refused(&answer, 403, "KB-005");
    }
}

#[tokio::test]
async fn the_proof_must_fit_party_consumer_service_and_time() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let good = claims(&bed.proof(&code).await);
    let now = bed.now().unix_timestamp();
    for (name, value) in [
        ("OfferedBy", json!("314055403")),
        ("CoveredBy", json!(OTHER_BANK)),
        ("Services", json!("5929_202301")),
        ("Services", json!("5928_202302")),
        ("Services", json!(["5928_202301_x=y"])),
        ("ValidToDate", json!(now)),
        ("exp", json!(now)),
        ("nbf", json!(now + 60)),
        ("iss", json!("https://altinn.no")),
    ] {
        let mut changed = good.clone();
        changed[name] = value.clone();
        let proof = signed(&bed, changed).await;
        let answer = read(&bed, &access(&bed, BANK), &[(HEADER, &proof)]).await;
        assert_eq!(answer.status.as_u16(), 403, "{name}={value}");
        is_refused(&answer, 403, "KB-005");
    }
    let unchanged = signed(&bed, good).await;
    let answer = read(&bed, &access(&bed, BANK), &[(HEADER, &unchanged)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    // Another bank's token beside it.
    let answer = read(&bed, &access(&bed, OTHER_BANK), &[(HEADER, &unchanged)]).await;
    is_refused(&answer, 403, "KB-005");
}

#[tokio::test]
async fn half_a_minute_later_it_is_too_late() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    bed.advance(25);
    let answer = read(&bed, &access(&bed, BANK), &[(HEADER, &proof)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    bed.advance(6);
    let answer = read(&bed, &access(&bed, BANK), &[(HEADER, &proof)]).await;
    is_refused(&answer, 403, "KB-005");
}

#[tokio::test]
async fn a_supplier_that_fetched_the_proof_may_show_it() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let mut handled = claims(&bed.proof(&code).await);
    handled["HandledBy"] = json!(SUPPLIER);
    let proof = signed(&bed, handled).await;
    let answer = read(&bed, &access(&bed, SUPPLIER), &[(HEADER, &proof)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
}

#[tokio::test]
async fn it_is_no_substitute_for_a_system_user() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let token = access(&bed, BANK);
    let answer = read_as(&bed, "regnskapssystem", &token, &[(HEADER, &proof)]).await;
    is_refused(&answer, 403, "KB-005");
}

#[tokio::test]
async fn both_generations_are_accepted_side_by_side() {
    let bed = TestBed::start().await;
    let valid_to = bed.now() + time::Duration::days(1);
    let form = time::format_description::well_known::Rfc3339;
    let token = bed.token(&json!({
        "scope": CLAIMS,
        "aud": null,
        "authorization_details": [{
            "type": "urn:altinn:consent",
            "from": format!("urn:altinn:organization:identifier-no:{COMPANY}"),
            "to": organisation(BANK),
            "validTo": valid_to.format(&form).unwrap(),
            "consentRights": [{
                "action": ["consent"],
                "resource": [{ "type": "urn:altinn:resource", "value": "ske-samtykke-krav-og-betalinger" }],
            }],
        }],
    }));
    let newer = read(&bed, &token, &[]).await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let older = read(&bed, &access(&bed, BANK), &[(HEADER, &proof)]).await;
    assert_eq!((newer.status.as_u16(), &newer.body), (200, &older.body));
    // If present, the second header decides.
    let answer = read(&bed, &token, &[(HEADER, "nonsense")]).await;
    is_refused(&answer, 403, "KB-005");
}
