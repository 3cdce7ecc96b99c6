//! Consent requests by link: the browser is sent to Altinn's page with the whole request in the
//! address, and the app calls no API.
//!
//! Source: Altinn, "Lenkebasert". No request exists that could be looked up: the browser brings the
//! code of a given consent, and only the consent token proves it. A refusal has no code, so it
//! cannot be told apart from no answer.

use std::fmt::Write as _;

use hmac_sha256::Hash;
use url::form_urlencoded::Serializer;

use super::config::Altinn2Config;
use super::local_time;
use super::request::service;
use crate::altinn::{Consent, ConsentRequest, Creation, RequestError, Status, Urn};
use innsyn_core::origin::Origin;
use innsyn_core::party::Party;

const PAGE: &str = "/ui/AccessConsent/";

/// Returns a pending consent whose `page` is the link for the party.
///
/// # Errors
/// [`RequestError`] if the link cannot be built.
pub fn opened(
    page_origin: &Origin,
    config: &Altinn2Config,
    requested: &ConsentRequest<'_>,
    creation: Creation<'_>,
) -> Result<Consent, RequestError> {
    let page = address(page_origin, config, requested, creation)?;
    Ok(Consent {
        page: Some(page),
        ..stored(requested)
    })
}

/// Returns the consent as far as the stored row tells: pending, or, with a code from the browser,
/// reported as given.
pub fn stored(requested: &ConsentRequest<'_>) -> Consent {
    let subject = requested.subject;
    Consent {
        id: requested.id.to_owned(),
        handle: requested.handle.map(str::to_owned),
        from: Urn::new(subject.party.urn()),
        to: Urn::new(subject.consumer.urn()),
        status: match requested.handle {
            Some(_) => Status::Accepted,
            None => Status::Created,
        },
        valid_to: requested.valid_to,
        rights: Some(vec![subject.right.clone()]),
        // Altinn does not say who approved; only the person in the link's token can answer.
        approved_by: subject
            .required_delegator()
            .map(|person| Urn::new(person.urn())),
        page: None,
    }
}

fn address(
    page_origin: &Origin,
    config: &Altinn2Config,
    requested: &ConsentRequest<'_>,
    creation: Creation<'_>,
) -> Result<String, RequestError> {
    let subject = requested.subject;
    let resource = &subject.right.resource;
    service(resource).ok_or(RequestError::NoService)?;
    let valid_to = local_time::in_link(requested.valid_to).ok_or(RequestError::NoTime)?;
    let mut query = Serializer::new(String::new());
    query
        .append_pair("Resources", resource)
        .append_pair("CoveredBy", subject.consumer.as_str());
    match subject.party {
        Party::Organisation(number) => {
            query.append_pair("OfferedBy", number.as_str());
        }
        // The person's number comes from their login. A plain number must not enter a browser's
        // history; the hash makes Altinn require the right login.
        Party::Person(number) => {
            query.append_pair("UserToken", &user_token(number.expose()));
        }
    }
    query
        .append_pair("RedirectUrl", creation.redirect_address.expose())
        .append_pair("ValidToDate", &valid_to)
        .append_pair(
            "DelegationContext",
            config.purpose.as_deref().ok_or(RequestError::NoPurpose)?,
        )
        .append_pair("ResponseType", "code");
    for (name, value) in &subject.right.metadata {
        query.append_pair(&format!("{resource}_{name}"), value);
    }
    Ok(format!("{}?{}", page_origin.join(PAGE), query.finish()))
}

/// Returns the SHA-256 of the number's digits, in upper-case hexadecimal (release 18.8).
fn user_token(number: &str) -> String {
    Hash::hash(number.as_bytes())
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02X}");
            text
        })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_users_token_is_the_hash_of_the_number() {
        // Computed with sha256sum.
        let token = "9CE44DFFF270DD057DA7165CA121B85254BA286064C4B31F7D418402785A02D2";
        assert_eq!(super::user_token("14858512450"), token);
    }
}
