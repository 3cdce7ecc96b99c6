//! HTTP handlers of the back end's routes for templates.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use innsyn_core::context::Context;
use innsyn_core::platform::{Answer, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_runtime::inbound::{RoutedRequest, json};

use super::SignatureApi;
use super::customer_api::no_content;
use super::once::KeyOwner;
use super::order_request::invalid;
use super::orders::{
    OrderingBackEnd, Registered, Template, TemplateContent, TemplateOrder, written,
};
use super::placement::TemplateId;
use super::upload::Rights;

/// Longest time for which a template can be registered.
const LONGEST: Duration = Duration::days(400);

/// JSON of a template, as the back end registers it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateBody {
    name: String,
    version: String,
    /// Expiry in RFC 3339.
    expires: String,
    customer: Option<String>,
    order: TemplateOrder,
}

/// Template as shown to the back end.
#[derive(Serialize)]
struct TemplateView<'a> {
    name: &'a str,
    version: &'a str,
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    withdrawn: bool,
    order: &'a TemplateOrder,
}

impl<'a> TemplateView<'a> {
    fn new(id: &'a TemplateId, template: &'a Template) -> Self {
        let content = &template.content;
        let expires = OffsetDateTime::from_unix_timestamp(content.expires);
        Self {
            name: id.name.as_str(),
            version: id.version.as_str(),
            expires: expires.ok().and_then(written),
            customer: content.customer.as_deref(),
            withdrawn: template.withdrawn,
            order: &content.order,
        }
    }
}

impl TemplateBody {
    fn id(&self) -> Result<TemplateId, Problem> {
        Ok(TemplateId {
            name: Reference::parse_field("name", &self.name)?,
            version: Reference::parse_field("version", &self.version)?,
        })
    }

    fn expires(&self, now: OffsetDateTime) -> Result<i64, Problem> {
        let expires = OffsetDateTime::parse(&self.expires, &Rfc3339).ok();
        let is_allowed =
            |time: &OffsetDateTime| *time > now && *time <= now.saturating_add(LONGEST);
        let expires = expires.filter(is_allowed).ok_or_else(|| {
            invalid("expires must be a time with an offset (RFC 3339), at most 400 days ahead")
        })?;
        Ok(expires.unix_timestamp())
    }
}

impl SignatureApi {
    /// Handles `POST /signatures/templates`: registers a version of a template.
    ///
    /// # Errors
    ///
    /// The problems of the body and of the idempotency key, and `Kind::TemplateConflict` for a
    /// version that has other content.
    pub(super) async fn register_template<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let body: TemplateBody = request.json(context, back_end).await?;
        let id = body.id()?;
        context.audit.resource(&id.to_string());
        let expires = body.expires(context.now())?;
        let rights = Rights {
            customer: None,
            orders_claim: None,
            return_addresses: &self.return_addresses,
        };
        let consumer = &back_end.consumer;
        self.signatures
            .check_template(context, consumer, &rights, &body.order)?;
        for signer in &body.order.signers {
            context.audit.party_if(signer.number.as_deref());
        }
        context.audit.party_if(body.customer.as_deref());
        let template = Template {
            content: TemplateContent {
                customer: body.customer,
                expires,
                order: body.order,
            },
            withdrawn: false,
        };
        let text = serde_json::to_vec(&TemplateView::new(&id, &template));
        let text = text.map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let register = async || {
            let version = template.content.clone();
            let registered = self.signatures.register(context, consumer, &id, version);
            registered.await
        };
        let owner = KeyOwner::from(back_end);
        let registered = self
            .signatures
            .once(context, owner, request, &text, register);
        let status = match registered.await? {
            Registered::New => StatusCode::CREATED,
            Registered::Known => StatusCode::OK,
        };
        json(status, &TemplateView::new(&id, &template))
    }

    /// Handles `GET /signatures/templates/{name}/{version}`: returns a version of a template.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateUnknown` if there is none, and `Kind::StoreDown` if the store fails.
    pub(super) async fn template<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        request.small_body(context, back_end).await?;
        let id = named(request)?;
        context.audit.resource(&id.to_string());
        let rows = self.signatures.rows(context);
        let template = rows.template(&back_end.consumer, &id).await?;
        let template = template.ok_or(Kind::TemplateUnknown)?;
        json(StatusCode::OK, &TemplateView::new(&id, &template))
    }

    /// Handles `DELETE /signatures/templates/{name}/{version}`: withdraws a version of a template.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateUnknown` if there is none, and `Kind::StoreDown` if the store fails.
    pub(super) async fn withdraw_template<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        request.small_body(context, back_end).await?;
        let id = named(request)?;
        context.audit.resource(&id.to_string());
        let withdrawn = self.signatures.withdraw(context, &back_end.consumer, &id);
        withdrawn.await?;
        Ok(no_content())
    }
}

/// Returns the template that the path names.
fn named(request: &RoutedRequest) -> Result<TemplateId, Problem> {
    let part = |name: &str| Reference::parse(request.path(name)).map_err(|_| Kind::TemplateUnknown);
    Ok(TemplateId {
        name: part("name")?,
        version: part("version")?,
    })
}
