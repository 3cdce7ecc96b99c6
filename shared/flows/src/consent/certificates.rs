//! Events about the enterprise certificates of the app's clients at Maskinporten. The component
//! `token` has the certificates, and names those that end soon in its answer to the sweep. They are
//! stored until the next sweep, and each drain announces them.

use super::Consents;
use super::announce::Sent;
use super::rows::Rows;
use crate::events::{Announcer, Outcome as Announced};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::config::Consumers;

impl Consents {
    /// Sweeps the store of `token`, and stores which certificates end soon. Returns the number of
    /// rows removed.
    ///
    /// # Errors
    ///
    /// The problems of the call to `token`, and `Kind::StoreDown` if the store fails.
    pub(super) async fn sweep_tokens<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumers: &Consumers,
    ) -> Result<usize, Problem> {
        let swept = self.tokens.sweep(rows.context, &consumers.default).await?;
        for consumer in consumers.all() {
            if self.receivers.of_consumer(consumer).is_none() {
                continue;
            }
            let of_consumer = swept.certificates.iter();
            let of_consumer =
                of_consumer.filter(|certificate| certificate.consumer == consumer.as_str());
            let certificates: Vec<_> = of_consumer.cloned().collect();
            rows.keep_certificates(consumer, &certificates).await?;
        }
        Ok(swept.removed)
    }

    /// Announces the consumer's certificates that end soon.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn announce_certificates<P: Platform>(
        &self,
        announcer: &Announcer<'_, P>,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<Sent, Problem> {
        let mut sent = Sent::default();
        if self.receivers.of_consumer(consumer).is_none() {
            return Ok(sent);
        }
        let certificates = self.rows(context).certificates(consumer).await?;
        for certificate in &certificates {
            let id = certificate.id();
            let Some(news) = certificate.news(&id, consumer, context.now()) else {
                continue;
            };
            sent.count(announcer.announce(&news).await?);
        }
        Ok(sent)
    }
}

impl Sent {
    /// Counts the result of one announcement.
    pub(super) const fn count(&mut self, end: Announced) {
        match end {
            Announced::Delivered => self.delivered = self.delivered.saturating_add(1),
            Announced::Waiting => self.waiting = self.waiting.saturating_add(1),
            Announced::Known => {}
        }
    }

    /// Adds the numbers of another part of the drain.
    pub(super) const fn add(&mut self, other: Self) {
        self.delivered = self.delivered.saturating_add(other.delivered);
        self.waiting = self.waiting.saturating_add(other.waiting);
    }
}
