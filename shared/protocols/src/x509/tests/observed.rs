//! Public test certificates: their observed fields, with numbers and keys of the tests.

use time::macros::datetime;

use super::*;
use crate::x509::plan::*;
use innsyn_core::party::OrganisationKind;

const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const MAIL: &str = "1.3.6.1.5.5.7.3.4";
const LOGON: &str = "1.3.6.1.4.1.311.20.2.2";

fn commfides_issuer() -> Vec<(&'static str, String)> {
    names(&[
        ("2.5.4.6", "NO"),
        ("2.5.4.10", "Commfides Norge AS"),
        ("2.5.4.97", "NTRNO-988312495"),
        ("2.5.4.3", "Commfides Legal Person - G3 - TEST"),
    ])
}

#[test]
fn buypass_seid_2_authentication() {
    let certificate = read(&Plan::new("NTRNO-100101688"));
    let number = certificate.subject.number().expect("a number");
    assert_eq!(number.number.as_str(), "100101688");
    assert_eq!(number.number.kind(), OrganisationKind::BuypassTest);
    assert!(!number.is_psd2);
    assert_eq!(certificate.subject.organisation(), Some("TESTVIRKSOMHET"));
    assert_eq!(certificate.subject.generation(), Some(Generation::Seid2));
    assert_eq!(certificate.public_key, PublicKey::Rsa(3072));
    assert_eq!(certificate.signature, SignatureAlgorithm::RsaSha256);
    let usage = certificate.key_usage.as_ref().expect("key usage");
    assert_eq!(usage.uses, [Use::DigitalSignature, Use::KeyEncipherment]);
    assert!(usage.is_critical);
    assert_eq!(certificate.purpose(), Some(Purpose::Authentication));
    assert_eq!(certificate.extended_key_usage, None);
    assert_eq!(
        certificate.basic_constraints,
        Some(BasicConstraints {
            is_authority: false,
            is_critical: false
        })
    );
    assert_eq!(certificate.holder(), Holder::Enterprise);
    assert!(certificate.other_critical.is_empty());
    assert_eq!(certificate.validity.until, datetime!(2026-06-15 21:59 UTC));
    let issuer = known(&certificate).expect("a known issuer");
    assert_eq!(
        (
            issuer.vendor,
            issuer.environment,
            issuer.generation,
            issuer.role
        ),
        (
            CaVendor::Buypass,
            Environment::Test,
            Generation::Seid2,
            Role::Issuing
        )
    );
    assert_eq!(certificate.policies[1].meaning(), Some(Meaning::Normalised));
    let policy = &certificate.policies[0];
    assert!(policy.is_accepted(Environment::Test) && policy.is_accepted(Environment::Production));
    assert!(
        matches!(
            policy.meaning(),
            Some(Meaning::Enterprise {
                environment: None,
                ..
            })
        ),
        "a test certificate with the policy of production"
    );
}

#[test]
fn buypass_psd2_seal() {
    let plan = Plan {
        key: Key::Rsa(2048),
        ..Plan::new("")
            .subject(&[
                ("2.5.4.6", "NO"),
                ("2.5.4.10", "SKAVLEN BANK"),
                ("2.5.4.11", "Betaling"),
                ("2.5.4.3", "SKAVLEN BANK"),
                ("2.5.4.97", "PSDNO-FSA-313367002"),
            ])
            .with(usage(&[0x06, 0xc0]))
            .with(policies(&["2.16.578.1.26.1.3.2", "0.4.0.194112.1.1"]))
    };
    let certificate = read(&plan);
    let number = certificate.subject.number().expect("a number");
    assert_eq!(
        (number.number.as_str(), number.is_psd2),
        ("313367002", true)
    );
    assert!(certificate.subject.unexpected_identifiers().is_empty());
    let usage = certificate.key_usage.as_ref().expect("key usage");
    assert_eq!(usage.uses, [Use::DigitalSignature, Use::NonRepudiation]);
    assert_eq!(
        certificate.policies[1].meaning(),
        Some(Meaning::QualifiedSeal)
    );
    assert_eq!(certificate.public_key, PublicKey::Rsa(2048));
}

