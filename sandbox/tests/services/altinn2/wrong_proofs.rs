//! Consent tokens that are switched to be wrong: each in one way, and in that way alone.

use sandbox::altinn2::{ProofError, Proofs, Switches};
use serde_json::json;

use crate::altinn2::support::{BANK, COMPANY, OTHER_BANK, TestBed, claims};

async fn proof(bed: &TestBed, code: &str, proofs: Proofs) -> String {
    bed.switch(Switches {
        proofs,
        ..Switches::default()
    });
    bed.proof(code).await
}

#[tokio::test]
async fn a_claim_is_another_under_a_good_signature() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
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
        let token = proof(&bed, &code, proofs).await;
        let verified = bed.services().altinn2.verify(bed.now(), &token).unwrap();
        for (name, usual) in &good {
            let expected = if *name == member { &value } else { usual };
            assert_eq!(&verified[*name], expected, "{proofs:?}");
        }
    }
}

#[tokio::test]
async fn the_token_itself_is_not_good() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    for (proofs, error) in [
        (Proofs::Tampered, ProofError::Signature),
        (Proofs::Expired, ProofError::Expired),
        (Proofs::UnknownKey, ProofError::UnknownKey),
    ] {
        let token = proof(&bed, &code, proofs).await;
        let verified = bed.services().altinn2.verify(bed.now(), &token);
        assert_eq!(verified, Err(error), "{proofs:?}");
        let is_tampered = proofs == Proofs::Tampered;
        assert_eq!(claims(&token)["OfferedBy"] != COMPANY, is_tampered);
    }
    let token = proof(&bed, &code, Proofs::Good).await;
    assert!(bed.services().altinn2.verify(bed.now(), &token).is_ok());
}
