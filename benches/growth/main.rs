//! Measures the figures of `docs/growth.md` side by side in one run, and reports deviations.
//!
//! `cargo bench -p benches --profile dev` takes a minute after the build. It fails if a counted
//! figure differs from the document; times are printed beside the document's and never fail.

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

mod redis;

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::product::{Product, ProductOptions, project};
use benches::{CapacityModel, cpu};
use futures::future::join_all;
use host::Limits;

use redis::Redis;

/// Two organisations that Ragna acts for.
const PARTIES: [(&str, &str); 2] = [("ragna", "313367002"), ("ragna", "314055403")];

/// Iterations of the fast measurements and of the slow ones.
const MANY: u32 = 200;
const FEW: u32 = 20;

/// Figures that are counted rather than timed, which the document must state exactly.
const COUNTED: [&str; 5] = [
    "warm_read_store_operations",
    "new_instances_store_operations",
    "cold_read_store_operations",
    "warm_read_mints",
    "cold_read_mints",
];

type Figures = Vec<(&'static str, f64)>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut figures = on_sqlite().await;
    match Redis::start() {
        Some(redis) => figures.extend(on_redis(&redis).await),
        None => println!("redis-server is not installed: its figures are the paper's"),
    }
    let capacity = fs::read_to_string(project().join("docs/growth.md")).expect("the paper");
    told(&CapacityModel::read(&capacity), &figures)
}

/// Cost of one execution.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// CPU time of the app, in milliseconds of one core.
    computed: f64,
    /// Median time until the answer, in milliseconds.
    waited: f64,
}

/// Executes `act` `times` times in sequence.
async fn measure(times: u32, mut act: impl AsyncFnMut()) -> Cost {
    let mut waits = Vec::new();
    let computed = cpu::of_threads(cpu::APP);
    for _ in 0..times {
        let start = Instant::now();
        act().await;
        waits.push(start.elapsed());
    }
    let computed = Duration::from_nanos(cpu::of_threads(cpu::APP) - computed);
    waits.sort();
    Cost {
        computed: computed.as_secs_f64() * 1_000.0 / f64::from(times),
        waited: waits[waits.len() / 2].as_secs_f64() * 1_000.0,
    }
}

/// Limits under which no instance is replaced. By default it is replaced after 10,000 requests, or
/// half a minute without one: then the machine's speed would decide how often a new instance reads
/// data that the one before it had in memory. Those reads have a figure of their own.
fn lasting_instances() -> Limits {
    Limits {
        requests_per_instance: usize::MAX,
        idle_instance_timeout: Duration::from_hours(1),
        instance_lifetime: Duration::from_hours(1),
        ..Limits::default()
    }
}

async fn on_sqlite() -> Figures {
    let before = cpu::resident();
    let product = Product::start(&ProductOptions::default()).await;
    let address = format!("{}/floor/hello", product.url);
    let http = reqwest::Client::new();
    let greet = async || {
        let answer = http.get(&address).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "hello");
    };
    measure(FEW, &greet).await;
    let hello = measure(MANY, &greet).await;
    let (customer, party) = PARTIES[0];
    let login = product.login(customer).await;
    product.consent(&login, party).await;
    product.read(&login, party).await;
    let quiet = cpu::resident();
    let warm = measure(MANY, async || product.read(&login, party).await).await;
    let (started, resident) = (instances(&product), cpu::resident());
    join_all((0..64).map(|_| product.read(&login, party))).await;
    let grown = (cpu::resident() - resident).max(0.0);
    vec![
        ("hello_ms", hello.computed),
        ("hello_answer_ms", hello.waited),
        ("warm_read_sqlite_ms", warm.computed),
        ("process_mb", quiet - before),
        (
            "instance_mb",
            grown / (instances(&product) - started).max(1) as f64,
        ),
    ]
}

