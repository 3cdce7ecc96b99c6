//! Files added to a case's folder: the compiled probe, and certificates and keys in every form.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use host::build::{self, Purpose};
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SigningKey,
};
use tempfile::TempDir;
use x509_parser::der_parser::parse_der;

use crate::case::Case;

/// Generated files, in a folder of their own.
pub(crate) struct Material(TempDir);

impl Material {
    /// Builds the probe, and makes the certificates.
    pub(crate) fn new() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/spin.toml");
        build::components(&manifest, Purpose::Local, &mut |_| {}).expect("a probe that builds");
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, content: &[u8]| {
            fs::write(folder.path().join(name), content).expect("a file");
        };
        let probe = project().join("target/wasm32-wasip2/release/probe.wasm");
        write("probe.wasm", &fs::read(probe).expect("the probe"));

        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let (client, other) = (key(), key());
        let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        let certificate = certificate(&client);
        write("ca.pem", certificate.pem().as_bytes());
        write("client.pem", certificate.pem().as_bytes());
        write("rsa.pem", self::certificate(&rsa).pem().as_bytes());
        write("client.key", client.serialize_pem().as_bytes());
        write("other.key", other.serialize_pem().as_bytes());
        let sec1 = pem("EC PRIVATE KEY", &within_pkcs8(&client));
        write("sec1.key", sec1.as_bytes());
        let pkcs1 = pem("RSA PRIVATE KEY", &within_pkcs8(&rsa));
        write("pkcs1.key", pkcs1.as_bytes());
        // No runner gets as far as to find it unencrypted.
        let encrypted = pem("ENCRYPTED PRIVATE KEY", &client.serialize_der());
        write("encrypted.key", encrypted.as_bytes());
        // As any PKCS#12: bytes, and no PEM.
        write("client.p12", certificate.der());
        Self(folder)
    }

    /// Creates a folder with all of them and the case's own.
    pub(crate) fn folder_of(&self, case: &Case) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let smallest = case.folder.with_file_name("manifest-smallest");
        fs::copy(smallest.join("spin.toml"), folder.path().join("spin.toml")).expect("a file");
        for from in [self.0.path(), &case.folder] {
            for entry in fs::read_dir(from).expect("a folder") {
                let entry = entry.expect("an entry");
                fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a file");
            }
        }
        folder
    }
}

/// Returns the project's folder.
pub(crate) fn project() -> &'static Path {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    folder.expect("the project's folder")
}

fn certificate(key: &impl SigningKey) -> rcgen::Certificate {
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.self_signed(key).expect("a certificate")
}

/// Extracts the key in its older form, which PKCS#8 wraps.
fn within_pkcs8(key: &KeyPair) -> Vec<u8> {
    let der = key.serialize_der();
    let (_, whole) = parse_der(&der).expect("PKCS#8");
    let inner = whole.as_sequence().expect("a sequence")[2].as_slice();
    inner.expect("a key").to_vec()
}

fn pem(label: &str, content: &[u8]) -> String {
    let lines = STANDARD.encode(content);
    let lines = lines
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}
