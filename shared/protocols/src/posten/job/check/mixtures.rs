//! Checks of combinations (signering-docs, "Signaturtype", "Sikkerhetsnivå" and "Signert
//! dokument").

use super::invalid;
use crate::posten::job::{
    AuthenticationLevel, IdentifierInDocument, InvalidJob, Job, Notifications, SignatureType,
    SignerIdentifier, Violation,
};

impl Job {
    pub(super) fn check_mixtures(&self) -> Result<(), InvalidJob> {
        let has_advanced = self.has(SignatureType::Advanced);
        let is_numbered = |who: &SignerIdentifier| matches!(who, SignerIdentifier::Person(_));
        let violation = match self.identifier {
            Some(IdentifierInDocument::NumberAndName)
                if !self.signers.iter().all(|signer| is_numbered(&signer.who)) =>
            {
                Violation::NumberNotKnown
            }
            Some(IdentifierInDocument::Name) if has_advanced => Violation::NameWithAdvanced,
            Some(IdentifierInDocument::DateOfBirthAndName)
                if has_advanced && self.is_for_public_sender() =>
            {
                Violation::BirthWithAdvanced
            }
            _ if has_advanced && self.is_for_public_sender() && self.documents.len() > 1 => {
                return invalid("documents", Violation::OneDocument);
            }
            _ => return Ok(()),
        };
        invalid("identifier", violation)
    }

    /// Returns whether the job uses a feature that Posten offers to public senders only. The order
    /// of a private sender is refused for that reason alone.
    fn is_for_public_sender(&self) -> bool {
        let is_looked_up =
            |notifications: &Option<_>| matches!(notifications, Some(Notifications::Lookup { .. }));
        self.has(SignatureType::Authenticated)
            || self.authentication == Some(AuthenticationLevel::Three)
            || self
                .signers
                .iter()
                .any(|signer| is_looked_up(&signer.notifications))
    }

    fn has(&self, signature_type: SignatureType) -> bool {
        let mut types = self.signers.iter().map(|signer| signer.signature_type);
        types.any(|other| other == Some(signature_type))
    }
}
