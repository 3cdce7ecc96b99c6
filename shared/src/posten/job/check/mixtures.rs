//! What does not go together (signering-docs, "Signaturtype", "Sikkerhetsnivå" and "Signert dokument").

use super::unfit;
use crate::posten::job::{
    AuthenticationLevel, IdentifierInDocument, Job, Notifications, Rule, SignatureType, Unfit, Who,
};

impl Job {
    pub(super) fn check_mixtures(&self) -> Result<(), Unfit> {
        let has_advanced = self.has(SignatureType::Advanced);
        let is_numbered = |who: &Who| matches!(who, Who::Person(_));
        let rule = match self.identifier {
            Some(IdentifierInDocument::NumberAndName)
                if !self.signers.iter().all(|signer| is_numbered(&signer.who)) =>
            {
                Rule::NumberNotKnown
            }
            Some(IdentifierInDocument::Name) if has_advanced => Rule::NameWithAdvanced,
            Some(IdentifierInDocument::DateOfBirthAndName)
                if has_advanced && self.is_for_public_sender() =>
            {
                Rule::BirthWithAdvanced
            }
            _ if has_advanced && self.is_for_public_sender() && self.documents.len() > 1 => {
                return unfit("documents", Rule::OneDocument);
            }
            _ => return Ok(()),
        };
        unfit("identifier", rule)
    }

    /// Whether it holds something that Posten gives to public senders only, so that a private one's order would be refused
    /// for that already.
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
