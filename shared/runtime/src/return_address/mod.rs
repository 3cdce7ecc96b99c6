//! Redirect URIs of the app to which a browser returns from Altinn or Posten, checked against the
//! deployment's allow-list.

mod allowed_address;
mod query;

use url::Url;

use crate::config::{RETURN_ADDRESSES, Resolver};
use allowed_address::AllowedAddress;
use innsyn_core::problem::{Kind, Problem};

/// Maximum length of an address, in bytes.
const LONGEST: usize = 2000;

/// External service from which a browser returns. Its name is the query parameter with the outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Journey {
    /// Consent at Altinn.
    Consent,
    /// Signing at Posten.
    Signature,
}

impl Journey {
    /// Returns the name of the query parameter.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Signature => "signature",
        }
    }
}

/// Allow-list of return addresses.
///
/// # Examples
///
/// ```
/// use innsyn_runtime::return_address::{Journey, ReturnAddresses};
///
/// let parts = ["https://bank.example", "no.bank.app:/"];
/// let allowed = ReturnAddresses::parse(parts.into_iter()).ok_or("not an address")?;
/// assert!(allowed.check("https://bank.example/claims", Journey::Consent).is_ok());
/// assert!(allowed.check("https://bank.example.other/", Journey::Consent).is_err());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddresses(Vec<AllowedAddress>);

impl ReturnAddresses {
    /// Parses exact origins and app schemes such as `bank-app://` or, by RFC 8252, `no.bank.app:/`,
    /// each with an optional path prefix; at least one.
    pub fn parse<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let entries: Option<Vec<AllowedAddress>> = parts.map(AllowedAddress::parse).collect();
        entries.filter(|entries| !entries.is_empty()).map(Self)
    }

    /// Reads `return_addresses`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        const NAME: &str = RETURN_ADDRESSES.name;
        const REMEDY: &str = "set it to exact origins or app schemes such as no.bank.app:/ or bank-app://, with or without a path, separated by commas";
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

    /// Checks that `text` is an allowed return address for `journey`, and parses it.
    ///
    /// # Errors
    ///
    /// `Kind::ReturnAddressNotAllowed` with the reason.
    pub fn check(&self, text: &str, journey: Journey) -> Result<ReturnAddress, Problem> {
        let refused = |detail: &str| Problem::new(Kind::ReturnAddressNotAllowed).detail(detail);
        if text.len() > LONGEST {
            return Err(refused("The return address is too long"));
        }
        let mut address =
            Url::parse(text).map_err(|_| refused("The return address must be an absolute URL"))?;
        if address.fragment().is_some()
            || !address.username().is_empty()
            || address.password().is_some()
        {
            return Err(refused(
                "The return address must not have a fragment or a user name",
            ));
        }
        if query::holds_control_character(address.as_str()) {
            return Err(refused(
                "The return address must not contain control characters",
            ));
        }
        let parameter = journey.parameter();
        if query::names(address.as_str(), parameter) {
            return Err(refused(&format!(
                "The return address must not have the parameter {parameter}: the app sets it"
            )));
        }
        if let Some(query) = address.query() {
            let canonical = query::canonical(query).ok_or_else(|| {
                refused("The query of the return address is not percent-encoded correctly")
            })?;
            address.set_query(Some(canonical.as_str()).filter(|query| !query.is_empty()));
        }
        if !self.0.iter().any(|entry| entry.holds(&address)) {
            return Err(refused(
                "The return address is not in the deployment's list of return addresses",
            ));
        }
        Ok(ReturnAddress { address, journey })
    }
}

/// Return address that was checked against the allow-list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddress {
    address: Url,
    journey: Journey,
}

impl ReturnAddress {
    /// Restores an address from a sealed row, as written by [`Self::as_str`].
    pub fn from_row(text: &str, journey: Journey) -> Option<Self> {
        let address = Url::parse(text).ok()?;
        Some(Self { address, journey })
    }

    /// Returns the normalised address, ASCII only, as it is stored and used in redirects.
    pub fn as_str(&self) -> &str {
        self.address.as_str()
    }

    /// Returns the address with the outcome at the end of its query, such as `consent=granted`.
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
            "no.bank.app:/",
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
            // Browsers treat a backslash as a slash: the address sent must be the address checked.
            (
                "https://bank.example\\@evil.example/",
                "https://bank.example/@evil.example/?consent=granted",
            ),
            ("bank-app://consent", "bank-app://consent?consent=granted"),
            (
                "bank-app://consent/done?tab=2",
                "bank-app://consent/done?tab=2&consent=granted",
            ),
            ("no.bank.app:/done", "no.bank.app:/done?consent=granted"),
            (
                "No.Bank.App:/done?tab=2",
                "no.bank.app:/done?tab=2&consent=granted",
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
            "bank-app:/consent",
            "no.bank.app:done",
            "no.bank.app://evil.example",
            "no.bank.app:///done",
            "no.bank.app.evil:/done",
            "no.bank.app:/done;consent=granted",
            "no.bank.app:/done#top",
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
        let folded = "https://bank.example/;SIGNATURE%5B%5D=completed";
        assert!(list().check(folded, Journey::Signature).is_err());
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
