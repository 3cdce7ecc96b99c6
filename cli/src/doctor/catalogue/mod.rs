//! What each check says, in both languages, and how grave it is: one file for each group.

pub(super) mod cryptography;
pub(super) mod file;
pub(super) mod grant;
pub(super) mod identity;
pub(super) mod issuer;
pub(super) mod live;
pub(super) mod profile;
pub(super) mod revocation;
pub(super) mod setting;
pub(super) mod time;

use super::finding::{Entry, Level};

const E: Option<Level> = Some(Level::Error);
const W: Option<Level> = Some(Level::Warning);
const I: Option<Level> = Some(Level::Info);

/// Every check, by group. What Maskinporten answers has the names of others.
pub(super) fn all() -> impl Iterator<Item = &'static Entry> {
    let groups = [
        file::ALL,
        time::ALL,
        issuer::ALL,
        identity::ALL,
        profile::ALL,
        cryptography::ALL,
        setting::ALL,
        revocation::ALL,
        live::ALL,
        grant::ALL,
    ];
    groups.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Purpose;
    use crate::doctor::language::Language;

    #[test]
    fn every_check_is_here_and_none_is_passed_over() {
        let has = |id: &str| all().any(|entry| entry.id == id);
        let groups = [
            ('F', 14),
            ('V', 5),
            ('I', 12),
            ('O', 9),
            ('P', 10),
            ('C', 8),
            ('N', 6),
            ('L', 18),
        ];
        for (group, last) in groups {
            for number in 1..=last {
                assert!(has(&format!("{group}{number:02}")), "{group}{number:02}");
            }
            assert!(!has(&format!("{group}{:02}", last + 1)));
        }
    }

    #[test]
    fn each_says_in_both_languages_what_why_and_what_to_do() {
        for entry in all() {
            let places = |sentences: [&str; 3]| {
                let text = sentences.concat();
                ["{0}", "{1}", "{2}"].map(|place| text.contains(place))
            };
            assert_eq!(places(entry.nb), places(entry.en), "{}", entry.id);
            assert_ne!(entry.nb, entry.en, "{}", entry.id);
            for sentence in entry.nb.into_iter().chain(entry.en) {
                assert!(sentence.ends_with(['.', '?']), "{}: {sentence}", entry.id);
            }
        }
    }

    #[test]
    fn what_was_seen_stands_in_the_sentence() {
        let finding = identity::O03.found(["310000205".into(), "310000213".into()]);
        for language in [Language::Nb, Language::En] {
            let [seen, ..] = finding.sentences(language);
            assert!(seen.contains("310000205") && seen.contains("310000213"));
        }
    }

    #[test]
    fn a_lowered_level_is_never_a_raised_one() {
        let soon = || time::V03.found(["70".into()]).at_most(Level::Info);
        assert_eq!(soon().level(Purpose::Token), Some(Level::Info));
        assert_eq!(soon().level(Purpose::Key), Some(Level::Info));
    }
}
