//! The crate against OpenSSL, Python and Wycheproof's vectors: native, and in WebAssembly.

#[cfg(test)]
mod constant_time;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod signatures;
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod wycheproof;
