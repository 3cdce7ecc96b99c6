//! Who may ask for which tokens.

use http::{HeaderMap, StatusCode};

use super::COMPONENT;
use super::ask::Ask;
use super::details::Details;
use super::wire::OAuthError;
use crate::caller::{LoginTokens, bearer};
use crate::config::{Consumers, TokenConfig, TokenService};
use crate::context::Context;
use crate::credential;
use crate::inbound::VerifiedCaller;
use crate::party::{Environment, OrganisationNumber, Party};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// The services that may ask, and how each proves who it is. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Access {
    services: Vec<TokenService>,
    consumers: Consumers,
    environment: Environment,
    login: LoginTokens,
}

/// Someone who has proved who they are.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    service: &'a TokenService,
    /// Whose token is asked for, as the credential says.
    pub(super) consumer: OrganisationNumber,
    environment: Environment,
}

impl VerifiedCaller for Caller<'_> {}

impl Access {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            services: config.services.clone(),
            consumers: config.consumers.clone(),
            environment: config.environment,
            login: LoginTokens::new(
                config.login.clone(),
                config.consumers.clone(),
                config.environment,
            ),
        }
    }

    /// Who calls: by a credential under a key of its own, as the components do, or by a token of the login service.
    pub(super) async fn identify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        headers: &HeaderMap,
    ) -> Result<Caller<'_>, Problem> {
        let token = bearer(headers)?;
        // What the credential says of itself chooses the key that it is then checked with.
        let component = credential::claimed_component(token);
        let service = self
            .services
            .iter()
            .find(|service| component.as_ref() == Some(&service.subject));
        if let Some((service, keys)) =
            service.and_then(|service| service.public_keys.as_ref().map(|keys| (service, keys)))
        {
            let credential =
                credential::verify(token, keys, &service.subject, COMPONENT, context.now())
                    .map_err(|error| Problem::new(Kind::LoginRequired).cause(error))?;
            let consumer = self.consumers.find(&credential.consumer).cloned();
            let consumer = consumer.ok_or_else(|| {
                Problem::new(Kind::LoginRequired)
                    .cause("the credential names no consumer of this app")
            })?;
            return Ok(Caller {
                service,
                consumer,
                environment: self.environment,
            });
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
        Ok(Caller {
            service,
            consumer: back_end.consumer,
            environment: self.environment,
        })
    }
}

impl Caller<'_> {
    /// Refuses what is not this service's to ask for.
    pub(super) fn check(&self, ask: &Ask) -> Result<(), OAuthError> {
        let refused = |error, detail: String| {
            let problem = Problem::new(Kind::RequestInvalid).detail(detail);
            Err(OAuthError::new(error, StatusCode::BAD_REQUEST, problem))
        };
        if let Some(scope) = ask
            .scopes()
            .iter()
            .find(|scope| !self.service.scopes.contains(scope))
        {
            return refused(
                "invalid_scope",
                format!("{} may not ask for {scope}", self.service.subject),
            );
        }
        if let Some(number) = ask.consumer_org_text() {
            let number = OrganisationNumber::parse(number).ok();
            if !number.is_some_and(|number| self.service.consumer_orgs.allow(&number)) {
                let detail = format!("{} may not ask for this consumer_org", self.service.subject);
                return refused("invalid_request", detail);
            }
        }
        if ask.pid_text().is_some() && !self.service.pid {
            let detail = format!("{} may not ask with pid", self.service.subject);
            return refused("invalid_request", detail);
        }
        if ask
            .persons()
            .any(|number| Party::parse(number, self.environment).is_err())
        {
            let detail = match self.environment {
                Environment::Test => "only synthetic persons may be named outside production",
                Environment::Production => "synthetic persons may not be named in production",
            };
            return refused("invalid_request", detail.to_owned());
        }
        let details = ask.details().map(Details::kind);
        let allowed = &self.service.authorization_details;
        if details.is_some_and(|kind| !allowed.iter().any(|allowed| allowed == kind)) {
            // RFC 9396 §5.
            let detail = format!(
                "{} may not ask with these authorization_details",
                self.service.subject
            );
            return refused("invalid_authorization_details", detail);
        }
        Ok(())
    }

    /// Whether it may have the store swept.
    pub(super) const fn may_sweep(&self) -> bool {
        self.service.sweep
    }
}
