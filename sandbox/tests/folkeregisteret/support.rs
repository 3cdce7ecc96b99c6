//! A running sandbox, and `curl`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::authority::{Profile, Purpose, Vendor};
use sandbox::certificates::{Defect, Order};
use sandbox::clock::Clock;
use sandbox::consumer::FJORDBANKEN;
use sandbox::folkeregisteret::TRANSPORT;
use sandbox::journal::Entry;
use sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) const TLS12: &[&str] = &["--tls-max", "1.2"];
pub(crate) const TLS13: &[&str] = &["--tlsv1.3"];

/// OpenSSL refuses old versions and digests by itself; here the other end is to do it.
const LAX: &str = "openssl_conf = all\n\
    [all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n\
    [lax]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n";

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    /// OpenSSL's settings.
    openssl: PathBuf,
    directory: TempDir,
}

/// What a client shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// 0 when there was an answer.
    pub(crate) exit: i32,
    /// 0 when there was none.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) complaint: String,
}

impl Bench {
    /// `None`, loudly, where `curl` is not installed; a failure where skipping is not allowed.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(None).await
    }

    /// The same with the authorities of a folder.
    pub(crate) async fn start_sharing(folder: &Path) -> Option<Self> {
        Self::with(Some(folder)).await
    }

    async fn with(shared: Option<&Path>) -> Option<Self> {
        if !programs::is_installed("curl", "it does not try two-way TLS") {
            return None;
        }
        let clock = Clock::default();
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            clock: clock.clone(),
            directory: directory.path().join("sandbox"),
            app: None,
        };
        let sandbox = match shared {
            Some(folder) => Sandbox::start_sharing(options, folder).await,
            None => Sandbox::start(options).await,
        };
        let sandbox = sandbox.unwrap();
        let openssl = directory.path().join("openssl.cnf");
        std::fs::write(&openssl, LAX).unwrap();
        Some(Self {
            sandbox,
            clock,
            openssl,
            directory,
        })
    }

    /// The certificate that the sandbox gives away.
    pub(crate) fn given(&self) -> Shown {
        let given = self.sandbox.client_certificate();
        Shown {
            chain: given.chain_file.clone(),
            key: given.key_file.clone(),
        }
    }

    /// Fjordbanken's authentication certificate of SEID 2 with `defects`, under the sandbox's authority.
    pub(crate) async fn ordered(&self, vendor: Vendor, defects: &[Defect]) -> Shown {
        let order = order(vendor, Profile::Seid2, defects);
        self.made(order).await
    }

    /// The authentication certificate of `order`, under the sandbox's authority.
    pub(crate) async fn made(&self, order: Order) -> Shown {
        let folder = self.new_folder();
        let (world, now) = (self.sandbox.world().clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            let package = order.make_under(&world.enterprise, now).unwrap();
            package.write(&folder).unwrap();
            Shown::in_folder(&folder)
        })
        .await
        .unwrap()
    }

    /// The journal, when it has `count` entries: the client may know of its refusal before the sandbox has noted it.
    pub(crate) async fn journal(&self, count: usize) -> Vec<Entry> {
        let written = async {
            loop {
                let entries = self.sandbox.world().journal.entries();
                if entries.len() >= count {
                    return entries;
                }
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(30), written).await;
        in_time.unwrap()
    }

    /// Why the handshake with this number, from one, came to nothing, as the journal has it.
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

    pub(crate) fn new_folder(&self) -> PathBuf {
        tempfile::tempdir_in(self.directory.path()).unwrap().keep()
    }

    pub(crate) fn address(&self) -> String {
        format!("{}{TRANSPORT}", self.sandbox.addresses().folkeregisteret)
    }

    /// Asks whether the transport works.
    pub(crate) async fn curl(&self, shown: Option<&Shown>, more: &[&str]) -> Said {
        let ca = self.sandbox.ca_file().to_owned();
        self.curl_with(&ca, shown, &self.address(), more).await
    }

    /// The same, with another file of trusted authorities and at another address.
    pub(crate) async fn curl_with(
        &self,
        trusted: &Path,
        shown: Option<&Shown>,
        address: &str,
        more: &[&str],
    ) -> Said {
        let mut curl = Command::new("curl");
        // Nobody's own settings, and an end if all else fails.
        curl.args(["--disable", "--silent", "--verbose", "--max-time", "30"]);
        curl.args(["--noproxy", "*", "--write-out", "\n%{http_code}"]);
        curl.arg("--cacert").arg(trusted);
        curl.env("OPENSSL_CONF", &self.openssl);
        if let Some(Shown { chain, key }) = shown {
            curl.arg("--cert").arg(chain).arg("--key").arg(key);
        }
        let output = curl.args(more).arg(address).output().await.unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let (body, status) = printed.rsplit_once('\n').unwrap();
        Said {
            exit: output.status.code().unwrap(),
            status: status.parse().unwrap(),
            body: body.to_owned(),
            complaint: String::from_utf8(output.stderr).unwrap().to_lowercase(),
        }
    }
}

impl Shown {
    /// Of the order in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            chain: folder.join("authentication-chain.pem"),
            key: folder.join("authentication-key.pem"),
        }
    }
}

impl Said {
    /// There is no answer, but this alert.
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
    Order {
        vendor,
        profile,
        purposes: vec![Purpose::Authentication],
        organisation: FJORDBANKEN.to_owned(),
        name: "FJORDBANKEN ASA".to_owned(),
        defects: defects.to_vec(),
    }
}
