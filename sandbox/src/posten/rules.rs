//! Rules for combinations within a job, and for the kind of sender: the vendor's documentation on
//! signature types, security levels, identification in signed documents and addressing.
//!
//! `FEATURE_NOT_AVAILABLE` was seen once, for `NAME` from a private organisation. Assumptions: it
//! is the answer to all features that the kind of sender may not use, and `ASICE_VALIDATION_FAILED`
//! to invalid combinations; two signers of a direct job differ by number too (the schema requires
//! it of the sender's own identifiers); a job is activated at most 366 days ahead, of which nothing
//! is published; a person without a number is never looked up; `DATE_OF_BIRTH_AND_NAME` of a public
//! body needs authenticated signatures, as the current documentation says.

use time::{Duration, OffsetDateTime};

use super::order::{
    Flow, Identifier, Notifications, OnBehalfOf, Order, SignatureType, Signer, SignerIdentifier,
};
use super::refusal::{Code, Refusal};

/// Maximum availability of a job in seconds: 90 days.
const LONGEST: i64 = 7_776_000;
/// Longest time ahead for which a job may be activated.
const FARTHEST: Duration = Duration::days(366);

/// Refuses an order that breaks a rule; `public` is whether its organisation is a public body.
pub(super) fn check(order: &Order, public: bool, now: OffsetDateTime) -> Result<(), Refusal> {
    goes_together(order, now).map_err(|why| Refusal::new(Code::AsiceValidation, why))?;
    let available = if public {
        for_public(order)
    } else {
        for_private(order)
    };
    available.map_err(|why| Refusal::new(Code::FeatureNotAvailable, why))
}

fn goes_together(order: &Order, now: OffsetDateTime) -> Result<(), &'static str> {
    if let Flow::Portal {
        activation,
        available_seconds,
    } = order.flow
    {
        if available_seconds > LONGEST {
            return Err("a job cannot be available for more than 90 days");
        }
        let latest = now.saturating_add(FARTHEST);
        if activation.is_some_and(|activation| activation > latest) {
            return Err("a job cannot be activated more than 366 days ahead");
        }
    }
    let twice = |(index, signer): (usize, &Signer)| {
        let mut others = order.signers.iter().take(index);
        others.any(|other| other.who == signer.who)
    };
    if matches!(order.flow, Flow::Direct { .. }) && order.signers.iter().enumerate().any(twice) {
        return Err("two signers are the same");
    }
    let nobody = SignerIdentifier::Contact {
        email: None,
        sms: None,
    };
    if order.signers.iter().any(|signer| signer.who == nobody) {
        return Err("a signer is neither named nor reachable");
    }
    let for_another = |signer: &Signer| {
        signer.on_behalf_of == Some(OnBehalfOf::Other)
            && signer.notifications == Some(Notifications::Lookup)
    };
    if order.signers.iter().any(for_another) {
        return Err("who signs on behalf of another is not looked up");
    }
    let is_numbered = |signer: &Signer| matches!(signer.who, SignerIdentifier::Number(_));
    if order.identifier_in_signed_documents == Some(Identifier::NumberAndName)
        && !order.signers.iter().all(is_numbered)
    {
        return Err("a signer without a number cannot be identified by it");
    }
    Ok(())
}

fn for_private(order: &Order) -> Result<(), &'static str> {
    let authenticated = Some(SignatureType::Authenticated);
    if order
        .signers
        .iter()
        .any(|signer| signer.signature_type == authenticated)
    {
        return Err("authenticated signatures are for public bodies");
    }
    if order.authentication == Some(3) {
        return Err("security level 3 is for public bodies");
    }
    let looked_up = Some(Notifications::Lookup);
    if order
        .signers
        .iter()
        .any(|signer| signer.notifications == looked_up)
    {
        return Err("the contact register is for public bodies");
    }
    if order.identifier_in_signed_documents == Some(Identifier::Name) {
        return Err("identification by name alone is for public bodies");
    }
    Ok(())
}

/// Checks a public sender's order. The default signature type is authenticated.
fn for_public(order: &Order) -> Result<(), &'static str> {
    let advanced = Some(SignatureType::Advanced);
    if !order
        .signers
        .iter()
        .any(|signer| signer.signature_type == advanced)
    {
        return Ok(());
    }
    if order.documents.len() > 1 {
        return Err("advanced signatures of public bodies are on one document");
    }
    match order.identifier_in_signed_documents {
        Some(Identifier::DateOfBirthAndName | Identifier::Name) => {
            Err("identification without the number needs authenticated signatures")
        }
        _ => Ok(()),
    }
}
