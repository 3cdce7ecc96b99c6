//! Defects of certificates: present when ordered, and absent from a valid certificate.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use sandbox::pki::certificates::{Defect, PASSWORD};
use sandbox::pki::{Profile, Vendor};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::certificates::support::{
    BASIC_CONSTRAINTS, Files, KEY_USAGE, ORGANISATION, POLICIES, extension, policies, text,
};

#[test]
fn each_is_there_when_ordered_and_only_then() {
    let good_buypass = Files::with(Vendor::Buypass, Profile::Seid2, &[]);
    let good_commfides = Files::with(Vendor::Commfides, Profile::Seid2, &[]);
    for defect in Defect::ALL {
        let of_commfides = matches!(defect, Defect::Lcp | Defect::PolicyOfOtherEnvironment);
        let (vendor, good) = if of_commfides {
            (Vendor::Commfides, &good_commfides)
        } else {
            (Vendor::Buypass, &good_buypass)
        };
        let bad = Files::with(vendor, Profile::Seid2, &[*defect]);
        assert!(shows(*defect, &bad), "{defect:?} is not there");
        assert!(!shows(*defect, good), "{defect:?} is in a good one");
    }
}

#[test]
fn several_at_once() {
    let defects = [
        Defect::Expired,
        Defect::NoNumber,
        Defect::Sha1,
        Defect::NoPolicy,
    ];
    let files = Files::with(Vendor::Commfides, Profile::Seid2, &defects);
    for defect in defects {
        assert!(shows(defect, &files), "{defect:?}");
    }
}

#[test]
fn names_are_unlike_and_sentences_end() {
    let names: BTreeSet<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
    assert_eq!(names.len(), Defect::ALL.len());
    assert!(
        Defect::ALL
            .iter()
            .all(|defect| defect.sentence().ends_with('.'))
    );
}

/// Returns whether other libraries find `defect` in `files`.
fn shows(defect: Defect, files: &Files) -> bool {
    let issuer_has = |part: &str| files.leaf(|leaf| leaf.issuer().to_string().contains(part));
    let pem = || String::from_utf8(files.read("authentication.pem")).unwrap_or_default();
    let (name, serial_number, unit, identifier) = ("2.5.4.10", "2.5.4.5", "2.5.4.11", "2.5.4.97");
    let subject = |kind: &str| files.leaf(|leaf| text(leaf, kind));
    let number = |expected: &str| subject(identifier).is_some_and(|text| text.contains(expected));
    let usage = |bits: &[u8]| {
        files.leaf(|leaf| {
            extension(leaf, KEY_USAGE).is_some_and(|extension| extension.content == bits)
        })
    };
    match defect {
        Defect::NotACertificate => pem().starts_with("Sertifikatet"),
        Defect::WrongPassword => store(files, PASSWORD).is_none(),
        Defect::OldEncryption => files
            .read("authentication.p12")
            .windows(RC2_40.len())
            .any(|window| window == RC2_40),
        Defect::NoKey => !files.path("authentication-key.pem").exists(),
        Defect::KeyOfAnother => files.leaf(|leaf| {
            let key = String::from_utf8(files.read("authentication-key.pem")).unwrap();
            let key = rcgen::KeyPair::from_pem(&key).unwrap();
            leaf.public_key().raw != rcgen::PublicKeyData::subject_public_key_info(&key)
        }),
        Defect::SeveralKeys => files.path("all.p12").exists(),
        Defect::AliasNotAscii => {
            store(files, PASSWORD).is_some_and(|name| name == "nøkkel på prøve")
        }
        Defect::ReadableByOthers => {
            let path = files.path("authentication-key.pem");
            path.metadata().unwrap().permissions().mode() & 0o077 != 0
        }
        Defect::Utf16 => files.read("authentication.pem").starts_with(&[0xff, 0xfe]),
        Defect::TrustedCertificate => pem().contains("BEGIN TRUSTED CERTIFICATE"),
        Defect::AuthorityCertificate => {
            files.pems("authentication.pem")[0].contents == files.pems("issuing.pem")[0].contents
        }
        Defect::Expired => days_left(files).1 < 0,
        Defect::NotYetValid => days_left(files).0 > 0,
        Defect::ExpiresSoon => (0..30).contains(&days_left(files).1),
        Defect::SelfSigned => files
            .leaf(|leaf| leaf.issuer() == leaf.subject() && leaf.verify_signature(None).is_ok()),
        Defect::UnknownIssuer => issuer_has("CN=SIMULERT Ukjent CA Business"),
        Defect::ProductionTwin => issuer_has("CN=SIMULERT Buypass Class 3 CA G2 ST Business"),
        Defect::Seid1OfProduction => issuer_has("CN=SIMULERT Buypass Class 3 CA 3"),
        Defect::Person => {
            issuer_has("CN=SIMULERT Person CA")
                && subject(name).is_none()
                && subject(serial_number).is_some_and(|text| text.starts_with("UN:NO-9578-"))
        }
        Defect::Website => {
            issuer_has("CN=SIMULERT Web CA")
                && files.leaf(|leaf| leaf.subject_alternative_name().unwrap().is_some())
        }
        Defect::LookAlike => names_trusted(files) && !signed_by_trusted(files) && !broken(files),
        Defect::BrokenSignature => broken(files),
        Defect::HardToken => issuer_has("CN=SIMULERT Buypass Class 3 Test4 CA G2 HT Business"),
        Defect::IntermediateMissing => chain(files).len() == 1,
        Defect::ChainOrder => chain(files).len() == 3 && chain(files)[1].contains("Root CA"),
        Defect::UnrelatedCertificates => {
            chain(files).len() == 3 && chain(files)[2].contains("Commfides")
        }
        Defect::NoNumber => subject(identifier).is_none() && subject(serial_number).is_none(),
        Defect::BadCheckDigit => number("987654321"),
        Defect::TwoNumbers => {
            number(ORGANISATION) && subject(serial_number).is_some_and(|text| text != ORGANISATION)
        }
        Defect::Psd2Identifier => number("PSDNO-FSA-"),
        Defect::OtherPrefix => number("VATNO-"),
        Defect::SubUnit => subject(unit).is_some_and(|text| text.ends_with("-310000531")),
        Defect::TestNumber => number("100101688"),
        Defect::NoKeyUsage => files.leaf(|leaf| extension(leaf, KEY_USAGE).is_none()),
        Defect::KeyUsageNotCritical => {
            files.leaf(|leaf| extension(leaf, KEY_USAGE).is_some_and(|usage| !usage.is_critical))
        }
        Defect::SigningOnly => usage(&[3, 2, 6, 0x40]),
        Defect::EncryptionOnly => usage(&[3, 2, 4, 0x30]),
        Defect::NoClientAuthentication => files.leaf(|leaf| {
            let usages = leaf.extended_key_usage().unwrap();
            usages.is_some_and(|usages| !usages.value.client_auth)
        }),
        Defect::UnknownCriticalExtension => files.leaf(|leaf| {
            let known = [KEY_USAGE, BASIC_CONSTRAINTS];
            leaf.extensions().iter().any(|extension| {
                extension.critical && !known.contains(&extension.oid.to_id_string().as_str())
            })
        }),
        Defect::NoPolicy => files.leaf(|leaf| extension(leaf, POLICIES).is_none()),
        Defect::Lcp => has_policy(files, "2.16.578.1.29.913.310.1.0"),
        Defect::PolicyOfOtherEnvironment => has_policy(files, "2.16.578.1.29.13.210.1.2"),
        Defect::MarkedAsAuthority => files.leaf(|leaf| leaf.is_ca()),
        Defect::EcKey => {
            files.leaf(|leaf| matches!(leaf.public_key().parsed(), Ok(PublicKey::EC(_))))
        }
        Defect::Rsa1024 => rsa_bits(files) == Some(1024),
        Defect::Rsa2048 => rsa_bits(files) == Some(2048),
        Defect::Sha1 => files.leaf(|leaf| {
            leaf.signature_algorithm.algorithm.to_id_string() == "1.2.840.113549.1.1.5"
        }),
        Defect::Revoked => is_listed(files),
    }
}

