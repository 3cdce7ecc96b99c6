//! Folkeregisteret for producers, called with `curl`: the clients that two-way TLS admits, and the
//! alerts for the others.
mod common_problems;
mod defects;
mod lets_in;
mod revocation;
mod shared_authorities;
mod support;
