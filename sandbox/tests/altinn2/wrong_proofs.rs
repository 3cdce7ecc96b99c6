//! Consent tokens that are switched to be wrong: each in one way, and in that way alone.

use sandbox::altinn2::{ProofError, Proofs, Switches};
use serde_json::json;

use crate::support::{BANK, Bench, COMPANY, OTHER_BANK, claims};

async fn proof(bench: &Bench, code: &str, proofs: Proofs) -> String {
    bench.switch(Switches {
        proofs,
        ..Switches::default()
    });
    bench.proof(code).await
}

#[tokio::test]
async fn a_claim_is_another_under_a_good_signature() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    let good = [
        ("OfferedBy", json!(COMPANY)),
        ("CoveredBy", json!(BANK)),
        ("Services", json!("5928_202301")),
    ];
    for (proofs, member, value) in [
        (Proofs::AnotherParty, "OfferedBy", json!("314055403")),
        (Proofs::AnotherConsumer, "CoveredBy", json!(OTHER_BANK)),
        (Proofs::AnotherService, "Services", json!("5929_202301")),
    ] {
        let token = proof(&bench, &code, proofs).await;
        let verified = bench.world().altinn2.verify(bench.now(), &token).unwrap();
        for (name, usual) in &good {
            let expected = if *name == member { &value } else { usual };
            assert_eq!(&verified[*name], expected, "{proofs:?}");
        }
    }
}

#[tokio::test]
async fn the_token_itself_is_not_good() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    for (proofs, error) in [
        (Proofs::Tampered, ProofError::Signature),
        (Proofs::Expired, ProofError::Expired),
        (Proofs::UnknownKey, ProofError::UnknownKey),
    ] {
        let token = proof(&bench, &code, proofs).await;
        let verified = bench.world().altinn2.verify(bench.now(), &token);
        assert_eq!(verified, Err(error), "{proofs:?}");
        let is_tampered = proofs == Proofs::Tampered;
        assert_eq!(claims(&token)["OfferedBy"] != COMPANY, is_tampered);
    }
    let token = proof(&bench, &code, Proofs::Good).await;
    assert!(bench.world().altinn2.verify(bench.now(), &token).is_ok());
}