#[test]
fn commfides_seid_2_authentication() {
    let plan = Plan {
        serial: vec![2; 20],
        string: PRINTABLE,
        issuer: commfides_issuer(),
        ..Plan::new("")
            .subject(&[
                ("2.5.4.6", "NO"),
                ("2.5.4.7", "OSLO"),
                ("2.5.4.10", "LUR KATT AS"),
                ("2.5.4.97", "NTRNO-310000205"),
                ("2.5.4.11", "Avdeling for innsyn, nord (og litt av midten) med et navn langt over de gamle grensene-310000302"),
                ("2.5.4.5", "310000205"),
                ("2.5.4.3", "Lur Katt"),
            ])
            .with(usage(&[0x07, 0x80]))
            .with(extended(&[CLIENT, MAIL, LOGON, SERVER]))
            .with(Extension::critical("2.5.29.19", sequence(&[])))
            .with(policies(&["0.4.0.194112.1.1", "2.16.578.1.29.913.210.1.0"]))
            .with(alternative(0x81, "post@lurkatt.example"))
            .with(authority("ab3d313590a0f76f29eaace88a7e776c9398c35c"))
    };
    let certificate = read(&plan);
    let number = certificate.subject.number().expect("a number");
    assert_eq!(number.number.as_str(), "310000205");
    let unit = certificate.subject.sub_unit().expect("a part");
    assert_eq!(unit.as_str(), "310000302");
    assert_eq!(certificate.subject.common_name(), Some("Lur Katt"));
    assert_eq!(certificate.purpose(), Some(Purpose::Authentication));
    let extended = certificate.extended_key_usage.as_ref().expect("extended");
    assert!(extended.allows_client() && !extended.is_critical);
    assert_eq!(
        extended.uses,
        [
            ExtendedUse::ClientAuthentication,
            ExtendedUse::EmailProtection,
            ExtendedUse::SmartCardLogon,
            ExtendedUse::ServerAuthentication
        ]
    );
    assert!(
        certificate
            .basic_constraints
            .is_some_and(|constraints| constraints.is_critical)
    );
    assert!(certificate.other_critical.is_empty());
    assert_eq!(
        certificate.holder(),
        Holder::Enterprise,
        "with an e-mail address, not a website"
    );
    let issuer = known(&certificate).expect("a known issuer");
    assert_eq!(
        (issuer.vendor, issuer.environment),
        (CaVendor::Commfides, Environment::Test)
    );
    assert_eq!(
        certificate.policies[1].meaning(),
        Some(Meaning::Enterprise {
            vendor: CaVendor::Commfides,
            environment: Some(Environment::Test),
            purpose: Some(Purpose::Authentication),
            level: Level::Normal,
        })
    );
}

#[test]
fn buypass_seid_1_signing() {
    let plan = Plan {
        key: Key::Rsa(2048),
        issuer: names(&[
            ("2.5.4.6", "NO"),
            ("2.5.4.10", "Buypass AS-983163327"),
            ("2.5.4.3", "Buypass Class 3 Test4 CA 3"),
        ]),
        ..Plan::new("")
            .subject(&[
                ("2.5.4.6", "NO"),
                ("2.5.4.10", "LUR KATT AS"),
                ("2.5.4.11", "IT"),
                ("2.5.4.3", "LUR KATT AS"),
                ("2.5.4.5", "310000205"),
            ])
            .with(usage(&[0x06, 0x40]))
            .with(policies(&["2.16.578.1.26.1.0.3.2"]))
            .with(authority("3faef5780b92a37020355f5afaf724a05201f041"))
    };
    let certificate = read(&plan);
    let number = certificate.subject.number().expect("a number");
    assert_eq!(number.number.as_str(), "310000205", "not the issuer's");
    assert_eq!(certificate.subject.generation(), Some(Generation::Seid1));
    assert_eq!(certificate.purpose(), Some(Purpose::Signing));
    let issuer = known(&certificate).expect("a known issuer");
    assert_eq!(
        (issuer.generation, issuer.environment),
        (Generation::Seid1, Environment::Test)
    );
    assert!(certificate.policies[0].is_accepted(Environment::Test));
    assert!(!certificate.policies[0].is_accepted(Environment::Production));
}

