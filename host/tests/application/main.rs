//! Applications of real components, served and called over HTTP.

mod limits;
mod outbound;
mod refusals;
mod serving;
mod state;
mod support;
mod upstream;
