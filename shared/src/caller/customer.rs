//! The customer who is logged in, and whom they may ask about.

use crate::party::{Environment, OrganisationNumber, Party, PartyError, PersonNumber};
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
    pub(super) organisations: Vec<OrganisationNumber>,
    /// The claims of the token whose value is `true`.
    pub(super) rights: Vec<String>,
    pub(super) environment: Environment,
}

impl Customer {
    /// The customer's own number, where the login says who they are.
    pub const fn person(&self) -> Option<&PersonNumber> {
        match &self.own {
            Some(Party::Person(number)) => Some(number),
            _ => None,
        }
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
        let party = Party::parse(requested, self.environment).map_err(|error| {
            let kind = match error {
                PartyError::Malformed | PartyError::CheckDigit | PartyError::Date => {
                    Kind::PartyInvalid
                }
                PartyError::OtherSeries
                | PartyError::RealInTest
                | PartyError::SyntheticInProduction => Kind::PartyNotAllowed,
            };
            Problem::new(kind).detail(error.to_string())
        })?;
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
}
