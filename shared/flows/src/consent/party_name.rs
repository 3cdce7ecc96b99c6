//! Registered name of a party, as sent by the app. Only Altinn 2 can compare it with the register.

use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::text::is_displayable;

/// Maximum length, in characters.
const LONGEST: usize = 200;

/// Parses a name that a register can have: a person's surname, or an organisation's registered
/// name.
pub(super) fn read(name: &str) -> Result<Secret<String>, Problem> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= LONGEST && is_displayable(name);
    if fits {
        Ok(Secret::new(name.to_owned()))
    } else {
        Err(Problem::new(Kind::RequestInvalid)
            .detail("party_name is empty, too long or has characters that cannot be displayed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_nothing_else() {
        for name in [
            "Lippe",
            " von der Lippe ",
            "ÅSE & SØNN AS",
            &"x".repeat(200),
        ] {
            let read = read(name).expect("a name");
            assert_eq!(read.expose(), name.trim());
        }
    }

    #[test]
    fn what_no_register_holds_is_refused_without_being_repeated() {
        for name in [
            "",
            "  ",
            "a\nb",
            "a\u{0}",
            "a\u{202e}b",
            "a\u{200b}b",
            &"x".repeat(201),
        ] {
            let problem = read(name).expect_err("no name");
            assert_eq!(problem.kind, Kind::RequestInvalid);
            assert_eq!(
                problem.detail.as_deref(),
                Some("party_name is empty, too long or has characters that cannot be displayed")
            );
        }
    }
}
