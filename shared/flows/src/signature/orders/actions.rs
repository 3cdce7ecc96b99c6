//! Actions that only back ends have.

use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

use super::caller::OrderingBackEnd;
use super::view::OrderView;
use crate::signature::Signatures;
use crate::signature::custody::{Custody, CustodySource};

impl Signatures {
    /// Returns a job of the back end's consumer.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn order_view<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        id: &str,
    ) -> Result<OrderView, Problem> {
        let job = self.job(context, back_end, id).await?;
        let custody = self.rows(context).custody(&back_end.consumer, id).await?;
        Ok(OrderView::new(&job).with_custody(custody))
    }

    /// Stores that the back end has the bank's copy of the documents.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::SignatureNotReady` before the job is over,
    /// and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn acknowledge<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        id: &str,
    ) -> Result<OrderView, Problem> {
        let job = self.job(context, back_end, id).await?;
        if !job.is_over() {
            return Err(Problem::new(Kind::SignatureNotReady)
                .detail("The job is not over: its documents can still change"));
        }
        let (rows, consumer) = (self.rows(context), &back_end.consumer);
        let custody = if let Some(custody) = rows.custody(consumer, id).await? {
            custody
        } else {
            let custody = Custody::new(CustodySource::Acknowledged, context.now());
            let until = job.record.until();
            rows.keep_custody(consumer, id, custody, until).await?;
            custody
        };
        Ok(OrderView::new(&job).with_custody(Some(custody)))
    }
}
