//! What a customer does with a job of theirs.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::Signatures;
use super::job::{Job, JobView};
use super::refusal::{self, POSTEN};
use crate::caller::Customer;
use crate::context::Context;
use crate::log::Event;
use crate::outbound::{self, Call, Repeat};
use crate::platform::{Answer, Body, Platform, Request, Response};
use crate::posten::{Flow, answer};
use crate::problem::{Kind, Problem};

/// Each of them is harmless when it is made twice.
const ACT: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 256 * 1024,
    repeat: Repeat::Idempotent(2),
};

/// A new page each time, and the one before is worth nothing: asked for once.
const REDIRECT: Call = Call {
    repeat: Repeat::Never,
    ..ACT
};

/// A signed document is passed on while it comes.
const DOWNLOAD: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(30),
    max_body: 64 * 1024 * 1024,
    repeat: Repeat::Never,
};

/// A refusal in place of a document.
const LARGEST_REFUSAL: usize = 64 * 1024;

impl Signatures {
    /// The signed document, in PDF. While others have still to sign, it holds the signatures made so far.
    pub async fn pades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<Answer, Problem> {
        let job = self.job(context, customer, id).await?;
        let address = job.standing().and_then(|standing| standing.pades.as_ref());
        let address = address.ok_or_else(|| not_ready("Posten has given no signed document"))?;
        let request = self.posten.pades(address).map_err(refusal::unsendable)?;
        download(context, request, "application/pdf", "signed.pdf").await
    }

    /// A signer's signature, in XML.
    pub async fn xades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
        signer: &str,
    ) -> Result<Answer, Problem> {
        let job = self.job(context, customer, id).await?;
        let number = number(&job, signer)?;
        let address = job.signer(number).and_then(|signer| signer.xades.as_ref());
        let address =
            address.ok_or_else(|| not_ready("Posten has given no signature of theirs"))?;
        let request = self.posten.xades(address).map_err(refusal::unsendable)?;
        download(context, request, "application/xml", "signature.xml").await
    }

    /// Tells Posten that the last change has been stored. The drain does so by itself.
    pub async fn confirm<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<JobView, Problem> {
        let job = self.job(context, customer, id).await?;
        let address = job.standing().and_then(|known| known.confirmation.as_ref());
        let address = address.ok_or_else(|| not_ready("There is no change to confirm"))?;
        let request = self.posten.confirm(address).map_err(refusal::unsendable)?;
        act(context, &ACT, &request, || Kind::SignatureTooLate.into()).await?;
        Ok(job.view())
    }

    /// Withdraws a job of the portal. That it is withdrawn shows when the queue says so.
    pub async fn cancel<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<JobView, Problem> {
        let job = self.job(context, customer, id).await?;
        if job.record.flow == Flow::Direct {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("Only a job of the portal flow can be withdrawn"));
        }
        let Some(address) = job.cancellation() else {
            return Err(if job.standing().is_some() {
                Kind::SignatureTooLate.into()
            } else {
                not_ready("It is not known yet whether Posten has the job")
            });
        };
        let request = self.posten.cancel(address).map_err(refusal::unsendable)?;
        act(context, &ACT, &request, || Kind::SignatureTooLate.into()).await?;
        Ok(job.view())
    }

    /// A new page for a signer of a direct job, in place of one that is used up.
    pub async fn redirect<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
        signer: &str,
    ) -> Result<String, Problem> {
        let job = self.job(context, customer, id).await?;
        let number = number(&job, signer)?;
        if job.record.flow == Flow::Portal {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("In the portal flow Posten tells the signers where to sign"));
        }
        self.new_page(context, &job, number).await
    }

    /// The job with a new page for each signer of a direct job who has still to sign. One that cannot be had is left out.
    pub(super) async fn with_new_pages<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &Job,
    ) -> JobView {
        let mut view = job.view();
        if job.record.flow == Flow::Portal || job.record.made.is_none() || job.is_over() {
            return view;
        }
        for signer in view.signers.iter_mut().filter(|signer| signer.is_open()) {
            match self.new_page(context, job, signer.signer).await {
                Ok(page) => signer.redirect_url = Some(page),
                Err(problem) => context.log(&Event::of("order", &problem)),
            }
        }
        view
    }

    async fn new_page<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &Job,
        number: usize,
    ) -> Result<String, Problem> {
        if job.is_over() {
            return Err(Kind::SignatureTooLate.into());
        }
        let made = job.record.made.as_ref();
        let address = made.and_then(|made| made.signers.get(number)?.as_ref());
        let address = address.ok_or_else(|| not_ready("Posten's answer to the order was lost"))?;
        let request = self.posten.new_redirect(address);
        let request = request.map_err(refusal::unsendable)?;
        let too_late = || Kind::SignatureTooLate.into();
        let answer = act(context, &REDIRECT, &request, too_late).await?;
        let signer = answer::signer(&self.posten, answer.body()).map_err(refusal::unreadable)?;
        self.posten
            .page(signer.redirect.expose())
            .ok_or_else(|| outbound::unreadable(POSTEN, "the page is not at posten_page_origin"))
    }

    /// Has Posten delete the documents, as soon as it allows.
    pub async fn delete_documents<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<(), Problem> {
        let mut job = self.job(context, customer, id).await?;
        if job.delete_documents().is_none() {
            // The change that ended the job came before the documents could be deleted.
            let consumer = &customer.consumer;
            let token = self.rows(context).token(consumer, id).await?;
            self.settle(context, consumer, &mut job, token.as_ref())
                .await;
        }
        let too_early = || not_ready("Posten does not let the documents be deleted yet");
        let address = job.delete_documents().ok_or_else(too_early)?;
        let request = self.posten.delete_documents(address);
        let request = request.map_err(refusal::unsendable)?;
        act(context, &ACT, &request, too_early).await?;
        Ok(())
    }
}

/// The number of one of the job's signers, as it stands in a path.
fn number(job: &Job, signer: &str) -> Result<usize, Problem> {
    let number: Option<usize> = signer.parse().ok();
    number
        .filter(|number| *number < job.record.signers.len() && number.to_string() == signer)
        .ok_or_else(|| Problem::new(Kind::SignatureUnknown).detail("The job has no such signer"))
}

/// Makes the call; `conflict` is what 409 means for it.
async fn act<P: Platform>(
    context: &Context<'_, P>,
    call: &Call,
    request: &Request,
    conflict: impl FnOnce() -> Problem,
) -> Result<Response, Problem> {
    let answer = outbound::send(context, call, request).await?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::CONFLICT => Err(conflict()),
        _ => Err(refused(&answer)),
    }
}

async fn download<P: Platform>(
    context: &Context<'_, P>,
    request: Request,
    media_type: &'static str,
    file: &'static str,
) -> Result<Answer, Problem> {
    let (head, body) = outbound::open(context, &DOWNLOAD, request)
        .await?
        .into_parts();
    if head.status.is_success() {
        let mut answer = Answer::new(Body::Stream(body));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{file}\"")) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        return Ok(answer);
    }
    let body = Body::Stream(body).collect(LARGEST_REFUSAL).await;
    let answer = Response::from_parts(head, body.unwrap_or_else(|_| Bytes::new()));
    Err(refused(&answer))
}

fn refused(answer: &Response) -> Problem {
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Problem::new(Kind::NothingFound)
            .detail("Posten does not have it any more")
            .cause(format_args!("{POSTEN} answered {}", answer.status())),
        _ => refusal::problem(answer),
    }
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(Kind::SignatureNotReady).detail(detail)
}
