//! The sandbox's Maskinporten, met as a client meets it: over HTTPS, with grants made by a library
//! that the sandbox's checks do not share with the product.

mod faults;
mod refusals;
mod rotation;
mod setup;
mod support;
mod tokens;
