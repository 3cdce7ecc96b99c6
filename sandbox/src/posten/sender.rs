//! The organisations that have documents signed. All of it is invented; the numbers are synthetic.

use crate::population::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};

/// Organisation number of "Fjordvik kommune", the only public body.
pub const FJORDVIK: &str = "310000604";

/// Organisation with an agreement with Posten.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Sender {
    /// Organisation number.
    pub(crate) organisation: &'static str,
    /// Name that signers see.
    pub(crate) name: &'static str,
    /// Public bodies have other rules (the vendor's documentation, from signature types to
    /// addressing).
    pub(crate) public: bool,
}

const SENDERS: [Sender; 4] = [
    Sender {
        organisation: FJORDBANKEN,
        name: "Fjordbanken",
        public: false,
    },
    Sender {
        organisation: INNLANDSBANKEN,
        name: "Innlandsbanken",
        public: false,
    },
    Sender {
        organisation: VESTBANKEN,
        name: "Vestbanken",
        public: false,
    },
    Sender {
        organisation: FJORDVIK,
        name: "Fjordvik kommune",
        public: true,
    },
];

/// Returns the sender with this number, if it has access.
pub(crate) fn sender(organisation: &str) -> Option<&'static Sender> {
    SENDERS
        .iter()
        .find(|sender| sender.organisation == organisation)
}

/// Returns whether the organisation is a public body.
pub(crate) fn is_public(organisation: &str) -> bool {
    sender(organisation).is_some_and(|sender| sender.public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_synthetic_and_have_valid_check_digits() {
        for sender in SENDERS {
            let number = sender.organisation;
            assert!(
                crate::population::is_organisation(number),
                "{}",
                sender.name
            );
            assert!(number.starts_with(['2', '3']), "{}", sender.name);
        }
    }
}
