//! What Posten says to an order, and to the wish for a new page.

use super::read::{self, Element};
use super::{Address, Flow, Identity, Posten, Unreadable};
use crate::secret::Secret;

/// A job that Posten has made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Created {
    /// Posten's number of the job: changes are known by it.
    pub job_id: i64,
    /// Ours, echoed.
    pub reference: Option<String>,
    /// Where the status of a direct job is asked for; it may be missing where the job is polled.
    pub status: Option<Address>,
    /// Where a portal job is withdrawn.
    pub cancellation: Option<Address>,
    /// The signers of a direct job, in no order that means anything; none of a portal job.
    pub signers: Vec<CreatedSigner>,
}

/// A signer of a direct job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CreatedSigner {
    /// Who.
    pub who: Identity,
    /// Where new pages for the signer are asked for. It stays the same.
    pub address: Address,
    /// Where the signer signs. It works once; to be given out through [`Posten::page`].
    pub redirect: Secret<String>,
}

/// Reads the answer to [`Posten::create`].
pub fn created(posten: &Posten, flow: Flow, body: &[u8]) -> Result<Created, Unreadable> {
    let name = match flow {
        Flow::Direct => "direct-signature-job-response",
        Flow::Portal => "portal-signature-job-response",
    };
    let answer = read::message(body, &[name])?;
    let signers: Result<Vec<_>, _> = match flow {
        Flow::Direct => answer
            .children("signer")
            .map(|element| created_signer(posten, element))
            .collect(),
        Flow::Portal => Ok(Vec::new()),
    };
    let created = Created {
        job_id: answer.job_id()?,
        reference: answer.text_of("reference").map(str::to_owned),
        status: answer.address(posten, "status-url")?,
        cancellation: answer.address(posten, "cancellation-url")?,
        signers: signers?,
    };
    match flow {
        Flow::Direct if created.signers.is_empty() => Err(Unreadable::Element("signer")),
        Flow::Portal if created.cancellation.is_none() => {
            Err(Unreadable::Element("cancellation-url"))
        }
        _ => Ok(created),
    }
}

/// Reads the answer to [`Posten::new_redirect`].
pub fn signer(posten: &Posten, body: &[u8]) -> Result<CreatedSigner, Unreadable> {
    let answer = read::message(body, &["direct-signer-response"])?;
    created_signer(posten, &answer)
}

fn created_signer(posten: &Posten, element: &Element) -> Result<CreatedSigner, Unreadable> {
    let who = ["signer-identifier", "personal-identification-number"];
    let who = who.iter().find_map(|name| element.text_of(name));
    let who = who.ok_or(Unreadable::Element("signer-identifier"))?;
    let address = element
        .attribute("href")
        .ok_or(Unreadable::Element("href"))?;
    let redirect = element.text_of("redirect-url");
    let redirect = redirect.ok_or(Unreadable::Element("redirect-url"))?;
    Ok(CreatedSigner {
        who: Identity::Named(who.to_owned()),
        address: posten.address(address).ok_or(Unreadable::Foreign("href"))?,
        redirect: Secret::new(redirect.to_owned()),
    })
}
