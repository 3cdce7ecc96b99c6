//! Who may ask for which tokens.

use http::{HeaderMap, StatusCode};

use super::COMPONENT;
use super::ask::Ask;
use super::wire::OAuthError;
use crate::caller::{LoginTokens, bearer};
use crate::config::{Consumers, TokenConfig, TokenService};
use crate::context::Context;
use crate::credential;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// The services that may ask, and how each proves who it is. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Access {
    services: Vec<TokenService>,
    consumers: Consumers,
    login: LoginTokens,
}

/// Someone who has proved who they are.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    service: &'a TokenService,
    /// Whose token is asked for, as the credential says.
    pub(super) consumer: OrganisationNumber,
}

impl Access {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            services: config.services.clone(),
            consumers: config.consumers.clone(),
            login: LoginTokens::new(
                config.login.clone(),
                config.consumers.clone(),
                config.environment,
            ),
        }
    }

    /// Who calls: a component of the app by its own credential, a back end by a token of the login service.
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
        if let Some((service, key)) =
            service.and_then(|service| service.public_key.as_ref().map(|key| (service, key)))
        {
            let credential =
                credential::verify(token, key, &service.subject, COMPONENT, context.now())
                    .map_err(|error| Problem::new(Kind::LoginRequired).cause(error))?;
            let consumer = self.consumers.find(&credential.consumer).cloned();
            let consumer = consumer.ok_or_else(|| {
                Problem::new(Kind::LoginRequired)
                    .cause("the credential names no consumer of this app")
            })?;
            return Ok(Caller { service, consumer });
        }
        let back_end = self.login.back_end(context, token).await?;
        let mut back_ends = self
            .services
            .iter()
            .filter(|service| service.public_key.is_none());
        let service = back_ends
            .find(|service| service.subject == back_end.subject)
            .ok_or_else(|| {
                Problem::new(Kind::LoginRequired)
                    .cause("the token's subject is not among the services that may ask")
            })?;
        Ok(Caller {
            service,
            consumer: back_end.consumer,
        })
    }
}

impl Caller<'_> {
    /// Refuses scopes and details that are not this service's.
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
        let Some(details) = ask.details_type() else {
            return Ok(());
        };
        if self.service.authorization_details.contains(&details) {
            return Ok(());
        }
        // RFC 9396 §5.
        let detail = format!(
            "{} may not ask with these authorization_details",
            self.service.subject
        );
        refused("invalid_authorization_details", detail)
    }

    /// Whether this is a component of the app.
    pub(super) const fn is_component(&self) -> bool {
        self.service.public_key.is_some()
    }
}
