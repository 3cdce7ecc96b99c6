//! Switches of Posten, where the real behaviour is not known, or depends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contact::Contacts;
use crate::population::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};

/// Switches of behaviour. The default is the documented behaviour.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Other organisations that may act for a sender, by organisation numbers. Fjordbanken may for
    /// the demo's other banks, which have no certificate here.
    pub brokers: BTreeMap<String, Vec<String>>,
    /// Number of calls that an organisation may make in a second.
    pub calls_per_second: usize,
    /// Entries of the contact register.
    pub contacts: Contacts,
    /// Seconds until the next poll after an empty answer: 600 in production, 5–30 in the test
    /// environment (the vendor's documentation of polling).
    pub poll_seconds: u32,
    /// Server certificate in the handshake.
    pub server_certificate: ServerCertificate,
    /// Longest difference between a package's signing time and the present. The documentation says
    /// 5 seconds; enforcement is not known.
    pub signing_time_tolerance_seconds: u32,
    /// Effect of a technical failure in a direct job's ceremony.
    pub technical_failure: TechnicalFailure,
    /// Adds unknown elements to the answers about every third job.
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

/// Effect of a technical failure on the job.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TechnicalFailure {
    /// The signer can try again, with a new redirect address, as the schema's text about these has
    /// it.
    #[default]
    Retry,
    /// Ends the job.
    Ends,
}

/// Certificate that the server presents.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerCertificate {
    /// SEID 2: the number is in `organizationIdentifier`.
    #[default]
    Seid2,
    /// SEID 1: the number is in `serialNumber`. So it was until January 2025.
    Seid1,
    /// Valid, but of another organisation.
    WrongOrganisation,
    /// Certificate of an authority for production, which nothing in the sandbox trusts.
    WrongAuthority,
    /// Expired yesterday.
    Expired,
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
