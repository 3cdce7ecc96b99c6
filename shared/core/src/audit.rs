//! Audit trail: one log line for each request of a verified caller. The line records the caller and
//! the parties as pseudonyms, with the purpose and the outcome.
//!
//! A pseudonym is a keyed hash. The holder of `key_set_store_key` computes the pseudonym of a given
//! number and searches the log for it (docs/operations.md, "Who read what of whom"). Without the
//! key, an exhaustive search over all numbers reveals nothing.

use std::cell::RefCell;

use hmac_sha256::HMAC;
use serde::Serialize;

use crate::party::OrganisationNumber;
use crate::secret::Secret;

/// Maximum number of parties on one line: the maximum number of signers of a job, plus one.
const MOST_PARTIES: usize = 11;

/// Key of the pseudonyms, the same in every component.
#[derive(Clone, Debug)]
pub struct Pseudonyms(Secret<[u8; 32]>);

/// Keyed hash of an identifier: the first 16 bytes of HMAC-SHA-256, each half byte as a letter from
/// `a` to `p`, so that a search for numbers never matches it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Pseudonym(String);

/// Contents of an audit line, in addition to those of a `request` line.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// Subject (`sub`) of the caller's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<Pseudonym>,
    /// Name of the calling service, as configured at the token component.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Number of the organisation in whose name the request is made.
    consumer: Pseudonym,
    /// Numbers of the persons and organisations that the request is about.
    parties: Vec<Pseudonym>,
    /// Subject of the request, if the route does not determine it: the service of a consent, or the
    /// scopes of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Numbers of `parties`: each is hashed once.
    #[serde(skip)]
    numbers: Vec<Secret<String>>,
    #[serde(skip)]
    pseudonyms: Pseudonyms,
}

/// Pseudonyms of a verified caller; equal for all requests with the same login.
#[derive(Clone, Debug)]
pub struct CallerPseudonyms {
    caller: Pseudonym,
    consumer: Pseudonym,
}

/// Audit line under construction during a request. Parts of the request share it.
#[derive(Debug, Default)]
pub struct Trail(RefCell<Option<Audit>>);

impl Pseudonyms {
    /// Derives the key from `secret`, which every component has.
    pub fn new(secret: &Secret<[u8; 32]>) -> Self {
        Self(Secret::new(HMAC::mac(b"innsyn audit v1", secret.expose())))
    }

    /// Returns the pseudonyms of a caller with this subject, and of its organisation.
    pub fn caller(&self, subject: &str, consumer: &OrganisationNumber) -> CallerPseudonyms {
        CallerPseudonyms {
            caller: self.pseudonym(subject),
            consumer: self.pseudonym(consumer.as_str()),
        }
    }

    /// Returns the pseudonym of an identifier.
    pub fn pseudonym(&self, identifier: &str) -> Pseudonym {
        let mac = HMAC::mac(identifier, self.0.expose());
        let letter = |nibble: u8| char::from(b'a'.saturating_add(nibble & 0x0f));
        let bytes = mac.iter().take(16);
        Pseudonym(
            bytes
                .flat_map(|byte| [letter(byte >> 4), letter(*byte)])
                .collect(),
        )
    }
}

impl Trail {
    /// Records the customer or back end whose login token was verified.
    pub fn caller(&self, pseudonyms: &Pseudonyms, caller: CallerPseudonyms) {
        let CallerPseudonyms { caller, consumer } = caller;
        self.begin(pseudonyms, Some(caller), None, consumer);
    }

    /// Records the service whose credential was verified.
    pub fn service(&self, pseudonyms: &Pseudonyms, name: &str, consumer: &OrganisationNumber) {
        let consumer = pseudonyms.pseudonym(consumer.as_str());
        self.begin(pseudonyms, None, Some(name.to_owned()), consumer);
    }

    fn begin(
        &self,
        pseudonyms: &Pseudonyms,
        caller: Option<Pseudonym>,
        service: Option<String>,
        consumer: Pseudonym,
    ) {
        self.0.replace(Some(Audit {
            caller,
            service,
            consumer,
            parties: Vec::new(),
            numbers: Vec::new(),
            resource: None,
            pseudonyms: pseudonyms.clone(),
        }));
    }

    /// Records the number of a party that the request is about, even if the caller has no access to
    /// it; or the subject of a customer whose job a back end acts on.
    pub fn party(&self, number: &str) {
        if let Some(audit) = self.0.borrow_mut().as_mut() {
            let is_known = audit.numbers.iter().any(|known| known.expose() == number);
            if audit.parties.len() < MOST_PARTIES && !is_known {
                audit.parties.push(audit.pseudonyms.pseudonym(number));
                audit.numbers.push(Secret::new(number.to_owned()));
            }
        }
    }

    /// Records the number of a party, if the request has one.
    pub fn party_if(&self, number: Option<&str>) {
        if let Some(number) = number {
            self.party(number);
        }
    }

    /// Records the resource: a configured name.
    pub fn resource(&self, name: &str) {
        if let Some(audit) = self.0.borrow_mut().as_mut() {
            audit.resource = Some(name.to_owned());
        }
    }

    /// Takes the recorded line, if a caller was verified.
    pub fn take(&self) -> Option<Audit> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with `printf … | openssl dgst -sha256 -mac HMAC -macopt hexkey:…`, as in
    /// docs/operations.md.
    #[test]
    fn a_pseudonym_is_what_openssl_makes_of_the_number() {
        let pseudonyms = Pseudonyms::new(&Secret::new([7; 32]));
        for (number, pseudonym) in [
            ("02829090123", "mncnlohghnlnbpimdfafjhbdajkhaelb"),
            ("313367002", "klkanlckakbfddbggdkmbcgnbmbkjgoe"),
        ] {
            assert_eq!(
                pseudonyms.pseudonym(number),
                Pseudonym(pseudonym.to_owned())
            );
        }
        let other = Pseudonyms::new(&Secret::new([8; 32]));
        assert_ne!(
            other.pseudonym("02829090123"),
            pseudonyms.pseudonym("02829090123")
        );
    }
}
