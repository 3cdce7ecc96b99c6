//! The whole product, started for one journey.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use host::{Door, Egress, Log, RunningEgress};
use sandbox::Sandbox;
use sandbox::clock::Clock;
use sandbox::fault::{Fault, Rule};
use sandbox::world::{Counterparty, World};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::build::{build_components, project};
use crate::gateway::{Gateway, GatewaySetup};
use crate::running::{AppLog, Running, Start};
use crate::spin::Spin;
use crate::{Answer, Browser, Customer, Generation, Secrets, Setup, credential};

/// How long a journey waits for what another task does.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sandbox, host and components.
pub struct Bench {
    /// The counterparties.
    pub sandbox: Sandbox,
    /// Everything the host and the components have logged.
    pub log: AppLog,
    /// Address of the app for those outside: the gateway's, if there is one.
    pub public_url: String,
    /// Address of the app for back ends and timers.
    pub inside: String,
    gateway: Option<Gateway>,
    running: Option<Running>,
    /// Where Spin has Posten called, which it cannot hold to its organisation number.
    egress: Option<RunningEgress>,
    setup: Setup,
    /// The counterparties' time from the machine's, and the app's.
    clock: Arc<AtomicI64>,
    app_clock: Arc<AtomicI64>,
    folder: TempDir,
}

impl Bench {
    /// Starts everything as it is by default.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts everything, with an app that asks this Altinn.
    pub async fn of(altinn: Generation) -> Self {
        let setup = Setup {
            altinn,
            ..Setup::default()
        };
        Self::with(setup).await
    }

    /// Starts everything, with `setup`.
    pub async fn with(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let app = listener.local_addr().expect("bound");
        let gateway = match &setup.gateway {
            Some(gateway) => Gateway::start(app, gateway),
            None if Gateway::is_wanted() => Gateway::start(app, &GatewaySetup::default()),
            None => None,
        };
        let front = gateway.as_ref().map_or(app, Gateway::address);
        let mut bench = Self::around(format!("http://localhost:{}", front.port()), setup).await;
        bench.inside = format!("http://localhost:{}", app.port());
        bench.gateway = gateway;
        bench.serve(listener).await;
        bench
    }

    /// Starts all but the app, whose hosts somebody else runs at `public_url`. The components are built.
    pub async fn without_app(public_url: String) -> Self {
        Self::around(public_url, Setup::default()).await
    }

    async fn around(public_url: String, setup: Setup) -> Self {
        build_components();
        let clock = Arc::new(AtomicI64::new(0));
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = Sandbox::start(sandbox::Options {
            clock: Clock::sharing(clock.clone()),
            directory: folder.path().join("sandbox"),
            app: Some(public_url.clone()),
        })
        .await
        .expect("a sandbox");
        if setup.altinn == Generation::Two {
            sandbox.world().bank.keep_consents_at_altinn2();
        }
        Self {
            sandbox,
            log: AppLog::new(),
            inside: public_url.clone(),
            public_url,
            gateway: None,
            running: None,
            egress: None,
            setup,
            clock,
            app_clock: Arc::default(),
            folder,
        }
    }

    /// Stops the app and starts it again at the same address, as a crash and a restart do: memory is
    /// gone, the stores remain.
    pub async fn restart_app(&mut self) {
        let address = self.app().address();
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
        let listener = TcpListener::bind(address).await.expect("the same port");
        self.serve(listener).await;
    }

    /// The same, with variables that are other than before.
    pub async fn restart_app_with(&mut self, variables: BTreeMap<String, String>) {
        self.setup.variables.extend(variables);
        self.restart_app().await;
    }

    async fn serve(&mut self, listener: TcpListener) {
        let mut variables = self.altinn().variables(&self.sandbox, &self.public_url);
        if on_spin() && !self.setup.no_pins {
            variables.extend(self.by_egress().await);
        }
        variables.extend(self.setup.variables.clone());
        let pins = self.sandbox.pins(&["signature"]);
        let vault_roots = (self.setup.secrets == Secrets::Vault).then(|| {
            self.keep_secrets_in_vault(&mut variables);
            self.sandbox.ca_file().to_owned()
        });
        let start = Start {
            manifest: self.manifest(),
            runtime_config: self.write("runtime-config.toml", &self.runtime_config()),
            pins: (!self.setup.no_pins).then(|| self.write("pins.toml", &pins)),
            variables,
            vault_roots,
            state: self.folder.path().join("state"),
            limits: self.setup.limits.clone(),
            clock: self.app_clock.clone(),
            log: self.log.clone(),
        };
        self.running = Some(Running::start(start, listener).await);
    }

