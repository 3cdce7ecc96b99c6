//! The customer who is logged in, and whom they may ask about.

use crate::context::Context;
use crate::inbound::VerifiedCaller;
use crate::party::{Environment, OrganisationNumber, Party, PartyError, PersonNumber};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

/// A customer, as a verified login token describes them.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The `sub` of the token: stable, and nobody's business but the login service's.
    pub subject: Secret<String>,
    /// The organisation whose customer this is.
    pub consumer: OrganisationNumber,
    pub(super) own: Option<Party>,
    /// Whether the token says who the customer is, also where that is no party here.
    pub(super) is_person: bool,
    pub(super) scopes: Vec<String>,
    pub(super) organisations: Vec<OrganisationNumber>,
    /// The claims of the token whose value is `true`.
    pub(super) rights: Vec<String>,
    pub(super) environment: Environment,
}

impl VerifiedCaller for Customer {}

/// The scopes of login tokens that open a read which needs no consent. One that is not configured opens nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LookupScopes {
    /// For customers, about themselves.
    pub own: Option<String>,
    /// For back ends, about anybody.
    pub others: Option<String>,
}

impl Customer {
    /// The customer's own number, where the login says who they are.
    pub const fn person(&self) -> Option<&PersonNumber> {
        match &self.own {
            Some(Party::Person(number)) => Some(number),
            _ => None,
        }
    }

    /// Returns the request with marks that name this customer.
    pub fn marked<'a, P: Platform>(&self, context: &Context<'a, P>) -> Context<'a, P> {
        context.for_customer(&self.consumer, self.subject.expose())
    }

    /// Returns whether the login belongs to a back end, which asks on behalf of many.
    pub fn is_back_end(&self, scopes: &LookupScopes) -> bool {
        !self.is_person && self.has_scope(scopes.others.as_ref())
    }

    fn has_scope(&self, scope: Option<&String>) -> bool {
        scope.is_some_and(|scope| self.scopes.contains(scope))
    }

    /// Whether the token has `claim`, and its value is `true`.
    pub fn has_right(&self, claim: &str) -> bool {
        self.rights.iter().any(|right| right == claim)
    }

    /// The party that is asked about: the customer's own if nothing else is requested.
    ///
    /// Another one is allowed only if the token says that the customer is it, or may act for it.
    pub fn party(&self, requested: Option<&str>) -> Result<Party, Problem> {
        let Some(requested) = requested else {
            let own = self.own.clone();
            return own.ok_or_else(|| {
                Problem::new(Kind::PartyNotAllowed)
                    .detail("The login does not say who the customer is: name a party")
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

    /// The party that is looked up without its consent, as far as the token's scopes go.
    ///
    /// A token that says who the customer is opens nobody else's data, whatever its scopes: the scope for
    /// others belongs to back ends, which log in as themselves and answer for the legal ground of each lookup.
    pub fn looked_up(
        &self,
        requested: Option<&str>,
        scopes: &LookupScopes,
    ) -> Result<Party, Problem> {
        if self.is_person && self.has_scope(scopes.own.as_ref()) {
            let own = self.party(None)?;
            return match requested {
                Some(requested) if parse(requested, self.environment)? != own => {
                    Err(Kind::PartyNotAllowed.into())
                }
                _ => Ok(own),
            };
        }
        if !self.is_back_end(scopes) {
            return Err(Kind::CallerNotAllowed.into());
        }
        match requested {
            Some(requested) => parse(requested, self.environment),
            None => Err(Problem::new(Kind::RequestInvalid).detail("Name a party")),
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

#[cfg(test)]
impl Customer {
    /// A customer of `consumer`, as the tests of other modules need one.
    pub(crate) fn invented(
        subject: &str,
        own: Option<&str>,
        consumer: &OrganisationNumber,
        rights: &[&str],
    ) -> Self {
        Self {
            subject: Secret::new(subject.to_owned()),
            consumer: consumer.clone(),
            own: own.map(|own| Party::parse(own, Environment::Test).expect("a party")),
            is_person: own.is_some(),
            scopes: Vec::new(),
            organisations: Vec::new(),
            rights: rights.iter().map(|right| (*right).to_owned()).collect(),
            environment: Environment::Test,
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
            is_person: true,
            scopes: vec!["openid".to_owned(), "lookup.own".to_owned()],
            organisations: vec![OrganisationNumber::parse("313367002").expect("a number")],
            rights: Vec::new(),
            environment: Environment::Test,
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
            // Not even with the scope for others: the token says who the customer is.
            scopes("", "lookup.own"),
        ] {
            for number in [None, Some("02829090123"), Some("14858512450")] {
                let kind = looked_up(&customer, number, &configured);
                assert_eq!(kind, Some(Kind::CallerNotAllowed), "{configured:?}");
            }
        }
        // A number that is no party here is a person's all the same.
        let strange = Customer {
            own: None,
            ..customer
        };
        let others = scopes("", "lookup.own");
        let kind = looked_up(&strange, Some("14858512450"), &others);
        assert_eq!(kind, Some(Kind::CallerNotAllowed));
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
            is_person: false,
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
