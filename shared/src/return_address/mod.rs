//! Where a browser may be sent when it comes back from Altinn or Posten: only where the deployment's list says.

mod place;
mod query;

use url::Url;

use crate::config::Resolver;
use crate::problem::{Kind, Problem};
use place::Place;

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

/// The places on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddresses(Vec<Place>);

impl ReturnAddresses {
    /// Reads exact origins and app schemes such as `bank-app://`, each with an optional path prefix; at least one.
    pub fn parse<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let places: Option<Vec<Place>> = parts.map(Place::parse).collect();
        places.filter(|places| !places.is_empty()).map(Self)
    }

    /// Reads `return_addresses`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        const NAME: &str = "return_addresses";
        const REMEDY: &str = "set it to exact origins or app schemes such as bank-app://, with or without a path, separated by commas";
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
        let mut address = Url::parse(text)
            .map_err(|_| refused("The return address is not an absolute address"))?;
        if address.fragment().is_some()
            || !address.username().is_empty()
            || address.password().is_some()
        {
            return Err(refused(
                "The return address may have neither a fragment nor a user",
            ));
        }
        if query::holds_control_character(address.as_str()) {
            return Err(refused(
                "The return address must not hold control characters",
            ));
        }
        let parameter = journey.parameter();
        if query::names(address.as_str(), parameter) {
            return Err(refused(&format!(
                "The parameter {parameter} of the return address is ours to set"
            )));
        }
        if let Some(query) = address.query() {
            let canonical = query::canonical(query)
                .ok_or_else(|| refused("The query of the return address is not encoded well"))?;
            address.set_query(Some(canonical.as_str()).filter(|query| !query.is_empty()));
        }
        if !self.0.iter().any(|place| place.holds(&address)) {
            return Err(refused(
                "The return address is not on the deployment's list",
            ));
        }
        Ok(ReturnAddress { address, journey })
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

    /// The address as it was parsed and written anew, ASCII only: what is stored and given out.
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
            (
                "https://bank.example/a?x=a+b;c&%79=1",
                "https://bank.example/a?x=a%20b%3Bc&y=1&consent=granted",
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
            "https://bank.example/?CONSENT=granted",
            "https://bank.example/?consent[]=granted",
            "https://bank.example/?a=1;consent=granted",
            "https://bank.example/back;consent=granted",
            "https://bank.example/?con\tsent=granted",
            "https://bank.example/?a=%00",
            "https://bank.example/%0d%0a",
            "https://bank.example/?a=%ff",
            "blob:https://bank.example/0198a000-1111-4222-8333-444455556666",
            "blob:https://bank.example/",
            "filesystem:https://bank.example/temporary/x",
            "bank-app://consent;consent=granted",
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
    fn a_path_in_the_list_holds_what_is_below_it() {
        let list = ReturnAddresses::parse(["https://bank.example/back"].into_iter());
        let list = list.expect("a list");
        for (text, holds) in [
            ("https://bank.example/back", true),
            ("https://bank.example/back/done?tab=2", true),
            ("https://bank.example/", false),
            ("https://bank.example/backup", false),
            ("https://bank.example/back/..%2fadmin", false),
        ] {
            assert_eq!(list.check(text, Journey::Consent).is_ok(), holds, "{text}");
        }
    }

    #[test]
    fn what_is_stored_is_what_is_given_out() {
        let text = "HTTPS://Bank.Example/a/../b?x=a+b;c";
        let address = list().check(text, Journey::Consent).expect("allowed");
        assert_eq!(address.as_str(), "https://bank.example/b?x=a%20b%3Bc");
        let stored = ReturnAddress::from_row(address.as_str(), Journey::Consent);
        let stored = stored.expect("an address");
        assert_eq!(stored, address);
        assert_eq!(
            stored.with("granted"),
            format!("{}&consent=granted", address.as_str())
        );
    }

    #[test]
    fn an_empty_list_is_none() {
        assert_eq!(ReturnAddresses::parse(std::iter::empty()), None);
        let parts = ["https://bank.example", "bank.example"];
        assert_eq!(ReturnAddresses::parse(parts.into_iter()), None);
    }
}
