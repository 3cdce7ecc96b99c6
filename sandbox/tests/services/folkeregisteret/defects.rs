//! Defects of certificates that concern TLS, and the alert for each.

use sandbox::pki::Vendor;
use sandbox::pki::certificates::Defect;

use crate::folkeregisteret::support::{TLS12, TLS13, TestBed};

const EXPIRED: &str = "certificate expired";
const UNKNOWN: &str = "unknown ca";
const PURPOSE: &str = "unsupported certificate";

/// Defects that end the handshake, with the alert. Each chains to the running sandbox's authority
/// unless the issuer is the defect.
const CUT_OFF: &[(Defect, &str)] = &[
    (Defect::Expired, EXPIRED),
    (Defect::NotYetValid, EXPIRED),
    (Defect::SelfSigned, UNKNOWN),
    (Defect::UnknownIssuer, UNKNOWN),
    (Defect::ProductionTwin, UNKNOWN),
    (Defect::Seid1OfProduction, UNKNOWN),
    (Defect::LookAlike, UNKNOWN),
    (Defect::IntermediateMissing, UNKNOWN),
    // The authority for cards: not in the sandbox's truststore, as it is not in Digdir's published
    // one for tests.
    (Defect::HardToken, UNKNOWN),
    (Defect::BrokenSignature, "decrypt error"),
    (Defect::SigningOnly, PURPOSE),
    (Defect::EncryptionOnly, PURPOSE),
    (Defect::NoKeyUsage, PURPOSE),
    (Defect::NoClientAuthentication, PURPOSE),
    (Defect::UnknownCriticalExtension, "certificate unknown"),
    (Defect::MarkedAsAuthority, "certificate unknown"),
    (Defect::Revoked, "certificate revoked"),
    // The key that signs the handshake is too short; that is detected after the certificate itself
    // was accepted.
    (Defect::Rsa1024, "decrypt error"),
];

/// The handshake is good, the organisation is not.
const ANSWERED: &[Defect] = &[
    Defect::NoNumber,
    Defect::BadCheckDigit,
    Defect::TestNumber,
    Defect::TwoNumbers,
    Defect::Psd2Identifier,
    Defect::OtherPrefix,
];

/// Defects that neither TLS nor Folkeregisteret checks.
const HARMLESS: &[Defect] = &[
    Defect::ExpiresSoon,
    Defect::SubUnit,
    Defect::KeyUsageNotCritical,
    Defect::NoPolicy,
    Defect::Rsa2048,
    Defect::EcKey,
    // A server finds the way to its root whatever the order, and past what does not belong there
    // (RFC 8446 §4.4.2).
    Defect::ChainOrder,
    Defect::UnrelatedCertificates,
];

#[tokio::test]
async fn each_that_concerns_tls_ends_it_with_its_alert() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for (defect, alert) in CUT_OFF {
        let shown = bed.ordered(Vendor::Buypass, &[*defect]).await;
        for version in [TLS12, TLS13] {
            let said = bed.curl(Some(&shown), version).await;
            said.is_cut_off(alert);
        }
    }
    let entries = bed.journal(2 * CUT_OFF.len()).await;
    let came_through = entries.iter().find(|entry| entry.method != "TLS");
    assert!(came_through.is_none(), "{came_through:?}");
    // Each has its line, with the reason.
    assert_eq!(entries.len(), 2 * CUT_OFF.len(), "{entries:?}");
    assert!(entries.iter().all(|entry| entry.note.is_some()));
}

#[tokio::test]
async fn each_that_concerns_the_organisation_is_answered() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for defect in ANSWERED {
        let shown = bed.ordered(Vendor::Buypass, &[*defect]).await;
        let said = bed.curl(Some(&shown), &[]).await;
        assert_eq!((said.exit, said.status), (0, 403), "{defect:?}: {said:?}");
        assert!(said.body.starts_with(r#"{"kode":"FREG-005","#), "{said:?}");
    }
}

#[tokio::test]
async fn others_do_not_matter() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    for defect in HARMLESS {
        let shown = bed.ordered(Vendor::Buypass, &[*defect]).await;
        bed.curl(Some(&shown), &[]).await.is_let_in();
    }
    // The weaker level is a matter of policies, which a TLS server does not look at.
    let shown = bed.ordered(Vendor::Commfides, &[Defect::Lcp]).await;
    bed.curl(Some(&shown), &[]).await.is_let_in();
}

#[tokio::test]
async fn a_key_of_another_certificate_does_not_leave_the_client() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let shown = bed.ordered(Vendor::Buypass, &[Defect::KeyOfAnother]).await;
    assert_eq!(bed.curl(Some(&shown), &[]).await.exit, 58);
}
