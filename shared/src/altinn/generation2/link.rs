//! Asking by a link: the party is sent to Altinn's page with everything in the address, and nothing of ours is asked.
//!
//! After Altinn's "Lenkebasert". There is no request that could be looked up: the browser brings the code of a consent that was
//! given, and what that is worth the consent token says. A refusal has no code, and so cannot be told from silence.

use std::fmt::Write as _;

use hmac_sha256::Hash;
use url::form_urlencoded::Serializer;

use super::super::{Asked, Consent, NotAsked, Status, Urn};
use super::settings::Former;
use super::{local_time, service};
use crate::config::Origin;
use crate::party::Party;

const PAGE: &str = "/ui/AccessConsent/";

/// The consent that somebody may give at the address.
pub(in crate::altinn) fn opened(
    page_origin: &Origin,
    former: &Former,
    asked: &Asked,
) -> Result<Consent, NotAsked> {
    let page = address(page_origin, former, asked)?;
    Ok(Consent {
        page: Some(page),
        ..kept(asked)
    })
}

/// All that there is to know of it: that it was asked for, and with a code that somebody says that it was given.
pub(in crate::altinn) fn kept(asked: &Asked) -> Consent {
    Consent {
        id: asked.id.clone(),
        handle: asked.handle.clone(),
        from: Urn(asked.from.urn()),
        to: Urn(asked.to.urn()),
        status: match asked.handle {
            Some(_) => Status::Accepted,
            None => Status::Created,
        },
        valid_to: asked.valid_to,
        rights: Some(asked.rights.clone()),
        // Nobody tells who did; Altinn lets nobody answer whom the link's token is not of.
        approved_by: asked.required_delegator().map(|person| Urn(person.urn())),
        page: None,
    }
}

fn address(page_origin: &Origin, former: &Former, asked: &Asked) -> Result<String, NotAsked> {
    let mut resources = Vec::new();
    for right in &asked.rights {
        service(&right.resource).ok_or(NotAsked::NoService)?;
        resources.push(right.resource.as_str());
    }
    let valid_to = local_time::in_link(asked.valid_to).ok_or(NotAsked::NoTime)?;
    let mut query = Serializer::new(String::new());
    query
        .append_pair("Resources", &resources.join("."))
        .append_pair("CoveredBy", asked.to.as_str());
    match &asked.from {
        Party::Organisation(number) => {
            query.append_pair("OfferedBy", number.as_str());
        }
        // Whoever answers gives their own. A number in clear has no business in a browser's history; the hash
        // makes Altinn ask for the right log-in.
        Party::Person(number) => {
            query.append_pair("UserToken", &user_token(number.expose()));
        }
    }
    query
        .append_pair("RedirectUrl", asked.redirect_address.expose())
        .append_pair("ValidToDate", &valid_to)
        .append_pair(
            "DelegationContext",
            former.purpose.as_deref().ok_or(NotAsked::NoPurpose)?,
        )
        .append_pair("ResponseType", "code");
    for right in &asked.rights {
        for (name, value) in &right.metadata {
            query.append_pair(&format!("{}_{name}", right.resource), value);
        }
    }
    Ok(format!("{}?{}", page_origin.join(PAGE), query.finish()))
}

/// The SHA-256 of the number's digits, in upper-case hexadecimal (release 18.8).
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
        // By sha256sum.
        let token = "9CE44DFFF270DD057DA7165CA121B85254BA286064C4B31F7D418402785A02D2";
        assert_eq!(super::user_token("14858512450"), token);
    }
}
