//! Where a browser may be sent when it comes back from Altinn or Posten: only where the deployment's list says.

use url::Url;

use crate::config::{Origin, Resolver};
use crate::problem::{Kind, Problem};

/// The longest address, in bytes.
const LONGEST: usize = 2000;

/// What a browser comes back from. Its name is the query parameter that says how it went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Journey {
    /// A consent at Altinn.
    Consent,
    /// Signing at Posten.
    Signature,
}

impl Journey {
    /// The name of the parameter.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Signature => "signature",
        }
    }
}

/// Schemes that a browser gives a meaning of its own, so that no app can have them.
const NOT_AN_APPS: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The places on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddresses(Vec<Place>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Place {
    Origin(Origin),
    /// An app's scheme, with `://`.
    App(String),
}

impl ReturnAddresses {
    /// Reads exact origins and app schemes such as `bank-app://`; at least one.
    pub fn parse<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let places: Option<Vec<Place>> = parts.map(Place::parse).collect();
        places.filter(|places| !places.is_empty()).map(Self)
    }

    /// Reads `return_addresses`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        const NAME: &str = "return_addresses";
        const REMEDY: &str =
            "set it to exact origins or app schemes such as bank-app://, separated by commas";
        resolver.required(NAME, REMEDY)?;
        let addresses = Self::parse(resolver.list(NAME));
        if addresses.is_none() {
            resolver.invalid(
                NAME,
                "has a part that is neither an origin nor an app's scheme",
                REMEDY,
            );
        }
        addresses
    }

    /// The address that `text` stands for, if its place is on the list, for the end of `journey`.
    pub fn check(&self, text: &str, journey: Journey) -> Result<ReturnAddress, Problem> {
        let refused = |detail: &str| Problem::new(Kind::ReturnAddressNotAllowed).detail(detail);
        if text.len() > LONGEST {
            return Err(refused("The return address is too long"));
        }
        let address = Url::parse(text)
            .map_err(|_| refused("The return address is not an absolute address"))?;
        if address.fragment().is_some()
            || !address.username().is_empty()
            || address.password().is_some()
        {
            return Err(refused(
                "The return address may have neither a fragment nor a user",
            ));
        }
        let parameter = journey.parameter();
        if address.query_pairs().any(|(name, _)| name == parameter) {
            return Err(refused(&format!(
                "The parameter {parameter} of the return address is ours to set"
            )));
        }
        if !self.0.iter().any(|place| place.holds(&address)) {
            return Err(refused(
                "The return address is not on the deployment's list",
            ));
        }
        Ok(ReturnAddress { address, journey })
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        if let Some(origin) = Origin::parse(text) {
            return Some(Self::Origin(origin));
        }
        let scheme = text.strip_suffix("://")?;
        let mut bytes = scheme.bytes();
        let shaped = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
            });
        (shaped && !NOT_AN_APPS.contains(&scheme)).then(|| Self::App(text.to_owned()))
    }

    fn holds(&self, address: &Url) -> bool {
        match self {
            Self::Origin(origin) => origin.owns(address.as_str()),
            Self::App(scheme) => address.as_str().starts_with(scheme),
        }
    }
}

/// An address that was on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddress {
    address: Url,
    journey: Journey,
}

impl ReturnAddress {
    /// Takes back what [`Self::as_str`] gave to a sealed row.
    pub(crate) fn from_row(text: &str, journey: Journey) -> Option<Self> {
        let address = Url::parse(text).ok()?;
        Some(Self { address, journey })
    }

    /// The address in its normal form, ASCII only.
    pub fn as_str(&self) -> &str {
        self.address.as_str()
    }

    /// The address with the outcome at the end of its query, such as `consent=granted`.
    pub fn with(&self, outcome: &str) -> String {
        let mut address = self.address.clone();
        address
            .query_pairs_mut()
            .append_pair(self.journey.parameter(), outcome);
        address.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ReturnAddresses {
        let parts = [
            "https://bank.example",
            "http://localhost:3000",
            "bank-app://",
        ];
        ReturnAddresses::parse(parts.into_iter()).expect("a list")
    }

    #[test]
    fn the_outcome_joins_the_query() {
        for (text, address) in [
            (
                "https://bank.example",
                "https://bank.example/?consent=granted",
            ),
            (
                "https://bank.example/a/b",
                "https://bank.example/a/b?consent=granted",
            ),
            (
                "https://bank.example/a?",
                "https://bank.example/a?consent=granted",
            ),
            (
                "https://bank.example/a?x=1&y=%20",
                "https://bank.example/a?x=1&y=%20&consent=granted",
            ),
            (
                "HTTPS://Bank.Example:443/å",
                "https://bank.example/%C3%A5?consent=granted",
            ),
            (
                "http://localhost:3000/back",
                "http://localhost:3000/back?consent=granted",
            ),
            // A backslash is a slash to browsers: what is sent is what was judged.
            (
                "https://bank.example\\@evil.example/",
                "https://bank.example/@evil.example/?consent=granted",
            ),
            ("bank-app://consent", "bank-app://consent?consent=granted"),
            (
                "bank-app://consent/done?tab=2",
                "bank-app://consent/done?tab=2&consent=granted",
            ),
        ] {
            let address_of = list().check(text, Journey::Consent).expect(text);
            assert_eq!(address_of.with("granted"), address);
        }
    }

    #[test]
    fn other_places_are_refused() {
        for text in [
            "",
            "/back",
            "//bank.example/back",
            "http://bank.example/",
            "https://bank.example:8443/",
            "https://bank.example.evil.example/",
            "https://bank.example@evil.example/",
            "https://u:p@bank.example/",
            "https://evil.example/https://bank.example",
            "https://bank.example/#top",
            "https://bank.example/?consent=granted",
            "https://bank.example/?c%6fnsent=x",
            "javascript:alert(1)",
            "data:text/html,x",
            "bank-app2://consent",
            "bank-app:consent",
            "bank-app://u@consent",
            "other-app://consent",
        ] {
            let problem = list().check(text, Journey::Consent).expect_err(text);
            assert_eq!(problem.kind, Kind::ReturnAddressNotAllowed, "{text}");
        }
        let long = format!("https://bank.example/{}", "a".repeat(LONGEST));
        assert!(list().check(&long, Journey::Consent).is_err());
    }

    #[test]
    fn each_journey_has_a_parameter_of_its_own() {
        let address = "https://bank.example/?consent=granted";
        let address = list().check(address, Journey::Signature).expect("allowed");
        assert_eq!(
            address.with("completed"),
            "https://bank.example/?consent=granted&signature=completed"
        );
        let taken = "https://bank.example/?signature=completed";
        assert!(list().check(taken, Journey::Signature).is_err());
        assert!(list().check(taken, Journey::Consent).is_ok());
    }

    #[test]
    fn the_list_holds_origins_and_app_schemes_only() {
        for text in [
            "",
            "bank.example",
            "https://bank.example/",
            "https://bank.example/back",
            "https://*.bank.example",
            "http://bank.example",
            "javascript://",
            "data://",
            "https://",
            "Bank-App://",
            "bank app://",
            "1app://",
        ] {
            assert_eq!(ReturnAddresses::parse([text].into_iter()), None, "{text}");
        }
        assert_eq!(ReturnAddresses::parse(std::iter::empty()), None);
    }
}
