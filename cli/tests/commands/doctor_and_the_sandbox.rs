//! Defects of the sandbox: the doctor finds each by its check, and reports nothing without one.

use std::fs;
use std::path::{Path, PathBuf};

use sandbox::kit::Clock;
use sandbox::pki::certificates::{Defect, Order, PASSWORD};
use sandbox::pki::{Profile, Purpose, Vendor};
use tempfile::TempDir;

use crate::doctor::{Answer, ask_with, file, json_of, text};

const ORGANISATION: &str = "310000302";

/// Options of the doctor, besides the certificate.
pub(crate) struct DoctorOptions<'a> {
    pub(crate) purpose: &'a str,
    pub(crate) environment: &'a str,
    pub(crate) as_pem: bool,
}

impl Default for DoctorOptions<'_> {
    fn default() -> Self {
        Self {
            purpose: "token",
            environment: "test",
            as_pem: false,
        }
    }
}

pub(crate) fn order(
    vendor: Vendor,
    profile: Profile,
    purposes: &[Purpose],
    defects: &[Defect],
) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let order = Order {
        vendor,
        profile,
        purposes: purposes.to_vec(),
        organisation: ORGANISATION.to_owned(),
        name: "INNLANDSBANKEN ASA".to_owned(),
        defects: defects.to_vec(),
    };
    let package = order.make(Clock::default().now()).expect("certificates");
    package.write(folder.path()).expect("files");
    folder
}

/// Writes the authorities in `folder` into one file.
fn authorities(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).expect("a folder");
    let mut all = String::new();
    for name in names {
        let path = name.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.ends_with("issuing.pem") || name.ends_with("root.pem")) {
            all += &fs::read_to_string(&path).expect("PEM");
        }
    }
    file(folder, "trusted.pem", all)
}

pub(crate) fn examined(folder: &Path, asked: &DoctorOptions) -> Answer {
    let trust = authorities(folder);
    let trust = text(&trust);
    let first = |names: &[&str]| {
        let mut paths = names.iter().map(|name| folder.join(name));
        paths.find(|path| path.exists())
    };
    let key = folder.join("authentication-key.pem");
    let mut more = vec![
        "--purpose",
        asked.purpose,
        "--environment",
        asked.environment,
        "--trust",
        trust,
    ];
    let certificate = if asked.as_pem {
        if key.exists() {
            more.extend(["--key", text(&key)]);
        }
        first(&["authentication-chain.pem"])
    } else {
        first(&[
            "authentication.p12",
            "signing.p12",
            "encryption.p12",
            "all.p12",
        ])
    };
    let certificate = certificate.expect("a certificate");
    ask_with(
        &json_of(&certificate, &more),
        &[("INNSYN_PASSWORD", PASSWORD)],
    )
}

#[test]
fn nothing_is_wrong_with_a_good_one() {
    for (vendor, profile) in [
        (Vendor::Buypass, Profile::Seid1),
        (Vendor::Buypass, Profile::Seid2),
        (Vendor::Commfides, Profile::Seid2),
    ] {
        let folder = order(vendor, profile, &[Purpose::Authentication], &[]);
        for purpose in ["token", "key", "tls"] {
            for as_pem in [false, true] {
                let asked = DoctorOptions {
                    purpose,
                    as_pem,
                    ..DoctorOptions::default()
                };
                let answer = examined(folder.path(), &asked);
                assert_eq!(
                    answer.findings(),
                    Vec::<String>::new(),
                    "{profile:?} {purpose}"
                );
                assert_eq!(answer.code, 0);
                let certificate = &answer.json()["certificate"];
                assert_eq!(certificate["organisation_number"], ORGANISATION);
                assert_eq!(certificate["environment"], "test");
                assert_eq!(certificate["role"], "authentication");
                assert_eq!(certificate["issuer_is_known"], true);
            }
        }
    }
}

