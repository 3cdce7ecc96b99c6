//! Measures what `docs/growth.md` states, side by side in one run, and says where the paper is off.
//!
//! `cargo bench -p benches --profile dev` takes a minute after it is built. It fails where something that is counted is not what the
//! paper says; times are shown beside the paper's and never fail.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a bench, what is not as expected ends it, and what it finds is printed"
)]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts here are small, and figures have two digits that count"
)]

mod app;
mod cpu;
mod redis;

use std::fs;
use std::process::ExitCode;

use benches::Paper;
use futures::future::join_all;
use host::{Log, Options};
use tokio::net::TcpListener;

use app::{Machine, measure, project};
use redis::Redis;

/// Two organisations that Ragna acts for.
const PARTIES: [(&str, &str); 2] = [("ragna", "313367002"), ("ragna", "314055403")];

/// How often the quick ones are done, and the slow ones.
const MANY: u32 = 200;
const FEW: u32 = 20;

/// What is counted, not timed: the paper must be right about it.
const COUNTED: [&str; 4] = [
    "warm_read_store_operations",
    "cold_read_store_operations",
    "warm_read_mints",
    "cold_read_mints",
];

type Figures = Vec<(&'static str, f64)>;

#[tokio::main]
async fn main() -> ExitCode {
    app::build(&project().join("spin.toml"));
    let mut figures = floor().await;
    figures.extend(on_sqlite().await);
    match Redis::start() {
        Some(redis) => figures.extend(on_redis(&redis).await),
        None => println!("redis-server is not installed: its figures are the paper's"),
    }
    let paper = fs::read_to_string(project().join("docs/growth.md")).expect("the paper");
    told(&Paper::read(&paper), &figures)
}

/// A component that says hello, on the same host.
async fn floor() -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    let text = format!(
        "spin_manifest_version = 2\n[application]\nname = \"floor\"\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"probe\"\n\
         [component.probe]\nsource = \"{}\"\n[component.probe.build]\n\
         command = \"cargo build --target wasm32-wasip2 --release -p probe\"\nworkdir = \"{}\"\n",
        project()
            .join("target/wasm32-wasip2/release/probe.wasm")
            .display(),
        project().display(),
    );
    fs::write(&manifest, text).expect("a file");
    app::build(&manifest);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut options = Options::new(&manifest);
    options.cache_dir = Some(project().join("target/compiled"));
    options.log = Log::memory();
    let served = app::serve(options, listener).await;
    let address = format!("http://{}/hello", served.server.address());
    let http = reqwest::Client::new();
    let hello = async || {
        let answer = http.get(&address).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "hello");
    };
    measure(FEW, &hello).await;
    let cost = measure(MANY, &hello).await;
    vec![
        ("hello_ms", cost.computed),
        ("hello_answer_ms", cost.waited),
    ]
}

async fn on_sqlite() -> Figures {
    let before = cpu::resident();
    let machine = Machine::start(None).await;
    let (customer, party) = PARTIES[0];
    let login = machine.login(customer).await;
    machine.consent(&login, party).await;
    machine.read(&login, party).await;
    let quiet = cpu::resident();
    let warm = measure(MANY, async || machine.read(&login, party).await).await;
    let server = &machine.app.server;
    let instances = || server.instances("claims") + server.instances("token");
    let (started, resident) = (instances(), cpu::resident());
    join_all((0..64).map(|_| machine.read(&login, party))).await;
    let grown = (cpu::resident() - resident).max(0.0);
    vec![
        ("warm_read_sqlite_ms", warm.computed),
        ("process_mb", quiet - before),
        ("instance_mb", grown / (instances() - started).max(1) as f64),
    ]
}

