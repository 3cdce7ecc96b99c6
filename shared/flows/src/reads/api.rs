//! HTTP handlers of a component that reads one API.

use std::convert::Infallible;
use std::time::Duration;

use http::{HeaderValue, header};

use super::Reader;
use super::settings::{Permission, ReadsConfig};
use innsyn_core::context::Context;
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::read_api::{Api, Dataset};
use innsyn_runtime::caller::{Customer, LoginTokens, LookupScopes, PARTY_HEADER};
use innsyn_runtime::inbound::Access::Login;
use innsyn_runtime::inbound::{Component, Parameters, Route, RoutedRequest};

/// HTTP handlers of one such component. Live as long as the instance.
#[derive(Debug)]
pub struct ReadsApi {
    component: &'static str,
    api: &'static Api,
    routes: Vec<DatasetRoute>,
    customers: LoginTokens,
    /// Scopes that the caller's login must have, if the party is not asked for consent.
    scopes: Option<LookupScopes>,
    reader: Reader,
    web_origins: Vec<Origin>,
    caller_traces: CallerTraces,
    marking: Marking,
}

/// Route of a dataset: the component's name, followed by the name of the dataset.
#[derive(Clone, Copy, Debug)]
struct DatasetRoute {
    path: &'static str,
    parameters: &'static [&'static str],
    dataset: &'static Dataset,
}

impl From<ReadsConfig> for ReadsApi {
    /// Creates the handlers from the component's settings. Names in routes and log lines live as
    /// long as the process: one set of handlers exists for each instance, and one more for each
    /// change of the settings.
    fn from(config: ReadsConfig) -> Self {
        let component: &str = Box::leak(config.component.clone().into_boxed_str());
        let api: &Api = Box::leak(Box::new(config.api.clone()));
        let datasets = api.datasets.iter();
        Self {
            component,
            api,
            routes: datasets
                .map(|dataset| DatasetRoute::new(component, dataset))
                .collect(),
            customers: LoginTokens::new(
                config.login.clone(),
                config.consumers.clone(),
                config.environment,
            ),
            scopes: match &config.permission {
                Permission::Scopes(scopes) => Some(scopes.clone()),
                Permission::Consent { .. } | Permission::SystemUser(_) => None,
            },
            web_origins: config.web_origins.clone(),
            caller_traces: config.caller_traces.clone(),
            marking: config.marking.clone(),
            reader: Reader::new(config, component, api),
        }
    }
}

impl DatasetRoute {
    fn new(component: &str, dataset: &'static Dataset) -> Self {
        let path = format!("/{component}/{}", dataset.name);
        let parameters: Vec<&str> = dataset.parameters().collect();
        Self {
            path: Box::leak(path.into_boxed_str()),
            parameters: Box::leak(parameters.into_boxed_slice()),
            dataset,
        }
    }
}

impl<P: Platform + 'static> Component<P> for ReadsApi {
    type Settings = ReadsConfig;
    type Service = Infallible;

    /// Name of the component until the settings are read.
    const NAME: &'static str = "reads";

    /// The settings name the datasets.
    const ROUTES: Option<&'static [Route<Self, P>]> = None;

    /// A period of ten years takes eleven sequential reads.
    const TIME: Duration = Duration::from_secs(25);

    fn name(&self) -> &'static str {
        self.component
    }

    fn configured_routes(&self) -> Vec<Route<Self, P>> {
        let routes = self.routes.iter().map(|route| {
            Route::get(route.path, Login(&Self::read))
                .with_query(Parameters::Only(route.parameters))
        });
        routes.collect()
    }

    fn web_origins(&self) -> &[Origin] {
        &self.web_origins
    }

    fn caller_traces(&self) -> &CallerTraces {
        &self.caller_traces
    }

    fn logins(&self) -> Option<&LoginTokens> {
        Some(&self.customers)
    }
}

impl ReadsApi {
    /// Handles `GET /{component}/{read}`: returns the source's data.
    ///
    /// # Errors
    ///
    /// The problems of validation, `Kind::PartyInvalid` for a type of party
    /// that the API does not have, and the problems of [`Reader::read`].
    async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let scopes = self.scopes.as_ref();
        let context = context.marked(self.marking.marks(Class::Customers));
        let context = &if scopes.is_some_and(|scopes| customer.is_back_end(scopes)) {
            context.for_tenant(&customer.consumer)
        } else {
            customer.marked(&context)
        };
        let requested = request.header(PARTY_HEADER)?;
        context.audit.party_if(requested);
        let party = match scopes {
            None => customer.party(requested)?,
            Some(scopes) => customer.looked_up(requested, scopes)?,
        };
        context.audit.party(party.expose());
        if !self.api.is_about(&party) {
            return Err(
                Problem::new(Kind::PartyInvalid).detail("This dataset has no parties of this type")
            );
        }
        let mut routes = self.routes.iter();
        let route = routes.find(|route| route.path == request.route);
        let dataset = route.ok_or(Kind::RouteUnknown)?.dataset;
        let values = dataset.values(|name| request.query.get(name), context.now())?;
        let consumer = &customer.consumer;
        let data = self
            .reader
            .read(context, consumer, &party, dataset, &values);
        let mut response = Answer::new(Body::Whole(data.await?));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(response)
    }
}
