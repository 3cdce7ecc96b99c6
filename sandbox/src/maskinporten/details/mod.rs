//! `authorization_details`: what a token is for, beyond its scopes (Digdir, the pages on consent
//! and on system users; RFC 9396).
//!
//! Assumption: anything but an array with one entry is MP-303.

mod consent;
mod entry;
mod system_user;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::refusal::Refusal;
use super::switches::Switches;
use crate::interfaces::Authorisations;
pub(super) use entry::Holder;

use consent::{Consent, TokenConsent};
use system_user::{SystemUser, TokenSystemUser};

/// Types listed in the metadata.
pub(super) const TYPES: [&str; 2] = [system_user::TYPE, consent::TYPE];

/// An entry of a request, by its type.
#[derive(Debug)]
pub(super) enum Detail {
    Consent(Consent),
    SystemUser(SystemUser),
}

/// Entry of `authorization_details` in an issued token.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum TokenDetails {
    Consent(TokenConsent),
    SystemUser(TokenSystemUser),
}

impl Detail {
    /// Reads the single entry of a request.
    pub(super) fn read(details: &Value) -> Result<Self, Refusal> {
        let Some([Value::Object(entry)]) = details.as_array().map(Vec::as_slice) else {
            return Err(Refusal::DetailValue(
                "Invalid authorization_details".to_owned(),
            ));
        };
        match entry.get("type").and_then(Value::as_str) {
            Some(consent::TYPE) => Consent::read(entry).map(Self::Consent),
            Some(system_user::TYPE) => SystemUser::read(entry).map(Self::SystemUser),
            _ => Err(Refusal::DetailType),
        }
    }

    /// Looks up the consent or system user at Altinn.
    pub(super) fn look_up(
        self,
        altinn: &dyn Authorisations,
        holder: &Holder<'_>,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Result<TokenDetails, Refusal> {
        match self {
            Self::Consent(consent) => consent
                .look_up(altinn, holder.consumer, switches.metadata_key, now)
                .map(TokenDetails::Consent),
            Self::SystemUser(user) => user
                .look_up(altinn, holder, switches)
                .map(TokenDetails::SystemUser),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_type_that_the_metadata_does_not_name() {
        let details = json!([{ "type": "urn:altinn:concent" }]);
        assert_eq!(Detail::read(&details).unwrap_err(), Refusal::DetailType);
    }

    #[test]
    fn one_entry_and_no_more() {
        let entry = json!({ "type": consent::TYPE });
        for details in [json!([]), json!([entry, entry]), entry] {
            let refusal = Detail::read(&details).unwrap_err();
            assert!(matches!(refusal, Refusal::DetailValue(_)), "{details}");
        }
    }
}