#[test]
fn each_defect_is_found_by_its_check() {
    let mut missed = Vec::new();
    // A revoked certificate is reported by its issuer.
    let in_files = Defect::ALL
        .iter()
        .filter(|defect| **defect != Defect::Revoked);
    for defect in in_files {
        let (vendor, profile) = match defect {
            Defect::Lcp | Defect::PolicyOfOtherEnvironment => (Vendor::Commfides, Profile::Seid2),
            Defect::Seid1OfProduction => (Vendor::Buypass, Profile::Seid1),
            _ => (Vendor::Buypass, Profile::Seid2),
        };
        let folder = order(vendor, profile, &[Purpose::Authentication], &[*defect]);
        let files = [
            Defect::ReadableByOthers,
            Defect::Utf16,
            Defect::TrustedCertificate,
            Defect::IntermediateMissing,
            Defect::ChainOrder,
            Defect::UnrelatedCertificates,
        ];
        let asked = DoctorOptions {
            as_pem: files.contains(defect),
            environment: match defect {
                Defect::Seid1OfProduction => "production",
                _ => "test",
            },
            ..DoctorOptions::default()
        };
        let answer = examined(folder.path(), &asked);
        let found = answer.findings();
        // Further findings that follow from the defect.
        let besides: &[&str] = match defect {
            Defect::AuthorityCertificate => &["error F05"],
            Defect::ProductionTwin | Defect::Seid1OfProduction => &["warning O09"],
            Defect::OtherPrefix => &["error O01"],
            _ => &[],
        };
        let of_defect = found
            .iter()
            .filter(|finding| !besides.contains(&finding.as_str()));
        let ids: Vec<&str> = of_defect
            .filter_map(|finding| finding.split(' ').nth(1))
            .collect();
        if ids != [defect.id()] {
            missed.push(format!("{} ({}): {found:?}", defect.name(), defect.id()));
        }
        let worst = match found.first().map(|first| first.split(' ').next()) {
            Some(Some("error")) => 2,
            Some(Some("warning")) => 1,
            _ => 0,
        };
        assert_eq!(answer.code, worst, "{found:?}");
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn the_purpose_decides_how_grave_it_is() {
    let folder = order(Vendor::Buypass, Profile::Seid2, &[Purpose::Signing], &[]);
    for (purpose, code, finding) in [
        ("token", 1, Some("warning P02")),
        ("key", 0, Some("info P02")),
        ("tls", 2, Some("error P02")),
        ("seal", 0, None),
    ] {
        let asked = DoctorOptions {
            purpose,
            ..DoctorOptions::default()
        };
        let answer = examined(folder.path(), &asked);
        let found = answer.findings();
        assert_eq!(found.first().map(String::as_str), finding, "{purpose}");
        assert_eq!(answer.code, code, "{purpose}");
    }
    let folder = order(
        Vendor::Buypass,
        Profile::Seid2,
        &[Purpose::Authentication],
        &[],
    );
    let asked = DoctorOptions {
        purpose: "seal",
        ..DoctorOptions::default()
    };
    assert_eq!(examined(folder.path(), &asked).findings(), ["warning P10"]);
}

#[test]
fn in_production_a_test_certificate_is_refused() {
    let folder = order(
        Vendor::Commfides,
        Profile::Seid2,
        &[Purpose::Authentication],
        &[],
    );
    let asked = DoctorOptions {
        environment: "production",
        ..DoctorOptions::default()
    };
    assert_eq!(examined(folder.path(), &asked).findings(), ["error I03"]);
}

#[test]
fn whose_it_is_not() {
    let folder = order(
        Vendor::Buypass,
        Profile::Seid2,
        &[Purpose::Authentication],
        &[],
    );
    let trust = authorities(folder.path());
    let store = folder.path().join("authentication.p12");
    let more = ["--organisation", "310000205", "--trust", text(&trust)];
    let answer = ask_with(&json_of(&store, &more), &[("INNSYN_PASSWORD", PASSWORD)]);
    assert_eq!(answer.findings(), ["error O04"]);
}
