//! What a component that reads one API is asked for.

use std::time::Duration;

use http::{HeaderValue, Method, header};

use super::settings::{Permission, ReadsConfig};
use super::{Read, Reader};
use crate::caller::{LoginTokens, LookupScopes, PARTY_HEADER, bearer};
use crate::config::Origin;
use crate::context::Context;
use crate::inbound::{Arrived, Parameters, Route};
use crate::outbound::{Class, Marking};
use crate::platform::{Platform, Response};
use crate::problem::{Kind, Problem};
use crate::skatteetaten::{Api, Dataset};
use crate::trace::CallerTraces;

/// Answers the requests of one such component. Lives as long as the instance.
#[derive(Debug)]
pub struct Desk {
    component: &'static str,
    api: &'static Api,
    routes: &'static [Route<&'static Dataset>],
    customers: LoginTokens,
    /// Where the party is not asked: what the caller's login must have.
    scopes: Option<LookupScopes>,
    reader: Reader,
    web_origins: Vec<Origin>,
    caller_traces: CallerTraces,
    marking: Marking,
}

impl Desk {
    /// How long a request may take: ten years are eleven reads, one after another.
    pub const TIME: Duration = Duration::from_secs(25);

    /// With the component's settings. What routes and log lines name is given the instance's own life, which is the
    /// process's: there is one desk for each, and one more for each change of the settings.
    pub fn new(config: ReadsConfig) -> Self {
        let component: &str = Box::leak(config.component.clone().into_boxed_str());
        let api: &Api = Box::leak(Box::new(config.api.clone()));
        let datasets = api.datasets.iter();
        let routes: Vec<_> = datasets.map(|dataset| route(component, dataset)).collect();
        Self {
            component,
            api,
            routes: Box::leak(routes.into_boxed_slice()),
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

    /// What the component is called.
    pub const fn component(&self) -> &'static str {
        self.component
    }

    /// Its routes: its name, and the name of each read.
    pub const fn routes(&self) -> &'static [Route<&'static Dataset>] {
        self.routes
    }

    /// Returns how the traces of callers are treated.
    pub fn caller_traces(&self) -> CallerTraces {
        self.caller_traces.clone()
    }

    /// The pages that may call.
    pub fn web_origins(&self) -> Vec<Origin> {
        self.web_origins.clone()
    }

    /// `GET /{component}/{read}`: the source's data.
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<&'static Dataset>,
    ) -> Result<Response, Problem> {
        let customer = self
            .customers
            .customer(context, bearer(&arrived.headers)?)
            .await?;
        let scopes = self.scopes.as_ref();
        let context = context.marked(self.marking.marks(Class::Customers));
        let context = &if scopes.is_some_and(|scopes| customer.is_back_end(scopes)) {
            context.for_tenant(&customer.consumer)
        } else {
            customer.marked(&context)
        };
        let requested = arrived.header(PARTY_HEADER)?;
        let party = match scopes {
            None => customer.party(requested)?,
            Some(scopes) => customer.looked_up(requested, scopes)?,
        };
        if !self.api.is_about(&party) {
            return Err(Problem::new(Kind::PartyInvalid)
                .detail("This read is not about parties of this kind"));
        }
        let dataset = arrived.handler;
        let read = Read {
            consumer: &customer.consumer,
            party: &party,
            dataset,
            values: &dataset.values(&arrived.query, context.now())?,
        };
        let mut response = Response::new(self.reader.read(context, read).await?);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(response)
    }
}

fn route(component: &str, dataset: &'static Dataset) -> Route<&'static Dataset> {
    let path = format!("/{component}/{}", dataset.name);
    let parameters: Vec<&str> = dataset.parameters().collect();
    Route {
        method: Method::GET,
        path: Box::leak(path.into_boxed_str()),
        handler: dataset,
        query: Parameters::Only(Box::leak(parameters.into_boxed_slice())),
        navigated: false,
    }
}
