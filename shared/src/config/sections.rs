//! Settings that several components have in common.

use std::fmt;

use url::{Host, Url};

use crate::party::{Environment, OrganisationNumber};
use crate::secret::Secret;

/// `scheme://host[:port]`, lower case, without a slash at the end. HTTPS, or HTTP to this machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin written exactly as a browser would send it.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let local = match url.host()? {
            // The URL standard lets a wildcard through; here it would match nothing, whatever was meant.
            Host::Domain(name) if name.contains('*') => return None,
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
        (safe && url.origin().ascii_serialization() == text).then(|| Self(text.to_owned()))
    }

    /// The text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether `address` lies at this origin, judged by its parsed parts.
    pub fn owns(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| {
            // The URL standard gives `blob:` the origin of the address inside.
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.origin().ascii_serialization() == self.0
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The organisations whose certificates, consents and scopes are used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumers {
    /// The one that is meant where the login token does not say.
    pub default: OrganisationNumber,
    /// The others.
    pub others: Vec<OrganisationNumber>,
    /// The claim of the login token that says which one; `None` for always the default.
    pub claim: Option<String>,
}

impl Consumers {
    /// All of them, the default first.
    pub fn all(&self) -> impl Iterator<Item = &OrganisationNumber> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// The configured consumer with this number, if there is one.
    pub fn find(&self, number: &str) -> Option<&OrganisationNumber> {
        self.all().find(|consumer| consumer.as_str() == number)
    }
}

/// The organisation's own login service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// Where its keys are.
    pub jwks_address: String,
    /// Must equal `iss`.
    pub issuer: String,
    /// Must be in `aud`.
    pub audience: String,
    /// The claim with the customer's own national number.
    pub party_claim: String,
    /// The claim with the organisations that the customer may act for.
    pub organisations_claim: String,
    /// Store in which the instances of the deployment share the issuer's keys.
    pub key_sets: KeySetStore,
}

/// Settings of the store in which the instances of a deployment share other parties' public keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeySetStore {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// The deployment's first consumer, which its rows are named for.
    pub consumer: OrganisationNumber,
    /// Seals the rows. There is no previous key: a row that is lost costs one fetch.
    pub key: Secret<[u8; 32]>,
}

/// The keys that seal a store: 32 bytes each.
#[derive(Clone, Debug)]
pub struct StoreKeys {
    /// Seals what is written.
    pub current: Secret<[u8; 32]>,
    /// These open too: the one before, and the next one while some instances have it already.
    pub previous: Vec<Secret<[u8; 32]>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_exact() {
        for text in [
            "https://bank.example",
            "https://bank.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
        ] {
            assert_eq!(Origin::parse(text).expect(text).as_str(), text);
        }
        for text in [
            "",
            "bank.example",
            "https://bank.example/",
            "https://Bank.example",
            "http://bank.example",
            "https://bank.example:443",
            "https://*.example",
            "https://a@bank.example",
            "ftp://localhost",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_judged_by_its_parts() {
        let origin = Origin::parse("https://altinn.example").expect("an origin");
        assert!(origin.owns("https://altinn.example/consent?id=1"));
        for address in [
            "https://altinn.example.evil.example/",
            "https://altinn.example@evil.example/",
            "https://u@altinn.example/",
            "http://altinn.example/",
            "//altinn.example",
            "blob:https://altinn.example/0198a000-1111-4222-8333-444455556666",
            "filesystem:https://altinn.example/temporary/x",
        ] {
            assert!(!origin.owns(address), "{address}");
        }
    }
}
