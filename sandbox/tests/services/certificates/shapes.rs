//! Properties observed in certificates of the two issuers, reproduced.

use sandbox::pki::{Profile, Purpose, Vendor};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::public_key::PublicKey;

use crate::certificates::support::{
    BASIC_CONSTRAINTS, Extension, Files, KEY_USAGE, ORGANISATION, extension, policies, subject,
};

const PRINTABLE: u32 = 19;
const UTF8: u32 = 12;
const COMMON_NAME: &str = "2.5.4.3";
const SERIAL_NUMBER: &str = "2.5.4.5";
const COUNTRY: &str = "2.5.4.6";
const LOCALITY: &str = "2.5.4.7";
const NAME: &str = "2.5.4.10";
const UNIT: &str = "2.5.4.11";
const IDENTIFIER: &str = "2.5.4.97";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
const QUALIFIED: [u8; 8] = [0x06, 0x06, 0x04, 0x00, 0x8e, 0x46, 0x01, 0x01];

#[test]
fn buypass_seid2() {
    let files = all(Vendor::Buypass, Profile::Seid2);
    files.leaf(|leaf| {
        assert_eq!(kinds(leaf), [COUNTRY, NAME, COMMON_NAME, IDENTIFIER]);
        let attributes = subject(leaf);
        assert_eq!(attributes[1].1, UTF8);
        assert_eq!(attributes[3].2, format!("NTRNO-{ORGANISATION}"));
        assert_eq!(
            extension(leaf, KEY_USAGE).unwrap(),
            critical(&[3, 2, 5, 0xa0])
        );
        assert_eq!(extension(leaf, EXTENDED_KEY_USAGE), None);
        assert_eq!(policies(leaf), ["2.16.578.1.26.1.3.2", "0.4.0.2042.1.1"]);
        assert_eq!(
            extension(leaf, BASIC_CONSTRAINTS),
            Some(Extension {
                content: vec![0x30, 0],
                is_critical: false,
            })
        );
        let statements = extension(leaf, STATEMENTS).unwrap().content;
        assert!(!holds(&statements, &QUALIFIED));
        assert_eq!(bits_of_serial(leaf), 81);
        let end = leaf.validity().not_after.to_datetime();
        assert_eq!((end.hour(), end.minute()), (21, 59));
        assert_eq!(rsa_bits(leaf), 3072);
        assert_eq!(
            leaf.issuer().to_string(),
            "C=NO, OID(2.5.4.97)=NTRNO-310000507, O=Simulert Buypass, \
             CN=SIMULERT Buypass Class 3 Test4 CA G2 ST Business"
        );
    });
    files.see("signing.pem", |leaf| {
        assert_eq!(
            extension(leaf, KEY_USAGE).unwrap(),
            critical(&[3, 2, 6, 0x40])
        );
    });
    assert!(!files.path("encryption.pem").exists(), "Buypass has two");
}

#[test]
fn commfides_seid2() {
    let files = all(Vendor::Commfides, Profile::Seid2);
    files.leaf(|leaf| {
        let order = [
            COUNTRY,
            LOCALITY,
            NAME,
            IDENTIFIER,
            UNIT,
            SERIAL_NUMBER,
            COMMON_NAME,
        ];
        assert_eq!(kinds(leaf), order);
        let attributes = subject(leaf);
        assert!(attributes.iter().all(|(_, tag, _)| *tag == PRINTABLE));
        assert_eq!(attributes[3].2, format!("NTRNO-{ORGANISATION}"));
        assert_eq!(attributes[5].2, ORGANISATION);
        let unit = &attributes[4].2;
        assert!(unit.len() > 64 && unit.contains(", ") && unit.contains('('));
        assert_eq!(
            extension(leaf, KEY_USAGE).unwrap(),
            critical(&[3, 2, 7, 0x80])
        );
        assert_eq!(
            extension(leaf, BASIC_CONSTRAINTS),
            Some(critical(&[0x30, 0]))
        );
        let usages = leaf.extended_key_usage().unwrap().unwrap().value;
        assert!(usages.client_auth && usages.server_auth && usages.email_protection);
        assert_eq!(usages.other.len(), 1, "smart-card logon");
        let own = "2.16.578.1.29.913.210.1.0";
        assert_eq!(policies(leaf), ["0.4.0.194112.1.1", own]);
        let statements = extension(leaf, STATEMENTS).unwrap().content;
        assert!(holds(&statements, &QUALIFIED));
        assert_eq!(bits_of_serial(leaf), 154);
        let names = leaf.subject_alternative_name().unwrap().unwrap().value;
        assert!(matches!(
            names.general_names[..],
            [GeneralName::RFC822Name(_)]
        ));
    });
    for (file, bits, policy) in [
        ("signing.pem", [3, 2, 6, 0x40], 200),
        ("encryption.pem", [3, 2, 3, 0x38], 220),
    ] {
        files.see(file, |leaf| {
            assert_eq!(extension(leaf, KEY_USAGE).unwrap(), critical(&bits));
            let policy = format!("2.16.578.1.29.913.{policy}.1.0");
            assert_eq!(policies(leaf)[1], policy);
        });
    }
}

