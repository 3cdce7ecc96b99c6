//! Entry point of every component: routing, and everything that all routes have in common.
//!
//! Requests are served from the path, the query, the body and the headers that a handler asks for.
//! `Host`, `X-Forwarded-*` and `spin-*` headers are never used.

mod answer;
mod body;
pub(crate) mod component;
mod finish;
mod memory_budget;
mod minimum_rate;
mod origin;
pub(crate) mod path;
mod query;
mod request;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use futures::future::{Either, select};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::config::{ConfigError, Reloading};
use crate::header::header_once;
use innsyn_core::context::Context;
use innsyn_core::log::{self, Event, Level};
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::trace::{CallerTrace, Span};

pub use answer::{json, see_other};
pub use body::{BodyLimits, UnreadBody};
pub use component::{Access, Component, Handle, Handling, Route};
pub use memory_budget::{MemoryBudget, MemoryReservation};
pub use query::{Parameters, Query, decode};
pub use request::RoutedRequest;

/// Component of an instance, and the parts of a request that the log needs, however it ends.
struct RequestScope<'a, P: Platform + 'static, C: Component<P>> {
    context: Context<'a, P>,
    component: &'a Reloading<C>,
    /// Path pattern of the route, once it is found.
    route: Cell<Option<&'static str>>,
    /// Trace that the caller names, with its hash.
    caller: Cell<Option<(Span, CallerTrace)>>,
    /// Origin of the page that may read the response, also an error.
    reader: RefCell<Option<HeaderValue>>,
}

/// Answers one request and logs one line about it. It never fails.
pub async fn serve<P, C, B>(
    platform: &P,
    component: &Reloading<C>,
    request: http::Request<B>,
) -> Answer
where
    P: Platform + 'static,
    C: Component<P>,
    B: http_body::Body<Data = Bytes> + 'static,
{
    if C::ROUTES.is_none() {
        // The log names the component from the first line on. The request gets the errors of the
        // settings.
        let _told_later = load(platform, component).await;
    }
    let start = platform.uptime();
    let (parts, body) = request.into_parts();
    let scope = RequestScope {
        context: Context::new(platform, name(component), C::TIME),
        component,
        route: Cell::default(),
        caller: Cell::default(),
        reader: RefCell::default(),
    };
    let context = &scope.context;

    let work = std::pin::pin!(async {
        scope.continue_trace(&parts.headers).await;
        scope.respond(&parts, body).await
    });
    let end = std::pin::pin!(platform.sleep(C::TIME));
    let answer = match select(work, end).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Problem::new(Kind::Internal).cause("no answer in time")),
    };
    let mut answer = answer.unwrap_or_else(|problem| refuse::<P, C>(context, problem));
    let problem = answer.extensions_mut().remove::<Problem>();
    finish::challenge(&parts.headers, &mut answer, problem.as_ref());
    if let Some(page) = scope.reader.take() {
        origin::expose(&mut answer, &page);
    }
    finish::finish(context, &mut answer);

    let mut event = problem.map_or(Event::new(Level::Info, "request", "ok"), |problem| {
        Event::from_problem("request", &problem)
    });
    event.route = Some(scope.route.get().unwrap_or("unknown"));
    event.method = Some(log::method(&parts.method));
    event.status = Some(answer.status().as_u16());
    event.duration = Some(platform.uptime().saturating_sub(start));
    // A component of the app has been recognised since, and its trace is continued.
    let is_continued = |caller: &Span| caller.trace() == context.span().trace();
    let caller = scope
        .caller
        .get()
        .filter(|(caller, _)| !is_continued(caller));
    event.caller_trace = caller.map(|(_, hash)| hash);
    context.log(&event);
    if let Some(audit) = context.audit.take() {
        context.log(&Event::audit(&event, audit));
    }
    answer
}

/// Returns the name of the component; one that it reads from its settings only after they are read.
fn name<P: Platform + 'static, C: Component<P>>(component: &Reloading<C>) -> &'static str {
    component.last().map_or(C::NAME, |last| last.name())
}

/// Returns the component, made at the first request, since the settings cannot be read before, and
/// again when the settings have changed.
async fn load<P, C>(platform: &P, component: &Reloading<C>) -> Result<Rc<C>, ConfigError>
where
    P: Platform + 'static,
    C: Component<P>,
{
    let name = name(component);
    component.get(platform, name, C::Settings::into).await
}

/// Returns the response to a failed request, with the problem attached for the log.
fn refuse<P, C>(context: &Context<'_, P>, problem: Problem) -> Answer
where
    P: Platform + 'static,
    C: Component<P>,
{
    let mut answer = C::refusal(&problem, context.correlation_id.as_str());
    answer.extensions_mut().insert(problem);
    answer.map(Body::Whole)
}

impl<P: Platform + 'static, C: Component<P>> RequestScope<'_, P, C> {
    async fn load(&self) -> Result<Rc<C>, Problem> {
        Ok(load(self.context.platform, self.component).await?)
    }

    /// Reads the trace that the caller names. It is continued if the settings say so, and ignored
    /// if they cannot be read.
    async fn continue_trace(&self, headers: &HeaderMap) {
        let Some(caller) = Span::of_caller(headers) else {
            return;
        };
        if let Ok(component) = self.load().await {
            let traces = component.caller_traces();
            if traces.continued {
                self.context.continue_trace(&caller);
            }
            self.caller.set(Some((caller, traces.hash(&caller))));
        }
    }

    /// Answers a request.
    async fn respond<B>(&self, parts: &Parts, body: B) -> Result<Answer, Problem>
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        let (configured, unreadable);
        let known: &[Route<C, P>] = if let Some(routes) = C::ROUTES {
            unreadable = None;
            routes
        } else {
            let component = self.load().await;
            configured = component
                .as_ref()
                .map_or(Vec::new(), |component| component.configured_routes());
            unreadable = component.err();
            &configured
        };
        let found = component::find(known, parts.uri.path());
        let path = found.as_ref().map(|(route, _)| route.path);
        self.route.set(path);
        let routes = || known.iter().filter(|route| Some(route.path) == path);
        let is_link = routes().any(|route| route.access.is_link());

        let page = match header_once(&parts.headers, "origin")? {
            Some(page) if !is_link => {
                let component = self.load().await?;
                Some(origin::allowed(page, component.web_origins())?)
            }
            _ => None,
        };
        self.reader.replace(page.clone());
        if let Some(problem) = unreadable {
            return Err(problem);
        }
        let Some((_, path_parameters)) = found else {
            if origin::is_preflight(parts, page.as_ref()) {
                return Ok(origin::preflight_of_unknown(page.as_ref()).map(Body::Whole));
            }
            return Err(Kind::RouteUnknown.into());
        };
        let methods = || routes().map(|route| &route.method);
        if parts.method == Method::OPTIONS {
            return Ok(origin::preflight(page.as_ref(), methods()).map(Body::Whole));
        }
        let head = parts.method == Method::HEAD;
        let method = if head { &Method::GET } else { &parts.method };
        if let Some(route) = routes().find(|route| route.method == *method) {
            let request = route.read(path_parameters, parts, body)?;
            let component = self.load().await?;
            return route
                .access
                .answer(&component, &self.context, &request)
                .await;
        }
        let mut answer = refuse::<P, C>(&self.context, Kind::MethodNotAllowed.into());
        let headers = answer.headers_mut();
        headers.insert(header::ALLOW, origin::list(methods()));
        Ok(answer)
    }
}
