//! HTTP handlers of the back end's routes for orders.

use http::StatusCode;

use innsyn_core::context::Context;
use innsyn_core::marks::Class;
use innsyn_core::platform::{Answer, Platform};
use innsyn_core::problem::Problem;
use innsyn_core::reference::Reference;
use innsyn_core::secret::Secret;
use innsyn_runtime::idempotency::{self, Key};
use innsyn_runtime::inbound::{RoutedRequest, json};

use super::SignatureApi;
use super::customer_api::no_content;
use super::once::KeyOwner;
use super::order_request::{OrderRequest, invalid};
use super::orders::{ListQuery, OrderingBackEnd, PageQuery};
use super::placement::Placement;
use super::upload::Rights;

/// Maximum length of a customer's `sub`, in bytes (`OpenID` Connect Core §2: 255).
const LONGEST_SUBJECT: usize = 255;

/// Route of back ends' orders, as part of idempotency keys.
const ROUTE: &str = "POST /signatures/orders";

impl SignatureApi {
    /// Handles `POST /signatures/orders`: orders a job for a customer.
    ///
    /// # Errors
    ///
    /// The problems of the body and its validation, of the idempotency key, and of Posten.
    pub(super) async fn order_by_back_end<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        self.expiry.tell(context);
        let key = Key::read(request.header(idempotency::HEADER)?)?;
        let mut reservation = self.memory.reserve(back_end.key_owner.expose());
        let upload = self.upload(context, back_end, request, &mut reservation);
        let upload = upload.await?;
        let mut body = OrderRequest::read(&upload.job)?;
        let subject = subject(body.customer.take())?;
        let reference = body.reference.take();
        let reference = reference.map(|text| Reference::parse_field("reference", &text));
        let placement = Placement {
            consumer: &back_end.consumer,
            subject: &subject,
            ordered_by: back_end.ordered_by(),
            reference: reference.transpose()?,
            template: None,
            key_owner: &back_end.key_owner,
            route: ROUTE,
            return_package: body.return_package.unwrap_or_default(),
        };
        context.audit.party(subject.expose());
        let rights = Rights {
            customer: None,
            orders_claim: None,
            return_addresses: &self.return_addresses,
        };
        let contents = upload.contents(body.contents())?;
        let order = rights.order(body, contents)?;
        // The order has copied what it needs.
        drop(upload);
        let context = context.marked(self.marking.marks(Class::Orders));
        let context = &context.for_customer(&back_end.consumer, subject.expose());
        self.place(context, &placement, order, key.as_ref()).await
    }

    /// Handles `GET /signatures/orders`: lists orders by reference or by time.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for an invalid query, and `Kind::StoreDown` if the store fails.
    pub(super) async fn list_orders<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        request.small_body(context, back_end).await?;
        let query = ListQuery::read(&request.query, context.now())?;
        context.audit.resource("list");
        let page = self.signatures.list(context, &back_end.consumer, &query);
        json(StatusCode::OK, &page.await?)
    }

    /// Handles `GET /signatures/orders/undelivered`: lists the jobs whose evidence the bank's
    /// receiver has not accepted in time.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for an invalid query, and `Kind::StoreDown` if the store fails.
    pub(super) async fn list_undelivered<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        request.small_body(context, back_end).await?;
        let page = PageQuery::read(&request.query)?;
        context.audit.resource("list");
        let consumer = &back_end.consumer;
        let letters = self.signatures.dead_letters(context, consumer, page);
        json(StatusCode::OK, &letters.await?)
    }

    /// Handles `GET /signatures/orders/{job}`: returns a job with what the bank knows of it.
    ///
    /// # Errors
    ///
    /// The problems of the lookup.
    pub(super) async fn order_status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let view = self.signatures.order_view(context, back_end, &id).await?;
        json(StatusCode::OK, &view)
    }

    /// Handles `GET /signatures/orders/{job}/pades`: returns the signed document.
    ///
    /// # Errors
    ///
    /// The problems of the lookup, and of `Signatures::pades`.
    pub(super) async fn order_pades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let context = &self.for_back_end(context, back_end);
        self.signatures.pades(context, back_end, &id).await
    }

    /// Handles `GET /signatures/orders/{job}/signers/{signer}/xades`: returns a signer's signature.
    ///
    /// # Errors
    ///
    /// The problems of the lookup, and of `Signatures::xades`.
    pub(super) async fn order_xades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let context = &self.for_back_end(context, back_end);
        let signer = request.path("signer");
        self.signatures.xades(context, back_end, &id, signer).await
    }

    /// Handles `POST /signatures/orders/{job}/confirm`: confirms the last change to Posten.
    ///
    /// # Errors
    ///
    /// The problems of the lookup, of the idempotency key, and of `Signatures::confirm`.
    pub(super) async fn confirm_order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let context = &self.for_back_end(context, back_end);
        let confirm = async || self.signatures.confirm(context, back_end, &id).await;
        let job = self.once_for(context, back_end, request, confirm).await?;
        json(StatusCode::OK, &job)
    }

    /// Handles `POST /signatures/orders/{job}/cancel`: cancels a job of the portal flow.
    ///
    /// # Errors
    ///
    /// The problems of the lookup, of the idempotency key, and of `Signatures::cancel`.
    pub(super) async fn cancel_order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let context = &self.for_back_end(context, back_end);
        let cancel = async || self.signatures.cancel(context, back_end, &id).await;
        let job = self.once_for(context, back_end, request, cancel).await?;
        json(StatusCode::ACCEPTED, &job)
    }

    /// Handles `POST /signatures/orders/{job}/acknowledge`: stores that the bank has its copy.
    ///
    /// # Errors
    ///
    /// The problems of the lookup and of the idempotency key, and `Kind::SignatureNotReady` before
    /// the job is over.
    pub(super) async fn acknowledge_order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let acknowledge = async || self.signatures.acknowledge(context, back_end, &id).await;
        let job = self.once_for(context, back_end, request, acknowledge);
        json(StatusCode::OK, &job.await?)
    }

    /// Handles `DELETE /signatures/orders/{job}/documents`: deletes the documents at Posten.
    ///
    /// # Errors
    ///
    /// The problems of the lookup, and of `Signatures::delete_documents`.
    pub(super) async fn delete_order_documents<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let id = self.find(context, back_end, request).await?;
        let context = &self.for_back_end(context, back_end);
        let deleted = self.signatures.delete_documents(context, back_end, &id);
        deleted.await?;
        Ok(no_content())
    }

    /// Returns the id of the job that the path names. The body has no meaning, but a credential is
    /// bound to it.
    async fn find<P: Platform>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
    ) -> Result<String, Problem> {
        request.small_body(context, back_end).await?;
        let (consumer, name) = (&back_end.consumer, request.path("job"));
        self.signatures.named(context, consumer, name).await
    }

    /// Carries out an action of a back end's that may be repeated, under its idempotency key.
    async fn once_for<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        back_end: &OrderingBackEnd,
        request: &RoutedRequest,
        action: impl AsyncFnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let owner = KeyOwner::from(back_end);
        self.signatures
            .once(context, owner, request, &[], action)
            .await
    }

    fn for_back_end<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        back_end: &OrderingBackEnd,
    ) -> Context<'a, P> {
        let context = context.marked(self.marking.marks(Class::Customers));
        context.for_tenant(&back_end.consumer)
    }
}

impl<'a> From<&'a OrderingBackEnd> for KeyOwner<'a> {
    fn from(back_end: &'a OrderingBackEnd) -> Self {
        Self {
            consumer: &back_end.consumer,
            subject: &back_end.key_owner,
        }
    }
}

/// Reads the login service's `sub` of the customer.
fn subject(customer: Option<String>) -> Result<Secret<String>, Problem> {
    let subject = customer.filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len()));
    subject.map(Secret::new).ok_or_else(|| {
        invalid("customer must be the `sub` of the customer's login: 1 to 255 characters")
    })
}
