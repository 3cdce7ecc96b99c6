//! Defaults that several commands share.

/// Default address of `egress`, at which the sandbox configures Spin to call it.
pub(crate) const EGRESS_ADDRESS: &str = "127.0.0.1:7165";
