//! Revocation data of the issuers, as OpenSSL reads it, and the alert for a revoked certificate.

use std::path::Path;

use sandbox::kit::{ExternalService, Fault, Rule};
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Vendor};
use tokio::process::Command;

use crate::folkeregisteret::support::{TLS12, TLS13, TestBed, order};

const LINES: [(Vendor, Profile, &str); 4] = [
    (Vendor::Buypass, Profile::Seid1, "buypass/seid1"),
    (Vendor::Buypass, Profile::Seid2, "buypass/seid2"),
    (Vendor::Commfides, Profile::Seid1, "commfides/seid1"),
    (Vendor::Commfides, Profile::Seid2, "commfides/seid2"),
];

#[tokio::test]
async fn a_revoked_certificate_is_told_so_at_the_door() {
    let Some(bed) = TestBed::start().await else {
        return;
    };
    let shown = bed.ordered(Vendor::Buypass, &[Defect::Revoked]).await;
    for version in [TLS12, TLS13] {
        let said = bed.curl(Some(&shown), version).await;
        said.is_cut_off("certificate revoked");
    }
    let good = bed.ordered(Vendor::Buypass, &[]).await;
    bed.curl(Some(&good), &[]).await.is_let_in();
}

#[tokio::test]
async fn openssl_finds_it_on_the_list_and_the_good_one_not() {
    let (Some(bed), true) = (TestBed::start().await, openssl_is_installed()) else {
        return;
    };
    for (vendor, profile, path) in LINES {
        let address = format!("{}/{path}/test", bed.sandbox.addresses().issuers);
        for (defects, verdict) in [
            (&[][..], "authentication.pem: OK"),
            (&[Defect::Revoked], "certificate revoked"),
        ] {
            let folder = made(&bed, order(vendor, profile, defects)).await;
            for name in ["issuing.crl", "root.crl"] {
                let list = fetched(&format!("{address}/{name}")).await;
                std::fs::write(folder.join("list.der"), list).unwrap();
                let issuer = if name == "root.crl" {
                    "root.pem"
                } else {
                    "issuing.pem"
                };
                let checked = [
                    "crl", "-inform", "DER", "-in", "list.der", "-CAfile", issuer,
                ];
                let more = ["-out", name];
                let said = openssl(&folder, &[&checked[..], &more].concat()).await;
                assert!(said.contains("verify OK"), "{name}: {said}");
            }
            let lists = [read(&folder, "issuing.crl"), read(&folder, "root.crl")].concat();
            std::fs::write(folder.join("lists.pem"), lists).unwrap();
            let arguments = [
                "verify",
                "-crl_check_all",
                "-CAfile",
                "root.pem",
                "-CRLfile",
                "lists.pem",
                "-untrusted",
                "issuing.pem",
                "authentication.pem",
            ];
            let said = openssl(&folder, &arguments).await;
            assert!(said.contains(verdict), "{path}: {said}");
        }
    }
}

#[tokio::test]
async fn openssl_is_answered_about_each() {
    let (Some(bed), true) = (TestBed::start().await, openssl_is_installed()) else {
        return;
    };
    for (vendor, profile, path) in LINES {
        let address = format!("{}/{path}/test/ocsp", bed.sandbox.addresses().issuers);
        for (defects, verdict) in [
            (&[][..], "authentication.pem: good"),
            (&[Defect::Revoked], "authentication.pem: revoked"),
        ] {
            let folder = made(&bed, order(vendor, profile, defects)).await;
            for hash in ["-sha1", "-sha256"] {
                let said = asked(&folder, hash, &address).await;
                assert!(said.contains("Response verify OK"), "{path}: {said}");
                assert!(said.contains(verdict), "{path} {hash}: {said}");
            }
        }
    }
    // There is no answer about a certificate of another issuer.
    let folder = made(&bed, order(Vendor::Buypass, Profile::Seid2, &[])).await;
    let elsewhere = format!(
        "{}/commfides/seid2/test/ocsp",
        bed.sandbox.addresses().issuers
    );
    let said = asked(&folder, "-sha1", &elsewhere).await;
    assert!(said.contains("unauthorized"), "{said}");
}

#[tokio::test]
async fn lists_go_stale_and_issuers_fail() {
    let (Some(bed), true) = (TestBed::start().await, openssl_is_installed()) else {
        return;
    };
    let folder = made(&bed, order(Vendor::Buypass, Profile::Seid2, &[])).await;
    let issuers = &bed.sandbox.addresses().issuers;
    let address = format!("{issuers}/buypass/seid2/test/ocsp");
    bed.clock.set_offset(-5 * 86_400);
    let said = asked(&folder, "-sha1", &address).await;
    assert!(said.contains("Status times invalid"), "{said}");
    bed.clock.set_offset(0);
    bed.sandbox.services().faults.order(Rule {
        service: ExternalService::Issuers,
        path: None,
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let list = format!("{issuers}/buypass/seid2/test/issuing.crl");
    assert_eq!(reqwest::get(&list).await.unwrap().status(), 429);
    assert_eq!(reqwest::get(&list).await.unwrap().status(), 200);
    for nowhere in ["buypass/seid3/test/issuing.crl", "buypass/seid2/test/x.crl"] {
        let answer = reqwest::get(format!("{issuers}/{nowhere}")).await.unwrap();
        assert_eq!(answer.status(), 404, "{nowhere}");
    }
}

async fn asked(folder: &Path, hash: &str, address: &str) -> String {
    let arguments = [
        "ocsp",
        hash,
        "-issuer",
        "issuing.pem",
        "-cert",
        "authentication.pem",
        "-CAfile",
        "root.pem",
        "-url",
        address,
        "-timeout",
        "20",
    ];
    openssl(folder, &arguments).await
}

/// The files of an order under the sandbox's authority.
async fn made(bed: &TestBed, order: Order) -> std::path::PathBuf {
    let chain = bed.made(order).await.chain;
    chain.parent().unwrap().to_owned()
}

async fn fetched(address: &str) -> Vec<u8> {
    let answer = reqwest::get(address).await.unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    answer.bytes().await.unwrap().to_vec()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Runs `openssl` in `folder` and returns its output.
async fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(arguments);
    for proxy in ["http_proxy", "HTTP_PROXY"] {
        openssl.env_remove(proxy);
    }
    let output = openssl.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

fn openssl_is_installed() -> bool {
    programs::is_installed("openssl", "it reads nothing of what the issuers publish")
}
