//! Actions of customers and back ends on a signature job.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::Signatures;
use super::job::{Job, JobView};
use super::refusal::{self, POSTEN};
use super::viewer::Viewer;
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::platform::{Answer, Body, Platform, Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::{Flow, answer};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy of the actions: they are idempotent.
const ACT: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 256 * 1024,
    retry: RetryPolicy::Idempotent(2),
};

/// Endpoint policy of a redirect URL: each call creates a new one and invalidates the one before,
/// so there are no retries.
const REDIRECT: Endpoint = Endpoint {
    retry: RetryPolicy::Never,
    ..ACT
};

/// Endpoint policy of a signed document, which is streamed.
const DOWNLOAD: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(30),
    max_body: 64 * 1024 * 1024,
    retry: RetryPolicy::Never,
};

/// Maximum size of a refusal in place of a document, in bytes.
const LARGEST_REFUSAL: usize = 64 * 1024;

impl Signatures {
    /// Returns the signed document as PDF (PAdES). Before everyone has signed, it holds the
    /// signatures made so far.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::SignatureNotReady` before there is a
    /// document, `Kind::NothingFound` if Posten no longer has it, and the problems of Posten.
    pub async fn pades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<Answer, Problem> {
        let job = self.job(context, viewer, id).await?;
        let address = job.snapshot().and_then(|snapshot| snapshot.pades.as_ref());
        let address = address.ok_or_else(|| not_ready("Posten has no signed document yet"))?;
        let request = self.posten.pades(address).map_err(refusal::unsendable)?;
        download(context, request, "application/pdf", "signed.pdf").await
    }

