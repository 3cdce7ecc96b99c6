//! Files that the sandbox writes: its authority's certificate, and keys that only their owner can
//! read.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Creates `directory` and its parents, accessible to the owner only.
pub(crate) fn directory(directory: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .with_context(|| format!("cannot make {}", directory.display()))
}

/// Writes `content` to a new file at `path`, accessible to the owner only.
pub(crate) fn private(path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    if path.exists() {
        fs::remove_file(path).with_context(|| format!("cannot replace {}", path.display()))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(content.as_ref()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Returns a certificate in PEM, from its base64.
pub(crate) fn certificate_pem(certificate: &str) -> String {
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (index, character) in certificate.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}
