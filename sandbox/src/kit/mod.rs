//! Parts that every external service of the sandbox is built from: the server, the clock, faults,
//! the journal, pages for browsers and the forms of answers. Nothing here knows a particular
//! service.

pub(crate) mod admin;
pub(crate) mod bearer;
pub(crate) mod clock;
pub(crate) mod controls;
pub(crate) mod document;
pub(crate) mod fault;
pub(crate) mod files;
pub(crate) mod handshake;
pub(crate) mod html;
pub(crate) mod journal;
pub(crate) mod random;
pub(crate) mod redirect;
pub(crate) mod server;
mod service;
pub(crate) mod session;
pub(crate) mod wire;

pub use clock::Clock;
pub use fault::{Content, Fault, Faults, Rule};
pub use journal::{Entry, Journal};
pub use redirect::Callback;
pub use service::ExternalService;
pub use wire::{Head, Heads};
