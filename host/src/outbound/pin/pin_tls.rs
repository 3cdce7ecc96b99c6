//! TLS configuration of a pin, replaced when a file of its revocation lists changes.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use rustls::client::Resumption;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::tls_config::{TlsConfig, Trust};
use super::super::tls_files::{TlsError, pair, roots};
use super::definition::Pin;
use super::revocation::{ExpiringList, RevocationLists};
use super::verifier::PinVerifier;
use crate::allowed_hosts::Origin;
use crate::document::shown;
use crate::lock::locked;
use crate::log::Log;

/// Time between two log lines about a list that has expired or will do so soon.
const REMINDER: time::Duration = time::Duration::HOUR;

/// Pin with its TLS configuration.
pub(crate) struct PinTls {
    pin: Pin,
    /// Verifier without revocation lists.
    verifier: PinVerifier,
    log: Log,
    current: Mutex<Current>,
}

struct Current {
    config: TlsConfig,
    /// Number of changes since the start. Connections of an earlier version are not used again.
    version: u64,
    lists: Option<Arc<RevocationLists>>,
    stamps: Vec<Option<Stamp>>,
    ageing: Option<ExpiringList>,
    reported: OffsetDateTime,
}

/// File properties that detect a change: time of modification, length, and inode number.
type Stamp = (SystemTime, u64, u64);

impl PinTls {
    /// Reads the files of the pin. Later problems with its revocation lists are reported to `log`.
    ///
    /// # Errors
    ///
    /// [`TlsError`] names the first file that cannot be used.
    pub(in crate::outbound) fn load(pin: Pin, log: Log) -> Result<Self, TlsError> {
        let verifier = PinVerifier::new(roots(pin.roots())?, pin.subject.clone());
        let client = match pin.client() {
            Some((chain, key)) => Some(pair(chain, key)?),
            None => None,
        };
        let mut config = TlsConfig::new(Trust::Pinned(Arc::new(verifier.clone())), client)?;
        let stamps = stamps(&pin.revocation_lists);
        let lists = if pin.revocation_lists.is_empty() {
            None
        } else {
            let lists = Arc::new(RevocationLists::read(&pin.revocation_lists)?);
            config = with_lists(&config, &verifier, &lists);
            Some(lists)
        };
        let current = Current {
            config,
            version: 0,
            lists,
            stamps,
            ageing: None,
            reported: OffsetDateTime::UNIX_EPOCH,
        };
        let own = Self {
            pin,
            verifier,
            log,
            current: Mutex::new(current),
        };
        own.current();
        Ok(own)
    }

    pub(crate) fn is_for(&self, component: &str, origin: &Origin) -> bool {
        self.pin.is_for(component, origin)
    }

    /// Returns the current configuration and its version, after a reload of changed revocation
    /// lists. If they cannot be read, the previous ones stay in use until they expire.
    pub(crate) fn current(&self) -> (TlsConfig, u64) {
        let mut current = locked(&self.current);
        if current.lists.is_some() {
            self.read_changed(&mut current);
            self.follow_age(&mut current, OffsetDateTime::now_utc());
        }
        (current.config.clone(), current.version)
    }

    fn read_changed(&self, current: &mut Current) {
        let files = &self.pin.revocation_lists;
        let stamps = stamps(files);
        if stamps == current.stamps {
            return;
        }
        current.stamps = stamps;
        match RevocationLists::read(files) {
            Ok(lists) => {
                let lists = Arc::new(lists);
                current.config = with_lists(&current.config, &self.verifier, &lists);
                current.lists = Some(lists);
                current.version = current.version.wrapping_add(1);
            }
            Err(error) => {
                let reason = format!("{error}; the lists that were read before stay in use");
                self.report("error", &reason);
            }
        }
    }

    /// Reports a list that is about to expire. Once one has expired, open connections are not
    /// reused either.
    fn follow_age(&self, current: &mut Current, now: OffsetDateTime) {
        let ageing = current.lists.as_ref().and_then(|lists| lists.ageing(now));
        let is_new = ageing != current.ageing;
        if is_new && ageing.as_ref().is_some_and(|ageing| ageing.is_expired) {
            current.version = current.version.wrapping_add(1);
        }
        if let Some(ageing) = &ageing
            && (is_new || now >= current.reported.saturating_add(REMINDER))
        {
            current.reported = now;
            let file = shown(&ageing.file);
            let until = ageing.until.format(&Rfc3339).unwrap_or_default();
            if ageing.is_expired {
                let reason = format!(
                    "{}: the revocation list expired {until}: calls are refused until the next one is there",
                    file.display()
                );
                self.report("error", &reason);
            } else {
                let reason = format!(
                    "{}: the revocation list expires {until}: fetch the next one",
                    file.display()
                );
                self.report("warn", &reason);
            }
        }
        current.ageing = ageing;
    }

    fn report(&self, level: &str, reason: &str) {
        #[derive(Serialize)]
        struct Reported<'a> {
            level: &'a str,
            event: &'a str,
            pin: &'a str,
            reason: &'a str,
        }
        self.log.event(&Reported {
            level,
            event: "revocation",
            pin: self.pin.name(),
            reason,
        });
    }
}

/// Returns the configuration with a verifier that consults the lists. Sessions are not resumed: a
/// resumed one would not be verified again.
fn with_lists(
    config: &TlsConfig,
    verifier: &PinVerifier,
    lists: &Arc<RevocationLists>,
) -> TlsConfig {
    let mut tls = (*config.tls).clone();
    let verifier = verifier.clone().with_revocation(lists.clone());
    tls.dangerous().set_certificate_verifier(Arc::new(verifier));
    tls.resumption = Resumption::disabled();
    TlsConfig {
        tls: Arc::new(tls),
        presented: config.presented,
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |file: &PathBuf| {
        let found = fs::metadata(file).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&found);
        #[cfg(not(unix))]
        let number = 0;
        Some((found.modified().ok()?, found.len(), number))
    };
    files.iter().map(stamp).collect()
}
