//! The WebAssembly engine: configuration and epochs.

use std::path::Path;
use std::thread;
use std::time::Duration;

use wasmtime::{Cache, CacheConfig, Config, Engine};

/// Interval between epochs.
const EPOCH: Duration = Duration::from_millis(10);

/// Number of epochs after which a computing guest yields.
pub(crate) const EPOCHS_PER_YIELD: u64 = 1;

/// Creates an engine that caches compiled code in `cache`, if given, and counts fuel if
/// `counts_fuel`.
///
/// # Errors
///
/// If the engine cannot be set up on this machine.
pub(crate) fn start(cache: Option<&Path>, counts_fuel: bool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.consume_fuel(counts_fuel);
    if let Some(folder) = cache {
        let mut kept = CacheConfig::new();
        kept.with_directory(std::path::absolute(folder)?);
        config.cache(Some(Cache::new(kept)?));
    }
    let engine = Engine::new(&config)?;
    advance_epochs(&engine)?;
    Ok(engine)
}

/// Advances the epoch on a separate thread: a task would wait behind the guests that it interrupts.
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