    /// Returns a signer's signature as XML (XAdES).
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job or signer, `Kind::SignatureNotReady` before
    /// there is a signature, `Kind::NothingFound` if Posten no longer has it, and the problems of
    /// Posten.
    pub async fn xades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
        signer: &str,
    ) -> Result<Answer, Problem> {
        let job = self.job(context, viewer, id).await?;
        let number = number(&job, signer)?;
        let address = job.signer(number).and_then(|signer| signer.xades.as_ref());
        let address =
            address.ok_or_else(|| not_ready("Posten has no signature of this signer yet"))?;
        let request = self.posten.xades(address).map_err(refusal::unsendable)?;
        download(context, request, "application/xml", "signature.xml").await
    }

    /// Confirms to Posten that the last change has been stored. The queue drain does so by itself.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::SignatureNotReady` without a change to
    /// confirm, `Kind::CustodyPending` for a customer while the change is held, and
    /// `Kind::SignatureTooLate` if Posten refuses, and its other problems.
    pub async fn confirm<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<JobView, Problem> {
        let viewer = viewer.into();
        let job = self.job(context, viewer, id).await?;
        if viewer.is_customer() && self.must_hold(context, viewer.consumer, &job).await? {
            return Err(Kind::CustodyPending.into());
        }
        let address = job.snapshot().and_then(|known| known.confirmation.as_ref());
        let address = address.ok_or_else(|| not_ready("The job has no change to confirm"))?;
        let request = self.posten.confirm(address).map_err(refusal::unsendable)?;
        act(context, &ACT, &request, || Kind::SignatureTooLate.into()).await?;
        Ok(job.view())
    }

    /// Cancels a job of the portal flow. The job's status changes when the queue delivers the
    /// cancellation.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::RequestInvalid` for a direct one,
    /// `Kind::SignatureNotReady` before its status is known, `Kind::SignatureTooLate` if it can no
    /// longer be cancelled, `Kind::CustodyPending` for a customer before the bank has its copy, and
    /// the problems of Posten.
    pub async fn cancel<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<JobView, Problem> {
        let viewer = viewer.into();
        let job = self.job(context, viewer, id).await?;
        if job.record.flow == Flow::Direct {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("Only a job of the portal flow can be cancelled"));
        }
        if viewer.is_customer() {
            self.expect_custody(context, viewer.consumer, id).await?;
        }
        let Some(address) = job.cancellation() else {
            return Err(if job.snapshot().is_some() {
                Kind::SignatureTooLate.into()
            } else {
                not_ready("The status of the job at Posten is not known yet")
            });
        };
        let request = self.posten.cancel(address).map_err(refusal::unsendable)?;
        act(context, &ACT, &request, || Kind::SignatureTooLate.into()).await?;
        Ok(job.view())
    }

    /// Returns a new redirect URL for a signer of a direct job, in place of a used one.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job or signer, `Kind::RequestInvalid` for a job of
    /// the portal flow, `Kind::SignatureNotReady` if the response to the order was lost,
    /// `Kind::SignatureTooLate` if the job is over, and the problems of Posten.
    pub async fn redirect<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
        signer: &str,
    ) -> Result<String, Problem> {
        let job = self.job(context, viewer, id).await?;
        let number = number(&job, signer)?;
        if job.record.flow == Flow::Portal {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("A signer of the portal flow has no redirect URL: Posten notifies the signers itself"));
        }
        self.new_page(context, &job, number).await
    }

    /// Returns the job with a new redirect URL for each signer of a direct job who has not signed
    /// yet. A URL that cannot be obtained is omitted.
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
                Err(problem) => context.log(&Event::from_problem("order", &problem)),
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
        let address = address.ok_or_else(|| {
            not_ready("Posten's answer to the order was lost: the job has no redirect URL yet")
        })?;
        let request = self.posten.new_redirect(address);
        let request = request.map_err(refusal::unsendable)?;
        let too_late = || Kind::SignatureTooLate.into();
        let answer = act(context, &REDIRECT, &request, too_late).await?;
        let signer = answer::signer(&self.posten, answer.body()).map_err(refusal::unreadable)?;
        self.posten
            .page(signer.redirect.expose())
            .ok_or_else(|| outbound::unreadable(POSTEN, "the page is not at posten_page_origin"))
    }

    /// Deletes the documents at Posten, once it allows that.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::SignatureNotReady` before Posten allows
    /// it, `Kind::CustodyPending` for a customer before the bank has its copy, and the problems of
    /// Posten.
    pub async fn delete_documents<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<(), Problem> {
        let viewer = viewer.into();
        let mut job = self.job(context, viewer, id).await?;
        if viewer.is_customer() {
            self.expect_custody(context, viewer.consumer, id).await?;
        }
        if job.delete_documents().is_none() {
            // The change that ended the job was received before the documents could be deleted.
            let consumer = viewer.consumer;
            let token = self.rows(context).token(consumer, id).await?;
            self.settle(context, consumer, &mut job, token.as_ref())
                .await;
        }
        let too_early = || not_ready("Posten does not allow the documents to be deleted yet");
        let address = job.delete_documents().ok_or_else(too_early)?;
        let request = self.posten.delete_documents(address);
        let request = request.map_err(refusal::unsendable)?;
        act(context, &ACT, &request, too_early).await?;
        Ok(())
    }
}

/// Parses the number of one of the job's signers in a path.
fn number(job: &Job, signer: &str) -> Result<usize, Problem> {
    let number: Option<usize> = signer.parse().ok();
    number
        .filter(|number| *number < job.record.signers.len() && number.to_string() == signer)
        .ok_or_else(|| {
            Problem::new(Kind::SignatureUnknown).detail("The job has no signer with this number")
        })
}

/// Makes the call; `conflict` returns the problem for status 409.
async fn act<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    request: &Request,
    conflict: impl FnOnce() -> Problem,
) -> Result<Response, Problem> {
    let answer = outbound::send(context, endpoint, request).await?;
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
            .detail("Posten no longer has this file")
            .cause(format_args!("{POSTEN} answered {}", answer.status())),
        _ => refusal::problem(answer),
    }
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(Kind::SignatureNotReady).detail(detail)
}
