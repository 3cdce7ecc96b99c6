//! Bindings of Spin's interfaces, generated from their definitions.

wasmtime::component::bindgen!({
    world: "spin",
    path: "wit",
    imports: {
        "spin:key-value/key-value@3.0.0.[method]store.get-keys": trappable,
    },
    with: { "spin:key-value/key-value.store": crate::key_value::OpenStore },
});
