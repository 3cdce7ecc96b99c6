//! Settings for tests.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made stops the test"
)]

use innsyn_core::context::Context;
use innsyn_core::fixtures::{AUDIENCE, CONSUMER, ISSUER, SECOND_CONSUMER, consumer, store_key};
use innsyn_core::party::Environment;
use innsyn_core::platform::{Answer, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;

use crate::caller::VerifiedCaller;
use crate::config::{
    COMMON, ConfigError, Consumers, KeySetStore, Login, Raw, Resolver, Setting, Settings,
};
use crate::inbound::component::{self, Component};
use crate::inbound::path::PathParameters;
use crate::inbound::{Query, RoutedRequest};

/// Caller whose body is read without verification.
pub struct AnyCaller;

impl VerifiedCaller for AnyCaller {}

/// Answers a request by the routes of `component`: verifies the caller, and calls the handler.
///
/// # Errors
///
/// The problems of the verification and of the handler.
pub async fn answer<P, C, B>(
    component: &C,
    context: &Context<'_, P>,
    request: http::Request<B>,
) -> Result<Answer, Problem>
where
    P: Platform + 'static,
    C: Component<P>,
    B: http_body::Body<Data = bytes::Bytes> + 'static,
{
    let (parts, body) = request.into_parts();
    let routes = C::ROUTES.unwrap_or_default();
    let found = component::find(routes, parts.uri.path());
    let (found, path_parameters) = found.ok_or(Kind::RouteUnknown)?;
    let mut routes = routes.iter().filter(|route| route.path == found.path);
    let route = routes.find(|route| route.method == parts.method);
    let route = route.ok_or(Kind::MethodNotAllowed)?;
    let request = route.read(path_parameters, &parts, body)?;
    route.access.answer(component, context, &request).await
}

/// Returns a request without a route.
pub fn routed_request<B>(request: http::Request<B>) -> RoutedRequest
where
    B: http_body::Body<Data = bytes::Bytes> + 'static,
{
    let (parts, body) = request.into_parts();
    RoutedRequest::new(
        "",
        PathParameters::default(),
        Query::default(),
        &parts,
        body,
    )
}

/// Returns the settings of the store in which public keys are shared.
pub fn key_sets() -> KeySetStore {
    KeySetStore {
        environment: Environment::Test,
        consumer: consumer(CONSUMER),
        key: Secret::new([4; 32]),
    }
}

/// Settings that most components have.
#[derive(Debug)]
pub struct Common {
    /// Consumers of the deployment.
    pub consumers: Consumers,
    /// Login service.
    pub login: Login,
}

impl Settings for Common {
    const SETTINGS: &'static [&'static [Setting]] = &[COMMON];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let (consumers, login) = (resolver.consumers(), resolver.login());
        let settings = consumers.zip(login);
        resolver.finish(settings.map(|(consumers, login)| Self { consumers, login }))
    }
}

/// Returns the variables of [`Common`], all valid.
pub fn common_variables() -> Vec<(&'static str, String)> {
    [
        ("environment", "test"),
        ("consumer_organisation", CONSUMER),
        ("consumer_organisations", SECOND_CONSUMER),
        ("consumer_claim", ""),
        ("login_origin", ISSUER),
        ("login_jwks_path", "/jwks"),
        ("login_issuer", ISSUER),
        ("login_audience", AUDIENCE),
        ("login_party_claim", "pid"),
        ("login_organisations_claim", "organisations"),
        ("login_back_end_claim", "client_id=case-work"),
        ("login_max_lifetime", "3600"),
        ("key_set_store_key", &store_key(4)),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// Returns the settings of [`common_variables`].
pub fn common_settings() -> Common {
    common_settings_with(&[])
}

/// Returns the settings with `changes` in place of the variables above.
pub fn common_settings_with(changes: &[(&str, &str)]) -> Common {
    Common::resolve(&replaced(&common_variables(), changes)).expect("valid settings")
}

/// Returns `variables` with `changes`: another value, or none.
pub fn changed(variables: &[(&str, String)], changes: &[(&str, Option<&str>)]) -> Raw {
    let kept = variables
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    let kept = kept.map(|(name, value)| (*name, value.as_str()));
    let changes = changes
        .iter()
        .filter_map(|(name, value)| Some((*name, (*value)?)));
    Raw::from_pairs(kept.chain(changes))
}

/// Returns `variables` with `changes` in place of their values.
pub fn replaced(variables: &[(&str, String)], changes: &[(&str, &str)]) -> Raw {
    let changes: Vec<_> = changes
        .iter()
        .map(|(name, value)| (*name, Some(*value)))
        .collect();
    changed(variables, &changes)
}
