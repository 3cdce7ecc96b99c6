//! Successful handshakes, and the answers behind them.

use sandbox::kit::{ExternalService, Fault, Rule};
use sandbox::pki::{Profile, Vendor};
use sandbox::population::INNLANDSBANKEN;

use crate::folkeregisteret::support::{TLS12, TLS13, TestBed, order};

#[tokio::test]
async fn the_given_certificate_gets_through_and_nobody_without_one() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for version in [TLS12, TLS13] {
        bed.curl(Some(&bed.given()), version).await.is_let_in();
        let without = bed.curl(None, version).await;
        assert!(without.exit != 0 && without.status == 0, "{without:?}");
    }
    let without = bed.curl(None, TLS13).await;
    without.is_cut_off("certificate required");
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_open_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let given = bed.sandbox.client_certificate();
    for file in [&given.certificate_file, &given.chain_file, &given.key_file] {
        assert_eq!(file.parent(), bed.sandbox.ca_file().parent());
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn both_issuers_certificates_get_through_in_both_profiles() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for vendor in [Vendor::Buypass, Vendor::Commfides] {
        for profile in [Profile::Seid1, Profile::Seid2] {
            let shown = bed.made(order(vendor, profile, &[])).await;
            bed.curl(Some(&shown), &[]).await.is_let_in();
        }
    }
}

#[tokio::test]
async fn an_organisation_without_an_agreement_is_told_so() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let mut order = order(Vendor::Buypass, Profile::Seid2, &[]);
    INNLANDSBANKEN.clone_into(&mut order.organisation);
    let shown = bed.made(order).await;
    for version in [TLS12, TLS13] {
        let said = bed.curl(Some(&shown), version).await;
        assert_eq!((said.exit, said.status), (0, 403), "{said:?}");
        let text = r#"{"kode":"FREG-005","melding":"Organisasjonen 310000302 har ingen avtale"}"#;
        assert_eq!(said.body, text);
    }
    let journal = bed.sandbox.services().journal.entries();
    let last = journal.last().unwrap();
    let seen = (last.service, last.status);
    assert_eq!(seen, (ExternalService::Folkeregisteret, 403));
    let note = "FREG-005: Organisasjonen 310000302 har ingen avtale";
    assert_eq!(last.note.as_deref(), Some(note));
}

#[tokio::test]
async fn there_is_nothing_else() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let (ca, given) = (bed.sandbox.ca_file(), bed.given());
    let elsewhere = format!(
        "{}/folkeregisteret/api",
        bed.sandbox.addresses().folkeregisteret
    );
    let said = bed.curl_with(ca, Some(&given), &elsewhere, &[]).await;
    assert_eq!(said.status, 404, "{said:?}");
    assert_eq!(
        said.body,
        r#"{"kode":"FREG-003","melding":"Ukjent adresse"}"#
    );
    let said = bed.curl(Some(&given), &["--request", "POST"]).await;
    assert_eq!(said.status, 404, "{said:?}");
}

#[tokio::test]
async fn faults_concern_it_too() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    bed.sandbox.services().faults.order(Rule {
        service: ExternalService::Folkeregisteret,
        path: None,
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let given = bed.given();
    assert_eq!(bed.curl(Some(&given), &[]).await.status, 429);
    bed.curl(Some(&given), &[]).await.is_let_in();
}

#[tokio::test]
async fn its_time_is_the_sandboxs() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let given = bed.given();
    bed.curl(Some(&given), &[]).await.is_let_in();
    bed.clock.set_offset(4 * 365 * 86_400);
    let said = bed.curl(Some(&given), &[]).await;
    said.is_cut_off("certificate expired");
}
