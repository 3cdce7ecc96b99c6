//! Networks that no component may connect to, whatever its list says.

use std::net::IpAddr;

/// The networks of `[outbound_networking] block_networks`.
#[derive(Debug, Default)]
pub(crate) struct BlockedNetworks {
    private: bool,
    networks: Vec<Network>,
}

#[derive(Debug)]
struct Network {
    address: u128,
    mask: u128,
}

impl BlockedNetworks {
    /// Networks as `address/prefix`, or the word `private`; on failure, the entry that is neither.
    pub(crate) fn parse(entries: &[String]) -> Result<Self, String> {
        let mut blocked = Self::default();
        for entry in entries {
            if entry == "private" {
                blocked.private = true;
            } else {
                blocked
                    .networks
                    .push(Network::parse(entry).ok_or_else(|| entry.clone())?);
            }
        }
        Ok(blocked)
    }

    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        (self.private && !is_global(address))
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(entry: &str) -> Option<Self> {
        let (address, prefix) = entry.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok()?;
        let (width, offset) = if address.is_ipv4() {
            (32, 96)
        } else {
            (128, 0)
        };
        if prefix > width {
            return None;
        }
        let host_bits = 128_u32.saturating_sub(prefix).saturating_sub(offset);
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        Some(Self {
            address: bits(address) & mask,
            mask,
        })
    }

    fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.address
    }
}

/// IPv4 addresses at their place among IPv6 addresses, so that one comparison serves both.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let benchmarking = first == 198 && (second == 18 || second == 19);
            !(first == 0
                || first >= 240
                || shared
                || benchmarking
                || address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast())
        }
        IpAddr::V6(address) => {
            !(address.is_unspecified()
                || address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || matches!(address.segments(), [0x2001, 0xdb8, ..]))
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
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(blocks(&["private"], address), "{address}");
            assert!(!blocks(&[], address), "{address}");
        }
        for address in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(!blocks(&["private"], address), "{address}");
        }
    }

    #[test]
    fn networks_are_compared_by_their_prefix() {
        for (entry, address, blocked) in [
            ("192.0.2.0/24", "192.0.2.200", true),
            ("192.0.2.0/24", "192.0.3.1", false),
            ("192.0.2.7/32", "192.0.2.7", true),
            ("192.0.2.7/32", "192.0.2.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001::1", false),
            ("::/0", "2001::1", true),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true),
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
