//! HTTP handlers of the routes for customers and their jobs.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::SignatureApi;
use super::once::KeyOwner;
use innsyn_core::context::Context;
use innsyn_core::marks::Class;
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::Problem;
use innsyn_runtime::caller::Customer;
use innsyn_runtime::inbound::{RoutedRequest, json};

impl SignatureApi {
    /// Handles `GET /signatures/{id}`: returns the job's status.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::status`].
    pub(super) async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let job = self.signatures.status(context, customer, id).await?;
        json(StatusCode::OK, &job)
    }

    /// Handles `GET /signatures/{id}/pades`: returns the signed document.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::pades`].
    pub(super) async fn pades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        self.signatures.pades(context, customer, id).await
    }

    /// Handles `GET /signatures/{id}/signers/{signer}/xades`: returns a signer's signature.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::xades`].
    pub(super) async fn xades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let (id, signer) = (request.path("id"), request.path("signer"));
        self.signatures.xades(context, customer, id, signer).await
    }

    /// Handles `POST /signatures/{id}/confirm`: confirms the last change to Posten.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::confirm`].
    pub(super) async fn confirm<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let confirm = async || self.signatures.confirm(context, customer, id).await;
        let job = self.once(context, customer, request, confirm).await?;
        json(StatusCode::OK, &job)
    }

    /// Handles `POST /signatures/{id}/cancel`: cancels a job of the portal flow.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::cancel`].
    pub(super) async fn cancel<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let cancel = async || self.signatures.cancel(context, customer, id).await;
        let job = self.once(context, customer, request, cancel).await?;
        json(StatusCode::ACCEPTED, &job)
    }

    /// Handles `POST /signatures/{id}/signers/{signer}/redirect`: returns a new redirect URL for a
    /// signer.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::redirect`].
    pub(super) async fn redirect<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let (id, signer) = (request.path("id"), request.path("signer"));
        let redirect = async || {
            let redirect = self.signatures.redirect(context, customer, id, signer);
            redirect.await
        };
        let redirect_url = self.once(context, customer, request, redirect).await?;
        json(StatusCode::OK, &RedirectBody { redirect_url })
    }

    /// Handles `DELETE /signatures/{id}/documents`: deletes the documents at Posten.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::delete_documents`].
    pub(super) async fn delete_documents<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        self.signatures
            .delete_documents(context, customer, id)
            .await?;
        Ok(no_content())
    }

    /// Carries out an action of a customer's that may be repeated, under its idempotency key.
    async fn once<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
        action: impl AsyncFnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let owner = KeyOwner {
            consumer: &customer.consumer,
            subject: &customer.subject,
        };
        self.signatures
            .once(context, owner, request, &[], action)
            .await
    }
}

/// Returns the answer to a deletion.
pub(super) fn no_content() -> Answer {
    let mut answer = Answer::new(Body::Whole(Bytes::new()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

#[derive(Serialize)]
struct RedirectBody {
    redirect_url: String,
}
