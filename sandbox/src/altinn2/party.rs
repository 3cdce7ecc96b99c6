//! Who consents: numbers, names, and who may answer for whom, by Altinn's register.

use crate::altinn::register;

/// The name that a request must give: a person's surname, an organisation's registered name.
///
/// Assumption: the surname is the last word, as it is of the register's invented persons.
pub(super) fn registered_name(number: &str) -> Option<&'static str> {
    let surname = |person: &'static register::Person| person.name.rsplit(' ').next();
    let person = register::person(number).and_then(surname);
    person.or_else(|| register::organisation(number).map(|organisation| organisation.name))
}

/// Whether it is the registered name; letter case does not matter.
pub(super) fn is_name(registered: &str, given: &str) -> bool {
    registered.to_lowercase() == given.trim().to_lowercase()
}

/// The name that pages show.
pub(super) fn shown_name(number: &str) -> &'static str {
    let person = register::person(number).map(|person| person.name);
    let organisation = || register::organisation(number).map(|organisation| organisation.name);
    person.or_else(organisation).unwrap_or("?")
}

/// Whether the person may answer for the party: it is them, or they have a role in it.
pub(super) fn may_answer(person: &str, party: &str) -> bool {
    let has_role =
        |organisation: &register::Organisation| organisation.represented_by.contains(&person);
    person == party || register::organisation(party).is_some_and(has_role)
}

/// A person's number as answers show it since release 20.12: the day of birth, and no more. Assumption: that
/// organisation numbers are not masked.
pub(super) fn masked(number: &str) -> String {
    match number.get(..6) {
        Some(birth) if number.len() == 11 => format!("{birth}*****"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_masked_and_organisations_not() {
        assert_eq!(masked("14858512450"), "148585*****");
        assert_eq!(masked("313367002"), "313367002");
    }

    #[test]
    fn names_are_the_registers() {
        let surname = registered_name("14858512450").unwrap();
        assert!(is_name(surname, "BREKKE") && !is_name(surname, "Solveig Brekke"));
        let company = registered_name("311851381").unwrap();
        assert!(is_name(company, "brekke rådgivning") && !is_name(company, "Brekke"));
        assert_eq!(registered_name("310000000"), None);
    }

    #[test]
    fn only_those_with_a_role_may_answer() {
        assert!(may_answer("04827896468", "313367002"));
        assert!(may_answer("04827896468", "04827896468"));
        assert!(!may_answer("02829090123", "313367002"));
        assert!(!may_answer("04827896468", "02829090123"));
    }
}
