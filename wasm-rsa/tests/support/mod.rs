//! Programs that do the operations of `examples/worker.rs`: this crate native and in builds for WebAssembly, and OpenSSL.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs; the benchmark stops where a test would"
)]

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p2::bindings::sync::Command as WasiCommand;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// A build for WebAssembly: what the compiler may use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Build {
    /// SIMD and relaxed SIMD.
    Relaxed,
    /// SIMD.
    Simd,
    /// Neither.
    Plain,
}

impl Build {
    const fn target_features(self) -> &'static str {
        match self {
            Self::Relaxed => "+simd128,+relaxed-simd",
            Self::Simd => "+simd128,-relaxed-simd",
            Self::Plain => "-simd128,-relaxed-simd",
        }
    }
}

/// An engine for WebAssembly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Machine {
    /// As the host configures it.
    Usual,
    /// Counting operators: each costs one unit of fuel, whatever its operands.
    Metered,
    /// For the oldest x86-64, without fused multiply-add.
    Oldest,
}

impl Machine {
    fn engine(self) -> Engine {
        let mut config = Config::new();
        match self {
            Self::Usual => config.epoch_interruption(true),
            Self::Metered => config.consume_fuel(true),
            Self::Oldest => config.target("x86_64-unknown-linux-gnu").unwrap(),
        };
        Engine::new(&config).unwrap()
    }
}

/// Runs this crate in WebAssembly. Returns the answer to each line, and the fuel that all took together.
pub(crate) fn run_wasm(machine: Machine, build: Build, lines: &[String]) -> (Vec<String>, u64) {
    let (engine, component) = component(machine, build);
    let (engine, component) = (&engine, &component);
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    let output = MemoryOutputPipe::new(1 << 26);
    let context = WasiCtxBuilder::new()
        .stdin(MemoryInputPipe::new(input(lines)))
        .stdout(output.clone())
        .inherit_stderr()
        .build();
    let mut store = Store::new(
        engine,
        Host {
            context,
            table: ResourceTable::new(),
        },
    );
    if machine == Machine::Metered {
        store.set_fuel(u64::MAX).unwrap();
    }
    store.set_epoch_deadline(u64::MAX / 2);
    let command = WasiCommand::instantiate(&mut store, component, &linker).unwrap();
    command
        .wasi_cli_run()
        .call_run(&mut store)
        .unwrap()
        .unwrap();
    let fuel = u64::MAX - store.get_fuel().unwrap_or(u64::MAX);
    (answers(&output.contents(), lines), fuel)
}

/// Runs this crate as it is compiled for this machine.
pub(crate) fn run_native(lines: &[String]) -> Vec<String> {
    // Examples are built beside the folder of the tests.
    let own = std::env::current_exe().unwrap();
    let worker = own.ancestors().nth(2).unwrap().join("examples/worker");
    run_program(&mut Command::new(worker), lines)
}

/// Runs OpenSSL, and Python's integers.
pub(crate) fn run_openssl(lines: &[String]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openssl.py");
    run_program(Command::new("python3").arg(script), lines)
}

fn run_program(command: &mut Command, lines: &[String]) -> Vec<String> {
    let mut program = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let input = input(lines);
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = program.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{command:?}");
    answers(&output.stdout, lines)
}

fn input(lines: &[String]) -> Vec<u8> {
    let mut input = lines.join("\n").into_bytes();
    input.push(b'\n');
    input
}

fn answers(output: &[u8], lines: &[String]) -> Vec<String> {
    let answers: Vec<_> = str::from_utf8(output)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(answers.len(), lines.len(), "one answer for each line");
    answers
}

struct Host {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }
}

type Compiled = HashMap<(Machine, Build), (Engine, Component)>;

fn component(machine: Machine, build: Build) -> (Engine, Component) {
    static COMPILED: Mutex<Option<Compiled>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap();
    let compiled = compiled.get_or_insert_default().entry((machine, build));
    let (engine, component) = compiled.or_insert_with(|| {
        let engine = machine.engine();
        let component = Component::from_file(&engine, compile(build)).unwrap();
        (engine, component)
    });
    (engine.clone(), component.clone())
}

/// Compiles the worker, whatever flags are configured otherwise.
fn compile(build: Build) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own
        .ancestors()
        .nth(3)
        .unwrap()
        .join("wasm-rsa")
        .join(format!("{build:?}").to_lowercase());
    fs::create_dir_all(&target).unwrap();
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--locked",
            "--quiet",
            "--release",
            "--package",
            "wasm-rsa",
            "--example",
            "worker",
        ])
        .args(["--target", "wasm32-wasip2", "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env(
            "RUSTFLAGS",
            format!("-Ctarget-feature={}", build.target_features()),
        )
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status();
    assert!(status.unwrap().success(), "the worker is compiled");
    target.join("wasm32-wasip2/release/examples/worker.wasm")
}