/// Returns whether the issuer's list has the certificate as revoked.
fn is_listed(files: &Files) -> bool {
    let list = files.read("issuing.crl");
    let (_, list) = CertificateRevocationList::from_der(&list).unwrap();
    let mut revoked = list.iter_revoked_certificates();
    files.leaf(|leaf| revoked.any(|entry| entry.raw_serial() == leaf.raw_serial()))
}

/// pbeWithSHAAnd40BitRC2-CBC.
const RC2_40: [u8; 12] = [
    0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x06,
];

/// The name of the key in the PKCS#12 file, if the password opens it.
fn store(files: &Files, password: &str) -> Option<String> {
    let content = files.read("authentication.p12");
    let store = KeyStore::from_pkcs12(&content, password, Pkcs12ImportPolicy::Strict).ok()?;
    let (name, chain) = store.private_key_chain()?;
    assert_eq!(
        chain.certs().len(),
        files.pems("authentication-chain.pem").len()
    );
    Some(name.to_owned())
}

/// From when and until when it is valid, in days from now.
fn days_left(files: &Files) -> (i64, i64) {
    let now = time::OffsetDateTime::now_utc();
    files.leaf(|leaf| {
        let validity = leaf.validity();
        let days = |at: time::OffsetDateTime| (at - now).whole_hours().div_euclid(24);
        (
            days(validity.not_before.to_datetime()),
            days(validity.not_after.to_datetime()),
        )
    })
}

/// Returns whether the issuer has the trusted authority's name.
fn names_trusted(files: &Files) -> bool {
    let issuing = files.pems("issuing.pem");
    let issuing = issuing[0].parse_x509().unwrap();
    files.leaf(|leaf| leaf.issuer() == issuing.subject())
}

/// Returns whether the trusted authority's key made the signature.
fn signed_by_trusted(files: &Files) -> bool {
    let issuing = files.pems("issuing.pem");
    let issuing = issuing[0].parse_x509().unwrap();
    files.leaf(|leaf| leaf.verify_signature(Some(issuing.public_key())).is_ok())
}

/// Returns whether the signature fails under the authority in the chain.
fn broken(files: &Files) -> bool {
    let chain = files.pems("authentication-chain.pem");
    let issuing = chain[1].parse_x509().unwrap();
    files.leaf(|leaf| leaf.verify_signature(Some(issuing.public_key())).is_err())
}

/// Returns the subjects of the chain's certificates.
fn chain(files: &Files) -> Vec<String> {
    let pems = files.pems("authentication-chain.pem");
    pems.iter()
        .map(|pem| pem.parse_x509().unwrap().subject().to_string())
        .collect()
}

fn has_policy(files: &Files, policy: &str) -> bool {
    files.leaf(|leaf| policies(leaf).iter().any(|one| one == policy))
}

fn rsa_bits(files: &Files) -> Option<usize> {
    files.leaf(|leaf| match leaf.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(key.key_size()),
        _ => None,
    })
}
