//! Imports that guests may use.

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::bindings::spin::key_value::key_value;
use crate::bindings::spin::variables::variables;
use crate::instance::{State, VariablesData};
use crate::key_value::KeyValue;

/// Creates a linker with every import that this host offers.
///
/// # Errors
///
/// If the engine refuses a definition.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    key_value::add_to_linker::<_, KeyValue>(&mut linker, State::key_value)?;
    variables::add_to_linker::<_, VariablesData>(&mut linker, |state| state)?;
    Ok(linker)
}
