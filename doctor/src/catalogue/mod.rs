//! Catalogue of the problems that the checks can find: texts in both languages and severities, one file a group.

pub(crate) mod configuration;
pub(crate) mod cryptography;
pub(crate) mod file;
pub(crate) mod grant;
pub(crate) mod identity;
pub(crate) mod issuer;
pub(crate) mod network;
pub(crate) mod profile;
pub(crate) mod revocation;
mod severities;
pub(crate) mod time;

use crate::finding::Entry;

/// Returns every entry, by group. Refusals by Maskinporten share the identifiers of entries in other groups.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    let groups = [
        file::ALL,
        time::ALL,
        issuer::ALL,
        identity::ALL,
        profile::ALL,
        cryptography::ALL,
        configuration::ALL,
        revocation::ALL,
        network::ALL,
        grant::ALL,
    ];
    groups.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Purpose, Severity};
    use crate::language::Language;

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
        let finding = identity::O03.finding(["310000205".into(), "310000213".into()]);
        for language in [Language::Nb, Language::En] {
            let [seen, ..] = finding.sentences(language);
            assert!(seen.contains("310000205") && seen.contains("310000213"));
        }
    }

    #[test]
    fn a_lowered_level_is_never_a_raised_one() {
        let soon = || time::V03.finding(["70".into()]).at_most(Severity::Info);
        assert_eq!(soon().severity(Purpose::Token), Some(Severity::Info));
        assert_eq!(soon().severity(Purpose::Key), Some(Severity::Info));
    }
}