#[test]
fn commfides_seid_1() {
    let plan = Plan {
        issuer: names(&[
            ("2.5.4.10", "Commfides Norge AS - 988 312 495"),
            (
                "2.5.4.3",
                "Commfides CPN Enterprise-Norwegian SHA256 CA - TEST2",
            ),
        ]),
        ..Plan::new("")
            .subject(&[("2.5.4.10", "LUR KATT AS"), ("2.5.4.5", "310000205")])
            .with(usage(&[0x06, 0x40]))
            .with(extended(&[SERVER, CLIENT, MAIL]))
            .with(policies(&["2.16.578.1.29.913.1.1.0"]))
            .with(authority("4431efc9beede9628d9f84204d4a85ca7e547056"))
    };
    let certificate = read(&plan);
    let issuer = known(&certificate).expect("a known issuer");
    assert_eq!(
        (issuer.vendor, issuer.generation),
        (CaVendor::Commfides, Generation::Seid1)
    );
    assert_eq!(certificate.purpose(), Some(Purpose::Signing));
    assert!(
        certificate
            .extended_key_usage
            .is_some_and(|usage| usage.allows_client())
    );
}

#[test]
fn every_combination_of_key_usage_has_its_purpose() {
    for (bits, purpose) in [
        (&[0x05, 0xa0][..], Some(Purpose::Authentication)),
        (&[0x07, 0x80], Some(Purpose::Authentication)),
        (&[0x04, 0xb0], Some(Purpose::Authentication)),
        (&[0x06, 0x40], Some(Purpose::Signing)),
        (&[0x03, 0x38], Some(Purpose::Encryption)),
        (&[0x05, 0x20], Some(Purpose::Encryption)),
        (&[0x03, 0x08], Some(Purpose::Encryption)),
        (&[0x01, 0x06], Some(Purpose::Issuing)),
        (&[0x01, 0x86], Some(Purpose::Issuing)),
        (&[0x00], None),
    ] {
        let certificate = read(&Plan::new("NTRNO-310000205").with(usage(bits)));
        assert_eq!(certificate.purpose(), purpose, "{bits:?}");
    }
}

#[test]
fn policies_have_their_meanings_in_whichever_version() {
    for (arc, purpose, level) in [
        ("200", Purpose::Signing, Level::Normal),
        ("210", Purpose::Authentication, Level::Normal),
        ("220", Purpose::Encryption, Level::Normal),
        ("300", Purpose::Signing, Level::Lightweight),
        ("310", Purpose::Authentication, Level::Lightweight),
        ("320", Purpose::Encryption, Level::Lightweight),
    ] {
        for (vendor, environment) in [("13", Environment::Production), ("913", Environment::Test)] {
            for version in ["0", "1", "2"] {
                let policy = Policy(format!("2.16.578.1.29.{vendor}.{arc}.1.{version}"));
                let expected = Meaning::Enterprise {
                    vendor: CaVendor::Commfides,
                    environment: Some(environment),
                    purpose: Some(purpose),
                    level,
                };
                assert_eq!(policy.meaning(), Some(expected), "{policy:?}");
                assert_eq!(
                    policy.is_accepted(environment),
                    level == Level::Normal,
                    "{policy:?}"
                );
            }
        }
    }
    for (oid, meaning) in [
        (
            "2.16.578.1.26.1.3.1",
            Some(Meaning::Person {
                vendor: CaVendor::Buypass,
            }),
        ),
        (
            "2.16.578.1.29.12.210.1.0",
            Some(Meaning::Person {
                vendor: CaVendor::Commfides,
            }),
        ),
        ("2.16.578.1.1.1.1.100", Some(Meaning::PrivateTest)),
        ("2.5.29.32.0", Some(Meaning::Any)),
        ("2.16.578.1.29.13.999.1.0", None),
        ("1.2.3", None),
    ] {
        assert_eq!(Policy(oid.to_owned()).meaning(), meaning, "{oid}");
    }
    assert!(Policy("2.16.578.1.1.1.1.100".to_owned()).is_accepted(Environment::Test));
}
