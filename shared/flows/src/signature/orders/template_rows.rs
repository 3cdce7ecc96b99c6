//! Templates in the sealed store.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_runtime::caller::Customer;
use innsyn_runtime::store::Lease;

use super::template::TemplateOrder;
use crate::signature::Signatures;
use crate::signature::placement::TemplateId;
use crate::signature::rows::{Rows, name};

const ROW: &str = "template";
const TURN: &str = "template-turn";

/// Settling time of the lease on a version: the longest that the store may take to record it.
const SETTLING: Duration = Duration::from_millis(300);

/// `Retry-After` while another request registers the same version, in seconds.
const RETRY_AFTER: u64 = 2;

/// Version of a template.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::signature) struct Template {
    #[serde(flatten)]
    pub(in crate::signature) content: TemplateContent,
    /// True once the back end has withdrawn it. The row stays, so that the version keeps its
    /// meaning.
    #[serde(default)]
    pub(in crate::signature) withdrawn: bool,
}

/// Content of a version, which never changes.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(in crate::signature) struct TemplateContent {
    /// Login service's `sub` of the only customer who may order from it; `None` for every customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) customer: Option<String>,
    /// Expiry, in Unix seconds.
    pub(in crate::signature) expires: i64,
    pub(in crate::signature) order: TemplateOrder,
}

/// Result of a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::signature) enum Registered {
    New,
    /// Version that existed with this content.
    Known,
}

impl<P: Platform> Rows<'_, P> {
    pub(in crate::signature) async fn template(
        &self,
        consumer: &OrganisationNumber,
        id: &TemplateId,
    ) -> Result<Option<Template>, Problem> {
        let parts = parts(id);
        let name = name(consumer, ROW, &parts);
        self.store.get(self.context, &name).await
    }

    async fn keep_template(
        &self,
        consumer: &OrganisationNumber,
        id: &TemplateId,
        template: &Template,
    ) -> Result<(), Problem> {
        let parts = parts(id);
        let name = name(consumer, ROW, &parts);
        let until = OffsetDateTime::from_unix_timestamp(template.content.expires)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        self.store.set(self.context, &name, template, until).await
    }
}

impl Signatures {
    /// Registers a version, or makes it available again.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateConflict` if the version has other content, `Kind::RequestInProgress` while
    /// another request registers it, and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn register<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &TemplateId,
        version: TemplateContent,
    ) -> Result<Registered, Problem> {
        let register = self.register_under_lease(context, consumer, id, version);
        self.under_lease(context, consumer, id, register).await
    }

    /// Changes a template under its lease.
    async fn under_lease<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &TemplateId,
        change: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let parts = parts(id);
        let turn = name(consumer, TURN, &parts);
        let time = context.left();
        let lease = Lease::acquire_briefly(context, &self.store, turn, time, SETTLING).await?;
        let Some(lease) = lease else {
            let mut problem = Problem::new(Kind::RequestInProgress);
            problem.retry_after = Some(RETRY_AFTER);
            return Err(problem);
        };
        let changed = change.await;
        if let Err(problem) = lease.release(context).await {
            context.log(&Event::from_problem("template", &problem));
        }
        changed
    }

    async fn register_under_lease<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &TemplateId,
        version: TemplateContent,
    ) -> Result<Registered, Problem> {
        let rows = self.rows(context);
        let registered = match rows.template(consumer, id).await? {
            None => Registered::New,
            Some(known) if known.content != version => return Err(Kind::TemplateConflict.into()),
            Some(_) => Registered::Known,
        };
        let template = Template {
            content: version,
            withdrawn: false,
        };
        rows.keep_template(consumer, id, &template).await?;
        Ok(registered)
    }

    /// Withdraws a version: no more jobs are ordered from it.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateUnknown` if there is none, `Kind::RequestInProgress` while another request
    /// changes it, and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn withdraw<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &TemplateId,
    ) -> Result<(), Problem> {
        let withdraw = async {
            let rows = self.rows(context);
            let template = rows.template(consumer, id).await?;
            let mut template = template.ok_or(Kind::TemplateUnknown)?;
            template.withdrawn = true;
            rows.keep_template(consumer, id, &template).await
        };
        self.under_lease(context, consumer, id, withdraw).await
    }

    /// Returns the template from which a customer may order.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateUnknown` if there is none, also for a withdrawn one and for another customer's,
    /// and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn template_for<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &TemplateId,
    ) -> Result<TemplateOrder, Problem> {
        let template = self.rows(context).template(&customer.consumer, id).await?;
        let is_for = |template: &Template| {
            let only = template.content.customer.as_ref();
            !template.withdrawn && only.is_none_or(|only| only == customer.subject.expose())
        };
        let template = template.filter(is_for).ok_or(Kind::TemplateUnknown)?;
        Ok(template.content.order)
    }
}

fn parts(id: &TemplateId) -> [&str; 2] {
    [id.name.as_str(), id.version.as_str()]
}
