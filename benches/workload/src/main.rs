//! Executes the computations of a component without input and output: native, and in WebAssembly.
//!
//! Standard input has certificates and an RSA key in PEM, separated by a line of `=`. The arguments
//! are:
//!
//! | Arguments | |
//! |---|---|
//! | `package MEGABYTES TIMES` | makes an order for Posten with a document of that size |
//! | `sign TIMES` | signs with RS256 |
//! | `verify TIMES` | signs once, and verifies |
//!
//! Prints the shortest time of an execution in nanoseconds, and the peak memory in bytes.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::error::Error;
use std::hint::black_box;
use std::io::{Read as _, stdin};
use std::time::Instant;

use bytes::Bytes;
use innsyn_core::origin::Origin;
use innsyn_core::party::OrganisationNumber;
use innsyn_protocols::posten::job::{
    Document, ExitAddresses, Job, MediaType, OnBehalfOf, Plan, Signer, SignerIdentifier,
};
use innsyn_protocols::posten::{Posten, Seal};
use keyfile::Pem;
use time::OffsetDateTime;
use wasm_rsa::{Hash, PrivateKey};

type Failure = Box<dyn Error>;

const MEGABYTE: usize = 1_000_000;
const MESSAGE: &[u8] = b"a message";

fn main() -> Result<(), Failure> {
    let mut input = String::new();
    stdin().read_to_string(&mut input)?;
    let (chain, key) = input.split_once("\n=\n").ok_or("no line of =")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shortest = match arguments.as_slice() {
        ["package", megabytes, times] => package(chain, key, megabytes.parse()?, times)?,
        ["sign", times] => {
            let key = private(key)?;
            shortest(times, || Ok(key.sign(Hash::Sha256, MESSAGE)?))?
        }
        ["verify", times] => {
            let key = private(key)?;
            let signature = key.sign(Hash::Sha256, MESSAGE)?;
            let key = key.public_key();
            shortest(times, || {
                Ok(key.verify(Hash::Sha256, MESSAGE, &signature)?)
            })?
        }
        _ => return Err("arguments are missing".into()),
    };
    println!("{shortest} {}", memory()?);
    Ok(())
}

fn shortest<T>(times: &str, act: impl Fn() -> Result<T, Failure>) -> Result<u128, Failure> {
    let mut shortest = u128::MAX;
    for _ in 0..times.parse()? {
        let start = Instant::now();
        black_box(act()?);
        shortest = shortest.min(start.elapsed().as_nanos());
    }
    Ok(shortest)
}

fn package(chain: &str, key: &str, megabytes: usize, times: &str) -> Result<u128, Failure> {
    let seal = Seal::from_pem(chain, key)?;
    let origin = || Origin::parse("https://posten.example").ok_or("not an origin");
    let posten = Posten::new(origin()?, "", None, origin()?)?;
    let job = job(
        seal.organisation(),
        noise(megabytes.saturating_mul(MEGABYTE)),
    );
    shortest(times, || {
        Ok(posten.create(
            &job,
            &seal,
            OffsetDateTime::now_utc,
            "b1e55edb1e55edb1e55ed",
        )?)
    })
}

fn job(sender: &OrganisationNumber, content: Vec<u8>) -> Job {
    let exit = || "https://bank.example/signatures/return".to_owned();
    Job {
        plan: Plan::Direct {
            exit: ExitAddresses {
                completion: exit(),
                rejection: exit(),
                error: exit(),
            },
        },
        sender: sender.clone(),
        reference: "sak-1".to_owned(),
        queue: None,
        title: "Avtale".to_owned(),
        nonsensitive_title: None,
        description: None,
        documents: vec![Document {
            media_type: MediaType::Pdf,
            title: "Avtale".to_owned(),
            content: Bytes::from(content),
        }],
        signers: vec![Signer {
            who: SignerIdentifier::Own("part-1".to_owned()),
            signature_type: None,
            on_behalf_of: OnBehalfOf::Oneself,
            order: 0,
            notifications: None,
        }],
        authentication: None,
        identifier: None,
    }
}

/// Generates bytes that do not compress, as those of a PDF hardly do (xorshift).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state)
    };
    let words = std::iter::from_fn(word);
    words.flat_map(u64::to_le_bytes).take(length).collect()
}

fn private(pem: &str) -> Result<PrivateKey, Failure> {
    let pem = Pem::read(pem.as_bytes());
    let keys = pem.private_keys()?;
    let (_, der) = keys.first().ok_or("no key")?;
    Ok(PrivateKey::from_pkcs8_der(der)?)
}

/// Returns the peak memory: linear memory never shrinks.
#[cfg(target_family = "wasm")]
#[expect(clippy::unnecessary_wraps, reason = "the native one can fail")]
fn memory() -> Result<usize, Failure> {
    const PAGE: usize = 65_536;
    Ok(core::arch::wasm32::memory_size::<0>().saturating_mul(PAGE))
}

/// Returns the peak memory: the high water mark that Linux keeps.
#[cfg(not(target_family = "wasm"))]
fn memory() -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: usize = kilobytes.ok_or("no high water mark")?.parse()?;
    Ok(kilobytes.saturating_mul(1024))
}
