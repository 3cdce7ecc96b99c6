//! Certificates made by OpenSSL, with a real key and a real signature.

use std::process::Command;

use super::*;

const CONFIGURATION: &str = "
[req]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = subject
x509_extensions = extensions
[subject]
";

/// Returns the DER of a self-signed certificate, or `None` if openssl is not installed.
fn made(subject: &str, extensions: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    if !programs::is_installed("openssl", "no certificate of its making is read") {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let configuration = folder.path().join("configuration");
    let text = format!("{CONFIGURATION}{subject}\n[extensions]\n{extensions}\n");
    std::fs::write(&configuration, text).expect("written");
    let certificate = folder.path().join("certificate");
    let output = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "1095", "-outform", "DER"])
        .args(arguments)
        .arg("-config")
        .arg(&configuration)
        .arg("-keyout")
        .arg(folder.path().join("key"))
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl");
    assert!(output.status.success(), "{output:?}");
    Some(std::fs::read(certificate).expect("a certificate"))
}

#[test]
fn an_authentication_certificate() {
    let subject = "C = NO\nO = LUR KATT AS\nCN = Blåbær\norganizationIdentifier = NTRNO-310000205";
    let extensions = "
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth, emailProtection, msSmartcardLogin, serverAuth
certificatePolicies = 2.16.578.1.26.1.3.2, 0.4.0.2042.1.1
subjectAltName = email:post@lurkatt.example
authorityInfoAccess = OCSP;URI:http://ocsp.example
crlDistributionPoints = URI:http://crl.example/ours.crl
1.3.6.1.5.5.7.1.3 = ASN1:SEQUENCE:statements
2.5.29.35 = DER:30:16:80:14:a7:fe:bb:6c:59:88:ad:74:2e:46:5e:7a:68:f9:d1:bb:bf:cf:b6:8b
[statements]
one = SEQUENCE:statement
[statement]
id = OID:1.3.6.1.5.5.7.11.2
";
    let arguments = [
        "-newkey",
        "rsa:3072",
        "-sha256",
        "-set_serial",
        "0x1a2b3c4d5e6f708192a3",
    ];
    let Some(der) = made(subject, extensions, &arguments) else {
        return;
    };
    let certificate = Certificate::read(&der).expect("a certificate");
    let number = certificate.subject.number().expect("a number");
    assert_eq!(number.number.as_str(), "310000205");
    assert_eq!(certificate.subject.common_name(), Some("Blåbær"));
    assert_eq!(certificate.public_key, PublicKey::Rsa(3072));
    assert_eq!(certificate.signature, SignatureAlgorithm::RsaSha256);
    assert_eq!(certificate.purpose(), Some(Purpose::Authentication));
    assert!(
        certificate
            .extended_key_usage
            .as_ref()
            .is_some_and(ExtendedKeyUsage::allows_client)
    );
    assert_eq!(certificate.policies.len(), 2);
    let days = (certificate.validity.until - certificate.validity.from).whole_days();
    assert_eq!(days, 1095);
    assert!(certificate.other_critical.is_empty());
    assert_eq!(Authorities::known().issuer_of(&certificate), Issuer::Itself);
    assert_eq!(
        certificate.authority_key,
        Some(
            Authorities::known()
                .iter()
                .find(|known| known.name.ends_with("Test4 CA G2 ST Business"))
                .expect("known")
                .key
                .clone()
        )
    );
    assert_eq!(certificate.holder(), Holder::Enterprise);
}

#[test]
fn an_elliptic_one_with_everything_critical() {
    let subject = "C = NO\nO = LUR KATT AS\nserialNumber = 310000302\norganizationIdentifier = NTRNO-310000205";
    let extensions = "
basicConstraints = critical, CA:FALSE
keyUsage = nonRepudiation
extendedKeyUsage = critical, serverAuth
certificatePolicies = critical, 2.16.578.1.29.913.310.1.0
";
    let curve = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-sha384",
    ];
    let Some(der) = made(subject, extensions, &curve) else {
        return;
    };
    let certificate = Certificate::read(&der).expect("a certificate");
    let mismatch = NumberError::Mismatch("310000205".to_owned(), "310000302".to_owned());
    assert_eq!(certificate.subject.number(), Err(mismatch));
    assert_eq!(certificate.public_key, PublicKey::Elliptic("P-256"));
    assert_eq!(certificate.signature, SignatureAlgorithm::EcdsaSha384);
    assert_eq!(certificate.purpose(), Some(Purpose::Signing));
    assert!(
        !certificate
            .key_usage
            .as_ref()
            .expect("key usage")
            .is_critical
    );
    assert_eq!(certificate.other_critical.len(), 2);
}

#[test]
fn an_authority_and_a_website() {
    let subject = "C = NO\nO = Ours\nCN = Ours Root";
    let extensions = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash";
    let arguments = ["-newkey", "rsa:2048", "-sha1"];
    if let Some(der) = made(subject, extensions, &arguments) {
        let certificate = Certificate::read(&der).expect("a certificate");
        assert_eq!(certificate.holder(), Holder::Authority);
        assert_eq!(certificate.purpose(), Some(Purpose::Issuing));
        assert!(certificate.signature.is_broken());
        assert!(certificate.subject_key.is_some());
    }
    let extensions = "keyUsage = critical, digitalSignature\nsubjectAltName = DNS:lurkatt.example";
    let arguments = ["-newkey", "ed25519"];
    if let Some(der) = made(subject, extensions, &arguments) {
        let certificate = Certificate::read(&der).expect("a certificate");
        assert_eq!(certificate.holder(), Holder::Website);
        assert_eq!(certificate.websites, ["lurkatt.example"]);
        assert_eq!(certificate.public_key, PublicKey::Ed25519);
        assert_eq!(certificate.signature, SignatureAlgorithm::Ed25519);
    }
}
