//! Access to the server, tested with `curl`, and the server's certificate, tested with a client
//! that verifies it.

use std::path::PathBuf;

use sandbox::pki::certificates::Defect;
use sandbox::pki::{Profile, Vendor};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::posten::{POSTEN, ServerCertificate, Switches};
use tokio::process::Command;

use crate::posten::support::{ClientFiles, TestBed, client, order};

/// Organisation without access.
const STRANGER: &str = "310000639";
/// Name of the alert in OpenSSL.
const ALERT: &str = "alert certificate unknown";

/// Outcome of a call.
#[derive(Debug)]
struct Call {
    /// 0 when there was an answer.
    exit: i32,
    status: u16,
    body: String,
    complaint: String,
}

#[tokio::test]
async fn a_certificate_says_who_one_is() {
    let Some(bed) = bed().await else { return };
    let address = bed.root(FJORDBANKEN);
    let said = curl(&bed, Some(&bed.given()), &address, &["--insecure"]).await;
    assert_eq!((said.exit, said.status), (0, 200), "{said:?}");
    assert_eq!(said.body, format!("You are {FJORDBANKEN}"));
    for vendor in [Vendor::Buypass, Vendor::Commfides] {
        for profile in [Profile::Seid1, Profile::Seid2] {
            let mut order = order(FJORDBANKEN, &[]);
            (order.vendor, order.profile) = (vendor, profile);
            let shown = bed.made(order).await;
            let said = curl(&bed, Some(&shown), &address, &["--insecure"]).await;
            assert_eq!(said.status, 200, "{vendor:?} {profile:?}: {said:?}");
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_one_or_with_another_version() {
    let Some(bed) = bed().await else { return };
    let (address, given) = (bed.root(FJORDBANKEN), bed.given());
    let said = curl(&bed, None, &address, &["--insecure"]).await;
    assert!(said.exit != 0 && said.status == 0, "{said:?}");
    for version in [&["--tlsv1.3"][..], &["--tlsv1.0", "--tls-max", "1.1"]] {
        let arguments = [version, &["--insecure"]].concat();
        let said = curl(&bed, Some(&given), &address, &arguments).await;
        assert!(said.exit != 0 && said.status == 0, "{version:?}: {said:?}");
    }
    let entries = bed.sandbox.services().journal.entries();
    let all_refused = entries.iter().all(|entry| entry.method == "TLS");
    assert!(all_refused, "no request came through: {entries:?}");
}

#[tokio::test]
async fn whatever_is_wrong_with_it_is_told_by_one_alert() {
    let Some(bed) = bed().await else { return };
    let address = bed.root(FJORDBANKEN);
    for defect in [
        Defect::Expired,
        Defect::NotYetValid,
        Defect::SelfSigned,
        Defect::UnknownIssuer,
        Defect::ProductionTwin,
        Defect::LookAlike,
        Defect::BrokenSignature,
        Defect::SigningOnly,
        Defect::EncryptionOnly,
        Defect::NoKeyUsage,
        Defect::NoClientAuthentication,
        Defect::EcKey,
    ] {
        let shown = bed.ordered(&[defect]).await;
        let said = curl(&bed, Some(&shown), &address, &["--insecure"]).await;
        assert!(said.exit != 0 && said.status == 0, "{defect:?}: {said:?}");
        assert!(said.complaint.contains(ALERT), "{defect:?}: {said:?}");
    }
    for defect in [
        Defect::IntermediateMissing,
        Defect::ExpiresSoon,
        Defect::SubUnit,
    ] {
        let shown = bed.ordered(&[defect]).await;
        let said = curl(&bed, Some(&shown), &address, &["--insecure"]).await;
        assert_eq!(said.status, 200, "{defect:?}: {said:?}");
    }
}

#[tokio::test]
async fn an_organisation_without_access_is_told_which_certificate_it_showed() {
    let Some(bed) = bed().await else { return };
    let mut shown = vec![bed.made(order(STRANGER, &[])).await];
    for defect in [Defect::NoNumber, Defect::TwoNumbers, Defect::OtherPrefix] {
        shown.push(bed.ordered(&[defect]).await);
    }
    for shown in shown {
        let said = curl(&bed, Some(&shown), &bed.root(FJORDBANKEN), &["--insecure"]).await;
        assert_eq!((said.exit, said.status), (0, 403), "{said:?}");
        for part in [
            "NOT_AUTHORIZED",
            "FJORDBANKEN ASA",
            "serial number",
            "SIMULERT",
        ] {
            assert!(said.body.contains(part), "{part}: {said:?}");
        }
    }
    let entries = bed.sandbox.services().journal.entries();
    let notes = entries.iter().filter_map(|entry| entry.note.as_deref());
    assert_eq!(
        notes
            .filter(|note| note.starts_with("NOT_AUTHORIZED: "))
            .count(),
        4
    );
}

#[tokio::test]
async fn a_broker_acts_for_those_who_let_it() {
    let Some(bed) = bed().await else { return };
    let (address, broker) = (bed.root(INNLANDSBANKEN), bed.given());
    let posten = &bed.sandbox.services().posten;
    let mut switches = posten.switches();
    switches.brokers.clear();
    posten.set_switches(switches.clone());
    let said = curl(&bed, Some(&broker), &address, &["--insecure"]).await;
    assert_eq!(said.status, 403, "{said:?}");
    assert!(said.body.contains("BROKER_NOT_AUTHORIZED"), "{said:?}");

    let brokers = vec![FJORDBANKEN.to_owned(), STRANGER.to_owned()];
    switches.brokers.insert(INNLANDSBANKEN.to_owned(), brokers);
    posten.set_switches(switches);
    for (shown, number) in [
        (broker, FJORDBANKEN),
        (bed.made(order(STRANGER, &[])).await, STRANGER),
    ] {
        let said = curl(&bed, Some(&shown), &address, &["--insecure"]).await;
        let text = format!("You are {number}, operating on behalf of {INNLANDSBANKEN}");
        assert_eq!(
            (said.status, said.body.as_str()),
            (200, text.as_str()),
            "{said:?}"
        );
        // It has no access of its own beyond that.
        let elsewhere = bed.root("310000418");
        let said = curl(&bed, Some(&shown), &elsewhere, &["--insecure"]).await;
        assert_eq!(said.status, 403, "{said:?}");
    }
}

#[tokio::test]
async fn there_is_nothing_outside_the_api() {
    let Some(bed) = bed().await else { return };
    let origin = &bed.sandbox.addresses().posten;
    for (path, status) in [
        ("/", 404),
        ("/api", 404),
        ("/api/310000205/archive", 404),
        ("/api/", 403),
        ("/api/fjordbanken", 403),
    ] {
        let address = format!("{origin}{path}");
        let said = curl(&bed, Some(&bed.given()), &address, &["--insecure"]).await;
        assert_eq!((said.exit, said.status), (0, status), "{path}: {said:?}");
    }
}

/// Even with the right authorities the ordinary check of the host name fails, as with the real one.
#[tokio::test]
async fn the_server_has_no_host_name() {
    let Some(bed) = bed().await else { return };
    let roots = roots(&bed);
    let address = bed.root(FJORDBANKEN);
    let trusting = ["--cacert", roots.to_str().unwrap()];
    let said = curl(&bed, Some(&bed.given()), &address, &trusting).await;
    assert_eq!((said.exit, said.status), (60, 0), "{said:?}");
    assert!(said.complaint.contains("does not match"), "{said:?}");
    assert!(said.complaint.contains("984661185"), "{said:?}");
}

#[tokio::test]
async fn the_server_is_told_by_its_number() {
    let bed = TestBed::start().await;
    let posten = &bed.sandbox.services().posten;
    let authority = &bed.sandbox.services().enterprise;
    let address = bed.root(FJORDBANKEN);
    for (server_certificate, number, is_good) in [
        (ServerCertificate::Seid2, POSTEN, true),
        (ServerCertificate::Seid1, POSTEN, true),
        (ServerCertificate::WrongOrganisation, POSTEN, false),
        (ServerCertificate::WrongOrganisation, INNLANDSBANKEN, true),
        (ServerCertificate::WrongAuthority, POSTEN, false),
        (ServerCertificate::Expired, POSTEN, false),
    ] {
        posten.set_switches(Switches {
            server_certificate,
            ..Switches::default()
        });
        let client = client(authority, number, &bed.given());
        let answer = client.get(&address).send().await;
        assert_eq!(
            answer.is_ok(),
            is_good,
            "{server_certificate:?}: {answer:?}"
        );
    }
}

/// Starts a test bed. Without `curl`, returns `None` with a warning, or fails if skipping is not
/// allowed.
async fn bed() -> Option<TestBed> {
    if !programs::is_installed("curl", "it does not try Posten's door") {
        return None;
    }
    Some(TestBed::start().await)
}

async fn curl(bed: &TestBed, shown: Option<&ClientFiles>, address: &str, more: &[&str]) -> Call {
    let settings = bed.new_folder().join("openssl.cnf");
    // OpenSSL refuses old versions by itself; here the other end is to do it.
    let lax = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n\
               [lax]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n";
    std::fs::write(&settings, lax).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["--disable", "--silent", "--verbose", "--max-time", "30"]);
    curl.args(["--noproxy", "*", "--write-out", "\n%{http_code}"]);
    curl.env("OPENSSL_CONF", settings);
    if let Some(ClientFiles { chain, key }) = shown {
        curl.arg("--cert").arg(chain).arg("--key").arg(key);
    }
    let output = curl.args(more).arg(address).output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (body, status) = printed.rsplit_once('\n').unwrap();
    Call {
        exit: output.status.code().unwrap(),
        status: status.parse().unwrap(),
        body: body.to_owned(),
        complaint: String::from_utf8(output.stderr).unwrap().to_lowercase(),
    }
}

/// The roots of the enterprise authorities, in a file.
fn roots(bed: &TestBed) -> PathBuf {
    use base64::Engine;
    let authority = &bed.sandbox.services().enterprise;
    let pems = authority.hierarchies().map(|hierarchy| {
        let text = base64::engine::general_purpose::STANDARD.encode(hierarchy.root());
        let lines: Vec<&str> = (0..text.len())
            .step_by(64)
            .map(|start| &text[start..text.len().min(start + 64)])
            .collect();
        let label = "CERTIFICATE";
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        )
    });
    let file = bed.new_folder().join("roots.pem");
    std::fs::write(&file, pems.concat()).unwrap();
    file
}
