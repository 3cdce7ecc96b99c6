//! The service's private key, from its file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use innsyn_core::credential::SigningKey;

/// Size limit of the file, above that of a key, so that a wrong file is not read whole.
const LONGEST: u64 = 1024;

/// Reads a key of 32 bytes in base64url.
pub(super) fn read(path: &Path) -> anyhow::Result<SigningKey> {
    let unreadable = || format!("the key {} cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    refuse_readable_by_others(&file, path)?;
    let mut text = String::new();
    file.take(LONGEST)
        .read_to_string(&mut text)
        .with_context(unreadable)?;
    // The error omits the cause, which would show some of the text.
    URL_SAFE_NO_PAD
        .decode(text.trim().trim_end_matches('='))
        .ok()
        .and_then(|seed| <[u8; 32]>::try_from(seed).ok())
        .and_then(|seed| SigningKey::from_seed(&seed))
        .with_context(|| {
            format!(
                "{} is no key: it must hold 32 bytes in base64url, the seed of an Ed25519 key",
                path.display()
            )
        })
}

/// Refuses a file that others can read. The group may read it: Kubernetes gives secrets in this way
/// to a container that does not run as root.
#[cfg(unix)]
fn refuse_readable_by_others(file: &File, path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .with_context(|| format!("the key {} cannot be looked at", path.display()))?
        .permissions()
        .mode();
    if mode & 0o037 != 0 {
        let path = path.display();
        bail!(
            "others can use the key {path} (mode {:o}): chmod 600 {path}",
            mode & 0o777
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_: &File, _: &Path) -> anyhow::Result<()> {
    Ok(())
}
