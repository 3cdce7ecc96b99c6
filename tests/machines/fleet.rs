//! Several hosts behind one address, with their stores in Redis, and the external services that
//! they call.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journeys::{TestBed, order_freely};
use sandbox::posten::Switches;
use serde_json::Value;
use tempfile::TempDir;

use crate::balancer::Balancer;
use crate::machine::{Machine, Settings};
use crate::redis::Redis;

/// Hosts with their stores, balancer and test bed.
pub(crate) struct Fleet {
    pub(crate) bed: TestBed,
    pub(crate) hosts: Hosts,
    pub(crate) balancer: Balancer,
    /// Store of consents and jobs.
    pub(crate) redis: Redis,
    /// Store of tokens, which may be lost.
    pub(crate) tokens: Redis,
}

/// Processes of the hosts.
pub(crate) struct Hosts {
    settings: Settings,
    running: Mutex<Vec<Option<Machine>>>,
    clock: AtomicI64,
    _folder: TempDir,
}

impl Fleet {
    /// Starts two hosts without timers. Returns `None` without Redis, which skips the test.
    pub(crate) async fn start() -> Option<Self> {
        Self::with_timers(2, &[], Duration::MAX).await
    }

    /// Starts `hosts` hosts, whose timers all call these paths at this interval.
    pub(crate) async fn with_timers(hosts: usize, paths: &[&str], every: Duration) -> Option<Self> {
        let (redis, tokens) = (Redis::start()?, Redis::start()?);
        let balancer = Balancer::start().await;
        let bed = TestBed::without_app(balancer.public_url.clone()).await;
        // Posten allows a poll of an empty queue every ten minutes; the sandbox's default interval
        // is different.
        bed.services().posten.set_switches(Switches {
            poll_seconds: 600,
            ..Switches::default()
        });
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = bed.sandbox.runtime_config();
        let stores = [
            ("consents", &redis),
            ("jobs", &redis),
            ("tokens", &tokens),
            ("keys", &tokens),
        ];
        for (store, server) in stores {
            let table = format!("[key_value_store.{store}]\ntype = ");
            let here = format!("{table}\"spin\"\n");
            assert!(config.contains(&here), "{config}");
            let there = format!("{table}\"redis\"\nurl = \"{}\"\n", server.url());
            config = config.replace(&here, &there);
        }
        let pins = bed.sandbox.pins(&["signature"]);
        let share = format!("share = \"1/{hosts}\"");
        let pins = pins.replace("share = \"1/1\"", &share);
        for (name, text) in [("runtime-config.toml", config), ("pins.toml", pins)] {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let mut variables = bed.sandbox.variables(&balancer.public_url);
        order_freely(&mut variables);
        let settings = Settings {
            manifest: Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml"),
            folder: folder.path().to_owned(),
            variables,
            timers: paths.iter().map(|path| (*path).to_owned()).collect(),
            every,
            clock: 0,
        };
        let fleet = Self {
            bed,
            hosts: Hosts {
                settings,
                running: Mutex::new((0..hosts).map(|_| None).collect()),
                clock: AtomicI64::new(0),
                _folder: folder,
            },
            balancer,
            redis,
            tokens,
        };
        for number in 0..hosts {
            fleet.boot(number);
        }
        Some(fleet)
    }

    /// Starts the host with this number; the balancer begins with the first one.
    pub(crate) fn boot(&self, number: usize) {
        let mut settings = self.hosts.settings.clone();
        settings.clock = self.hosts.clock.load(Ordering::SeqCst);
        if let Some(older) = older_release().filter(|_| number > 0) {
            settings.manifest = older.join("spin.toml");
            settings.variables = for_release(&settings.manifest, settings.variables);
        }
        let start = || Machine::start(&format!("host{number}"), &settings);
        let machine = tokio::task::block_in_place(start);
        let mut running = self.hosts.running();
        running[number] = Some(machine);
        let addresses = running.iter().flatten().map(|machine| machine.address);
        self.balancer.point_at(addresses.collect());
    }

    /// Advances all clocks.
    pub(crate) fn advance(&self, time: Duration) {
        self.bed.advance(time);
        let seconds = i64::try_from(time.as_secs()).expect("a sensible time");
        self.hosts.clock.fetch_add(seconds, Ordering::SeqCst);
        for machine in self.hosts.running().iter_mut().flatten() {
            machine.advance(seconds);
        }
    }
}

/// Returns the folder of an older release with its components built, named by `tests/upgrade.sh`.
/// All hosts but the first run it.
fn older_release() -> Option<PathBuf> {
    std::env::var_os("INNSYN_OLDER").map(PathBuf::from)
}

/// Returns the variables in the form of the release with this manifest: a release that knows no
/// consumers of a service refuses the member.
fn for_release(
    manifest: &Path,
    mut variables: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let manifest = fs::read_to_string(manifest).expect("a manifest");
    // It came in the same release.
    if manifest.contains("login_back_end_claim") {
        return variables;
    }
    let services = variables.get_mut("token_services").expect("services");
    let mut list: Vec<Value> = serde_json::from_str(services).expect("JSON");
    for service in &mut list {
        service
            .as_object_mut()
            .expect("an object")
            .remove("consumers");
    }
    *services = serde_json::to_string(&list).expect("JSON");
    variables
}

impl Hosts {
    /// Kills a host without warning, as a power failure does. The balancer gets no notice.
    pub(crate) fn kill(&self, number: usize) {
        self.running()[number].take().expect("running").kill();
    }

    /// Returns the log events of the host with this number.
    pub(crate) fn events(&self, number: usize) -> Vec<Value> {
        let running = self.running();
        running[number].as_ref().expect("running").events()
    }

    /// Counts the events of all running hosts that match.
    pub(crate) fn count(&self, such: impl Fn(&Value) -> bool) -> usize {
        let running = self.running();
        let events = running.iter().flatten().flat_map(Machine::events);
        events.filter(such).count()
    }

    fn running(&self) -> MutexGuard<'_, Vec<Option<Machine>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
