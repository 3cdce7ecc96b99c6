//! Signers of a direct job.

use super::{API, Broken, Content, SIGNERS, on_behalf_of, signature_type};
use crate::posten::order::{Signer, Who};

const OWN: std::ops::RangeInclusive<usize> = 1..=80;

/// They stand directly in the manifest. An identifier of the sender's own is unique in the job, says the
/// schema's annotation. Assumption: so is a national identity number.
pub(super) fn signers(content: &mut Content<'_>) -> Result<Vec<Signer>, Broken> {
    let mut signers: Vec<Signer> = Vec::new();
    for signer in content.several("signer", SIGNERS)? {
        let mut content = signer.only_attributes(&[])?.content(API)?;
        let who = match content.optional("personal-identification-number") {
            Some(number) => Who::Number(number.digits(11)?),
            None => Who::Own(content.one("signer-identifier")?.text_of(OWN)?),
        };
        if signers.iter().any(|other| other.who == who) {
            return Err(Broken("two signers are the same".into()));
        }
        let signature_type = signature_type(&mut content)?;
        let on_behalf_of = on_behalf_of(&mut content)?;
        content.end()?;
        signers.push(Signer {
            who,
            signature_type,
            on_behalf_of,
            order: 0,
            notifications: None,
        });
    }
    Ok(signers)
}
