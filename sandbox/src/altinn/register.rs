//! Altinn's register of parties: lookup by number or by Altinn's own identifier.

use uuid::Uuid;

use super::party::Party;
use super::problem::{self, Problem};
use crate::population::{self, ORGANISATIONS, PERSONS};

/// Returns the party by its number, if it is registered.
pub(super) fn look_up(party: &Party) -> Result<Party, Problem> {
    let found = match party {
        Party::Person(number) => population::person(number).is_some(),
        Party::Organisation(number) => population::organisation(number).is_some(),
        Party::Uuid(id) => return by_uuid(*id).ok_or_else(|| unknown(party)),
    };
    if found {
        Ok(party.clone())
    } else {
        Err(unknown(party))
    }
}

/// Returns the display name.
pub(super) fn name(party: &Party) -> &'static str {
    let number = party.number();
    number.and_then(population::name).unwrap_or("?")
}

/// Returns whether the person may answer for the party.
pub(super) fn may_answer(person: &str, party: &Party) -> bool {
    let number = party.number();
    number.is_some_and(|number| population::may_act_for(person, number))
}

/// Returns Altinn's own identifier of a party.
pub(super) fn uuid(party: &Party) -> Uuid {
    /// Lowest identifier of this register.
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