async fn on_redis(redis: &Redis) -> Figures {
    let machine = Machine::start(Some(redis)).await;
    let mut grown = Vec::new();
    let mut logins = Vec::new();
    for (customer, party) in PARTIES {
        let login = machine.login(customer).await;
        let (before, _) = redis.bytes();
        machine.consent(&login, party).await;
        let (consented, _) = redis.bytes();
        machine.read(&login, party).await;
        let (read, _) = redis.bytes();
        grown.push((consented - before, read - consented));
        logins.push(login);
    }
    // The first one's brings tokens with it that are there for all.
    let (consent, token) = grown[1];

    let (login, party) = (&logins[0], PARTIES[0].1);
    let warm = Tally::of(&machine, redis);
    let warm_read = measure(MANY, async || machine.read(login, party).await).await;
    let warm = Tally::of(&machine, redis).since(&warm, MANY);
    // The first of them also asks for Maskinporten's metadata, which is kept longer.
    machine.outlives_tokens();
    let fresh = machine.login(PARTIES[0].0).await;
    machine.read(&fresh, party).await;
    let cold = Tally::of(&machine, redis);
    let mut cold_read = Vec::new();
    for _ in 0..FEW {
        machine.outlives_tokens();
        let login = machine.login(PARTIES[0].0).await;
        cold_read.push(measure(1, async || machine.read(&login, party).await).await);
    }
    let cold = Tally::of(&machine, redis).since(&cold, FEW);
    let mean = |of: fn(&app::Cost) -> f64| cold_read.iter().map(of).sum::<f64>() / f64::from(FEW);
    vec![
        ("warm_read_ms", warm_read.computed),
        ("warm_read_answer_ms", warm_read.waited),
        ("cold_read_ms", mean(|cost| cost.computed)),
        ("cold_read_answer_ms", mean(|cost| cost.waited)),
        ("warm_read_store_operations", warm.operations),
        ("cold_read_store_operations", cold.operations),
        ("warm_read_mints", warm.mints),
        ("cold_read_mints", cold.mints),
        ("warm_read_log_bytes", warm.log),
        ("cold_read_log_bytes", cold.log),
        ("consent_redis_bytes", consent),
        ("token_redis_bytes", token),
        ("redis_operations_per_second", redis.operations_per_second()),
    ]
}

/// What has been counted, or how much of it for each of several reads.
struct Tally {
    operations: f64,
    mints: f64,
    log: f64,
}

impl Tally {
    fn of(machine: &Machine, redis: &Redis) -> Self {
        Self {
            operations: redis.operations() as f64,
            mints: machine.minted() as f64,
            log: machine.logged() as f64,
        }
    }

    fn since(&self, before: &Self, reads: u32) -> Self {
        let each = |now: f64, then: f64| (now - then) / f64::from(reads);
        Self {
            operations: each(self.operations, before.operations),
            mints: each(self.mints, before.mints),
            log: each(self.log, before.log),
        }
    }
}

/// Prints what was found beside what the paper says, and what would follow from it.
fn told(paper: &Paper, figures: &Figures) -> ExitCode {
    let mut end = ExitCode::SUCCESS;
    println!("| Figure | here and now | in the paper | ratio |\n|---|---|---|---|");
    for (name, value) in figures {
        let stated = paper.figure(name).unwrap_or(f64::NAN);
        println!(
            "| `{name}` | {value:.2} | {stated} | {:.2} |",
            value / stated
        );
        if COUNTED.contains(name) && (value - stated).abs() > 0.001 {
            println!("the paper is wrong about {name}");
            end = ExitCode::FAILURE;
        }
    }
    let found = |name: &str| figures.iter().find(|(other, _)| *other == name);
    let floor = found("hello_ms").map_or(f64::NAN, |(_, value)| *value);
    for name in ["warm_read_sqlite_ms", "warm_read_ms", "cold_read_ms"] {
        if let Some((_, value)) = found(name) {
            println!("{name}: {:.1} times a hello", value / floor);
        }
    }
    match paper.clone().with(figures).tables() {
        Ok(tables) => println!("\nwith these figures:\n\n{tables}"),
        Err(missing) => println!("\nthe paper does not state {}", missing.0),
    }
    end
}
