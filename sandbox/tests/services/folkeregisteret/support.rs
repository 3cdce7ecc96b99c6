//! A running sandbox, and `curl`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::folkeregisteret::TRANSPORT;
use sandbox::kit::Entry;
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Vendor};
use sandbox::population::FJORDBANKEN;
use tokio::process::Command;

use crate::kit::{self, RunningSandbox};

pub(crate) use crate::kit::ClientFiles;

pub(crate) const TLS12: &[&str] = &["--tls-max", "1.2"];
pub(crate) const TLS13: &[&str] = &["--tlsv1.3"];

/// OpenSSL refuses old versions and digests by itself; here the other end is to do it.
const LAX: &str = "openssl_conf = all\n\
    [all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n\
    [lax]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n";

pub(crate) struct TestBed {
    running: RunningSandbox,
    /// OpenSSL's settings.
    openssl: PathBuf,
}

impl std::ops::Deref for TestBed {
    type Target = RunningSandbox;

    fn deref(&self) -> &RunningSandbox {
        &self.running
    }
}

/// Outcome of a call.
#[derive(Debug)]
pub(crate) struct CallOutcome {
    /// 0 when there was an answer.
    pub(crate) exit: i32,
    /// 0 when there was none.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) complaint: String,
}

impl TestBed {
    /// Starts a sandbox. Without `curl`, returns `None` with a warning, or fails if skipping is not
    /// allowed.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(None).await
    }

    /// Starts a sandbox with the authorities of a folder.
    pub(crate) async fn start_sharing(folder: &Path) -> Option<Self> {
        Self::with(Some(folder)).await
    }

    async fn with(shared: Option<&Path>) -> Option<Self> {
        if !programs::is_installed("curl", "it does not try two-way TLS") {
            return None;
        }
        let running = RunningSandbox::with(shared).await;
        let openssl = running.directory().join("openssl.cnf");
        std::fs::write(&openssl, LAX).unwrap();
        Some(Self { running, openssl })
    }

    /// Fjordbanken's authentication certificate of SEID 2 with `defects`, under the sandbox's
    /// authority.
    pub(crate) async fn ordered(&self, vendor: Vendor, defects: &[Defect]) -> ClientFiles {
        let order = order(vendor, Profile::Seid2, defects);
        self.made(order).await
    }

    /// Waits until the journal has `count` entries: the client may get its refusal before the
    /// sandbox has recorded it.
    pub(crate) async fn journal(&self, count: usize) -> Vec<Entry> {
        let written = async {
            loop {
                let entries = self.sandbox.services().journal.entries();
                if entries.len() >= count {
                    return entries;
                }
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(30), written).await;
        in_time.unwrap()
    }

    /// Returns the journal's reason for the failure of the handshake with this number, counted from
    /// one.
    pub(crate) async fn noted(&self, number: usize) -> String {
        let entries = self.journal(number).await;
        let entry = entries.get(number - 1).unwrap();
        assert_eq!(
            (entry.method.as_str(), entry.status),
            ("TLS", 0),
            "{entry:?}"
        );
        entry.note.clone().unwrap()
    }

    pub(crate) fn address(&self) -> String {
        format!("{}{TRANSPORT}", self.sandbox.addresses().folkeregisteret)
    }

    /// Checks with `curl` whether the transport works.
    pub(crate) async fn curl(&self, shown: Option<&ClientFiles>, more: &[&str]) -> CallOutcome {
        let ca = self.sandbox.ca_file().to_owned();
        self.curl_with(&ca, shown, &self.address(), more).await
    }

    /// Runs `curl` with another file of trusted authorities and at another address.
    pub(crate) async fn curl_with(
        &self,
        trusted: &Path,
        shown: Option<&ClientFiles>,
        address: &str,
        more: &[&str],
    ) -> CallOutcome {
        let mut curl = Command::new("curl");
        // Without the user's settings, and with a timeout.
        curl.args(["--disable", "--silent", "--verbose", "--max-time", "30"]);
        curl.args(["--noproxy", "*", "--write-out", "\n%{http_code}"]);
        curl.arg("--cacert").arg(trusted);
        curl.env("OPENSSL_CONF", &self.openssl);
        if let Some(ClientFiles { chain, key }) = shown {
            curl.arg("--cert").arg(chain).arg("--key").arg(key);
        }
        let output = curl.args(more).arg(address).output().await.unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let (body, status) = printed.rsplit_once('\n').unwrap();
        CallOutcome {
            exit: output.status.code().unwrap(),
            status: status.parse().unwrap(),
            body: body.to_owned(),
            complaint: String::from_utf8(output.stderr).unwrap().to_lowercase(),
        }
    }
}

impl CallOutcome {
    /// Checks that there is no answer, but this alert.
    pub(crate) fn is_cut_off(&self, alert: &str) {
        assert!(self.exit != 0 && self.status == 0, "{alert}: {self:?}");
        // OpenSSL's names for alerts in its trace and in its errors; neither has all.
        let names = [
            format!("(in), tls alert, {alert}"),
            format!("alert {alert}"),
        ];
        let is_named = names.iter().any(|name| self.complaint.contains(name));
        assert!(is_named, "{alert}: {self:?}");
    }

    /// The transport works.
    pub(crate) fn is_let_in(&self) {
        assert_eq!((self.exit, self.status), (0, 200), "{self:?}");
        assert_eq!(self.body, r#"{"melding":"Transporten virker"}"#);
    }
}

/// Fjordbanken's authentication certificate with `defects`.
pub(crate) fn order(vendor: Vendor, profile: Profile, defects: &[Defect]) -> Order {
    kit::order(vendor, profile, FJORDBANKEN, defects)
}
