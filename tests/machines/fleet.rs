//! Several hosts behind one address, their stores in Redis, and the counterparties around them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journeys::Bench;
use sandbox::posten::Switches;
use serde_json::Value;
use tempfile::TempDir;

use crate::balancer::Balancer;
use crate::machine::{Machine, Settings};
use crate::redis::Redis;

/// The hosts and what is around them.
pub(crate) struct Fleet {
    pub(crate) bench: Bench,
    pub(crate) hosts: Hosts,
    pub(crate) balancer: Balancer,
    /// Where consents and jobs are.
    pub(crate) redis: Redis,
    /// Where tokens are, which may be lost.
    pub(crate) tokens: Redis,
}

/// The processes.
pub(crate) struct Hosts {
    settings: Settings,
    running: Mutex<Vec<Option<Machine>>>,
    clock: AtomicI64,
    _folder: TempDir,
}

impl Fleet {
    /// Two hosts that call nothing by themselves. None where there is no Redis: the test is skipped then.
    pub(crate) async fn start() -> Option<Self> {
        Self::with_timers(2, &[], Duration::MAX).await
    }

    /// So many hosts, whose timers all call these paths so often.
    pub(crate) async fn with_timers(hosts: usize, paths: &[&str], every: Duration) -> Option<Self> {
        let (redis, tokens) = (Redis::start()?, Redis::start()?);
        let balancer = Balancer::start().await;
        let bench = Bench::without_app(balancer.public_url.clone()).await;
        // An empty queue may be asked every ten minutes at Posten; the sandbox has no such patience by itself.
        bench.world().posten.set_switches(Switches {
            poll_seconds: 600,
            ..Switches::default()
        });
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = bench.sandbox.runtime_config();
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
        let pins = bench.sandbox.pins(&["signature"]);
        let share = format!("share = \"1/{hosts}\"");
        let pins = pins.replace("share = \"1/1\"", &share);
        for (name, text) in [("runtime-config.toml", config), ("pins.toml", pins)] {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let settings = Settings {
            manifest: Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml"),
            folder: folder.path().to_owned(),
            variables: bench.sandbox.variables(&balancer.public_url),
            timers: paths.iter().map(|path| (*path).to_owned()).collect(),
            every,
            clock: 0,
        };
        let fleet = Self {
            bench,
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

    /// Starts the host with this number; the next request goes to the first one.
    pub(crate) fn boot(&self, number: usize) {
        let mut settings = self.hosts.settings.clone();
        settings.clock = self.hosts.clock.load(Ordering::SeqCst);
        if let Some(older) = older_release().filter(|_| number > 0) {
            settings.manifest = older.join("spin.toml");
        }
        let start = || Machine::start(&format!("host{number}"), &settings);
        let machine = tokio::task::block_in_place(start);
        let mut running = self.hosts.running();
        running[number] = Some(machine);
        let addresses = running.iter().flatten().map(|machine| machine.address);
        self.balancer.point_at(addresses.collect());
    }

    /// Moves everybody's clock ahead.
    pub(crate) fn advance(&self, time: Duration) {
        self.bench.advance(time);
        let seconds = i64::try_from(time.as_secs()).expect("a sensible time");
        self.hosts.clock.fetch_add(seconds, Ordering::SeqCst);
        for machine in self.hosts.running().iter_mut().flatten() {
            machine.advance(seconds);
        }
    }
}

/// The project as an older release left it, with its components built, which `tests/upgrade.sh` names: all hosts but
/// the first are of it.
fn older_release() -> Option<PathBuf> {
    std::env::var_os("INNSYN_OLDER").map(PathBuf::from)
}

impl Hosts {
    /// Kills one as a power cut does. The balancer is not told.
    pub(crate) fn kill(&self, number: usize) {
        self.running()[number].take().expect("running").kill();
    }

    /// What the host with this number has logged.
    pub(crate) fn events(&self, number: usize) -> Vec<Value> {
        let running = self.running();
        running[number].as_ref().expect("running").events()
    }

    /// How many events of all running hosts are such.
    pub(crate) fn count(&self, such: impl Fn(&Value) -> bool) -> usize {
        let running = self.running();
        let events = running.iter().flatten().flat_map(Machine::events);
        events.filter(such).count()
    }

    fn running(&self) -> MutexGuard<'_, Vec<Option<Machine>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
