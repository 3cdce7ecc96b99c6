//! Authentication and authorisation of token requests.

use std::rc::Rc;

use http::{HeaderMap, Method, StatusCode};

use super::details::Details;
use super::request::TokenRequest;
use super::wire::OAuthError;
use super::{COMPONENT, RequestLimits, TokenConfig, TokenService};
use innsyn_core::context::Context;
use innsyn_core::credential::{Credential, CredentialError, Verifier, claimed_subject};
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_runtime::caller::{LoginTokens, VerifiedCaller, bearer};
use innsyn_runtime::config::Consumers;

/// Services that may request tokens, and the authentication of each. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Access {
    services: Vec<Rc<TokenService>>,
    /// Consumers of the deployment.
    consumers: Rc<Consumers>,
    environment: Environment,
    login: LoginTokens,
    /// Verifier of credentials, rebuilt with the settings, and so with the keys.
    credentials: Verifier,
}

/// Authenticated caller.
#[derive(Debug)]
pub struct Caller {
    service: Rc<TokenService>,
    /// Consumers of the deployment.
    consumers: Rc<Consumers>,
    environment: Environment,
    /// Consumer of the credential, if the service may ask for it.
    pub(super) consumer: OrganisationNumber,
    /// Credential of the request; `None` for a back end with a token of the login service, which is
    /// not bound to a request.
    credential: Option<Credential>,
}

impl VerifiedCaller for Caller {
    fn check_body(&self, body: &[u8]) -> Result<(), Problem> {
        let Some(credential) = &self.credential else {
            return Ok(());
        };
        credential.check_body(body).map_err(refused)
    }
}

/// Returns the problem for a rejected credential, with the reason also for the back end.
fn refused(error: CredentialError) -> Problem {
    Problem::new(Kind::LoginRequired)
        .advice(error.to_string())
        .cause(error)
}

impl Access {
    /// Creates the access rules from the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            services: config.services.iter().cloned().map(Rc::new).collect(),
            consumers: Rc::new(config.consumers.clone()),
            environment: config.environment,
            login: LoginTokens::new(
                config.login.clone(),
                config.consumers.clone(),
                config.environment,
            ),
            credentials: Verifier::new(COMPONENT),
        }
    }

    /// Authenticates the caller of a `POST` to `path`: by a credential for this request under a key
    /// of its own, as the components do, or by a token of the login service. The body of a
    /// credential's request is checked when it is read.
    ///
    /// # Errors
    ///
    /// [`Kind::LoginRequired`], and the problems of fetching the login service's keys.
    pub(super) async fn identify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        headers: &HeaderMap,
        path: &str,
    ) -> Result<Caller, Problem> {
        let token = bearer(headers)?;
        // The subject that the credential claims selects the key by which it is then verified.
        let component = claimed_subject(token);
        let service = self
            .services
            .iter()
            .find(|service| component.as_ref() == Some(&service.subject));
        if let Some((service, keys)) =
            service.and_then(|service| service.public_keys.as_ref().map(|keys| (service, keys)))
        {
            let (subject, method) = (&service.subject, Method::POST.as_str());
            let credential = self
                .credentials
                .verify(token, subject, keys, method, path, context.now())
                .map_err(refused)?;
            let consumer = credential.consumer().unwrap_or_default();
            let consumer = OrganisationNumber::parse(consumer).map_err(|_| {
                Problem::new(Kind::LoginRequired)
                    .cause("the credential's consumer is not an organisation number")
            })?;
            let caller = self.admitted(service, consumer, Some(credential))?;
            context.continue_own_trace(headers);
            return Ok(caller);
        }
        let back_end = self.login.back_end(context, token).await?;
        let mut back_ends = self
            .services
            .iter()
            .filter(|service| service.public_keys.is_none());
        let service = back_ends
            .find(|service| service.subject == back_end.subject)
            .ok_or_else(|| {
                Problem::new(Kind::LoginRequired)
                    .cause("the token's subject is not among the services that may ask")
            })?;
        self.admitted(service, back_end.consumer, None)
    }

    /// Admits a service for one of its consumers, and for no other organisation.
    fn admitted(
        &self,
        service: &Rc<TokenService>,
        consumer: OrganisationNumber,
        credential: Option<Credential>,
    ) -> Result<Caller, Problem> {
        if service.consumers.contains(&consumer) {
            return Ok(Caller {
                service: Rc::clone(service),
                consumers: Rc::clone(&self.consumers),
                environment: self.environment,
                consumer,
                credential,
            });
        }
        let own: Vec<&str> = service
            .consumers
            .iter()
            .map(OrganisationNumber::as_str)
            .collect();
        let cause = format!(
            "the service {} asks for the consumer {consumer}, which is not among its consumers: {}",
            service.subject,
            own.join(", ")
        );
        let advice = format!(
            "{} may not ask for {consumer}: what it may ask for is `consumers` of its entry in token_services",
            service.subject
        );
        Err(Problem::new(Kind::LoginRequired)
            .cause(cause)
            .advice(advice))
    }
}

