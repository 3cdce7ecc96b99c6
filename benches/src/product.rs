//! App and external services in one process. The app has its own threads, so that its CPU time is
//! measured separately.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use host::build::{self, Progress, Purpose};
use host::{App, Limits, Log, Options, Server};
use sandbox::Sandbox;
use sandbox::kit::Clock;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::source::Source;
use crate::{cpu, manifest};

/// Time after which a token with a consent in it is no longer cached, in seconds.
const BEYOND_A_TOKEN: i64 = 121;

/// Customer of the sandbox's bank.
pub const CUSTOMER: &str = "ragna";
/// Organisation that the customer acts for.
pub const PARTY: &str = "313367002";

/// Variations of the product.
#[derive(Default)]
pub struct ProductOptions<'a> {
    /// URL of a Redis that stores consents and tokens, in place of SQLite.
    pub redis: Option<String>,
    /// Stand-in for Skatteetaten without call limits, in place of the sandbox's.
    pub source: Option<&'a Source>,
    /// Limits of the host.
    pub limits: Limits,
    /// Enables the counting of fuel, in components as the tests build them.
    pub is_metered: bool,
}

impl<'a> ProductOptions<'a> {
    /// Makes a product with `source` in place of the sandbox's Skatteetaten.
    pub fn beside(source: &'a Source) -> Self {
        Self {
            source: Some(source),
            ..Self::default()
        }
    }
}

/// Application on a runtime of its own.
pub struct RunningApplication {
    /// The server.
    pub server: Server,
    _runtime: BackgroundRuntime,
}

/// Runtime that is shut down in the background, since a task of another must not drop it.
struct BackgroundRuntime(Option<Runtime>);

impl Drop for BackgroundRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves the application of `options`.
pub async fn serve(options: Options, listener: TcpListener) -> RunningApplication {
    let runtime = Builder::new_multi_thread()
        .thread_name(cpu::APP)
        // The CPU time of a thread that ends would be missing from the count.
        .thread_keep_alive(Duration::from_hours(1))
        .enable_all()
        .build()
        .expect("a runtime");
    let served = runtime.spawn(async {
        let app = App::load(options).await.expect("an app that loads");
        app.serve(listener)
    });
    RunningApplication {
        server: served.await.expect("an app that serves"),
        _runtime: BackgroundRuntime(Some(runtime)),
    }
}

/// Returns the project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project's folder")
}

/// Runs the build commands of a manifest.
fn build(manifest: &Path, purpose: Purpose) {
    let mut lines = Vec::new();
    let built = build::components(manifest, purpose, &mut |progress: Progress| {
        lines.push(format!("{progress:?}"));
    });
    built.unwrap_or_else(|error| panic!("{error}\n{}", lines.join("\n")));
}

/// The whole product with the component `floor`, and a client.
pub struct Product {
    /// External services.
    pub sandbox: Sandbox,
    app: Option<RunningApplication>,
    /// Log of the app.
    pub log: Log,
    /// Origin of the app.
    pub url: String,
    http: reqwest::Client,
    variables: BTreeMap<String, String>,
    clock: Arc<AtomicI64>,
    limits: Limits,
    is_metered: bool,
    folder: TempDir,
}

