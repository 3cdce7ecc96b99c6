//! Revocations of an authority: in memory, or in a file that several processes share.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// Revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Serial number, as encoded in the certificate.
    pub(crate) serial: Vec<u8>,
    /// Time of the revocation.
    pub(crate) at: OffsetDateTime,
}

/// The register of one authority. Copies share it.
#[derive(Clone, Debug)]
pub(crate) struct Revoked(Arc<RevocationStore>);

#[derive(Debug)]
enum RevocationStore {
    Here(Mutex<Vec<Entry>>),
    /// A line for each: the serial number in base64, and seconds since 1970.
    In(PathBuf),
}

impl Default for Revoked {
    fn default() -> Self {
        Self(Arc::new(RevocationStore::Here(Mutex::default())))
    }
}

impl Revoked {
    /// Opens the register in `file`, which need not exist yet.
    pub(super) fn in_file(file: PathBuf) -> Self {
        Self(Arc::new(RevocationStore::In(file)))
    }

    /// Adds an entry.
    pub(super) fn add(&self, entry: Entry) -> anyhow::Result<()> {
        match &*self.0 {
            RevocationStore::Here(entries) => {
                let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                entries.push(entry);
                Ok(())
            }
            RevocationStore::In(file) => {
                let mut options = OpenOptions::new();
                options.append(true).create(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let serial = STANDARD.encode(&entry.serial);
                let line = format!("{serial} {}\n", entry.at.unix_timestamp());
                let written = options
                    .open(file)
                    .and_then(|mut file| file.write_all(line.as_bytes()));
                written.with_context(|| format!("cannot write {}", file.display()))
            }
        }
    }

    /// Returns all entries.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        match &*self.0 {
            RevocationStore::Here(entries) => {
                let entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                entries.clone()
            }
            RevocationStore::In(file) => {
                let text = fs::read_to_string(file).unwrap_or_default();
                text.lines().filter_map(entry).collect()
            }
        }
    }

    /// Returns the revocation time of the certificate with this serial number, if it is revoked.
    pub(crate) fn since(&self, serial: &[u8]) -> Option<OffsetDateTime> {
        let entries = self.entries();
        let found = entries.iter().find(|entry| entry.serial == serial);
        found.map(|entry| entry.at)
    }
}

fn entry(line: &str) -> Option<Entry> {
    let (serial, at) = line.split_once(' ')?;
    Some(Entry {
        serial: STANDARD.decode(serial).ok()?,
        at: OffsetDateTime::from_unix_timestamp(at.parse().ok()?).ok()?,
    })
}
