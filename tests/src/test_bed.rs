//! Test bed: the whole product, started for one journey.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use host::{AccessControl, Egress, Log, RunningEgress};
use sandbox::kit::{Clock, ExternalService, Fault, Rule};
use sandbox::{Sandbox, Services};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::build::{as_deployed, build_components, project};
use crate::gateway::{Gateway, GatewayOptions};
use crate::running::{AppLog, RunningApp, Start};
use crate::spin::on_spin;
use crate::{Browser, Customer, Generation, Orders, Secrets, TestOptions, order_freely};

/// Longest time that a journey waits for another task.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sandbox, host and components.
pub struct TestBed {
    /// External services.
    pub sandbox: Sandbox,
    /// Log of the host and the components.
    pub log: AppLog,
    /// Address of the app for those outside: the gateway's, if there is one.
    pub public_url: String,
    /// Address of the app for back ends and timers.
    pub inside: String,
    gateway: Option<Gateway>,
    running: Option<RunningApp>,
    /// Proxy that Spin calls Posten through, since Spin cannot verify its organisation number.
    egress: Option<RunningEgress>,
    options: TestOptions,
    /// Offset of the external services' clock from the machine's, and that of the app's.
    clock: Arc<AtomicI64>,
    app_clock: Arc<AtomicI64>,
    folder: TempDir,
}

impl TestBed {
    /// Starts the product with the default options.
    pub async fn start() -> Self {
        Self::with(TestOptions::default()).await
    }

    /// Starts the product with an app that calls this Altinn.
    pub async fn with_altinn(altinn: Generation) -> Self {
        let options = TestOptions {
            altinn,
            ..TestOptions::default()
        };
        Self::with(options).await
    }

    /// Starts the product with `options`.
    pub async fn with(options: TestOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let app = listener.local_addr().expect("bound");
        let gateway = match &options.gateway {
            Some(gateway) => Gateway::start(app, gateway),
            None if as_deployed() => Gateway::start(app, &GatewayOptions::default()),
            None => None,
        };
        let front = gateway.as_ref().map_or(app, Gateway::address);
        let mut bed = Self::around(format!("http://localhost:{}", front.port()), options).await;
        bed.inside = format!("http://localhost:{}", app.port());
        bed.gateway = gateway;
        bed.serve(listener).await;
        bed
    }

    /// Starts all but the app, whose hosts the caller runs at `public_url`. The components must be
    /// built.
    pub async fn without_app(public_url: String) -> Self {
        Self::around(public_url, TestOptions::default()).await
    }

    async fn around(public_url: String, options: TestOptions) -> Self {
        build_components();
        let clock = Arc::new(AtomicI64::new(0));
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox_options = sandbox::Options {
            clock: Clock::sharing(clock.clone()),
            directory: folder.path().join("sandbox"),
            app: Some(public_url.clone()),
        };
        let started = match &options.heads {
            Some(heads) => Sandbox::start_recording(sandbox_options, heads).await,
            None => Sandbox::start(sandbox_options).await,
        };
        let sandbox = started.expect("a sandbox");
        if options.altinn == Generation::Two {
            sandbox.services().bank.keep_consents_at_altinn2();
        }
        Self {
            sandbox,
            log: AppLog::new(),
            inside: public_url.clone(),
            public_url,
            gateway: None,
            running: None,
            egress: None,
            options,
            clock,
            app_clock: Arc::default(),
            folder,
        }
    }

    /// Restarts the app at the same address, as after a crash: memory is lost, the stores remain.
    pub async fn restart_app(&mut self) {
        let address = self.app().address();
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
        self.serve(bind_again(address).await).await;
    }

    /// Restarts the app with these variables changed.
    pub async fn restart_app_with(&mut self, variables: BTreeMap<String, String>) {
        self.options.variables.extend(variables);
        self.restart_app().await;
    }

