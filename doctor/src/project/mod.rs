//! Without `--certificate`: every certificate and key that the project's configuration names, each checked for its use in
//! the app. Values come from the providers of the runtime configuration, `--variables` and the environment, in this
//! order. No value is printed.

mod app;
mod arguments;
mod client_tls;
mod clients;
mod context;
mod credential;
mod examination;
mod maskinporten_origin;
mod setting;

pub(crate) use arguments::Arguments;
pub(crate) use context::ProjectOptions;
pub(crate) use examination::examine;
