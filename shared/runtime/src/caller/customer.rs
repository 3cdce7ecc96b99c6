//! Authenticated customers and the parties that they may ask about.

use std::cell::OnceCell;
use std::rc::Rc;

use super::VerifiedCaller;
use innsyn_core::context::Context;
use innsyn_core::party::{Environment, OrganisationNumber, Party, PartyError, PersonNumber};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;

/// Customer, as described by a verified login token.
#[derive(Clone, Debug)]
pub struct Customer {
    /// `sub` of the token: a stable identifier that only the login service can interpret.
    pub subject: Secret<String>,
    /// Organisation whose customer this is.
    pub consumer: OrganisationNumber,
    pub(super) own: Option<Party>,
    /// True if a configured claim identifies the caller as a back end that has logged in as itself.
    pub(super) is_back_end: bool,
    pub(super) scopes: Vec<String>,
    pub(super) organisations: Vec<OrganisationNumber>,
    /// Claims of the token whose value is `true`.
    pub(super) rights: Vec<String>,
    pub(super) environment: Environment,
    /// Pseudonym on marked calls, calculated once for all requests with the same login.
    pub(super) mark: Rc<OnceCell<String>>,
}

impl VerifiedCaller for Customer {}

/// Scopes of login tokens that permit reads without a consent. A scope that is not configured
/// permits nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LookupScopes {
    /// Scope for customers who read their own data.
    pub own: Option<String>,
    /// Scope for back ends that read any party's data.
    pub others: Option<String>,
}

impl Customer {
    /// Returns the customer's national identity number, if the login token identifies a person.
    pub const fn person(&self) -> Option<&PersonNumber> {
        match &self.own {
            Some(Party::Person(number)) => Some(number),
            _ => None,
        }
    }

    /// Returns the request with marks that name this customer.
    pub fn marked<'a, P: Platform>(&self, context: &Context<'a, P>) -> Context<'a, P> {
        context.for_pseudonym(&self.consumer, |marks| {
            let pseudonym = || marks.pseudonym(&self.consumer, self.subject.expose());
            self.mark.get_or_init(pseudonym).clone()
        })
    }

    /// Returns whether the login belongs to a back end that may look up other parties, and so calls
    /// on behalf of many customers.
    pub fn is_back_end(&self, scopes: &LookupScopes) -> bool {
        self.is_back_end && self.has_scope(scopes.others.as_ref())
    }

    fn has_scope(&self, scope: Option<&String>) -> bool {
        scope.is_some_and(|scope| self.scopes.contains(scope))
    }

    /// Returns whether the token has `claim` with the value `true`.
    pub fn has_right(&self, claim: &str) -> bool {
        self.rights.iter().any(|right| right == claim)
    }

    /// Returns the requested party, or the customer's own if `requested` is `None`.
    ///
    /// Another party is allowed only if the token says that the customer is that party or may act
    /// for it.
    ///
    /// # Errors
    ///
    /// `Kind::PartyInvalid` for a malformed number. `Kind::PartyNotAllowed` if the token does not
    /// allow the party or does not identify the customer, and for a number of another environment.
    pub fn party(&self, requested: Option<&str>) -> Result<Party, Problem> {
        let Some(requested) = requested else {
            let own = self.own.clone();
            return own.ok_or_else(|| {
                Problem::new(Kind::PartyNotAllowed)
                    .detail("The login token does not identify the customer: send Innsyn-Party")
            });
        };
        let party = parse(requested, self.environment)?;
        let allowed = match &party {
            Party::Organisation(number) => self.organisations.contains(number),
            Party::Person(_) => self.own.as_ref() == Some(&party),
        };
        if allowed {
            Ok(party)
        } else {
            Err(Kind::PartyNotAllowed.into())
        }
    }

    /// Returns the party to look up without its consent, as permitted by the token's scopes.
    ///
    /// A token permits only the customer's own data, whatever its scopes, unless a configured claim
    /// identifies a back end. Back ends log in as themselves and are responsible for the legal
    /// basis of each lookup.
    ///
    /// # Errors
    ///
    /// `Kind::CallerNotAllowed` without a suitable scope, `Kind::RequestInvalid` if a back end
    /// names no party, `Kind::PartyInvalid` for a malformed number, and `Kind::PartyNotAllowed` for
    /// a party other than the customer, an unidentified customer, or a number of another
    /// environment.
    pub fn looked_up(
        &self,
        requested: Option<&str>,
        scopes: &LookupScopes,
    ) -> Result<Party, Problem> {
        if self.is_back_end(scopes) {
            return match requested {
                Some(requested) => parse(requested, self.environment),
                None => {
                    Err(Problem::new(Kind::RequestInvalid).detail("Missing header: Innsyn-Party"))
                }
            };
        }
        if self.is_back_end || !self.has_scope(scopes.own.as_ref()) {
            let problem = Problem::new(Kind::CallerNotAllowed);
            return Err(if self.has_scope(scopes.others.as_ref()) {
                problem.cause("the token may look up others and is not a back end's: it has no claim of login_back_end_claim, or names a person")
            } else {
                problem
            });
        }
        let own = self.own.clone().ok_or_else(|| {
            Problem::new(Kind::PartyNotAllowed)
                .detail("The login token does not identify the customer")
        })?;
        match requested {
            Some(requested) if parse(requested, self.environment)? != own => {
                Err(Kind::PartyNotAllowed.into())
            }
            _ => Ok(own),
        }
    }
}