    async fn serve(&mut self, listener: TcpListener) {
        let mut variables = self.altinn().variables(&self.sandbox, &self.public_url);
        if on_spin() && !self.options.no_pins {
            variables.extend(self.by_egress().await);
        }
        if self.options.orders == Orders::Free {
            order_freely(&mut variables);
        }
        variables.extend(self.options.variables.clone());
        let pins = self.sandbox.pins(&["signature"]);
        let vault_roots = (self.options.secrets == Secrets::Vault).then(|| {
            self.keep_secrets_in_vault(&mut variables);
            self.sandbox.ca_file().to_owned()
        });
        let start = Start {
            manifest: self.manifest(),
            runtime_config: self.write("runtime-config.toml", &self.runtime_config()),
            pins: (!self.options.no_pins).then(|| self.write("pins.toml", &pins)),
            variables,
            vault_roots,
            state: self.folder.path().join("state"),
            limits: self.options.limits.clone(),
            clock: self.app_clock.clone(),
            log: self.log.clone(),
        };
        self.running = Some(RunningApp::start(start, listener).await);
    }

    /// Returns the variables to call Posten through our proxy, which is started the first time.
    async fn by_egress(&mut self) -> [(String, String); 5] {
        if self.egress.is_none() {
            let pins = self.write("egress.toml", &self.sandbox.pins(&[]));
            let callers = self.write("callers.toml", &self.sandbox.callers());
            let access = AccessControl::loopback_with_callers(&callers).expect("callers");
            let egress = Egress::load(&pins, access, Log::memory()).expect("pins");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            self.egress = Some(egress.serve(listener).expect("a proxy"));
        }
        let proxy = self.egress.as_ref().expect("running").address();
        [
            ("posten_origin", format!("http://{proxy}")),
            ("posten_proxy_path", "/posten".to_owned()),
            ("budgeted_origins", format!("http://{proxy}")),
            ("egress_origins", format!("http://{proxy}")),
            ("posten_own_origin", self.sandbox.addresses().posten.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// Kills the app without warning, as a power failure does, and restarts it at the same address.
    pub async fn kill_app(&mut self) {
        let address = self.app().address();
        self.running = None;
        self.serve(bind_again(address).await).await;
    }

    /// Waits until `there` holds, for the work of another task.
    pub async fn until(&self, mut there: impl AsyncFnMut(&Self) -> bool) {
        let start = Instant::now();
        while !there(self).await {
            assert!(start.elapsed() < PATIENCE, "it does not come about");
            tokio::task::yield_now().await;
        }
    }

    /// Repeats `round` until one takes less than `limit`, and returns its result. For conditions
    /// that hold for a limited time.
    pub async fn within<T>(&self, limit: Duration, mut round: impl AsyncFnMut() -> T) -> T {
        let first = Instant::now();
        loop {
            let start = Instant::now();
            let seen = round().await;
            if start.elapsed() < limit {
                return seen;
            }
            assert!(first.elapsed() < PATIENCE, "no round is quick enough");
        }
    }

    /// Writes the project's manifest, with absolute sources and the options's route for `token`.
    fn manifest(&self) -> PathBuf {
        let text = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
        let mut text = text.replace(
            "source = \"target",
            &format!("source = \"{}", project().join("target").display()),
        );
        if self.options.token_is_public {
            text = text.replacen("route = { private = true }", "route = \"/token/...\"", 1);
        }
        self.write("spin.toml", &text)
    }

    /// Writes the sandbox's runtime configuration, with the stores in files, so that they outlive
    /// the app.
    fn runtime_config(&self) -> String {
        let mut text = self.sandbox.runtime_config();
        for store in ["consents", "tokens", "jobs", "keys"] {
            let table = format!("[key_value_store.{store}]\n");
            assert!(text.contains(&table), "{text}");
            text = text.replace(&table, &format!("{table}path = \"{store}.db\"\n"));
        }
        if !self.options.trusted.is_empty() {
            text = self.with_trusted(&text);
        }
        if self.options.secrets == Secrets::Vault {
            text += &self.vault_provider();
        }
        if self.options.enterprise_certificate {
            let shown = self.sandbox.client_certificate();
            let files = format!(
                "client_cert_file = '{}'\nclient_private_key_file = '{}'\nca_roots_file = ",
                shown.chain_file.display(),
                shown.key_file.display()
            );
            assert_eq!(text.matches("ca_roots_file = ").count(), 1, "{text}");
            text = text.replace("ca_roots_file = ", &files);
        }
        text
    }

    /// Replaces the file of trust anchors by one that has the options' certificates too.
    fn with_trusted(&self, runtime_config: &str) -> String {
        let authority = self.sandbox.ca_file();
        let own = fs::read_to_string(authority).expect("the sandbox's authority");
        let trusted = [&[own], &*self.options.trusted].concat().join("\n");
        let file = self.write("trusted.pem", &trusted);
        let (authority, file) = (authority.display(), file.display());
        runtime_config.replace(&authority.to_string(), &file.to_string())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// Returns the running app.
    pub fn app(&self) -> &RunningApp {
        self.running.as_ref().expect("running")
    }

    /// Returns the gateway in front of the app, if any.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_ref()
    }

    /// Returns the Altinn that the app calls.
    pub fn altinn(&self) -> Generation {
        self.options.altinn
    }

    /// Counts the calls to the API of that Altinn.
    pub fn calls_to_altinn(&self) -> u64 {
        self.calls(self.altinn().counterparty())
    }

    /// Returns the external services' state.
    pub fn services(&self) -> &Services {
        self.sandbox.services()
    }

    /// Returns the SQLite file of a store.
    pub fn store_file(&self, store: &str) -> PathBuf {
        self.folder.path().join(format!("{store}.db"))
    }

    /// Advances all clocks to the time when the app asks Altinn again about a consent that it has
    /// just asked about.
    pub fn advance_to_next_look(&self) {
        self.advance(Duration::from_secs(6));
    }

    /// Advances all clocks, of the external services and the components.
    pub fn advance(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).expect("a sensible time");
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.drift(seconds);
    }

    /// Moves the app's clock away from that of the external services, in seconds.
    pub fn drift(&self, seconds: i64) {
        let now = self.app_clock.fetch_add(seconds, Ordering::SeqCst) + seconds;
        if let Some(running) = &self.running {
            running.hears_of_clock(now);
        }
    }

    /// Returns the app's current time.
    pub fn app_now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + time::Duration::seconds(self.app_clock.load(Ordering::SeqCst))
    }

    /// Orders `fault` for the next `times` requests to `service`, or for all.
    pub fn fault(&self, service: ExternalService, times: impl Into<Option<u32>>, fault: Fault) {
        self.services().faults.order(Rule {
            service,
            path: None,
            times: times.into(),
            fault,
        });
    }

    /// Counts the calls to `service`.
    pub fn calls(&self, service: ExternalService) -> u64 {
        self.services()
            .journal
            .requests()
            .get(&service)
            .copied()
            .unwrap_or(0)
    }

    /// Counts the tokens that Maskinporten has issued, of any kind.
    pub fn minted(&self) -> u64 {
        self.services()
            .maskinporten
            .minted()
            .iter()
            .map(|(_, count)| count)
            .sum()
    }

    /// Returns a customer who is logged in at the bank.
    pub fn customer(&self, name: &str) -> Customer<'_> {
        Customer::named(self, name)
    }

    /// Returns a browser without cookies.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Checks that no line of the log has any of `numbers`, or a text that looks like a token.
    #[track_caller]
    pub fn log_is_clean(&self, numbers: &[&str]) {
        for line in self.log.lines() {
            for number in numbers {
                assert!(!line.contains(number), "a number is in the log: {line}");
            }
            assert!(!line.contains("eyJ"), "a token is in the log: {line}");
        }
    }
}

/// Binds the port of an app that has stopped. Its socket may take a moment to go, and a client's
/// connection may have the port for a while.
async fn bind_again(address: SocketAddr) -> TcpListener {
    let start = Instant::now();
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{address}: {error}"),
        }
        tokio::task::yield_now().await;
    }
}

impl Drop for TestBed {
    /// Prints the app's log if the journey fails.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let altinn = self.altinn();
            let lines = self.log.lines().join("\n");
            eprintln!("the log of the app, which asks Altinn {altinn:?}:\n{lines}");
        }
    }
}