impl Caller {
    /// Refuses a request beyond the service's rights.
    pub(super) fn check(&self, token_request: &TokenRequest) -> Result<(), OAuthError> {
        let refused = |error, detail: String| {
            let problem = Problem::new(Kind::RequestInvalid).detail(detail);
            Err(OAuthError::new(error, StatusCode::BAD_REQUEST, problem))
        };
        if let Some(scope) = token_request
            .scopes()
            .iter()
            .find(|scope| !self.service.scopes.contains(scope))
        {
            return refused(
                "invalid_scope",
                format!("{} may not ask for {scope}", self.service.subject),
            );
        }
        if let Some(number) = token_request.consumer_org_text() {
            let number = OrganisationNumber::parse(number).ok();
            if !number.is_some_and(|number| self.may_name(&number)) {
                let detail = format!("{} may not ask for this consumer_org", self.service.subject);
                return refused("invalid_request", detail);
            }
        }
        if token_request.pid_text().is_some() && !self.service.pid {
            let detail = format!("{} may not ask with pid", self.service.subject);
            return refused("invalid_request", detail);
        }
        if token_request
            .persons()
            .any(|number| Party::parse(number, self.environment).is_err())
        {
            let detail = match self.environment {
                Environment::Test => "only synthetic persons may be named outside production",
                Environment::Production => "synthetic persons may not be named in production",
            };
            return refused("invalid_request", detail.to_owned());
        }
        let limits = &self.service.limits;
        if !RequestLimits::allow(limits.resources.as_ref(), token_request.resource_text()) {
            // RFC 8707 §2.
            let detail = match token_request.resource_text() {
                Some(_) => format!("{} may not ask for this resource", self.service.subject),
                None => format!("{} must name a resource", self.service.subject),
            };
            return refused("invalid_target", detail);
        }
        let details = token_request.details().map(Details::kind);
        let allowed = &self.service.authorization_details;
        if details.is_some_and(|kind| !allowed.iter().any(|allowed| allowed == kind)) {
            // RFC 9396 §5.
            let detail = format!(
                "{} may not ask with these authorization_details",
                self.service.subject
            );
            return refused("invalid_authorization_details", detail);
        }
        if let Some((owner, external_ref)) =
            token_request.details().and_then(Details::of_system_user)
        {
            let subject = &self.service.subject;
            let detail = if !RequestLimits::allow(limits.systemuser_orgs.as_ref(), Some(owner)) {
                format!("{subject} may not ask as a system user of this organisation")
            } else if !RequestLimits::allow(limits.external_refs.as_ref(), external_ref) {
                format!("{subject} may not ask as a system user with this externalRef")
            } else {
                return Ok(());
            };
            return refused("invalid_authorization_details", detail);
        }
        Ok(())
    }

    /// Returns the service's configured name.
    pub(super) fn name(&self) -> &str {
        &self.service.subject
    }

    /// Returns whether the service may ask for `organisation` as its supplier. An organisation that
    /// is a consumer of the deployment must be the service's too: its tokens are another tenant's,
    /// whichever client requests them.
    fn may_name(&self, organisation: &OrganisationNumber) -> bool {
        let is_tenant = self.consumers.find(organisation.as_str()).is_some();
        self.service.consumer_orgs.allow(organisation)
            && (!is_tenant || self.service.consumers.contains(organisation))
    }

    /// Returns whether the service may trigger the sweep of the store.
    pub(super) fn may_sweep(&self) -> bool {
        self.service.sweep
    }
}
