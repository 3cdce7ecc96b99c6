//! Signatures against OpenSSL, and the operations without encoding against Python's `pow`.

use crate::support::{Build, Machine, run_native, run_openssl, run_wasm};

/// Builds of this crate, and the kernels in them.
const BUILDS: [(Option<Build>, &str); 5] = [
    (Some(Build::Relaxed), "fused"),
    (Some(Build::Relaxed), "exact"),
    (Some(Build::Simd), "exact"),
    (Some(Build::Plain), "scalar"),
    (None, "scalar"),
];

/// Messages to each key and hash function: so 1,080 signatures for each build and kernel.
const MESSAGES: usize = 40;
const SIZES: [usize; 5] = [2048, 2050, 3072, 3328, 4096];

/// Runs this crate.
fn run(build: Option<Build>, lines: &[String]) -> Vec<String> {
    build.map_or_else(
        || run_native(lines),
        |build| run_wasm(Machine::Usual, build, lines).0,
    )
}

/// Returns some bytes that differ for each seed, in hexadecimal.
fn message(seed: usize) -> String {
    let digits = (0..seed % 97 * 2).map(|index| (seed * 31 + index * 7) % 16);
    digits
        .filter_map(|digit| char::from_digit(u32::try_from(digit).unwrap(), 16))
        .collect()
}

/// Numbers of a key, as OpenSSL has them.
fn components(answer: &str) -> Vec<&str> {
    answer.split(' ').collect()
}

#[test]
fn signatures_are_those_of_openssl() {
    let mut asked = Vec::new();
    for size in SIZES {
        asked.push(format!("generate {size}"));
        for hash in ["sha256", "sha384", "sha512"] {
            asked
                .extend((1..=MESSAGES).map(|seed| format!("sign {hash} {}", message(seed + size))));
        }
    }
    let expected = run_openssl(&asked);
    for (build, kernel) in BUILDS {
        let mut lines = Vec::new();
        for (line, answer) in asked.iter().zip(&expected) {
            if line.starts_with("generate") {
                lines.push(format!("private {kernel} {answer}"));
                let numbers = components(answer);
                lines.push(format!("public {kernel} {} {}", numbers[0], numbers[1]));
            } else {
                lines.push(line.clone());
                lines.push(format!("{} {answer}", line.replacen("sign", "verify", 1)));
            }
        }
        let answers = run(build, &lines);
        let mut signed = 0;
        let ours = answers.chunks(2).zip(asked.iter().zip(&expected));
        for (ours, (line, expected)) in ours {
            if line.starts_with("generate") {
                assert_eq!(ours, ["ready", "ready"], "{build:?} {kernel}");
            } else {
                assert_eq!(
                    ours,
                    [expected.as_str(), "valid"],
                    "{build:?} {kernel} {line}"
                );
                signed += 1;
            }
        }
        assert_eq!(signed, SIZES.len() * 3 * MESSAGES);
    }
}

/// The largest primes of their length, the smallest, one below which the lower half of the bits are ones, and one above
/// which they are zeros.
const EXTREME_PRIMES: [[&str; 5]; 3] = [
    [
        "prime 1024 0 0 -105",
        "prime 1024 0 0 -179",
        "small_prime 1024 37",
        "prime 1024 172 512 -1",
        "prime 1024 243 200 1",
    ],
    [
        "prime 1536 0 0 -3453",
        "prime 1536 0 0 -4977",
        "small_prime 1536 1689",
        "prime 1536 317 768 -1",
        "prime 1536 343 200 1",
    ],
    [
        "prime 2048 0 0 -1557",
        "prime 2048 0 0 -2543",
        "small_prime 2048 3428",
        "prime 2048 394 1024 -1",
        "prime 2048 561 200 1",
    ],
];

/// Returns every key of two of the primes, in both orders.
fn extreme_keys() -> Vec<String> {
    let mut asked = Vec::new();
    for primes in EXTREME_PRIMES {
        let primes = run_openssl(&primes.map(str::to_owned));
        let others = |first| primes.iter().filter(move |second| *second != first);
        let pairs = primes
            .iter()
            .flat_map(|first| others(first).map(move |second| (first, second)));
        asked.extend(pairs.map(|(first, second)| format!("assemble {first} {second} 10001")));
    }
    run_openssl(&asked)
}

#[test]
fn operations_are_those_of_python_for_extreme_primes() {
    let keys = extreme_keys();
    let mut numbers = Vec::new();
    for key in &keys {
        let [modulus, _, first, second, ..] = components(key)[..] else {
            panic!("no key");
        };
        let below = |hex: &str| {
            format!(
                "{}{:x}",
                &hex[..hex.len() - 1],
                u8::from_str_radix(&hex[hex.len() - 1..], 16).unwrap() - 1
            )
        };
        // Zero, one, the largest, one with a single bit, and multiples of each prime.
        let power = format!("8{}", "0".repeat(modulus.len() - 2));
        let each = [
            "0".to_owned(),
            "1".to_owned(),
            below(modulus),
            power,
            first.to_owned(),
            second.to_owned(),
            below(first),
        ];
        numbers.push(each.map(|number| {
            if number.len() % 2 == 0 {
                number
            } else {
                format!("0{number}")
            }
        }));
    }
    let powers = |exponent: fn(&[&str]) -> String| {
        let lines = keys.iter().zip(&numbers).flat_map(|(key, numbers)| {
            let components = components(key);
            let exponent = exponent(&components);
            let line = move |number| format!("power {number} {exponent} {}", components[0]);
            numbers.iter().map(line)
        });
        run_openssl(&lines.collect::<Vec<_>>())
    };
    let raised = powers(|components| components[1].to_owned());
    for (build, kernel) in BUILDS {
        // The private operation undoes what Python has raised to the public exponent.
        let mut lines = Vec::new();
        let mut expected = Vec::new();
        for ((key, numbers), raised) in keys.iter().zip(&numbers).zip(raised.chunks(7)) {
            let components = components(key);
            lines.push(format!("private {kernel} {key}"));
            lines.push(format!(
                "public {kernel} {} {}",
                components[0], components[1]
            ));
            expected.extend(["ready".to_owned(), "ready".to_owned()]);
            let width = components[0].len();
            for (number, raised) in numbers.iter().zip(raised) {
                lines.push(format!("private-operation {raised}"));
                expected.push(format!("{number:0>width$}"));
                lines.push(format!("public-operation {number:0>width$}"));
                expected.push(format!("{raised:0>width$}"));
            }
        }
        let answers = run(build, &lines);
        for (index, (answer, expected)) in answers.iter().zip(&expected).enumerate() {
            assert_eq!(answer, expected, "{build:?} {kernel} {}", lines[index]);
        }
    }
}

/// On a machine that rounds twice, the kernel that relies on fused multiply-add is not chosen and cannot be.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_machine_without_fused_multiply_add_takes_the_exact_kernel() {
    let [key, expected] =
        &run_openssl(&["generate 2048".to_owned(), "sign sha256 61".to_owned()])[..]
    else {
        panic!("two answers");
    };
    let lines = [
        "fastest".to_owned(),
        format!("private fused {key}"),
        format!("private fastest {key}"),
        "sign sha256 61".to_owned(),
    ];
    let (answers, _) = run_wasm(Machine::Oldest, Build::Relaxed, &lines);
    assert_eq!(
        answers,
        [
            "Exact",
            "error: the kernel does not run on this engine",
            "ready",
            expected
        ]
    );
}
