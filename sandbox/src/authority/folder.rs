//! Authorities that several processes share, in a folder: made by the first that asks for them, the same ever after.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use super::hierarchy::{Hierarchy, Keys, Stored};
use super::revoked::Revoked;
use super::{EnterpriseAuthority, Environment, Line, Profile, Vendor};
use crate::files;

/// Where they say that they publish. It stays, as it stands in the certificates.
const ADDRESS: &str = "address";

impl EnterpriseAuthority {
    /// Those for tests in `folder`, which is made if it is not there. Their keys are RSA like the issuers', which
    /// takes its seconds the first time: not for an async thread. The files are open to their owner alone.
    pub fn in_folder(folder: &Path, now: OffsetDateTime) -> anyhow::Result<Self> {
        if !folder.join(ADDRESS).is_file() {
            make(folder, now)?;
        }
        Self::load(folder).with_context(|| {
            let folder = folder.display();
            format!("{folder} is no folder of authorities: name another, or remove it")
        })
    }

    fn load(folder: &Path) -> anyhow::Result<Self> {
        let base = fs::read_to_string(folder.join(ADDRESS))?;
        Self::made(base.trim(), |vendor, profile| {
            let line = Line::soft(vendor, profile, Environment::Test);
            let name = name(vendor, profile);
            let pem = fs::read(folder.join(format!("{name}.pem")))?;
            let certificates = CertificateDer::pem_slice_iter(&pem);
            let certificates: Vec<_> = certificates.collect::<Result<_, _>>()?;
            let keys = PrivatePkcs8KeyDer::pem_slice_iter(&pem);
            let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
            let (Ok(certificates), Ok(keys)) = (certificates.try_into(), keys.try_into()) else {
                anyhow::bail!("{name}.pem has not two certificates and two keys")
            };
            let revoked = Revoked::in_file(folder.join(format!("{name}.revoked")));
            Hierarchy::again(line, base.trim(), Stored { certificates, keys }, revoked)
        })
    }
}

/// In a folder beside it, which gets the name when all is there: two may come first at once.
fn make(folder: &Path, now: OffsetDateTime) -> anyhow::Result<()> {
    let folder = std::path::absolute(folder)?;
    let is_free = !folder.exists() || fs::read_dir(&folder)?.next().is_none();
    ensure!(is_free, "{} has other files", folder.display());
    let base = format!("http://localhost:{}", free_port()?);
    let own = format!(".{}.new", std::process::id());
    let new = PathBuf::from(format!("{}{own}", folder.display()));
    files::directory(&new)?;
    EnterpriseAuthority::made(&base, |vendor, profile| {
        let line = Line::soft(vendor, profile, Environment::Test);
        let made = Hierarchy::generate(line, Keys::Real("genuine"), &base, now)?;
        let file = new.join(format!("{}.pem", name(vendor, profile)));
        files::private(&file, pem(&made))?;
        Ok(made)
    })?;
    files::private(&new.join(ADDRESS), format!("{base}\n"))?;
    if fs::rename(&new, &folder).is_err() {
        // Somebody else was first.
        fs::remove_dir_all(&new)?;
    }
    Ok(())
}

fn pem(hierarchy: &Hierarchy) -> String {
    let certificates = [hierarchy.root(), hierarchy.issuing()];
    let certificates = certificates.map(|der| files::certificate_pem(&STANDARD.encode(der)));
    [certificates.concat(), hierarchy.keys_pem()].concat()
}

fn name(vendor: Vendor, profile: Profile) -> &'static str {
    match (vendor, profile) {
        (Vendor::Buypass, Profile::Seid1) => "buypass-seid1",
        (Vendor::Buypass, Profile::Seid2) => "buypass-seid2",
        (Vendor::Commfides, Profile::Seid1) => "commfides-seid1",
        (Vendor::Commfides, Profile::Seid2) => "commfides-seid2",
    }
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
