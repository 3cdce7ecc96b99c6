//! Persons of the sandbox. All of them are invented, and their numbers are synthetic.

use serde_json::{Value, json};

/// Person who can log in to a service.
#[derive(Debug, Eq, PartialEq)]
pub struct Person {
    /// National identity number, synthetic.
    pub number: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name for pages and forms, so that no identity number appears in an address.
    pub handle: &'static str,
}

/// Persons of the demo.
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

/// Returns the person with this number.
pub fn person(number: &str) -> Option<&'static Person> {
    PERSONS.iter().find(|person| person.number == number)
}

/// Returns the person with this handle.
pub(crate) fn person_named(handle: &str) -> Option<&'static Person> {
    PERSONS.iter().find(|person| person.handle == handle)
}

/// Returns all persons for a page that lets the reader select one, and for each whether `may_act`
/// holds for the person's number.
pub(crate) fn person_choices(may_act: impl Fn(&str) -> bool) -> Value {
    let choice = |person: &Person| {
        let allowed = may_act(person.number);
        json!({ "handle": person.handle, "name": person.name, "allowed": allowed })
    };
    PERSONS.iter().map(choice).collect()
}

/// Returns the handle of the first person for whose number `may_act` holds.
pub(crate) fn first_choice(may_act: impl Fn(&str) -> bool) -> Option<&'static str> {
    let mut persons = PERSONS.iter();
    let first = persons.find(|person| may_act(person.number));
    first.map(|person| person.handle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::is_person;

    #[test]
    fn numbers_are_synthetic_and_have_valid_check_digits() {
        for person in PERSONS {
            assert!(is_person(person.number), "{}", person.name);
            let month: u8 = person.number[2..4].parse().unwrap();
            assert!((81..=92).contains(&month), "{}", person.name);
        }
    }
}
