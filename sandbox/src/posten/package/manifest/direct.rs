//! Signers of a direct job.

use super::fields::{SIGNERS, on_behalf_of, signature_type};
use crate::posten::order::{Signer, SignerIdentifier};
use crate::posten::schema::{API, Content, Element, SchemaViolation};

const OWN: std::ops::RangeInclusive<usize> = 1..=80;

/// Reads the signers, which are direct children of the manifest.
pub(super) fn signers(content: &mut Content<'_>) -> Result<Vec<Signer>, SchemaViolation> {
    let signers = content.several("signer", SIGNERS)?;
    signers.into_iter().map(signer).collect()
}

fn signer(signer: Element<'_>) -> Result<Signer, SchemaViolation> {
    let mut content = signer.only_attributes(&[])?.content(API)?;
    let who = match content.optional("personal-identification-number") {
        Some(number) => SignerIdentifier::Number(number.digits(11)?),
        None => SignerIdentifier::Own(content.one("signer-identifier")?.text_of(OWN)?),
    };
    let signature_type = signature_type(&mut content)?;
    let on_behalf_of = on_behalf_of(&mut content)?;
    content.end()?;
    Ok(Signer {
        who,
        signature_type,
        on_behalf_of,
        order: 0,
        notifications: None,
    })
}