async fn on_redis(redis: &Redis) -> Figures {
    let mut product = Product::start(&ProductOptions {
        redis: Some(redis.url()),
        limits: lasting_instances(),
        ..ProductOptions::default()
    })
    .await;
    let mut grown = Vec::new();
    let mut logins = Vec::new();
    for (customer, party) in PARTIES {
        let login = product.login(customer).await;
        let (before, _) = redis.bytes();
        product.consent(&login, party).await;
        let (consented, _) = redis.bytes();
        product.read(&login, party).await;
        let (read, _) = redis.bytes();
        grown.push((consented - before, read - consented));
        logins.push(login);
    }
    // The first one's brings tokens with it that are there for all.
    let (consent, token) = grown[1];

    let (login, party) = (&logins[0], PARTIES[0].1);
    let started = instances(&product);
    let warm = Tally::read(&product, redis);
    let warm_read = measure(MANY, async || product.read(login, party).await).await;
    let warm = Tally::read(&product, redis).since(&warm, MANY);
    // The first of them also asks for Maskinporten's metadata, which is kept longer.
    product.outlive_tokens();
    let fresh = product.login(PARTIES[0].0).await;
    product.read(&fresh, party).await;
    let cold = Tally::read(&product, redis);
    let mut cold_read = Vec::new();
    for _ in 0..FEW {
        product.outlive_tokens();
        let login = product.login(PARTIES[0].0).await;
        cold_read.push(measure(1, async || product.read(&login, party).await).await);
    }
    let cold = Tally::read(&product, redis).since(&cold, FEW);
    assert_eq!(instances(&product), started, "an instance was replaced");
    let login = product.login(PARTIES[0].0).await;
    product.read(&login, party).await;
    product.restart().await;
    let new = Tally::read(&product, redis);
    product.read(&login, party).await;
    let new = Tally::read(&product, redis).since(&new, 1);
    let mean = |of: fn(&Cost) -> f64| cold_read.iter().map(of).sum::<f64>() / f64::from(FEW);
    vec![
        ("warm_read_ms", warm_read.computed),
        ("warm_read_answer_ms", warm_read.waited),
        ("cold_read_ms", mean(|cost| cost.computed)),
        ("cold_read_answer_ms", mean(|cost| cost.waited)),
        ("warm_read_store_operations", warm.operations),
        ("new_instances_store_operations", new.operations),
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

/// Counts the instances of a read's components that were ever started.
fn instances(product: &Product) -> u64 {
    let server = product.server();
    server.instances("claims") + server.instances("token")
}

/// Counts of one measurement, in total or for each of several reads.
struct Tally {
    operations: f64,
    mints: f64,
    log: f64,
}

impl Tally {
    fn read(product: &Product, redis: &Redis) -> Self {
        Self {
            operations: redis.operations() as f64,
            mints: product.minted() as f64,
            log: product.logged() as f64,
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

/// Prints the measured figures beside the stated ones, and the tables that follow.
fn told(capacity: &CapacityModel, figures: &Figures) -> ExitCode {
    println!("| Figure | here and now | in the paper | ratio |\n|---|---|---|---|");
    for (name, value) in figures {
        let (stated, ratio) = match capacity.figure(name) {
            Ok(stated) if stated == 0.0 => (stated.to_string(), String::new()),
            Ok(stated) => (stated.to_string(), format!("{:.2}", value / stated)),
            Err(_) => (String::new(), String::new()),
        };
        println!("| `{name}` | {value:.2} | {stated} | {ratio} |");
    }
    let wrong = capacity.wrong(&COUNTED, figures);
    for name in &wrong {
        println!("the paper is wrong about {name}");
    }
    let found = |name: &str| figures.iter().find(|(other, _)| *other == name);
    let floor = found("hello_ms").map_or(f64::NAN, |(_, value)| *value);
    for name in ["warm_read_sqlite_ms", "warm_read_ms", "cold_read_ms"] {
        if let Some((_, value)) = found(name) {
            println!("{name}: {:.1} times a hello", value / floor);
        }
    }
    match capacity.clone().with(figures).tables() {
        Ok(tables) => println!("\nwith these figures:\n\n{tables}"),
        Err(missing) => println!("\nthe paper does not state {}", missing.0),
    }
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
