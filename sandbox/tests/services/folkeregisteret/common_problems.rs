//! Common problems in the setup of two-way TLS, each provoked and distinguished from the others.

use sandbox::pki::certificates::Defect;
use sandbox::pki::{EnterpriseAuthority, Profile, Vendor};
use time::OffsetDateTime;

use crate::folkeregisteret::support::{ClientFiles, TLS12, TLS13, TestBed, order};

#[tokio::test]
async fn the_wrong_truststore_is_used_for_the_client() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    // The truststore has the authorities for production, and the servers' is for tests.
    let folder = bed.new_folder();
    let order = order(Vendor::Buypass, Profile::Seid2, &[]);
    let production = tokio::task::spawn_blocking(move || {
        let now = OffsetDateTime::now_utc();
        let twin = EnterpriseAuthority::production_twin(now).unwrap();
        order
            .make_under(&twin, now)
            .unwrap()
            .write(&folder)
            .unwrap();
        folder.join("root.pem")
    });
    let production = production.await.unwrap();
    let address = bed.address();
    let given = bed.given();
    let said = bed
        .curl_with(&production, Some(&given), &address, &[])
        .await;
    // The client's own verdict, before it presents a certificate: the alert is its own, not the
    // server's.
    assert_eq!((said.exit, said.status), (60, 0), "{said:?}");
    let own = "(out), tls alert, unknown ca";
    assert!(said.complaint.contains(own), "{said:?}");
    assert!(bed.noted(1).await.contains("the wrong truststore"));
    bed.curl(Some(&given), &[]).await.is_let_in();
}

#[tokio::test]
async fn the_certificate_is_not_an_organisations() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for (index, defect) in [Defect::Website, Defect::Person].into_iter().enumerate() {
        let shown = bed.ordered(Vendor::Buypass, &[defect]).await;
        let said = bed.curl(Some(&shown), &[]).await;
        said.is_cut_off("unknown ca");
        let noted = bed.noted(index + 1).await;
        assert!(noted.contains("it is no organisation's"), "{noted}");
    }
}

#[tokio::test]
async fn the_client_does_not_support_tls_1_2() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let old = ["--tlsv1.0", "--tls-max", "1.1"];
    let said = bed.curl(Some(&bed.given()), &old).await;
    // Not protocol_version: the server misses the signature algorithms of TLS 1.2 first.
    said.is_cut_off("handshake failure");
    assert_eq!(bed.noted(1).await, "the client does not support TLS 1.2");
}

#[tokio::test]
async fn the_certificate_is_issued_with_sha_1() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    // Under authorities of its own: the sandbox's cannot sign so.
    let folder = bed.new_folder();
    let order = order(Vendor::Commfides, Profile::Seid1, &[Defect::Sha1]);
    let made = tokio::task::spawn_blocking(move || {
        let package = order.make(OffsetDateTime::now_utc()).unwrap();
        package.write(&folder).unwrap();
        ClientFiles::in_folder(&folder)
    });
    let shown = made.await.unwrap();
    for (index, version) in [TLS12, TLS13].into_iter().enumerate() {
        let said = bed.curl(Some(&shown), version).await;
        said.is_cut_off("bad certificate");
        let noted = bed.noted(index + 1).await;
        assert!(noted.contains("signed with SHA-1"), "{noted}");
    }
}
