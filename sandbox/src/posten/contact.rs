//! Contact and reservation register (KRR), as far as Posten uses it.
//!
//! The people are those of Altinn's register. Assumption: a person outside that register has no
//! contact information, nor a name that can be looked up.

use serde::{Deserialize, Serialize};

use super::job::SignerStatus;
use super::order::{Notifications, OnBehalfOf, Order, SignatureType, Signer, SignerIdentifier};
use super::sender;
use crate::population::{self, Person};

/// Entries of the register, by the handles of persons; all others can be reached.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// Persons reserved against digital communication from public bodies.
    pub reserved: Vec<String>,
    /// Persons without an e-mail address and a mobile number.
    pub without_contact_information: Vec<String>,
}

impl Contacts {
    /// Returns the status of a `signer` who cannot be notified of the job, if so (the vendor's
    /// documentation of addressing, and portal.xsd).
    pub(super) fn obstacle(&self, order: &Order, signer: &Signer) -> Option<SignerStatus> {
        let (SignerIdentifier::Number(number), Some(notifications)) =
            (&signer.who, &signer.notifications)
        else {
            return None;
        };
        let person = population::person(number);
        let listed = |list: &[String]| {
            person.is_some_and(|person| list.iter().any(|handle| handle == person.handle))
        };
        let own = signer.on_behalf_of.unwrap_or(OnBehalfOf::Own) == OnBehalfOf::Own;
        if own && sender::is_public(&order.organisation) && listed(&self.reserved) {
            return Some(SignerStatus::Reserved);
        }
        let missing = person.is_none() || listed(&self.without_contact_information);
        (*notifications == Notifications::Lookup && missing)
            .then_some(SignerStatus::ContactInformationMissing)
    }
}

/// Returns the name for the signed documents, if it can be looked up. With an advanced signature it
/// comes from the electronic identity, and is always available.
pub(super) fn name(order: &Order, signer: &Signer, person: Option<&Person>) -> Option<String> {
    let kind = signer.signature_type.unwrap_or_else(|| {
        if sender::is_public(&order.organisation) {
            SignatureType::Authenticated
        } else {
            SignatureType::Advanced
        }
    });
    match (person, kind) {
        (Some(person), _) => Some(person.name.to_owned()),
        (None, SignatureType::Advanced) => Some("Ukjent Underskriver".to_owned()),
        (None, SignatureType::Authenticated) => None,
    }
}
