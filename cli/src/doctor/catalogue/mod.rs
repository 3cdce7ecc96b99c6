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

use super::finding::Level;

const E: Option<Level> = Some(Level::Error);
const W: Option<Level> = Some(Level::Warning);
const I: Option<Level> = Some(Level::Info);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::{Entry, Purpose};
    use crate::doctor::language::Language;

    fn all() -> impl Iterator<Item = &'static Entry> {
        let groups = [
            file::ALL,
            time::ALL,
            issuer::ALL,
            identity::ALL,
            profile::ALL,
            cryptography::ALL,
        ];
        groups.into_iter().flatten().copied()
    }

    #[test]
    fn every_check_that_needs_no_network_is_here() {
        let mut ids = all().map(|entry| entry.id.to_owned());
        let groups = [
            ('F', 10),
            ('V', 3),
            ('I', 12),
            ('O', 9),
            ('P', 10),
            ('C', 7),
        ];
        for (group, last) in groups {
            for number in 1..=last {
                assert_eq!(ids.next(), Some(format!("{group}{number:02}")));
            }
        }
        assert_eq!(ids.next(), None);
    }

    #[test]
    fn each_says_in_both_languages_what_why_and_what_to_do() {
        let others = [live::ALL, grant::ALL, revocation::ALL, setting::ALL];
        for entry in all().chain(others.into_iter().flatten().copied()) {
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
