//! Parts that only the portal's manifest has: how signers are reached, in which order, and when.

use super::fields::{Availability, SIGNERS, on_behalf_of, signature_type};
use crate::posten::order::{Notifications, Signer, SignerIdentifier};
use crate::posten::schema::{API, Content, Element, SchemaViolation};

const ANY_LENGTH: std::ops::RangeInclusive<usize> = 0..=usize::MAX;

/// Reads the element with the signers.
pub(super) fn signers(content: &mut Content<'_>) -> Result<Vec<Signer>, SchemaViolation> {
    let mut all = content.one("signers")?.only_attributes(&[])?.content(API)?;
    let signers = all.several("signer", SIGNERS)?;
    all.end()?;
    signers.into_iter().map(signer).collect()
}

fn signer(signer: Element<'_>) -> Result<Signer, SchemaViolation> {
    let signer = signer.only_attributes(&["order"])?;
    let order = signer.attribute("order").map_or(Ok(0), order)?;
    let mut content = signer.content(API)?;
    let number = content.optional("personal-identification-number");
    let number = number.map(|number| number.digits(11)).transpose()?;
    if number.is_none() {
        let by_contact = content.one("identified-by-contact-information")?;
        by_contact.only_attributes(&[])?.empty()?;
    }
    let signature_type = signature_type(&mut content)?;
    let notifications = match content.optional("notifications-using-lookup") {
        Some(lookup) => looked_up(lookup)?,
        None => given(content.one("notifications")?)?,
    };
    let on_behalf_of = on_behalf_of(&mut content)?;
    content.end()?;
    let who = match (number, &notifications) {
        (Some(number), _) => SignerIdentifier::Number(number),
        (None, Notifications::Given { email, sms }) => SignerIdentifier::Contact {
            email: email.clone(),
            sms: sms.clone(),
        },
        (None, Notifications::Lookup) => SignerIdentifier::Contact {
            email: None,
            sms: None,
        },
    };
    Ok(Signer {
        who,
        signature_type,
        on_behalf_of,
        order,
        notifications: Some(notifications),
    })
}

/// Parses an `xs:int` from 0 to 9.
fn order(text: &str) -> Result<u8, SchemaViolation> {
    let order = integer(text).and_then(|number| u8::try_from(number).ok());
    let order = order.filter(|order| *order <= 9);
    order.ok_or_else(|| SchemaViolation("cvc-attribute.3: order is not from 0 to 9".into()))
}

/// Reads a lookup in the contact register. E-mail is mandatory.
fn looked_up(lookup: Element<'_>) -> Result<Notifications, SchemaViolation> {
    let mut content = lookup.only_attributes(&[])?.content(API)?;
    content.one("email")?.only_attributes(&[])?.empty()?;
    if let Some(sms) = content.optional("sms") {
        sms.only_attributes(&[])?.empty()?;
    }
    content.end()?;
    Ok(Notifications::Lookup)
}

/// E-mail before text message; one of them at least.
fn given(notifications: Element<'_>) -> Result<Notifications, SchemaViolation> {
    let mut content = notifications.only_attributes(&[])?.content(API)?;
    let address = |element: Element<'_>, attribute| {
        element.only_attributes(&[attribute])?.empty()?;
        let value = element.needs_attribute(attribute, ANY_LENGTH)?;
        Ok::<_, SchemaViolation>(value.to_owned())
    };
    let email = content.optional("email");
    let email = email.map(|email| address(email, "address")).transpose()?;
    let sms = match &email {
        Some(_) => content.optional("sms"),
        None => Some(content.one("sms")?),
    };
    let sms = sms.map(|sms| address(sms, "number")).transpose()?;
    content.end()?;
    Ok(Notifications::Given { email, sms })
}

/// May be empty: the vendor's Java client always writes it.
pub(super) fn availability(availability: Element<'_>) -> Result<Availability, SchemaViolation> {
    let mut content = availability.only_attributes(&[])?.content(API)?;
    let activation = content.optional("activation-time").map(Element::time);
    let seconds = content.optional("available-seconds").map(seconds);
    content.end()?;
    Ok(Availability {
        activation: activation.transpose()?,
        seconds: seconds.transpose()?,
    })
}

/// Parses a non-negative `xs:long`.
fn seconds(element: Element<'_>) -> Result<i64, SchemaViolation> {
    let seconds = integer(&element.text()?).filter(|seconds| *seconds >= 0);
    seconds.ok_or_else(|| SchemaViolation("cvc-minInclusive-valid: available-seconds".into()))
}

/// Parses an integer of XML Schema: surrounding blanks and a sign are allowed.
fn integer(text: &str) -> Option<i64> {
    text.trim_ascii().parse().ok()
}
