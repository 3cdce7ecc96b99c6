//! The sandbox's vault, met as a client meets it: over HTTPS, its signatures checked by another
//! library than the one that makes them.
mod access;
mod refusals;
mod secrets;
mod signatures;
mod support;
