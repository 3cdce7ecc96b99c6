//! What Posten may do differently from the ordinary: where the real behaviour is not known, or depends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contact::Contacts;
use super::server_certificate::ServerCertificate;
use crate::consumer::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};

/// The switches; `default()` is the ordinary.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Which other organisations may act for a sender, by organisation numbers. Fjordbanken may for the demo's other
    /// banks, which have no certificate here.
    pub brokers: BTreeMap<String, Vec<String>>,
    /// How many calls an organisation may make in a second.
    pub calls_per_second: usize,
    /// What the contact register says of people.
    pub contacts: Contacts,
    /// Seconds until the next poll after an empty answer: 600 in production, 5–30 in the test
    /// environment (the vendor's documentation of polling).
    pub poll_seconds: u32,
    /// What the server shows in the handshake.
    pub server_certificate: ServerCertificate,
    /// How far a package's signing time may be from the time here. The documentation says 5 seconds; whether
    /// that is enforced is not known.
    pub signing_time_tolerance_seconds: u32,
    /// What a technical failure in a direct job's ceremony leads to.
    pub technical_failure: TechnicalFailure,
    /// Every third job's answers have elements that nobody has heard of.
    pub unknown_elements: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            brokers: [INNLANDSBANKEN, VESTBANKEN]
                .map(|bank| (bank.to_owned(), vec![FJORDBANKEN.to_owned()]))
                .into(),
            calls_per_second: 10,
            contacts: Contacts::default(),
            poll_seconds: 10,
            server_certificate: ServerCertificate::default(),
            signing_time_tolerance_seconds: 5,
            technical_failure: TechnicalFailure::default(),
            unknown_elements: true,
        }
    }
}

/// What a technical failure leads to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TechnicalFailure {
    /// The signer can try again, with a new redirect address, as the schema's text about these has it.
    #[default]
    Retry,
    /// The job's end.
    Ends,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_set_one_by_one() {
        let set: Switches = serde_json::from_str(r#"{"contacts":{"reserved":["eirik"]}}"#).unwrap();
        assert_eq!(set.contacts.reserved, ["eirik"]);
        assert_eq!(set.calls_per_second, 10);
        assert!(serde_json::from_str::<Switches>(r#"{"poll_second":1}"#).is_err());
    }
}
