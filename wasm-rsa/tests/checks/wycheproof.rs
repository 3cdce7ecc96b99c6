//! Wycheproof's vectors for verification.

use std::fs;
use std::path::Path;

use crate::support::{Build, Machine, run_native, run_wasm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BUILDS: [(Option<Build>, &str); 4] = [
    (Some(Build::Relaxed), "fused"),
    (Some(Build::Relaxed), "exact"),
    (Some(Build::Plain), "scalar"),
    (None, "scalar"),
];

fn check(file: &str, expected_tests: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/wycheproof")
        .join(file);
    let vectors = fs::read_to_string(path).unwrap();
    for (build, kernel) in BUILDS {
        let mut lines = Vec::new();
        let mut expected = Vec::new();
        let (mut operation, mut hash) = ("", "");
        for line in vectors.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["key", scheme, name, modulus, exponent] => {
                    (operation, hash) = (scheme, name);
                    lines.push(format!(
                        "public {kernel} {} {}",
                        hex(modulus),
                        hex(exponent)
                    ));
                    expected.push(("ready", line));
                }
                [_, result, message, signature] => {
                    lines.push(format!(
                        "{operation} {hash} {} {}",
                        hex(message),
                        hex(signature)
                    ));
                    // Those that are called acceptable leave out the parameters of the hash function; here they are not.
                    expected.push((
                        if result == "valid" {
                            "valid"
                        } else {
                            "invalid"
                        },
                        line,
                    ));
                }
                _ => panic!("{line}"),
            }
        }
        let answers = match build {
            Some(build) => run_wasm(Machine::Usual, build, &lines).0,
            None => run_native(&lines),
        };
        for (answer, (expected, line)) in answers.iter().zip(&expected) {
            assert_eq!(
                answer,
                expected,
                "{file} {build:?} {kernel} {}",
                line.get(..60).unwrap_or(line)
            );
        }
        assert_eq!(
            expected
                .iter()
                .filter(|(expected, _)| *expected != "ready")
                .count(),
            expected_tests
        );
    }
}

fn hex(base64: &str) -> String {
    let bytes = STANDARD.decode(base64.trim_start_matches('-')).unwrap();
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

#[test]
fn pkcs1_with_sha256_and_2048_bits() {
    check("rsa_signature_2048_sha256.txt", 259);
}

#[test]
fn pkcs1_with_sha384_and_3072_bits() {
    check("rsa_signature_3072_sha384.txt", 259);
}

#[test]
fn pss_with_sha256_and_2048_bits() {
    check("rsa_pss_2048_sha256_mgf1_32.txt", 108);
}

#[test]
fn pss_with_sha384_and_2048_bits() {
    check("rsa_pss_2048_sha384_mgf1_48.txt", 141);
}

#[test]
fn pss_with_sha512_and_4096_bits() {
    check("rsa_pss_4096_sha512_mgf1_64.txt", 60);
}
