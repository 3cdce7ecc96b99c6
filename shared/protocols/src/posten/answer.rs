//! Answers to the creation of a job and to the request for a new signing page.

use super::read::{self, Element};
use super::{Address, Flow, Identity, Posten, UnreadableAnswer};
use innsyn_core::secret::Secret;

/// Job that Posten has created.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Created {
    /// Posten's number of the job, by which changes refer to it.
    pub job_id: i64,
    /// Reference given by this app, echoed.
    pub reference: Option<String>,
    /// Address of a direct job's status; may be missing if the job is polled.
    pub status: Option<Address>,
    /// Address that cancels a portal job.
    pub cancellation: Option<Address>,
    /// Signers of a direct job, in arbitrary order; empty for a portal job.
    pub signers: Vec<CreatedSigner>,
}

/// Signer of a direct job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CreatedSigner {
    /// Identity of the signer.
    pub who: Identity,
    /// Address for requesting a new signing page. It is stable.
    pub address: Address,
    /// Address of the signing page. It works once; check it with [`Posten::page`] before use.
    pub redirect: Secret<String>,
}

/// Parses the answer to [`Posten::create`].
///
/// # Errors
/// [`UnreadableAnswer`], each variant.
pub fn created(posten: &Posten, flow: Flow, body: &[u8]) -> Result<Created, UnreadableAnswer> {
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
        Flow::Direct if created.signers.is_empty() => Err(UnreadableAnswer::Element("signer")),
        Flow::Portal if created.cancellation.is_none() => {
            Err(UnreadableAnswer::Element("cancellation-url"))
        }
        _ => Ok(created),
    }
}

/// Parses the answer to [`Posten::new_redirect`].
///
/// # Errors
/// [`UnreadableAnswer`], each variant.
pub fn signer(posten: &Posten, body: &[u8]) -> Result<CreatedSigner, UnreadableAnswer> {
    let answer = read::message(body, &["direct-signer-response"])?;
    created_signer(posten, &answer)
}

fn created_signer(posten: &Posten, element: &Element) -> Result<CreatedSigner, UnreadableAnswer> {
    let who = ["signer-identifier", "personal-identification-number"];
    let who = who.iter().find_map(|name| element.text_of(name));
    let who = who.ok_or(UnreadableAnswer::Element("signer-identifier"))?;
    let address = element
        .attribute("href")
        .ok_or(UnreadableAnswer::Element("href"))?;
    let redirect = element.text_of("redirect-url");
    let redirect = redirect.ok_or(UnreadableAnswer::Element("redirect-url"))?;
    Ok(CreatedSigner {
        who: Identity::Named(who.to_owned()),
        address: posten
            .address(address)
            .ok_or(UnreadableAnswer::Foreign("href"))?,
        redirect: Secret::new(redirect.to_owned()),
    })
}
