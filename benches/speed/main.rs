//! Measures the figures of `docs/performance.md`, each beside a yardstick that alternates with it
//! in the same run.
//!
//! `cargo bench -p benches --bench speed` prints a table and writes `target/speed.json`. Arguments
//! choose parts: `cargo bench -p benches --bench speed -- reads tokens`.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench ends where something is not as expected; its figures have a few digits that count, and are printed"
)]

mod package;
mod program;
mod reads;
mod rounds;
mod rsa;
mod spin;
mod start;
mod stores;
mod tokens;

use std::fs;
use std::process::Command;

use benches::product::{Product, ProductOptions, project};
use benches::report::{Machine, Report};
use benches::source::Source;

#[tokio::main]
async fn main() {
    let chosen: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == part);
    let mut report = Report {
        machine: machine(),
        figures: Vec::new(),
        skipped: Vec::new(),
    };
    let Report {
        figures, skipped, ..
    } = &mut report;
    if is_chosen(rsa::PART) {
        figures.extend(rsa::measure(skipped));
    }
    if is_chosen(reads::PART) {
        figures.extend(reads::measure().await);
    }
    if is_chosen(stores::PART) {
        figures.extend(stores::measure().await);
    }
    if is_chosen(tokens::PART) {
        figures.extend(tokens::measure(skipped).await);
    }
    if is_chosen(start::PART) {
        figures.extend(start::measure().await);
    }
    if is_chosen(package::PART) {
        let source = Source::start();
        let (product, _) = Product::with_consent(&ProductOptions::beside(&source)).await;
        let seal = |name: &str| &product.variables()[name];
        // The synchronous WASI of the workload brings a runtime of its own.
        let package = tokio::task::block_in_place(|| {
            package::measure(seal("seal_certificate_chain"), seal("seal_key"))
        });
        figures.extend(package);
    }
    if is_chosen(spin::PART) {
        figures.extend(spin::measure(skipped).await);
    }
    let path = project().join("target/speed.json");
    let json = serde_json::to_string_pretty(&report).expect("JSON");
    fs::write(&path, json).expect("a file");
    println!("{}\nAs JSON: {}", report.table(), path.display());
}

fn machine() -> Machine {
    let processors = fs::read_to_string("/proc/cpuinfo").expect("Linux");
    let model = processors.lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.expect("a compiler").stdout;
    Machine {
        processor: model.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rustc: String::from_utf8_lossy(&rustc).trim().to_owned(),
    }
}
