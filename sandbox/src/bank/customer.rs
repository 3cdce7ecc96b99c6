//! Customers of the bank: invented persons, and the parties that they may act for.

use crate::population::{self, FJORDBANKEN, INNLANDSBANKEN, Organisation};

/// Customer who can log in.
#[derive(Debug, Eq, PartialEq)]
pub struct Customer {
    /// Name of the customer.
    pub name: &'static str,
    /// Name of the customer in forms.
    pub handle: &'static str,
    /// `sub` of the login token.
    pub subject: &'static str,
    /// National identity number, synthetic.
    pub pid: &'static str,
    /// Organisation numbers that the customer may act for.
    pub organisations: &'static [&'static str],
    /// Organisation number of the bank that the customer logs in at.
    pub bank: &'static str,
}

/// Customers of the demo. Odd acts only for himself. Eirik is a customer of another bank, and acts
/// for the same enterprise as Ragna.
pub const CUSTOMERS: &[Customer] = &[
    Customer {
        name: "Ragna Fjordvik",
        handle: "ragna",
        subject: "c-5f0b1c9e",
        pid: "04827896468",
        organisations: &["313367002", "314055403"],
        bank: FJORDBANKEN,
    },
    Customer {
        name: "Odd Myrvang",
        handle: "odd",
        subject: "c-1d7a2e44",
        pid: "02829090123",
        organisations: &[],
        bank: FJORDBANKEN,
    },
    Customer {
        name: "Solveig Brekke",
        handle: "solveig",
        subject: "c-93c4f6b0",
        pid: "14858512450",
        organisations: &["311851381", "314961900"],
        bank: FJORDBANKEN,
    },
    Customer {
        name: "Ane Lid",
        handle: "ane",
        subject: "c-77e0d853",
        pid: "02925796975",
        organisations: &["313506673"],
        bank: FJORDBANKEN,
    },
    Customer {
        name: "Eirik Tangen",
        handle: "eirik",
        subject: "c-2b6190fd",
        pid: "02839211360",
        organisations: &["313367002"],
        bank: INNLANDSBANKEN,
    },
];

impl Customer {
    /// Finds the customer with this handle.
    pub fn named(handle: &str) -> Option<&'static Self> {
        CUSTOMERS.iter().find(|customer| customer.handle == handle)
    }

    /// Returns the customer's surname in the register.
    pub(super) fn surname(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or(self.name)
    }

    /// Returns the organisations with their names.
    pub(super) fn acts_for(&self) -> impl Iterator<Item = &'static Organisation> {
        self.organisations
            .iter()
            .filter_map(|number| population::organisation(number))
    }

    /// Returns the name of the customer's bank.
    pub(super) fn bank_name(&self) -> &'static str {
        population::organisation(self.bank).map_or("", |bank| bank.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_persons_of_the_register() {
        for customer in CUSTOMERS {
            let person = population::person(customer.pid).unwrap();
            assert_eq!(
                (person.name, person.handle),
                (customer.name, customer.handle)
            );
            assert_eq!(customer.acts_for().count(), customer.organisations.len());
            for organisation in customer.acts_for() {
                assert!(
                    organisation.represented_by.contains(&customer.pid),
                    "{}",
                    organisation.name
                );
            }
            assert!(!customer.bank_name().is_empty());
        }
    }
}
