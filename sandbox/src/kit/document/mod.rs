//! Answers of Skatteetaten and Folkeregisteret in JSON or XML.

mod format;
mod node;

pub(crate) use format::Format;
pub(crate) use node::{Members, Node, escape};
