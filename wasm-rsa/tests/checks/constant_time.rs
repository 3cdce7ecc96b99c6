//! The operators that a signature executes are counted: there are equally many for all keys and messages of one size.

use crate::support::{Build, Machine, run_openssl, run_wasm};

const KEYS: usize = 4;
const MESSAGES: [&str; 5] = ["00000000", "01234567", "7fffffff", "deadbeef", "ffffffff"];

#[test]
fn a_signature_costs_the_same_whatever_the_key_and_the_message() {
    for size in [2048, 3072, 4096] {
        let keys = run_openssl(&vec![format!("generate {size}"); KEYS]);
        for (build, kernel) in [
            (Build::Relaxed, "fused"),
            (Build::Relaxed, "exact"),
            (Build::Plain, "scalar"),
        ] {
            let mut costs = Vec::new();
            for key in &keys {
                for message in MESSAGES {
                    costs.push(cost_of_signature(build, kernel, key, message));
                }
            }
            let [first, ..] = costs[..] else {
                panic!("no cost")
            };
            assert!(first > 1_000_000, "a signature is counted");
            assert!(
                costs.iter().all(|cost| *cost == first),
                "{size} {kernel}: {costs:?}"
            );
        }
    }
}

/// Returns the operators of one signature more.
fn cost_of_signature(build: Build, kernel: &str, key: &str, message: &str) -> u64 {
    let run = |signatures: u32| {
        let count = format!("sign-often {signatures} sha256 {message}");
        run_wasm(
            Machine::Metered,
            build,
            &[format!("private {kernel} {key}"), count],
        )
        .1
    };
    run(2) - run(1)
}