fn parse(requested: &str, environment: Environment) -> Result<Party, Problem> {
    Party::parse(requested, environment).map_err(|error| {
        let kind = match error {
            PartyError::Malformed | PartyError::CheckDigit | PartyError::Date => Kind::PartyInvalid,
            PartyError::OtherSeries
            | PartyError::RealInTest
            | PartyError::SyntheticInProduction => Kind::PartyNotAllowed,
        };
        Problem::new(kind).detail(error.to_string())
    })
}

#[cfg(any(test, feature = "test-support"))]
#[allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made stops the test"
)]
impl Customer {
    /// Creates a customer of `consumer` for the tests of other modules.
    pub fn invented(
        subject: &str,
        own: Option<&str>,
        consumer: &OrganisationNumber,
        rights: &[&str],
    ) -> Self {
        Self {
            subject: Secret::new(subject.to_owned()),
            consumer: consumer.clone(),
            own: own.map(|own| Party::parse(own, Environment::Test).expect("a party")),
            is_back_end: false,
            scopes: Vec::new(),
            organisations: Vec::new(),
            rights: rights.iter().map(|right| (*right).to_owned()).collect(),
            environment: Environment::Test,
            mark: Rc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer() -> Customer {
        Customer {
            subject: Secret::new("kari".to_owned()),
            consumer: OrganisationNumber::parse("310000205").expect("a number"),
            own: Party::parse("02829090123", Environment::Test).ok(),
            is_back_end: false,
            scopes: vec!["openid".to_owned(), "lookup.own".to_owned()],
            organisations: vec![OrganisationNumber::parse("313367002").expect("a number")],
            rights: Vec::new(),
            environment: Environment::Test,
            mark: Rc::default(),
        }
    }

    #[test]
    fn may_ask_about_themselves_and_their_organisations() {
        for (requested, party) in [
            (None, "02829090123"),
            (Some("02829090123"), "02829090123"),
            (Some("313367002"), "313367002"),
        ] {
            assert_eq!(
                customer().party(requested).expect("allowed").expose(),
                party
            );
        }
    }

    #[test]
    fn may_not_ask_about_others() {
        for (requested, kind) in [
            ("14858512450", Kind::PartyNotAllowed),
            ("212201782", Kind::PartyNotAllowed),
            ("974760673", Kind::PartyNotAllowed),
            ("313367003", Kind::PartyInvalid),
            ("", Kind::PartyInvalid),
            ("x", Kind::PartyInvalid),
        ] {
            assert_eq!(
                customer().party(Some(requested)).expect_err("refused").kind,
                kind,
                "{requested}"
            );
        }
    }

    #[test]
    fn without_a_number_of_their_own_a_party_must_be_named() {
        let customer = Customer {
            own: None,
            ..customer()
        };
        assert_eq!(
            customer.party(None).expect_err("refused").kind,
            Kind::PartyNotAllowed
        );
        assert!(customer.party(Some("313367002")).is_ok());
    }

    fn scopes(own: &str, others: &str) -> LookupScopes {
        let scope = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        LookupScopes {
            own: scope(own),
            others: scope(others),
        }
    }

    fn looked_up(customer: &Customer, number: Option<&str>, scopes: &LookupScopes) -> Option<Kind> {
        let found = customer.looked_up(number, scopes);
        found.err().map(|problem| problem.kind)
    }

    #[test]
    fn without_a_scope_that_is_configured_nobody_is_looked_up() {
        let customer = customer();
        for configured in [
            scopes("", ""),
            scopes("lookup", ""),
            scopes("lookup.own.more", ""),
            // The scope for other parties does not help: the token identifies the customer.
            scopes("", "lookup.own"),
        ] {
            for number in [None, Some("02829090123"), Some("14858512450")] {
                let kind = looked_up(&customer, number, &configured);
                assert_eq!(kind, Some(Kind::CallerNotAllowed), "{configured:?}");
            }
        }
        // A login that does not identify the customer is not thereby a back end.
        let unnamed = Customer {
            own: None,
            ..customer
        };
        for (configured, kind) in [
            (scopes("", "lookup.own"), Kind::CallerNotAllowed),
            (scopes("lookup.own", "lookup.own"), Kind::PartyNotAllowed),
        ] {
            let found = looked_up(&unnamed, Some("14858512450"), &configured);
            assert_eq!(found, Some(kind));
        }
    }

    #[test]
    fn a_customer_looks_up_themselves_and_a_back_end_others() {
        let configured = scopes("lookup.own", "lookup.others");
        let customer = Customer {
            scopes: vec!["lookup.own".to_owned(), "lookup.others".to_owned()],
            ..customer()
        };
        for (number, kind) in [
            (None, None),
            (Some("02829090123"), None),
            (Some("14858512450"), Some(Kind::PartyNotAllowed)),
            (Some("313367002"), Some(Kind::PartyNotAllowed)),
            (Some("x"), Some(Kind::PartyInvalid)),
        ] {
            assert_eq!(
                looked_up(&customer, number, &configured),
                kind,
                "{number:?}"
            );
        }
        let back_end = Customer {
            own: None,
            is_back_end: true,
            scopes: vec!["lookup.others".to_owned()],
            ..customer
        };
        for (number, kind) in [
            (None, Some(Kind::RequestInvalid)),
            (Some("02829090123"), None),
            (Some("14858512450"), None),
            (Some("02013299997"), Some(Kind::PartyNotAllowed)),
            (Some("14858512451"), Some(Kind::PartyInvalid)),
        ] {
            assert_eq!(
                looked_up(&back_end, number, &configured),
                kind,
                "{number:?}"
            );
        }
        let own_only = Customer {
            scopes: vec!["lookup.own".to_owned()],
            ..back_end
        };
        let kind = looked_up(&own_only, Some("14858512450"), &configured);
        assert_eq!(kind, Some(Kind::CallerNotAllowed));
    }
}