    /// The variables with which Posten is called by way of our proxy, started the first time.
    async fn by_egress(&mut self) -> [(String, String); 4] {
        if self.egress.is_none() {
            let pins = self.write("egress.toml", &self.sandbox.pins(&[]));
            let egress = Egress::load(&pins, Door::open(), Log::memory()).expect("pins");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            self.egress = Some(egress.serve(listener).expect("a proxy"));
        }
        let proxy = self.egress.as_ref().expect("running").address();
        [
            ("posten_origin", format!("http://{proxy}")),
            ("posten_proxy_path", "/posten".to_owned()),
            ("budgeted_origins", format!("http://{proxy}")),
            ("posten_own_origin", self.sandbox.addresses().posten.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// Stops the app in the middle of whatever it does, as a power cut does, and starts it again at the same address.
    pub async fn kill_app(&mut self) {
        let address = self.app().address();
        self.running = None;
        let listener = loop {
            // The killed one's socket may take a moment to go.
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.serve(listener).await;
    }

    /// Waits until `there` is so, for something that another task does.
    pub async fn until(&self, mut there: impl AsyncFnMut(&Self) -> bool) {
        let start = Instant::now();
        while !there(self).await {
            assert!(start.elapsed() < PATIENCE, "it does not come about");
            tokio::task::yield_now().await;
        }
    }

    /// The project's manifest, with the sources where they are, and the setup's route for `token`.
    fn manifest(&self) -> PathBuf {
        let text = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
        let mut text = text.replace(
            "source = \"target",
            &format!("source = \"{}", project().join("target").display()),
        );
        if self.setup.token_is_public {
            text = text.replacen("route = { private = true }", "route = \"/token/...\"", 1);
        }
        self.write("spin.toml", &text)
    }

    /// The sandbox's, with the stores in files, so that they outlive the app.
    fn runtime_config(&self) -> String {
        let mut text = self.sandbox.runtime_config();
        for store in ["consents", "tokens", "jobs", "keys"] {
            let table = format!("[key_value_store.{store}]\n");
            assert!(text.contains(&table), "{text}");
            text = text.replace(&table, &format!("{table}path = \"{store}.db\"\n"));
        }
        if self.setup.secrets == Secrets::Vault {
            text += &self.vault_provider();
        }
        if self.setup.enterprise_certificate {
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

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// The running app.
    pub fn app(&self) -> &Running {
        self.running.as_ref().expect("running")
    }

    /// The gateway in front of the app, if there is one.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_ref()
    }

    /// Which Altinn the app asks.
    pub fn altinn(&self) -> Generation {
        self.setup.altinn
    }

    /// How often the interface of that Altinn was called.
    pub fn calls_to_altinn(&self) -> u64 {
        self.calls(self.altinn().counterparty())
    }

    /// The counterparties' state.
    pub fn world(&self) -> &World {
        self.sandbox.world()
    }

    /// The SQLite file of a store.
    pub fn store_file(&self, store: &str) -> PathBuf {
        self.folder.path().join(format!("{store}.db"))
    }

    /// Moves everybody's clock to where the app asks Altinn again about a consent that it has just asked about.
    pub fn advance_to_next_look(&self) {
        self.advance(Duration::from_secs(6));
    }

    /// Moves everybody's clock ahead: the counterparties' and the components'.
    pub fn advance(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).expect("a sensible time");
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.drift(seconds);
    }

    /// Moves the app's clock away from that of the counterparties, by so many seconds.
    pub fn drift(&self, seconds: i64) {
        let now = self.app_clock.fetch_add(seconds, Ordering::SeqCst) + seconds;
        if let Some(running) = &self.running {
            running.hears_of_clock(now);
        }
    }

    /// Now, as the app sees it.
    fn app_now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + time::Duration::seconds(self.app_clock.load(Ordering::SeqCst))
    }

    /// Orders `fault` for the next `times` requests to `counterparty`, or for all.
    pub fn fault(&self, counterparty: Counterparty, times: impl Into<Option<u32>>, fault: Fault) {
        self.world().faults.order(Rule {
            counterparty,
            path: None,
            times: times.into(),
            fault,
        });
    }

    /// How often `counterparty` was called.
    pub fn calls(&self, counterparty: Counterparty) -> u64 {
        self.world()
            .journal
            .requests()
            .get(&counterparty)
            .copied()
            .unwrap_or(0)
    }

    /// How many tokens Maskinporten has issued, of any kind.
    pub fn minted(&self) -> u64 {
        self.world()
            .maskinporten
            .minted()
            .iter()
            .map(|(_, count)| count)
            .sum()
    }

    /// What the component `subject` shows to `token`: signed here, with its key, by another library.
    pub fn component_credential(&self, subject: &str) -> String {
        let variables = self.sandbox.variables(&self.public_url);
        let seed = &variables[&format!("{subject}_signing_key")];
        let consumer = &variables["consumer_organisation"];
        credential::sign(subject, seed, consumer, self.app_now())
    }

    /// What the back end shows to `token` when it asks for `consumer`.
    pub fn back_end_credential(&self, consumer: &str) -> String {
        let back_end = self.sandbox.back_end();
        credential::sign(back_end.subject, back_end.seed, consumer, self.app_now())
    }

    /// What `token` answers the back end that asks for a token of `consumer`.
    pub async fn back_end_asks(&self, consumer: &str, fields: &[(&str, &str)]) -> Answer {
        let request = reqwest::Client::new()
            .post(format!("{}/token", self.inside))
            .bearer_auth(self.back_end_credential(consumer))
            .form(fields);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Somebody who is logged in at the bank.
    pub fn customer(&self, name: &str) -> Customer<'_> {
        Customer::named(self, name)
    }

    /// A browser with nothing in it.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Checks that no line of the log holds any of `numbers`, or something that looks like a token.
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

impl Drop for Bench {
    /// A journey that fails shows what the app has logged.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let altinn = self.altinn();
            let lines = self.log.lines().join("\n");
            eprintln!("the log of the app, which asks Altinn {altinn:?}:\n{lines}");
        }
    }
}

/// Whether apps are run by Spin, and not by our host.
pub fn on_spin() -> bool {
    Spin::is_named()
}

/// Whether a journey is of our host alone, `because` Spin does not do what it is about. Where Spin runs the apps that is said.
pub fn by_our_host_alone(because: &str) -> bool {
    if on_spin() {
        programs::say(&format!("NOT UNDER SPIN: {because}"));
    }
    on_spin()
}
