//! The WebAssembly engine: its configuration, its clock of epochs, and what guests may import.

use std::{path::Path, thread, time::Duration};

use wasmtime::{Cache, CacheConfig, Config, Engine, component::Linker};

use crate::{
    bindings::spin::{key_value::key_value, variables::variables},
    instance::{State, VariablesData},
    key_value::KeyValue,
};

/// How often the epoch advances.
const EPOCH: Duration = Duration::from_millis(10);

/// A guest that computes gives way after this many epochs.
pub(crate) const EPOCHS_PER_YIELD: u64 = 1;

/// An engine that keeps compiled code in a folder, if there is one.
pub(crate) fn start(cache: Option<&Path>) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    if let Some(folder) = cache {
        let mut kept = CacheConfig::new();
        kept.with_directory(std::path::absolute(folder)?);
        config.cache(Some(Cache::new(kept)?));
    }
    let engine = Engine::new(&config)?;
    advance_epochs(&engine)?;
    Ok(engine)
}

/// On a thread of its own: a task would wait behind the guests that it is there to interrupt.
fn advance_epochs(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("epochs".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(EPOCH);
            }
        })?;
    Ok(())
}

/// Everything that a guest may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    key_value::add_to_linker::<_, KeyValue>(&mut linker, State::key_value)?;
    variables::add_to_linker::<_, VariablesData>(&mut linker, |state| state)?;
    Ok(linker)
}
