//! Outbound HTTP: connections, TLS, identities, pins and budgets.

mod budget;
mod client;
mod client_tls;
mod connection;
mod counterparties;
mod failure;
mod identities;
mod network;
mod pin;
mod pool;
mod presented_certificate;
mod tls_alert;
mod tls_config;
mod tls_files;

pub(crate) use budget::{Budgets, REFUSED};
pub(crate) use client::{Client, HttpLimits};
pub(crate) use client_tls::ClientTls;
pub(crate) use counterparties::Counterparties;
pub(crate) use failure::is_about_client_certificate;
pub(crate) use identities::Identities;
pub(crate) use network::BlockedNetworks;
pub(crate) use pin::Pin;
pub(crate) use tls_config::check_client_files;
pub use tls_files::TlsError;
pub(crate) use tls_files::{authorities, pair, roots};
