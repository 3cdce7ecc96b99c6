//! Times of a signature and a verification, as multiples of OpenSSL's on the same machine.
//!
//! Operations take turns in ten rounds; each round takes the shortest of some operations on either side. Printed are the
//! shortest times over all rounds, their ratio, and the least and the largest ratio of a round.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "the table is what it is for"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Build, Machine, run_native, run_openssl, run_wasm};

const ROUNDS: usize = 10;
const OPERATIONS: usize = 25;
const KERNELS: [(Option<Build>, &str); 4] = [
    (Some(Build::Relaxed), "fused"),
    (Some(Build::Simd), "exact"),
    (Some(Build::Plain), "scalar"),
    (None, "scalar"),
];

fn main() {
    println!("{}", run_openssl(&["version".to_owned()])[0]);
    println!("| operation | bits | kernel | here, ms | OpenSSL, ms | ratio | least | largest |");
    println!("|---|---|---|---|---|---|---|---|");
    for bits in [2048, 3072, 4096] {
        let [key, signature] =
            &run_openssl(&[format!("generate {bits}"), "sign sha256 61".to_owned()])[..]
        else {
            return;
        };
        let numbers: Vec<&str> = key.split(' ').collect();
        let assemble = format!("assemble {} {} {}", numbers[2], numbers[3], numbers[1]);
        for (build, kernel) in KERNELS {
            let public = format!("public {kernel} {} {}", numbers[0], numbers[1]);
            let private = format!("private {kernel} {key}");
            let sign = format!("repeat {OPERATIONS} sign sha256 61");
            let verify = format!("repeat {OPERATIONS} verify sha256 61 {signature}");
            let new = format!("repeat {OPERATIONS} {public}");
            for (name, own, other) in [
                ("sign", &[private, sign.clone()][..], &sign),
                ("verify", &[public.clone(), verify.clone()], &verify),
                (
                    "key, then verify",
                    &[new, public.clone(), verify.clone()],
                    &verify,
                ),
            ] {
                compare(
                    &format!("{name} | {bits}"),
                    build,
                    kernel,
                    own,
                    &[assemble.clone(), other.clone()],
                );
            }
        }
    }
}

fn compare(name: &str, build: Option<Build>, kernel: &str, own: &[String], other: &[String]) {
    let time = |answers: Vec<String>| {
        answers
            .iter()
            .filter_map(|answer| answer.parse::<f64>().ok())
            .sum::<f64>()
            / 1e6
    };
    let round = |_| {
        let here = match build {
            Some(build) => run_wasm(Machine::Usual, build, own).0,
            None => run_native(own),
        };
        (time(here), time(run_openssl(other)))
    };
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(round).collect();
    let shortest = |times: &mut dyn Iterator<Item = f64>| times.fold(f64::MAX, f64::min);
    let here = shortest(&mut rounds.iter().map(|(here, _)| *here));
    let openssl = shortest(&mut rounds.iter().map(|(_, openssl)| *openssl));
    let mut ratios: Vec<f64> = rounds
        .iter()
        .map(|(here, openssl)| here / openssl)
        .collect();
    ratios.sort_by(f64::total_cmp);
    let place = if build.is_some() {
        kernel.to_owned()
    } else {
        format!("{kernel}, native")
    };
    println!(
        "| {name} | {place} | {here:.3} | {openssl:.3} | {:.2} | {:.2} | {:.2} |",
        here / openssl,
        ratios[0],
        ratios[ROUNDS - 1]
    );
}
