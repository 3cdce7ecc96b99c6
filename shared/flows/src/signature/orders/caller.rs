//! Authentication of the back ends that order signatures.

use innsyn_core::audit::Pseudonyms;
use innsyn_core::context::Context;
use innsyn_core::credential::{Credential, CredentialError, Verifier, claimed_subject};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_runtime::caller::{LoginTokens, VerifiedCaller, bearer};
use innsyn_runtime::inbound::RoutedRequest;

use super::services::OrderingService;
use crate::signature::placement::OrderedBy;
use crate::signature::viewer::Viewer;

/// Scope of a login with which a back end may order.
const SCOPE: &str = "innsyn:signatures";

/// Audience of credentials for this component.
const AUDIENCE: &str = "signature";

/// Back ends that may order, and the verification of their credentials. Lives as long as the
/// instance.
#[derive(Debug)]
pub(in crate::signature) struct BackEnds {
    services: Vec<OrderingService>,
    credentials: Verifier,
    pseudonyms: Pseudonyms,
}

/// Authenticated back end of a consumer.
#[derive(Debug)]
pub struct OrderingBackEnd {
    pub(in crate::signature) consumer: OrganisationNumber,
    /// `sub` of its credential or login.
    name: String,
    /// Owner of its idempotency keys, distinct from every customer.
    pub(in crate::signature) key_owner: Secret<String>,
    /// Credential of the request; `None` for a login, which is not bound to a request.
    credential: Option<Credential>,
}

impl<'a> From<&'a OrderingBackEnd> for Viewer<'a> {
    fn from(back_end: &'a OrderingBackEnd) -> Self {
        Self::back_end(&back_end.consumer)
    }
}

impl VerifiedCaller for OrderingBackEnd {
    fn check_body(&self, body: &[u8]) -> Result<(), Problem> {
        let Some(credential) = &self.credential else {
            return Ok(());
        };
        credential.check_body(body).map_err(refused)
    }
}

impl OrderingBackEnd {
    fn new(name: String, consumer: OrganisationNumber, credential: Option<Credential>) -> Self {
        let kind = credential.as_ref().map_or("login", |_| "service");
        Self {
            key_owner: Secret::new(format!("back end by {kind}: {name}")),
            consumer,
            name,
            credential,
        }
    }

    /// Returns the back end as the party that placed an order.
    pub(in crate::signature) fn ordered_by(&self) -> OrderedBy {
        OrderedBy::BackEnd(self.name.clone())
    }
}

impl BackEnds {
    pub(in crate::signature) fn new(
        services: Vec<OrderingService>,
        pseudonyms: Pseudonyms,
    ) -> Self {
        Self {
            services,
            credentials: Verifier::new(AUDIENCE),
            pseudonyms,
        }
    }

    /// Authenticates the caller: by a credential for this request under a key of its own, or by a
    /// token of the login service. The body of a credential's request is checked when it is read.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` for a credential that is not accepted, and the problems of
    /// [`LoginTokens::back_end_with_scope`].
    pub(in crate::signature) async fn identify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        logins: &LoginTokens,
        request: &RoutedRequest,
    ) -> Result<OrderingBackEnd, Problem> {
        let token = bearer(&request.headers)?;
        // The subject that the credential claims selects the key by which it is then verified.
        let subject = claimed_subject(token);
        let mut services = self.services.iter();
        if let Some(service) = services.find(|service| subject.as_ref() == Some(&service.subject)) {
            return self.verify(context, service, token, request);
        }
        let back_end = logins.back_end_with_scope(context, token, SCOPE).await?;
        Ok(OrderingBackEnd::new(
            back_end.subject,
            back_end.consumer,
            None,
        ))
    }

    fn verify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        service: &OrderingService,
        token: &str,
        request: &RoutedRequest,
    ) -> Result<OrderingBackEnd, Problem> {
        let (subject, keys) = (&service.subject, &service.public_keys);
        let (method, path) = (request.method.as_str(), request.target());
        let credential = self
            .credentials
            .verify(token, subject, keys, method, path, context.now())
            .map_err(refused)?;
        let named = credential.consumer().unwrap_or_default();
        let mut consumers = service.consumers.iter();
        let consumer = consumers.find(|consumer| consumer.as_str() == named);
        let consumer = consumer.ok_or_else(|| {
            Problem::new(Kind::LoginRequired)
                .cause(format_args!(
                    "the service {subject} names a consumer that is not among its consumers"
                ))
                .advice(format!(
                    "the credential's consumer must be among `consumers` of {subject} in signature_services"
                ))
        })?;
        context.audit.service(&self.pseudonyms, subject, consumer);
        Ok(OrderingBackEnd::new(
            subject.clone(),
            consumer.clone(),
            Some(credential),
        ))
    }
}

/// Returns the problem for a rejected credential, with the reason also for the back end.
fn refused(error: CredentialError) -> Problem {
    Problem::new(Kind::LoginRequired)
        .advice(error.to_string())
        .cause(error)
}
