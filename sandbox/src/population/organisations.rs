//! Organisations of the sandbox, and who may act for them. All of them are invented, and their
//! numbers are synthetic.

use super::people::person;

/// "Fjordbanken", whose client at Maskinporten has a registered key.
pub const FJORDBANKEN: &str = "310000205";
/// "Innlandsbanken", whose client at Maskinporten uses an enterprise certificate.
pub const INNLANDSBANKEN: &str = "310000302";
/// "Vestbanken", whose client at Maskinporten has a registered key in the vault.
pub const VESTBANKEN: &str = "310000418";

/// Scope that Fjordvik Snekkerverksted lets Fjordbanken use in its name.
pub const DEMO_DELEGATED_SCOPE: &str = "fjellapi:deliveries.read";

/// Organisation of the demo.
#[derive(Debug, Eq, PartialEq)]
pub struct Organisation {
    /// Organisation number, synthetic.
    pub number: &'static str,
    /// Registered name.
    pub name: &'static str,
    /// National identity numbers of the persons who may answer for the organisation.
    pub represented_by: &'static [&'static str],
}

/// Organisations: customers first, then the consumers and their supplier.
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
        number: FJORDBANKEN,
        name: "Fjordbanken",
        represented_by: &[],
    },
    Organisation {
        number: INNLANDSBANKEN,
        name: "Innlandsbanken",
        represented_by: &[],
    },
    Organisation {
        number: VESTBANKEN,
        name: "Vestbanken",
        represented_by: &[],
    },
    Organisation {
        number: "310000108",
        name: "Fjellsystem AS",
        represented_by: &[],
    },
];

/// Returns the organisation with this number.
pub fn organisation(number: &str) -> Option<&'static Organisation> {
    ORGANISATIONS
        .iter()
        .find(|organisation| organisation.number == number)
}

/// Returns the name of the person or organisation with this number.
pub(crate) fn name(number: &str) -> Option<&'static str> {
    let person = person(number).map(|person| person.name);
    person.or_else(|| organisation(number).map(|organisation| organisation.name))
}

/// Returns whether the person may act for the party: as themselves, or by a role in the
/// organisation.
pub(crate) fn may_act_for(person: &str, party: &str) -> bool {
    person == party
        || organisation(party).is_some_and(|found| found.represented_by.contains(&person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::is_organisation;

    #[test]
    fn numbers_are_synthetic_and_have_valid_check_digits() {
        for organisation in ORGANISATIONS {
            let number = organisation.number;
            assert!(is_organisation(number), "{}", organisation.name);
            assert!(number.starts_with(['2', '3']), "{}", organisation.name);
        }
    }

    #[test]
    fn only_persons_with_a_role_may_act_for_an_organisation() {
        assert!(may_act_for("04827896468", "313367002"));
        assert!(may_act_for("04827896468", "04827896468"));
        assert!(!may_act_for("02829090123", "313367002"));
        assert!(!may_act_for("04827896468", "02829090123"));
    }
}