impl Product {
    /// Builds the components and starts the product.
    pub async fn start(options: &ProductOptions<'_>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let url = format!("http://localhost:{port}");
        let clock = Arc::new(AtomicI64::new(0));
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = Sandbox::start(sandbox::Options {
            clock: Clock::sharing(clock.clone()),
            directory: folder.path().join("sandbox"),
            app: Some(url.clone()),
        })
        .await
        .expect("a sandbox");
        let write = |name: &str, text: &str| -> PathBuf {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let manifest = write("spin.toml", &manifest::manifest(project()));
        let purpose = if options.is_metered {
            Purpose::Local
        } else {
            Purpose::Deployment
        };
        build(&manifest, purpose);
        let mut variables = sandbox.variables(&url);
        let config = manifest::stores(
            &sandbox.runtime_config(),
            options.redis.as_deref(),
            folder.path(),
        );
        let mut pins = sandbox.pins(&["signature"]);
        let config = match options.source {
            Some(source) => {
                let trusted = fs::read_to_string(sandbox.ca_file()).expect("a certificate");
                let trusted = write("trusted.pem", &(trusted + &source.certificate));
                let skatteetaten = &sandbox.addresses().skatteetaten;
                for value in variables.values_mut() {
                    *value = value.replace(skatteetaten, &source.origin);
                }
                pins = manifest::with_largest_budgets(&pins.replace(skatteetaten, &source.origin));
                manifest::trusting(&config, sandbox.ca_file(), &trusted)
            }
            None => config,
        };
        write("runtime-config.toml", &config);
        write("pins.toml", &pins);
        let mut product = Self {
            app: None,
            log: Log::memory(),
            http: reqwest::Client::new(),
            limits: options.limits.clone(),
            is_metered: options.is_metered,
            sandbox,
            url,
            variables,
            clock,
            folder,
        };
        product.serve(listener).await;
        product
    }

    /// Starts the product with a consent of [`PARTY`] that has been read once, and returns the
    /// login of [`CUSTOMER`] too.
    pub async fn with_consent(options: &ProductOptions<'_>) -> (Self, String) {
        let product = Self::start(options).await;
        let login = product.login(CUSTOMER).await;
        product.consent(&login, PARTY).await;
        product.read(&login, PARTY).await;
        (product, login)
    }

    async fn serve(&mut self, listener: TcpListener) {
        let mut options = self.options();
        options.limits = self.limits.clone();
        options.log = self.log.clone();
        self.app = Some(serve(options, listener).await);
    }

    /// Serves the same files a second time, beside the app, with other limits.
    pub async fn serve_beside(&self, limits: Limits) -> RunningApplication {
        let mut options = self.options();
        options.limits = limits;
        options.log = Log::memory();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        serve(options, listener).await
    }

    fn options(&self) -> Options {
        let path = |name: &str| self.folder.path().join(name);
        let mut options = Options::new(path("spin.toml"));
        options.runtime_config = Some(path("runtime-config.toml"));
        options.pins = Some(path("pins.toml"));
        options.variables = self.variables.clone();
        options.state_dir = path("state");
        options.cache_dir = Some(project().join("target/compiled"));
        options.clock_offset = self.clock.clone();
        options.count_fuel = self.is_metered;
        options
    }

    /// Restarts the app at the same address: memory is lost, the stores remain.
    pub async fn restart(&mut self) {
        let address = self.address();
        if let Some(app) = self.app.take() {
            app.server.shutdown().await;
        }
        let listener = TcpListener::bind(address).await.expect("the same port");
        self.serve(listener).await;
    }

    /// Returns the server of the app.
    pub fn server(&self) -> &Server {
        &self.app.as_ref().expect("a running app").server
    }

    /// Returns the address of the app.
    pub fn address(&self) -> SocketAddr {
        self.server().address()
    }

    /// Returns the values of the app's variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Returns the folder of the product's files, deleted with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the SQLite file of a store.
    pub fn store_file(&self, store: &str) -> PathBuf {
        self.folder.path().join(format!("{store}.db"))
    }

    /// Advances all clocks until no token is valid any more.
    pub fn outlive_tokens(&self) {
        self.clock.fetch_add(BEYOND_A_TOKEN, Ordering::SeqCst);
    }

    /// Returns a login token of a customer of the bank.
    pub async fn login(&self, customer: &str) -> String {
        let address = format!("{}/login/{customer}/token", self.admin());
        let answer = self.http.post(address).send().await.expect("an answer");
        answer.text().await.expect("a token")
    }

    /// Requests the consent of `party` and approves it.
    pub async fn consent(&self, login: &str, party: &str) {
        let back = format!("{}/", self.sandbox.addresses().bank_page);
        let body = serde_json::json!({ "party": party, "return_address": back });
        let asked = self.http.post(format!("{}/consent", self.url));
        let asked = asked.bearer_auth(login).json(&body).send();
        let asked = asked.await.expect("an answer");
        assert_eq!(asked.status(), 201);
        let asked: serde_json::Value = asked.json().await.expect("JSON");
        let page = asked["redirect_url"].as_str().expect("an address");
        let (_, id) = page.split_once("id=").expect("an id");
        let id = id.split('&').next().unwrap_or_default();
        let address = format!("{}/altinn/consents/{id}/approve", self.admin());
        let approved = self.http.post(address).send().await.expect("an answer");
        assert_eq!(approved.status(), 204);
    }

    /// Reads the open claims of `party`.
    pub async fn read(&self, login: &str, party: &str) {
        let request = self.http.get(format!("{}/claims/aapnekrav", self.url));
        let request = request.bearer_auth(login).header("Innsyn-Party", party);
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert_eq!(status, 200, "{text}");
    }

    /// Returns the number of tokens that Maskinporten has issued.
    pub fn minted(&self) -> u64 {
        let minted = self.sandbox.services().maskinporten.minted();
        minted.iter().map(|(_, count)| count).sum()
    }

    /// Returns the length of the log in bytes.
    pub fn logged(&self) -> usize {
        self.log.lines().iter().map(|line| line.len() + 1).sum()
    }

    fn admin(&self) -> &str {
        &self.sandbox.addresses().admin
    }
}
