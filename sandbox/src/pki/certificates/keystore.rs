//! PKCS#12: the key and its certificate in one file, as the issuers deliver them.

use anyhow::Context;
use p12_keystore::{
    Certificate as Element, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey,
    PrivateKeyChain,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

use super::defect::Defect;
use super::order::{Certificate, name_of};

/// Password of the PKCS#12 files, which is no secret.
pub const PASSWORD: &str = "sandbox";

/// Builds a file with `certificates`: encrypted with AES-256, authenticated with SHA-256.
pub(super) fn build(certificates: &[&Certificate], defects: &[Defect]) -> anyhow::Result<Vec<u8>> {
    let mut store = KeyStore::new();
    for certificate in certificates {
        let name = if defects.contains(&Defect::AliasNotAscii) {
            "nøkkel på prøve"
        } else {
            name_of(certificate.purpose)
        };
        add(&mut store, certificate, name)?;
    }
    let password = if defects.contains(&Defect::WrongPassword) {
        "another password"
    } else {
        PASSWORD
    };
    let mut writer = store.writer(password);
    if defects.contains(&Defect::OldEncryption) {
        writer = writer
            .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc)
            .mac_algorithm(MacAlgorithm::HmacSha1);
    }
    writer.write().context("PKCS#12 could not be written")
}

fn add(store: &mut KeyStore, certificate: &Certificate, name: &str) -> anyhow::Result<()> {
    let chain: Vec<Element> = certificate
        .chain
        .iter()
        .map(|der| Element::from_der(der))
        .collect::<Result<_, _>>()?;
    let Some(key) = &certificate.key else {
        for (index, element) in chain.into_iter().enumerate() {
            let name = format!("{name}-{index}");
            store.add_entry(&name, KeyStoreEntry::Certificate(element));
        }
        return Ok(());
    };
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| anyhow::anyhow!("a key of ours is not PEM"))?;
    let key = PrivateKey::from_der(key.secret_pkcs8_der())?;
    let entry = PrivateKeyChain::new(name, key, chain);
    store.add_entry(name, KeyStoreEntry::PrivateKeyChain(entry));
    Ok(())
}
