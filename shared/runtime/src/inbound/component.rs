//! Components, and their routes: method, path, callers and handler, declared in one table each.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::request::Parts;

use super::path::PathParameters;
use super::query::{Parameters, Query};
use super::request::RoutedRequest;
use crate::caller::{Customer, LoginTokens, Timer, VerifiedCaller, Visitor, bearer};
use crate::config::Settings;
use innsyn_core::context::Context;
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Answer, Platform, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;

/// Maximum length of a query, in bytes.
const LONGEST_QUERY: usize = 2048;

/// Component, made from its settings: its routes, and what verifies their callers.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Component<P: Platform + 'static>: Sized + 'static {
    /// Settings from which the component is made.
    type Settings: Settings + Into<Self>;

    /// Caller of the routes for services; `Infallible` if there are none.
    type Service: VerifiedCaller;

    /// Name of the component in the log.
    const NAME: &'static str;

    /// Routes; `None` if they are known only from the settings.
    const ROUTES: Option<&'static [Route<Self, P>]>;

    /// Maximum total time of a request.
    const TIME: Duration;

    /// Returns the name of a component that reads it from its settings.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// Returns the routes of a component that has them from its settings.
    fn configured_routes(&self) -> Vec<Route<Self, P>> {
        Vec::new()
    }

    /// Returns the origins whose pages may call.
    fn web_origins(&self) -> &[Origin];

    /// Returns the treatment of callers' traces.
    fn caller_traces(&self) -> &CallerTraces;

    /// Returns what verifies login tokens, for the routes with a login.
    fn logins(&self) -> Option<&LoginTokens> {
        None
    }

    /// Returns the secrets of the timer, for the routes of maintenance.
    fn maintenance_secrets(&self) -> &[Secret<String>] {
        &[]
    }

    /// Verifies the caller of a route for services.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` for any other caller, and the problems of the verification.
    async fn service(
        &self,
        _context: &Context<'_, P>,
        _request: &RoutedRequest,
    ) -> Result<Self::Service, Problem> {
        Err(Kind::LoginRequired.into())
    }

    /// Returns the response to a failed request, also one without a handler: [`Problem::response`],
    /// unless the component has another form. The problem is logged in any case.
    fn refusal(problem: &Problem, correlation_id: &str) -> Response {
        problem.response(correlation_id)
    }
}

/// Route: method, path, who may call, and the handler.
pub struct Route<A: Component<P>, P: Platform + 'static> {
    /// HTTP method. `HEAD` requests go to the handlers of `GET`.
    pub method: Method,
    /// Path pattern, also used in the log. A segment in braces is a named parameter. The first
    /// matching route in [`Component::ROUTES`] wins.
    pub path: &'static str,
    /// Callers, and the handler of their requests.
    pub access: Access<A, P>,
    /// Query parameters that the route accepts.
    pub query: Parameters,
}

/// Callers of a route, and the handler, which is called only for a verified caller.
pub enum Access<A: Component<P>, P: Platform + 'static> {
    /// Customer, or a back end of the same organisation, with a token of the login service.
    Login(&'static dyn Handle<A, P, Customer>),
    /// Service with a credential of its own, or with a token of the login service.
    Service(&'static dyn Handle<A, P, A::Service>),
    /// Timer with the maintenance secret.
    Maintenance(&'static dyn Handle<A, P, Timer>),
    /// Browser that follows a link, without a login: the `Origin` header is ignored, and an invalid
    /// query counts as empty.
    Link(&'static dyn Handle<A, P, Visitor>),
}

/// Handler of requests by callers of type `C`: a method of the component.
pub trait Handle<A, P, C> {
    /// Answers a request of a verified caller.
    fn handle<'a>(
        &'a self,
        component: &'a A,
        context: &'a Context<'_, P>,
        caller: &'a C,
        request: &'a RoutedRequest,
    ) -> Handling<'a>;
}

/// Future of a response.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + 'a>>;

impl<A, P, C, F> Handle<A, P, C> for F
where
    F: AsyncFn(&A, &Context<'_, P>, &C, &RoutedRequest) -> Result<Answer, Problem>,
{
    fn handle<'a>(
        &'a self,
        component: &'a A,
        context: &'a Context<'_, P>,
        caller: &'a C,
        request: &'a RoutedRequest,
    ) -> Handling<'a> {
        Box::pin(self(component, context, caller, request))
    }
}

impl<A: Component<P>, P: Platform + 'static> Route<A, P> {
    /// Creates a route of `GET`, without query parameters.
    pub const fn get(path: &'static str, access: Access<A, P>) -> Self {
        Self::new(Method::GET, path, access)
    }

    /// Creates a route of `POST`, without query parameters.
    pub const fn post(path: &'static str, access: Access<A, P>) -> Self {
        Self::new(Method::POST, path, access)
    }

    /// Creates a route of `DELETE`, without query parameters.
    pub const fn delete(path: &'static str, access: Access<A, P>) -> Self {
        Self::new(Method::DELETE, path, access)
    }

    pub(super) const fn new(method: Method, path: &'static str, access: Access<A, P>) -> Self {
        Self {
            method,
            path,
            access,
            query: Parameters::Only(&[]),
        }
    }

    /// Reads the head of a request to this route.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for a query that the route does not accept.
    pub(crate) fn read<B>(
        &self,
        path_parameters: PathParameters,
        parts: &Parts,
        body: B,
    ) -> Result<RoutedRequest, Problem>
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        let query = match read_query(parts, self.query) {
            // A person followed a link: the handler has a page for an empty query.
            Err(_) if self.access.is_link() => Query::default(),
            query => query?,
        };
        Ok(RoutedRequest::new(
            self.path,
            path_parameters,
            query,
            parts,
            body,
        ))
    }

    /// Returns the route with these query parameters.
    #[must_use]
    pub const fn with_query(mut self, query: Parameters) -> Self {
        self.query = query;
        self
    }
}

impl<A: Component<P>, P: Platform + 'static> Access<A, P> {
    pub(super) const fn is_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }

    /// Verifies the caller, and then calls the handler.
    ///
    /// # Errors
    ///
    /// The problems of verification and of the handler.
    pub(crate) async fn answer(
        &self,
        component: &A,
        context: &Context<'_, P>,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let headers = &request.headers;
        match self {
            Self::Login(handler) => {
                let logins = component.logins().ok_or(Kind::LoginRequired)?;
                let customer = logins.customer(context, bearer(headers)?).await?;
                let answer = handler.handle(component, context, &customer, request);
                answer.await
            }
            Self::Service(handler) => {
                let service = component.service(context, request).await?;
                let answer = handler.handle(component, context, &service, request);
                answer.await
            }
            Self::Maintenance(handler) => {
                let timer = Timer::verify(headers, component.maintenance_secrets())?;
                handler.handle(component, context, &timer, request).await
            }
            Self::Link(handler) => {
                let answer = handler.handle(component, context, &Visitor, request);
                answer.await
            }
        }
    }
}

/// Returns the first route that matches `path`, of any method, with its parameters.
pub(crate) fn find<'r, A: Component<P>, P: Platform + 'static>(
    routes: &'r [Route<A, P>],
    path: &str,
) -> Option<(&'r Route<A, P>, PathParameters)> {
    let mut routes = routes.iter();
    routes.find_map(|route| Some((route, PathParameters::parse(route.path, path)?)))
}

fn read_query(parts: &Parts, parameters: Parameters) -> Result<Query, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    if query.len() > LONGEST_QUERY {
        return Err(Problem::new(Kind::RequestInvalid).detail("The query string is too long"));
    }
    Query::parse(query, parameters)
}
