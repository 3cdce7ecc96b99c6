//! Who gets through, and what is there.

use sandbox::authority::{Profile, Vendor};
use sandbox::consumer::INNLANDSBANKEN;
use sandbox::fault::{Fault, Rule};
use sandbox::world::Counterparty;

use crate::support::{Bench, TLS12, TLS13, order};

#[tokio::test]
async fn the_given_certificate_gets_through_and_nobody_without_one() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    for version in [TLS12, TLS13] {
        bench.curl(Some(&bench.given()), version).await.is_let_in();
        let without = bench.curl(None, version).await;
        assert!(without.exit != 0 && without.status == 0, "{without:?}");
    }
    let without = bench.curl(None, TLS13).await;
    without.is_cut_off("certificate required");
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_open_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bench) = Bench::start().await else {
        return;
    };
    let given = bench.sandbox.client_certificate();
    for file in [&given.certificate_file, &given.chain_file, &given.key_file] {
        assert_eq!(file.parent(), bench.sandbox.ca_file().parent());
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn both_issuers_certificates_get_through_in_both_profiles() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    for vendor in [Vendor::Buypass, Vendor::Commfides] {
        for profile in [Profile::Seid1, Profile::Seid2] {
            let shown = bench.made(order(vendor, profile, &[])).await;
            bench.curl(Some(&shown), &[]).await.is_let_in();
        }
    }
}

#[tokio::test]
async fn an_organisation_without_an_agreement_is_told_so() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    let mut order = order(Vendor::Buypass, Profile::Seid2, &[]);
    INNLANDSBANKEN.clone_into(&mut order.organisation);
    let shown = bench.made(order).await;
    for version in [TLS12, TLS13] {
        let said = bench.curl(Some(&shown), version).await;
        assert_eq!((said.exit, said.status), (0, 403), "{said:?}");
        let text = r#"{"kode":"FREG-005","melding":"Organisasjonen 310000302 har ingen avtale"}"#;
        assert_eq!(said.body, text);
    }
    let journal = bench.sandbox.world().journal.entries();
    let last = journal.last().unwrap();
    let seen = (last.counterparty, last.status);
    assert_eq!(seen, (Counterparty::Folkeregisteret, 403));
    let note = "FREG-005: Organisasjonen 310000302 har ingen avtale";
    assert_eq!(last.note.as_deref(), Some(note));
}

#[tokio::test]
async fn there_is_nothing_else() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    let (ca, given) = (bench.sandbox.ca_file(), bench.given());
    let elsewhere = format!(
        "{}/folkeregisteret/api",
        bench.sandbox.addresses().folkeregisteret
    );
    let said = bench.curl_with(ca, Some(&given), &elsewhere, &[]).await;
    assert_eq!(said.status, 404, "{said:?}");
    assert_eq!(
        said.body,
        r#"{"kode":"FREG-003","melding":"Ukjent adresse"}"#
    );
    let said = bench.curl(Some(&given), &["--request", "POST"]).await;
    assert_eq!(said.status, 404, "{said:?}");
}

#[tokio::test]
async fn faults_concern_it_too() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    bench.sandbox.world().faults.order(Rule {
        counterparty: Counterparty::Folkeregisteret,
        path: None,
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let given = bench.given();
    assert_eq!(bench.curl(Some(&given), &[]).await.status, 429);
    bench.curl(Some(&given), &[]).await.is_let_in();
}

#[tokio::test]
async fn its_time_is_the_sandboxs() {
    let Some(bench) = Bench::start().await else {
        return;
    };
    let given = bench.given();
    bench.curl(Some(&given), &[]).await.is_let_in();
    bench.clock.set_offset(4 * 365 * 86_400);
    let said = bench.curl(Some(&given), &[]).await;
    said.is_cut_off("certificate expired");
}
