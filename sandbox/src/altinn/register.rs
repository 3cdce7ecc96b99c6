//! The register that Altinn looks parties up in, and who may answer for whom. All of it is invented;
//! the numbers are synthetic.

use uuid::Uuid;

use super::party::Party;
use super::problem::{self, Problem};

/// A person who can log in at Altinn.
#[derive(Debug, Eq, PartialEq)]
pub struct Person {
    /// National identity number, synthetic.
    pub number: &'static str,
    /// Name.
    pub name: &'static str,
    /// What pages and forms call the person, so that no number stands in an address.
    pub handle: &'static str,
}

/// An organisation.
#[derive(Debug, Eq, PartialEq)]
pub struct Organisation {
    /// Organisation number, synthetic.
    pub number: &'static str,
    /// Registered name.
    pub name: &'static str,
    /// The persons who may answer for it.
    pub represented_by: &'static [&'static str],
}

/// Everybody there is.
pub const PERSONS: &[Person] = &[
    Person {
        number: "04827896468",
        name: "Ragna Fjordvik",
        handle: "ragna",
    },
    Person {
        number: "02829090123",
        name: "Odd Myrvang",
        handle: "odd",
    },
    Person {
        number: "14858512450",
        name: "Solveig Brekke",
        handle: "solveig",
    },
    Person {
        number: "02839211360",
        name: "Eirik Tangen",
        handle: "eirik",
    },
    Person {
        number: "02925796975",
        name: "Ane Lid",
        handle: "ane",
    },
];

/// Every organisation there is: customers first, then the consumers and their supplier.
pub const ORGANISATIONS: &[Organisation] = &[
    Organisation {
        number: "313367002",
        name: "Fjordvik Snekkerverksted",
        represented_by: &["04827896468", "02839211360"],
    },
    Organisation {
        number: "314055403",
        name: "Nordlys Handel AS",
        represented_by: &["04827896468"],
    },
    Organisation {
        number: "311851381",
        name: "Brekke Rådgivning",
        represented_by: &["14858512450"],
    },
    Organisation {
        number: "314961900",
        name: "Lyngheim Drift",
        represented_by: &["14858512450"],
    },
    Organisation {
        number: "313506673",
        name: "Lid Gartneri",
        represented_by: &["02925796975"],
    },
    Organisation {
        number: "310000205",
        name: "Fjordbanken",
        represented_by: &[],
    },
    Organisation {
        number: "310000302",
        name: "Innlandsbanken",
        represented_by: &[],
    },
    Organisation {
        number: "310000418",
        name: "Vestbanken",
        represented_by: &[],
    },
    Organisation {
        number: "310000108",
        name: "Fjellsystem AS",
        represented_by: &[],
    },
];

/// The person with this number.
pub fn person(number: &str) -> Option<&'static Person> {
    PERSONS.iter().find(|person| person.number == number)
}

/// The organisation with this number.
pub fn organisation(number: &str) -> Option<&'static Organisation> {
    ORGANISATIONS
        .iter()
        .find(|organisation| organisation.number == number)
}

/// The party by its number, if it is registered.
pub(super) fn look_up(party: &Party) -> Result<Party, Problem> {
    let found = match party {
        Party::Person(number) => person(number).is_some(),
        Party::Organisation(number) => organisation(number).is_some(),
        Party::Uuid(id) => return by_uuid(*id).ok_or_else(|| unknown(party)),
    };
    if found {
        Ok(party.clone())
    } else {
        Err(unknown(party))
    }
}

/// The name to show.
pub(super) fn name(party: &Party) -> &'static str {
    match party {
        Party::Person(number) => person(number).map(|person| person.name),
        Party::Organisation(number) => organisation(number).map(|organisation| organisation.name),
        Party::Uuid(_) => None,
    }
    .unwrap_or("?")
}

/// Whether the person may answer for the party.
pub(super) fn may_answer(person: &str, party: &Party) -> bool {
    match party {
        Party::Person(number) => number == person,
        Party::Organisation(number) => {
            organisation(number).is_some_and(|found| found.represented_by.contains(&person))
        }
        Party::Uuid(_) => false,
    }
}

/// Altinn's own id of a party.
pub(super) fn uuid(party: &Party) -> Uuid {
    /// What the ids of this register begin with.
    const FIRST: u128 = 0x1a5d_0000_0000_4000_8000_0000_0000_0000;
    match party {
        Party::Person(number) | Party::Organisation(number) => {
            Uuid::from_u128(FIRST.saturating_add(number.parse().unwrap_or_default()))
        }
        Party::Uuid(id) => *id,
    }
}

fn by_uuid(id: Uuid) -> Option<Party> {
    let persons = PERSONS
        .iter()
        .map(|person| Party::Person(person.number.to_owned()));
    let organisations = ORGANISATIONS
        .iter()
        .map(|organisation| Party::Organisation(organisation.number.to_owned()));
    persons.chain(organisations).find(|party| uuid(party) == id)
}

fn unknown(party: &Party) -> Problem {
    match party {
        Party::Person(_) => problem::UNKNOWN_PERSON.with("fnumber", party),
        Party::Organisation(_) | Party::Uuid(_) => {
            problem::UNKNOWN_ORGANISATION.with("orgnr", party)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_synthetic_and_have_valid_check_digits() {
        for person in PERSONS {
            assert!(
                crate::skatteetaten::party::is_person(person.number),
                "{}",
                person.name
            );
            let month: u8 = person.number[2..4].parse().unwrap();
            assert!((81..=92).contains(&month), "{}", person.name);
        }
        for organisation in ORGANISATIONS {
            assert!(
                crate::skatteetaten::party::is_organisation(organisation.number),
                "{}",
                organisation.name
            );
            assert!(organisation.number.starts_with(['2', '3']));
        }
    }

    #[test]
    fn parties_are_found_by_number_and_by_altinns_id() {
        let party = Party::Organisation("313367002".into());
        assert_eq!(look_up(&party).unwrap(), party);
        assert_eq!(look_up(&Party::Uuid(uuid(&party))).unwrap(), party);
        assert_eq!(
            look_up(&Party::Person("29909999999".into()))
                .unwrap_err()
                .code,
            "AM-00004"
        );
        assert_eq!(
            look_up(&Party::Uuid(Uuid::nil())).unwrap_err().code,
            "AM-00003"
        );
    }

    #[test]
    fn only_those_with_a_role_may_answer() {
        let company = Party::Organisation("313367002".into());
        assert!(may_answer("04827896468", &company));
        assert!(!may_answer("02829090123", &company));
        let person = Party::Person("02829090123".into());
        assert!(may_answer("02829090123", &person));
        assert!(!may_answer("04827896468", &person));
    }
}
