//! Four common problems in the setup of two-way TLS, each against the sandbox: the doctor
//! identifies each.

use std::process::Stdio;

use sandbox::kit::Clock;
use sandbox::pki::certificates::Defect;
use sandbox::pki::{EnterpriseAuthority, Vendor};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::doctor::{Answer, ask, file, json_of, text};
use crate::doctor_revocation::{RevocationTestBed, order, pem};
use crate::openssl::{CertificateOptions, OpensslAuthority};

fn told(answer: &Answer, id: &str) -> String {
    let json = answer.json();
    let mut all = json["findings"].as_array().expect("findings").iter();
    let found = all.find(|finding| finding["id"] == id);
    let found = found.unwrap_or_else(|| panic!("{id}: {}", answer.text));
    assert_eq!(found["severity"], "error", "{}", answer.text);
    format!("{} {} {}", found["seen"], found["why"], found["action"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_truststore() {
    let bed = RevocationTestBed::start().await;
    let good = bed.ordered(Vendor::Buypass, &[]);
    let twin = EnterpriseAuthority::production_twin(Clock::default().now()).expect("authorities");
    let root = pem(twin.hierarchies()[1].root());
    let production = file(bed.folder.path(), "production.pem", &root);
    let answer = bed.tried(&good, &production, &[]);
    let said = told(&answer, "L15");
    assert!(said.contains("The wrong truststore"), "{said}");
    // Where its authorities are known, so is that they are of the other environment.
    let known = file(bed.folder.path(), "known.pem", root);
    let chain = good.join("authentication-chain.pem");
    let arguments = [
        "--purpose",
        "tls",
        "--environment",
        "test",
        "--live",
        "--ca",
        text(&production),
        "--trust",
        text(&known),
        "--connect",
        &bed.sandbox.addresses().folkeregisteret,
    ];
    let answer = tokio::task::block_in_place(|| ask(&json_of(&chain, &arguments)));
    assert!(told(&answer, "N04").contains("Buypass"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_organisation_certificate() {
    let bed = RevocationTestBed::start().await;
    let ca = bed.sandbox.ca_file().to_owned();
    for defect in [Defect::Website, Defect::Person, Defect::UnknownIssuer] {
        let answer = bed.tried(&bed.ordered(Vendor::Buypass, &[defect]), &ca, &[]);
        let said = told(&answer, "L17");
        assert!(said.contains("not an organisation certificate"), "{said}");
    }
    // A valid one of another environment is not called so.
    let twin = bed.ordered(Vendor::Buypass, &[Defect::SigningOnly]);
    let answer = bed.tried(&twin, &ca, &[]);
    assert!(told(&answer, "L11").contains("another purpose"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_with_sha_1() {
    let bed = RevocationTestBed::start().await;
    let folder = bed.folder.path().join("old");
    let package = tokio::task::block_in_place(|| {
        order(Vendor::Commfides, &[Defect::Sha1]).make(bed.clock.now())
    });
    package
        .expect("certificates")
        .write(&folder)
        .expect("files");
    let ca = bed.sandbox.ca_file().to_owned();
    let answer = bed.tried(&folder, &ca, &[]);
    assert!(told(&answer, "L18").contains("SHA-1"));
    assert!(answer.findings().contains(&"error C04".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_version_in_common() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let bed = RevocationTestBed::start().await;
    let good = bed.ordered(Vendor::Buypass, &[]);
    let (_server, origin) = server(&ca, &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]).await;
    let answer = tried(&bed, &good, &origin, &ca);
    let said = told(&answer, "L16");
    assert!(said.contains("No version of TLS in common"), "{said}");
}

/// TLS 1.2 has no alert of its own for a missing certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_tls_1_2_that_does_not_say_why() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let bed = RevocationTestBed::start().await;
    let good = bed.ordered(Vendor::Buypass, &[]);
    let more = ["-tls1_2", "-Verify", "1", "-verify_return_error"];
    let (_server, origin) = server(&ca, &more).await;
    let answer = tried(&bed, &good, &origin, &ca);
    let said = told(&answer, "L11");
    assert!(said.contains("refused it"), "{said}");
}

fn tried(
    bed: &RevocationTestBed,
    folder: &std::path::Path,
    origin: &str,
    ca: &OpensslAuthority,
) -> Answer {
    let ca = ca.authority();
    let trusted = bed.trusted();
    let key = folder.join("authentication-key.pem");
    let chain = folder.join("authentication-chain.pem");
    let arguments = [
        "--key",
        text(&key),
        "--trust",
        text(&trusted),
        "--purpose",
        "tls",
        "--environment",
        "test",
        "--live",
        "--ca",
        text(&ca),
        "--connect",
        origin,
    ];
    tokio::task::block_in_place(|| ask(&json_of(&chain, &arguments)))
}

/// Starts an OpenSSL server with a certificate of the authority, on a free port.
async fn server(ca: &OpensslAuthority, more: &[&str]) -> (Child, String) {
    let key = ca.key("server", &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let options = CertificateOptions {
        subject: "/CN=localhost",
        extensions: "basicConstraints=CA:false\nsubjectAltName=DNS:localhost\n",
        ..CertificateOptions::new(&key)
    };
    let certificate = ca.certificate("server", &options);
    let mut command = Command::new("openssl");
    command
        .args([
            "s_server",
            "-accept",
            "0",
            "-www",
            "-key",
            text(&key),
            "-cert",
        ])
        .arg(&certificate)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("openssl");
    let printed = child.stdout.take().expect("its output");
    let mut lines = BufReader::new(printed).lines();
    loop {
        let line = lines.next_line().await.expect("text").expect("a line");
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            let (_, port) = address.rsplit_once(':').expect("a port");
            // The task ends when the receiver is dropped.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, format!("https://localhost:{port}"));
        }
    }
}
