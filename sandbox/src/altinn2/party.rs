//! Names and numbers of those who consent.

use crate::population;

/// Returns the name that a request must give: a person's surname, an organisation's registered
/// name.
///
/// Assumption: the surname is the last word, as it is of the register's invented persons.
pub(super) fn registered_name(number: &str) -> Option<&'static str> {
    let surname = |person: &'static population::Person| person.name.rsplit(' ').next();
    let person = population::person(number).and_then(surname);
    person.or_else(|| population::name(number))
}

/// Returns whether `given` is the registered name; letter case does not matter.
pub(super) fn is_name(registered: &str, given: &str) -> bool {
    registered.to_lowercase() == given.trim().to_lowercase()
}

/// Returns the name that pages show for the party.
pub(super) fn shown_name(number: &str) -> &'static str {
    population::name(number).unwrap_or("?")
}

/// Masks a person's number except for the day of birth, as answers do since release 20.12.
/// Assumption: organisation numbers are not masked.
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
}
