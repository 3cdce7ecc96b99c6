//! Runner of the program `workload`: native, and in WebAssembly.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p2::bindings::sync::Command as WasiCommand;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::product::project;

/// Result of a run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Shortest time of an execution, in nanoseconds.
    pub shortest: f64,
    /// Peak memory, in bytes.
    pub memory: f64,
    /// Fuel of the whole run: operators of WebAssembly. Zero if it is not counted.
    pub fuel: u64,
}

/// Certificates and a key of the workload, in PEM.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// Certificate chain, empty if the operation needs none.
    pub chain: &'a str,
    /// Private key.
    pub key: &'a str,
}

/// Program, compiled for WebAssembly.
pub struct Workload {
    engine: Engine,
    component: Component,
}

impl Workload {
    /// Compiles the artefact that the product's start has built. Counts fuel if `is_metered`;
    /// otherwise the engine is as in the host.
    pub fn compile(is_metered: bool) -> Self {
        let mut config = Config::new();
        config.epoch_interruption(!is_metered);
        config.consume_fuel(is_metered);
        let engine = Engine::new(&config).expect("an engine");
        let file = project().join("target/wasm32-wasip2/release/workload.wasm");
        let component = Component::from_file(&engine, file).expect("a component");
        Self { engine, component }
    }

    /// Runs it with certificates and a key in PEM.
    pub fn run(&self, identity: Identity<'_>, arguments: &[&str]) -> Run {
        let mut linker = Linker::new(&self.engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("a linker");
        let output = MemoryOutputPipe::new(1 << 20);
        let context = WasiCtxBuilder::new()
            .arg("workload")
            .args(arguments)
            .stdin(MemoryInputPipe::new(identity.input()))
            .stdout(output.clone())
            .inherit_stderr()
            .build();
        let state = State {
            context,
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, state);
        // An engine that counts no fuel refuses it.
        _ = store.set_fuel(u64::MAX);
        store.set_epoch_deadline(u64::MAX / 2);
        let command = WasiCommand::instantiate(&mut store, &self.component, &linker);
        let ended = command
            .expect("an instance")
            .wasi_cli_run()
            .call_run(&mut store);
        ended.expect("an end").expect("success");
        let fuel = u64::MAX - store.get_fuel().unwrap_or(u64::MAX);
        Run {
            fuel,
            ..printed(&output.contents())
        }
    }
}

/// Runs the native program in `path`.
pub fn run_native(path: PathBuf, identity: Identity<'_>, arguments: &[&str]) -> Run {
    let mut program = Command::new(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the workload");
    let mut stdin = program.stdin.take().expect("its input");
    stdin
        .write_all(identity.input().as_bytes())
        .expect("its input");
    drop(stdin);
    let output = program.wait_with_output().expect("an end");
    assert!(output.status.success(), "the workload succeeds");
    printed(&output.stdout)
}

impl Identity<'_> {
    fn input(self) -> String {
        let Self { chain, key } = self;
        format!("{chain}\n=\n{key}")
    }
}

fn printed(output: &[u8]) -> Run {
    let text = String::from_utf8_lossy(output);
    let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    let [shortest, memory] = numbers[..] else {
        panic!("{text}");
    };
    Run {
        shortest,
        memory,
        fuel: 0,
    }
}

struct State {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }
}