#[test]
fn the_first_generation() {
    let files = all(Vendor::Buypass, Profile::Seid1);
    files.leaf(|leaf| {
        assert_eq!(kinds(leaf), [COUNTRY, NAME, COMMON_NAME, SERIAL_NUMBER]);
        assert_eq!(subject(leaf)[3].2, ORGANISATION);
        assert_eq!(
            extension(leaf, KEY_USAGE).unwrap(),
            critical(&[3, 2, 4, 0xb0])
        );
        assert_eq!(policies(leaf), ["2.16.578.1.26.1.0.3.2"]);
        assert_eq!(extension(leaf, STATEMENTS), None);
        assert_eq!(rsa_bits(leaf), 2048);
    });
    let files = all(Vendor::Commfides, Profile::Seid1);
    files.leaf(|leaf| {
        assert_eq!(policies(leaf), ["2.16.578.1.29.913.1.1.0"]);
        let issuer = leaf.issuer().to_string();
        assert!(issuer.contains("O=Simulert Commfides - 310 000 515"));
    });
}

#[test]
fn every_line_hangs_together_and_says_where_revocation_is() {
    for vendor in [Vendor::Buypass, Vendor::Commfides] {
        for profile in [Profile::Seid1, Profile::Seid2] {
            let files = all(vendor, profile);
            let chain = files.pems("authentication-chain.pem");
            let [leaf, issuing] = &chain[..] else {
                panic!("two")
            };
            let root = &files.pems("root.pem")[0];
            let [leaf, issuing, root] = [leaf, issuing, root].map(|pem| pem.parse_x509().unwrap());
            for (below, above) in [(&leaf, &issuing), (&issuing, &root), (&root, &root)] {
                assert_eq!(below.issuer(), above.subject());
                let signature = below.verify_signature(Some(above.public_key()));
                assert!(signature.is_ok(), "{vendor:?} {profile:?}");
                assert!(above.is_ca());
                assert!(above.subject().to_string().contains("CN=SIMULERT "));
            }
            let (of_leaf, of_issuing) = (addresses(&leaf), addresses(&issuing));
            assert_eq!((of_leaf.len(), of_issuing.len()), (3, 2), "OCSP for leaves");
            for address in of_leaf.iter().chain(&of_issuing) {
                assert!(address.starts_with("http://localhost:"), "{address}");
            }
        }
    }
}

fn all(vendor: Vendor, profile: Profile) -> Files {
    let purposes: &[Purpose] = vendor.delivers(profile);
    Files::with_purposes(vendor, profile, purposes, &[])
}

fn kinds(leaf: &X509Certificate<'_>) -> Vec<String> {
    subject(leaf).into_iter().map(|(kind, ..)| kind).collect()
}

/// Returns a critical extension with this content.
fn critical(content: &[u8]) -> Extension {
    Extension {
        content: content.to_vec(),
        is_critical: true,
    }
}

fn bits_of_serial(leaf: &X509Certificate<'_>) -> u64 {
    leaf.serial.bits()
}

fn rsa_bits(leaf: &X509Certificate<'_>) -> usize {
    match leaf.public_key().parsed().unwrap() {
        PublicKey::RSA(key) => key.key_size(),
        other => panic!("{other:?}"),
    }
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// Returns the addresses of revocation lists, of the issuer's certificate and of OCSP.
fn addresses(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut addresses = Vec::new();
    let mut keep = |name: &GeneralName<'_>| {
        if let GeneralName::URI(address) = name {
            addresses.push((*address).to_owned());
        }
    };
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => {
                access
                    .accessdescs
                    .iter()
                    .for_each(|one| keep(&one.access_location));
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                for point in points.iter() {
                    use x509_parser::extensions::DistributionPointName::FullName;
                    if let Some(FullName(names)) = &point.distribution_point {
                        names.iter().for_each(&mut keep);
                    }
                }
            }
            _ => {}
        }
    }
    addresses
}
