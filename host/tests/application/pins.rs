//! Counterparties identified by certificate attributes, at any host.

use std::fs;
use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::support::{Application, RunningApplication};
use crate::upstream::{Authority, Change, Tls, plain};

const REFUSED: &str = "ErrorCode::TlsCertificateError";

fn subject(params: &mut CertificateParams, attributes: &[(u64, &str)]) {
    params.distinguished_name = DistinguishedName::new();
    for (last, value) in attributes {
        let kind = DnType::CustomDnType(vec![2, 5, 4, *last]);
        params.distinguished_name.push(kind, *value);
    }
}

/// Sets the profile of current enterprise certificates: number in `organizationIdentifier`, no host
/// name, no extended key usage.
fn second_profile(params: &mut CertificateParams) {
    subject(params, &[(10, "Bud AS"), (97, "NTRNO-310000205")]);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
}

/// Sets the profile of former enterprise certificates: number in `serialNumber`.
fn first_profile(params: &mut CertificateParams) {
    subject(params, &[(10, "Bud AS"), (5, "310000205")]);
}

/// Starts an application whose public component has a pin on an origin; the private one has none.
async fn pinned(folder: &Path, origin: &str, client: &str) -> RunningApplication {
    let pins = format!(
        "[[pin]]\nname = \"bud\"\ncomponent_ids = [\"front\"]\norigin = \"{origin}\"\nroots_file = \"ca.pem\"\n{client}\n\
         subject = [\n  {{ attribute = \"organizationIdentifier\", value = \"NTRNO-310000205\" }},\n  \
         {{ attribute = \"serialNumber\", value = \"310000205\" }},\n]\n"
    );
    fs::write(folder.join("pins.toml"), pins).unwrap();
    let application = Application::calling(&[origin, "http://back.spin.internal"]);
    application
        .start_in(folder, |options| {
            options.pins = Some(folder.join("pins.toml"));
        })
        .await
        .unwrap()
}

