//! Networks that no component may connect to, whatever its list says.
//!
//! Networks are parsed and judged by `ip_network`, as in Spin (its crate
//! `outbound-networking-config`, `blocked_networks.rs`). Beyond Spin, an IPv6 address that carries
//! an IPv4 address is judged by both, and addresses of IANA's special-purpose registries that
//! `ip_network` takes for public are private.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ip_network::IpNetwork;

/// Networks of `[outbound_networking] block_networks`.
#[derive(Debug, Default)]
pub(crate) struct BlockedNetworks {
    private: bool,
    networks: Vec<IpNetwork>,
}

impl BlockedNetworks {
    /// Parses networks written as `address/prefix`, and the word `private`.
    ///
    /// # Errors
    ///
    /// Returns the first entry that is neither.
    pub(crate) fn parse(entries: &[String]) -> Result<Self, String> {
        let mut blocked = Self::default();
        for entry in entries {
            if entry == "private" {
                blocked.private = true;
            } else {
                let network = IpNetwork::from_str_truncate(entry).map_err(|_| entry.clone())?;
                blocked.networks.push(network);
            }
        }
        Ok(blocked)
    }

    /// Returns whether no connection may be opened to this address.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.lists(address)
            || match address {
                IpAddr::V4(_) => false,
                IpAddr::V6(address) => carried(address).any(|inner| self.lists(inner.into())),
            }
    }

    /// Returns whether the address itself is in a blocked network.
    fn lists(&self, address: IpAddr) -> bool {
        let is_private = || !IpNetwork::from(address).is_global() || is_special(address);
        (self.private && is_private())
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }
}

/// IPv4 addresses that a packet to this IPv6 address may be delivered to by a translator or a
/// tunnel.
fn carried(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let segments = address.segments();
    let address_of = |high: u16, low: u16| {
        let [first, second] = high.to_be_bytes();
        let [third, fourth] = low.to_be_bytes();
        Ipv4Addr::new(first, second, third, fourth)
    };
    let (first, second) = match segments {
        // IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), IPv4-translated (RFC 2765 §2.1), NAT64
        // with the well-known prefix (RFC 6052 §2.1) and with the one for local use (RFC 8215),
        // where it is 96 bits long.
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        // ISATAP (RFC 5214 §6.1), below any prefix, and 6to4 (RFC 3056 §2).
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low]
        | [0x2002, high, low, ..] => (Some(address_of(high, low)), None),
        // Teredo (RFC 4380 §4): the server, and the client with its bits inverted.
        [0x2001, 0, high, low, _, _, inner_high, inner_low] => (
            Some(address_of(high, low)),
            Some(address_of(!inner_high, !inner_low)),
        ),
        _ => (None, None),
    };
    first.into_iter().chain(second)
}

/// Returns whether an address that `ip_network` takes for public is not: multicast of any scope,
/// and what IANA's registry of special-purpose IPv6 addresses says is not globally reachable.
const fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast(),
        IpAddr::V6(address) => {
            address.is_multicast()
                || matches!(
                    address.segments(),
                    // NAT64 for local use (RFC 8215).
                    [0x64, 0xff9b, 1, ..]
                    // Discarded (RFC 6666), and a dummy prefix (RFC 9780).
                    | [0x100, 0, 0, 0 | 1, ..]
                    // Benchmarking (RFC 5180), and ORCHID as it was (RFC 4843).
                    | [0x2001, 2, 0, ..] | [0x2001, 0x10..=0x1f, ..]
                    // Documentation (RFC 9637).
                    | [0x3fff, 0..=0xfff, ..]
                    // Segment routing (RFC 9602).
                    | [0x5f00, ..]
                )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(entries: &[&str], address: &str) -> bool {
        let entries: Vec<_> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        BlockedNetworks::parse(&entries)
            .unwrap()
            .blocks(address.parse().unwrap())
    }

    #[test]
    fn private_means_whatever_is_not_on_the_public_internet() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "64:ff9b:1::1",
            "64:ff9b:1:ffff::808:808",
            "100::1",
            "100:0:0:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(blocks(&["private"], address), "{address}");
            assert!(!blocks(&[], address), "{address}");
        }
        for address in [
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "172.32.0.1",
            "192.0.0.9",
            "2606:2800:220:1::1",
            "2001:4860:4860::8888",
            "2001:20::1",
        ] {
            assert!(!blocks(&["private"], address), "{address}");
        }
    }

    /// Checks each form of RFC 4291, 6052, 8215, 2765, 3056, 4380 and 5214 with a private address
    /// in it, and with a public one.
    #[test]
    fn an_address_that_carries_a_private_one_is_private() {
        for (private, public) in [
            ("::10.0.0.1", "::8.8.8.8"),
            ("::127.0.0.1", "::8.8.4.4"),
            ("::ffff:10.0.0.1", "::ffff:8.8.8.8"),
            ("::ffff:169.254.169.254", "::ffff:93.184.216.34"),
            ("::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8"),
            ("64:ff9b::a00:1", "64:ff9b::808:808"),
            ("64:ff9b::127.0.0.1", "64:ff9b::93.184.216.34"),
            ("2002:a00:1::1", "2002:808:808::1"),
            ("2002:7f00:1::", "2002:5db8:d822::"),
            // Server 10.0.0.1; then client 192.168.0.1 behind a public server.
            ("2001:0:a00:1::f7f7:f7f7", "2001:0:808:808::f7f7:f7f7"),
            ("2001:0:808:808::3f57:fffe", "2001:0:808:808:1:2:f7f7:f7f7"),
            ("2606:2800::5efe:10.0.0.1", "2606:2800::5efe:8.8.8.8"),
            (
                "2606:2800::200:5efe:10.0.0.1",
                "2606:2800::200:5efe:8.8.8.8",
            ),
        ] {
            assert!(blocks(&["private"], private), "{private}");
            assert!(!blocks(&["private"], public), "{public}");
        }
    }

    #[test]
    fn networks_are_compared_by_their_prefix() {
        for (entry, address, blocked) in [
            ("192.0.2.0/24", "192.0.2.200", true),
            ("192.0.2.9/24", "192.0.2.200", true),
            ("192.0.2.0/24", "192.0.3.1", false),
            ("192.0.2.7/32", "192.0.2.7", true),
            ("192.0.2.7/32", "192.0.2.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2606::1", false),
            ("::/0", "2606::1", true),
            ("::/0", "8.8.8.8", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true),
            ("192.0.2.0/24", "::192.0.2.9", true),
            ("192.0.2.0/24", "64:ff9b::192.0.2.9", true),
            ("192.0.2.0/24", "64:ff9b:1::192.0.2.9", true),
            ("192.0.2.0/24", "2002:c000:209::1", true),
            ("192.0.2.0/24", "64:ff9b::192.0.3.9", false),
            ("64:ff9b::/96", "64:ff9b::8.8.8.8", true),
        ] {
            assert_eq!(blocks(&[entry], address), blocked, "{entry} {address}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_named() {
        for entry in ["all", "192.0.2.7", "192.0.2.0/33", "192.0.2/24", ""] {
            assert_eq!(
                BlockedNetworks::parse(&[entry.to_owned()]).unwrap_err(),
                entry
            );
        }
    }
}
