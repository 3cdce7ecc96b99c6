//! Attempt to deliver one file: it is fetched from Posten and posted to the receiver.

use std::time::Duration;

use bytes::Bytes;

use super::super::job::Job;
use super::super::refusal::{self, POSTEN};
use super::files::File;
use super::{Deliveries, Delivery};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_protocols::cloud_events::BinaryEvent;
use innsyn_protocols::standard_webhooks::Message;
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy of a file at Posten. Its size is limited by an instance's memory: an order has
/// some ten megabytes.
const FETCH: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(15),
    max_body: 32 * 1024 * 1024,
    retry: RetryPolicy::Never,
};

/// Endpoint policy of a receiver: the back-off is longer than a request.
const RECEIVER: Endpoint = Endpoint {
    counterparty: "evidence-receiver",
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    retry: RetryPolicy::Never,
};

impl<P: Platform> Deliveries<'_, P> {
    /// Delivers one file. Each repeat has the same id, which names job, status and file.
    pub(super) async fn file(
        &self,
        job: &Job,
        delivery: &Delivery,
        file: File,
    ) -> Result<(), Problem> {
        let body = self.fetched(job, file).await?;
        let id = format!("evidence-{}-{}-{}", job.id, delivery.status, file.name());
        let message = Message {
            id: &id,
            at: self.context.now(),
            content_type: file.media_type(),
            body,
        };
        let mut request = self.receiver.request(&message)?;
        let event = BinaryEvent {
            id: &id,
            source: &self.run.signatures.source,
            kind: file.kind(),
            subject: &job.id,
            reference: job.record.reference().map(Reference::as_str),
        };
        let written = event.write(request.headers_mut());
        written.map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let answer = outbound::open(&self.context, &RECEIVER, request).await?;
        let status = answer.status();
        // A redirect is not followed: the address in it is not configured.
        if status.is_success() {
            Ok(())
        } else {
            Err(Problem::new(Kind::SourceRefused)
                .cause(format_args!("the receiver answered {status}")))
        }
    }

    async fn fetched(&self, job: &Job, file: File) -> Result<Bytes, Problem> {
        let absent = || Problem::new(Kind::Internal).cause("the file has no address");
        let address = file.address(job).ok_or_else(absent)?;
        let posten = &self.run.signatures.posten;
        let request = match file {
            File::Pades => posten.pades(address),
            File::Xades(_) => posten.xades(address),
        };
        let request = request.map_err(refusal::unsendable)?;
        self.run.keep_pace().await;
        let context = self.context.for_tenant(self.consumer);
        let answer = outbound::send(&context, &FETCH, &request).await?;
        if answer.status().is_success() {
            Ok(answer.into_body())
        } else {
            Err(refusal::problem(&answer))
        }
    }
}
