//! Options for the limits on clients' connections.

use std::num::NonZeroUsize;

use host::ConnectionLimits;

#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ConnectionOptions {
    /// Connections that may be open, besides those on which no request has come.
    #[arg(long = "connections", value_name = "NUMBER")]
    total: Option<NonZeroUsize>,
    /// Connections that one address may have open. A gateway in front is one address, and so is
    /// this machine.
    #[arg(long = "connections-per-address", value_name = "NUMBER")]
    per_address: Option<NonZeroUsize>,
}

impl ConnectionOptions {
    /// Returns `limits` with the options that are set.
    pub(crate) fn apply_to(self, mut limits: ConnectionLimits) -> ConnectionLimits {
        if let Some(total) = self.total {
            limits.total = total.get();
        }
        if let Some(per_address) = self.per_address {
            limits.per_address = per_address.get();
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        connections: ConnectionOptions,
    }

    #[test]
    fn set_options_replace_the_default_limits() {
        let read = |options: &[&str]| {
            let all = std::iter::once("innsyn").chain(options.iter().copied());
            Arguments::try_parse_from(all).map(|read| {
                let limits = read.connections.apply_to(ConnectionLimits::of_egress());
                (limits.total, limits.per_address)
            })
        };
        assert_eq!(read(&[]).ok(), Some((256, 128)));
        let both = ["--connections", "9", "--connections-per-address", "7"];
        assert_eq!(read(&both).ok(), Some((9, 7)));
        assert!(read(&["--connections", "0"]).is_err());
    }
}
