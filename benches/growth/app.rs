//! The app and its counterparties in one process, the app on threads of its own, so that what it computes can be told apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use host::build::{self, Progress};
use host::{App, Log, Options, Server};
use sandbox::Sandbox;
use sandbox::clock::Clock;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::cpu;
use crate::redis::{Redis, stores};

/// Longer than a token with a consent in it is kept.
const BEYOND_A_TOKEN: i64 = 121;

/// What something costs, once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Milliseconds of one core, in the app.
    pub(crate) computed: f64,
    /// Milliseconds until the answer, in the middle of all.
    pub(crate) waited: f64,
}

/// An application on a runtime of its own.
pub(crate) struct Served {
    pub(crate) server: Server,
    _runtime: Keep,
}

/// A runtime must not be dropped by a task of another.
struct Keep(Option<Runtime>);

impl Drop for Keep {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves what `options` say.
pub(crate) async fn serve(options: Options, listener: TcpListener) -> Served {
    let runtime = Builder::new_multi_thread()
        .thread_name(cpu::APP)
        .enable_all()
        .build()
        .expect("a runtime");
    let served = runtime.spawn(async {
        let app = App::load(options).await.expect("an app that loads");
        app.serve(listener)
    });
    Served {
        server: served.await.expect("an app that serves"),
        _runtime: Keep(Some(runtime)),
    }
}

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project's folder")
}

/// Runs the build commands of a manifest.
pub(crate) fn build(manifest: &Path) {
    let mut lines = Vec::new();
    let built = build::components(manifest, &mut |progress: Progress| {
        lines.push(format!("{progress:?}"));
    });
    built.unwrap_or_else(|error| panic!("{error}\n{}", lines.join("\n")));
}

/// Does something so many times, one after the other.
pub(crate) async fn measure(times: u32, mut act: impl AsyncFnMut()) -> Cost {
    let mut waits = Vec::new();
    let computed = cpu::used();
    for _ in 0..times {
        let start = Instant::now();
        act().await;
        waits.push(start.elapsed());
    }
    let computed = std::time::Duration::from_nanos(cpu::used() - computed);
    waits.sort();
    Cost {
        computed: computed.as_secs_f64() * 1_000.0 / f64::from(times),
        waited: waits[waits.len() / 2].as_secs_f64() * 1_000.0,
    }
}

/// The whole product, and somebody who asks.
pub(crate) struct Machine {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: Served,
    pub(crate) log: Log,
    url: String,
    http: reqwest::Client,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl Machine {
    pub(crate) async fn start(redis: Option<&Redis>) -> Self {
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
        let manifest = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
        let target = format!("source = \"{}", project().join("target").display());
        let manifest = manifest.replace("source = \"target", &target);
        let mut options = Options::new(write("spin.toml", &manifest));
        let config = stores(&sandbox.runtime_config(), redis, folder.path());
        options.runtime_config = Some(write("runtime-config.toml", &config));
        options.pins = Some(write("pins.toml", &sandbox.pins(&["signature"])));
        options.variables = sandbox.variables(&url);
        options.state_dir = folder.path().join("state");
        options.cache_dir = Some(project().join("target/compiled"));
        options.clock_offset = clock.clone();
        options.log = Log::memory();
        let log = options.log.clone();
        Self {
            app: serve(options, listener).await,
            sandbox,
            log,
            url,
            http: reqwest::Client::new(),
            clock,
            _folder: folder,
        }
    }

    /// Everybody's clock goes on until no token is good any more.
    pub(crate) fn outlives_tokens(&self) {
        self.clock.fetch_add(BEYOND_A_TOKEN, Ordering::SeqCst);
    }

    /// A login token of a customer of the bank.
    pub(crate) async fn login(&self, customer: &str) -> String {
        let address = format!("{}/login/{customer}/token", self.admin());
        let answer = self.http.post(address).send().await.expect("an answer");
        answer.text().await.expect("a token")
    }

    /// Asks for the consent of `party` and approves it.
    pub(crate) async fn consent(&self, login: &str, party: &str) {
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

    /// The open claims of `party`.
    pub(crate) async fn read(&self, login: &str, party: &str) {
        let request = self.http.get(format!("{}/claims/aapnekrav", self.url));
        let request = request.bearer_auth(login).header("Innsyn-Party", party);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a body");
    }

    /// How many tokens Maskinporten has given.
    pub(crate) fn minted(&self) -> u64 {
        let minted = self.sandbox.world().maskinporten.minted();
        minted.iter().map(|(_, count)| count).sum()
    }

    /// How long the log is, in bytes.
    pub(crate) fn logged(&self) -> usize {
        self.log.lines().iter().map(|line| line.len() + 1).sum()
    }

    fn admin(&self) -> &str {
        &self.sandbox.addresses().admin
    }
}