fn changed(change: Change) -> Tls {
    Tls {
        names: Vec::new(),
        change,
        ..Tls::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_counts_and_not_the_host() {
    const CLIENT: &str = "client_cert_file = \"one.pem\"\nclient_private_key_file = \"one.key\"";
    let folder = TempDir::new().unwrap();
    for authority in [Authority::new(), Authority::in_two_steps()] {
        let known = authority.write(folder.path(), &["one"]);
        for profile in [first_profile, second_profile] {
            let upstream = authority.serve(changed(profile), known.clone()).await;
            for host in ["localhost", "127.0.0.1"] {
                let origin = format!("https://{host}:{}", upstream.port());
                let running = pinned(folder.path(), &origin, CLIENT).await;
                let (status, answer) = running.outbound(&origin).await;
                assert_eq!(status, 200, "{answer}");
                assert!(answer.starts_with("200 one over "), "{answer}");
                let (_, answer) = running
                    .get(
                        "/front/outbound",
                        &[
                            ("probe-url", "http://back.spin.internal/outbound"),
                            ("probe-pass-url", &origin),
                        ],
                    )
                    .await;
                assert_eq!(answer, format!("502 {REFUSED}"), "it has no pin");
            }
        }
    }
}

/// Checks that a component's credential reaches the proxy, which may be behind our host too, and no
/// service.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_for_the_proxy_does_not_reach_a_pinned_service() {
    const CLIENT: &str = "client_cert_file = \"one.pem\"\nclient_private_key_file = \"one.key\"";
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &["one"]);
    let service = authority.serve(changed(second_profile), known).await;
    let origin = format!("https://localhost:{}", service.port());
    let running = pinned(folder.path(), &origin, CLIENT).await;
    let shown = ("innsyn-proxy-authorization", "Bearer credential");
    let names = async |running: &RunningApplication, origin: &str, shown: (&str, &str)| {
        let url = format!("{origin}/headers");
        let headers = [("probe-url", url.as_str()), shown];
        running.get("/front/outbound", &headers).await.1
    };
    let answer = names(&running, &origin, shown).await;
    assert!(
        answer.starts_with("200 ") && answer.contains("host"),
        "{answer}"
    );
    assert!(!answer.contains("authorization"), "{answer}");

    let proxy = plain().await;
    let origin = format!("http://127.0.0.1:{}", proxy.port());
    let running = Application::calling(&[&origin]).start(|_| ()).await;
    let answer = names(&running, &origin, shown).await;
    assert!(answer.contains("innsyn-proxy-authorization"), "{answer}");
    // HTTP's own header for it is refused to guests.
    let standard = ("probe-proxy-authorization", "Bearer credential");
    let answer = names(&running, &origin, standard).await;
    assert!(answer.contains("Forbidden"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_without_a_certificate_shows_none() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    authority.write(folder.path(), &[]);
    let upstream = authority.serve(changed(second_profile), Vec::new()).await;
    let origin = format!("https://localhost:{}", upstream.port());
    let running = pinned(folder.path(), &origin, "").await;
    let (_, answer) = running.outbound(&origin).await;
    assert!(answer.contains("alert-id: Some(116)"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_trusted() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let foreign = Authority::new();
    authority.write(folder.path(), &[]);
    let other = "is not the one of the pin";
    let none = "its subject has none of the attributes of the pin";
    let cases: [(&Authority, Change, &str); 12] = [
        (
            &authority,
            |params| subject(params, &[(97, "NTRNO-310000206")]),
            other,
        ),
        (
            &authority,
            |params| subject(params, &[(5, "310000206")]),
            other,
        ),
        (
            &authority,
            |params| subject(params, &[(97, "310000205")]),
            other,
        ),
        (
            &authority,
            |params| subject(params, &[(97, "ntrno-310000205")]),
            other,
        ),
        (
            &authority,
            |params| subject(params, &[(97, "NTRNO-3100002055")]),
            other,
        ),
        // One names this holder, one another.
        (
            &authority,
            |params| subject(params, &[(97, "NTRNO-310000205"), (5, "310000206")]),
            other,
        ),
        (
            &authority,
            |params| subject(params, &[(3, "310000205"), (10, "NTRNO-310000205")]),
            none,
        ),
        (&authority, |_| (), none),
        (
            &foreign,
            second_profile,
            "its issuer is not among the roots",
        ),
        (
            &authority,
            |params| {
                second_profile(params);
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            },
            "it has expired",
        ),
        (
            &authority,
            |params| {
                second_profile(params);
                params.key_usages = vec![KeyUsagePurpose::ContentCommitment];
            },
            "it is not for a server's purpose",
        ),
        (
            &authority,
            |params| {
                second_profile(params);
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            },
            "it is not for a server's purpose",
        ),
    ];
    for (number, (issuer, change, reason)) in cases.into_iter().enumerate() {
        let upstream = issuer.serve(changed(change), Vec::new()).await;
        let origin = format!("https://localhost:{}", upstream.port());
        let running = pinned(folder.path(), &origin, "").await;
        let (_, answer) = running.outbound(&origin).await;
        assert_eq!(answer, REFUSED, "case {number}");
        assert!(running.log_has("their certificate is not trusted: "));
        assert!(running.log_has(reason), "case {number}: {reason}");
        assert!(!running.log_has("310000206"), "whoever it is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_fits_does_not_help() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    authority.write(folder.path(), &[]);
    let tls = Tls {
        names: vec!["localhost"],
        ..Tls::default()
    };
    let upstream = authority.serve(tls, Vec::new()).await;
    let origin = format!("https://localhost:{}", upstream.port());
    let running = pinned(folder.path(), &origin, "").await;
    assert_eq!(running.outbound(&origin).await.1, REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_stop_the_start() {
    let folder = TempDir::new().unwrap();
    let start = async |pins: &str| {
        fs::write(folder.path().join("pins.toml"), pins).unwrap();
        let file = folder.path().join("pins.toml");
        let outcome = Application::default()
            .start_in(folder.path(), |options| options.pins = Some(file))
            .await;
        outcome.err().unwrap().to_string()
    };
    let error = start("[[pins]]").await;
    assert!(error.contains("unknown field `pins`"), "{error}");
    let pin = "[[pin]]\nname = \"bud\"\ncomponent_ids = [\"front\"]\norigin = \"https://localhost\"\nroots_file = \"none.pem\"\n\
               subject = [{ attribute = \"serialNumber\", value = \"310000205\" }]\n";
    let error = start(pin).await;
    assert!(error.starts_with("pin `bud`: "), "{error}");
    assert!(error.contains("none.pem"), "{error}");
}
