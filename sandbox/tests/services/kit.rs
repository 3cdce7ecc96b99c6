//! Test kit: a running sandbox, clients that trust it, answers, and certificates to order.

use std::path::{Path, PathBuf};

use http::StatusCode;
use hyper::ext::ReasonPhrase;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, RequestBuilder};
use sandbox::kit::Clock;
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Purpose, Vendor};
use sandbox::{Options, Sandbox, Services};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;

/// Sandbox of one test: clock, switches and data are the test's own.
pub(crate) struct RunningSandbox {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    /// Trusts the sandbox's authority and follows no redirect.
    pub(crate) http: reqwest::Client,
    directory: TempDir,
}

/// Certificate chain and key that a client presents.
#[derive(Clone, Debug)]
pub(crate) struct ClientFiles {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// Answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Reason phrase of the status line, if it is not the ordinary one.
    pub(crate) reason: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl RunningSandbox {
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    /// Starts a sandbox with the authorities in `folder`, if given.
    pub(crate) async fn with(folder: Option<&Path>) -> Self {
        let clock = Clock::default();
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            clock: clock.clone(),
            directory: directory.path().join("new"),
            app: Some("http://localhost:1".into()),
        };
        let sandbox = match folder {
            Some(folder) => Sandbox::start_sharing(options, folder).await,
            None => Sandbox::start(options).await,
        };
        let sandbox = sandbox.unwrap();
        Self {
            http: client(&sandbox).build().unwrap(),
            sandbox,
            clock,
            directory,
        }
    }

    pub(crate) fn services(&self) -> &Services {
        self.sandbox.services()
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.set_offset(self.clock.offset() + seconds);
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn new_folder(&self) -> PathBuf {
        tempfile::tempdir_in(self.directory.path()).unwrap().keep()
    }

    /// Access token of Maskinporten with these claims beside the ordinary ones, for Fjordbanken.
    pub(crate) fn access_token(&self, claims: &Value) -> String {
        let now = self.now().unix_timestamp();
        let mut all = json!({
            "iss": format!("{}/", self.sandbox.addresses().maskinporten),
            "iat": now,
            "exp": now + 120,
            "consumer": organisation(sandbox::population::FJORDBANKEN),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name.as_str()] = value.clone();
        }
        self.services().maskinporten.sign(&all).unwrap()
    }

    /// Certificate that the sandbox gives away: Fjordbanken's.
    pub(crate) fn given(&self) -> ClientFiles {
        let given = self.sandbox.client_certificate();
        ClientFiles {
            chain: given.chain_file.clone(),
            key: given.key_file.clone(),
        }
    }

    /// Authentication certificate of `order`, under the sandbox's authority.
    pub(crate) async fn made(&self, order: Order) -> ClientFiles {
        let folder = self.new_folder();
        let (enterprise, now) = (self.services().enterprise.clone(), self.now());
        let made = tokio::task::spawn_blocking(move || {
            let package = order.make_under(&enterprise, now).unwrap();
            package.write(&folder).unwrap();
            ClientFiles::in_folder(&folder)
        });
        made.await.unwrap()
    }
}

impl ClientFiles {
    /// Returns the files of the order in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            chain: folder.join("authentication-chain.pem"),
            key: folder.join("authentication-key.pem"),
        }
    }
}

impl Answer {
    pub(crate) async fn receive(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let reason = response.extensions().get::<ReasonPhrase>();
        Self {
            status: response.status(),
            reason: reason.map_or_else(String::new, |reason| {
                String::from_utf8(reason.as_bytes().to_vec()).unwrap()
            }),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Builds a client that trusts the sandbox's authority alone, and follows no redirect.
pub(crate) fn client(sandbox: &Sandbox) -> ClientBuilder {
    let ca = std::fs::read(sandbox.ca_file()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
        .redirect(Policy::none())
}

/// Order of an organisation's authentication certificate with `defects`.
pub(crate) fn order(
    vendor: Vendor,
    profile: Profile,
    organisation: &str,
    defects: &[Defect],
) -> Order {
    Order {
        vendor,
        profile,
        purposes: vec![Purpose::Authentication],
        organisation: organisation.to_owned(),
        name: "FJORDBANKEN ASA".to_owned(),
        defects: defects.to_vec(),
    }
}

/// Organisation as access tokens have it.
pub(crate) fn organisation(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
}
