//! The entry of every component: from a request to an answer, with everything that all routes have in common.
//!
//! Nothing is taken from `Host`, `X-Forwarded-*` or `spin-*` headers: only the path, the query, the
//! body and the headers that a handler asks for.

mod answer;
mod body;
mod origin;
mod pace;
mod path;
mod query;
mod room;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::de::DeserializeOwned;

use crate::config::Origin;
use crate::context::Context;
use crate::log::{self, Event, Level};
use crate::platform::{Answer, Body, Platform};
use crate::problem::{Kind, Problem};
use crate::trace::{CallerTrace, CallerTraces, Span};

pub use answer::{json, see_other};
pub use body::UnreadBody;
pub use query::{Parameters, Query};

pub(crate) use body::{Allowance, VerifiedCaller};
pub(crate) use path::Places;
pub(crate) use query::decode;
pub(crate) use room::Room;

/// The longest query, in bytes.
const LONGEST_QUERY: usize = 2048;

/// Tells a caller what to quote when something went wrong; the log has the same.
const CORRELATION_ID: HeaderName = HeaderName::from_static("correlation-id");

/// One route: what is asked for, and which handler answers.
#[derive(Clone, Debug)]
pub struct Route<H> {
    /// The method. `HEAD` reaches the handlers of `GET`.
    pub method: Method,
    /// The whole path, in which a segment may be a name in braces for what stands there. It is also what the log says.
    /// Of several that match, the first in [`Component::ROUTES`] counts.
    pub path: &'static str,
    /// What [`Component::answer`] is told.
    pub handler: H,
    /// The query parameters that it takes.
    pub query: Parameters,
    /// Browsers come here by following a link, so an `Origin` header means nothing, and a query that is
    /// not valid counts as empty.
    pub navigated: bool,
}

/// A component: its routes, and what answers them.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Component<P: Platform> {
    /// One value for each handler.
    type Handler: Copy + 'static;

    /// The component's name in the log.
    const NAME: &'static str;

    /// Everything that it answers, where that is known when it is compiled.
    const ROUTES: &'static [Route<Self::Handler>] = &[];

    /// How long a request may take in all.
    const TIME: Duration;

    /// The name of a component that learns it from its settings.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// The routes of a component that learns them from its settings.
    async fn routes(
        &self,
        _context: &Context<'_, P>,
    ) -> Result<&'static [Route<Self::Handler>], Problem> {
        Ok(Self::ROUTES)
    }

    /// The origins whose pages may call. Asked only for requests that have an `Origin` header.
    async fn web_origins(&self, context: &Context<'_, P>) -> Result<Vec<Origin>, Problem>;

    /// Returns how the traces of callers are treated; `None` if the settings cannot be read. Called only for requests
    /// that name a trace.
    async fn caller_traces(&self, context: &Context<'_, P>) -> Option<CallerTraces>;

    /// Answers a request. To log a problem that is answered in another form than [`Problem::response`]'s,
    /// put the [`Problem`] into the extensions of the answer.
    async fn answer(
        &self,
        context: &Context<'_, P>,
        arrived: Arrived<Self::Handler>,
    ) -> Result<Answer, Problem>;
}

/// A request that has a handler. Its body has not been read: a handler reads it when it has verified the caller, which the
/// methods that read it ask for.
pub struct Arrived<H> {
    /// Which handler is meant.
    pub handler: H,
    /// It came by `HEAD`: the handler must change nothing. The server leaves the body of the answer out.
    pub head: bool,
    /// All headers, as sent.
    pub headers: HeaderMap,
    /// The query, checked against the route's parameters.
    pub query: Query,
    /// Body of the request, which is read last.
    pub body: UnreadBody,
    pub(crate) places: Places,
}

impl<H> fmt::Debug for Arrived<H> {
    /// Headers, query and body may hold credentials and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arrived(…)")
    }
}

impl<H> Arrived<H> {
    /// What stands in the path in the place called `name`; empty if the route has no such place.
    pub fn path(&self, name: &str) -> &str {
        self.places.get(name).unwrap_or_default()
    }

    /// The value of a header that may stand there once.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        header_once(&self.headers, name)
    }

    /// Reads the body of at most 64 KiB, which must be JSON of this shape, without a member that stands twice.
    pub(crate) async fn json<P: Platform, T: DeserializeOwned>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
    ) -> Result<T, Problem> {
        self.expect_media_type("application/json")?;
        crate::json::request(&self.small_body(context, caller).await?)
    }

    /// Reads the body of at most 64 KiB, which must be a form with these fields at most.
    pub(crate) async fn form<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
        fields: &'static [&'static str],
    ) -> Result<Query, Problem> {
        self.expect_media_type("application/x-www-form-urlencoded")?;
        let body = self.small_body(context, caller).await?;
        let text = std::str::from_utf8(&body).map_err(|_| Kind::RequestInvalid)?;
        Query::parse(text, Parameters::Only(fields))
    }

    async fn small_body<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
    ) -> Result<Bytes, Problem> {
        let allowance = Allowance {
            largest: body::LARGEST,
            share: None,
            watch: None,
        };
        self.body.read(context, caller, allowance).await
    }

    /// Whether the body says that it is of this media type.
    pub fn is_media_type(&self, media_type: &str) -> bool {
        let value = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = value
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(media_type)
    }

    fn expect_media_type(&self, media_type: &str) -> Result<(), Problem> {
        if self.is_media_type(media_type) {
            return Ok(());
        }
        Err(Problem::new(Kind::MediaTypeUnsupported).detail(format!("Send {media_type}")))
    }
}

/// The value of a header that may stand there once.
pub fn header_once<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let invalid =
        || Problem::new(Kind::RequestInvalid).detail(format!("The header {name} is not valid"));
    if second.is_some() {
        return Err(invalid());
    }
    first
        .map(|value| value.to_str().map_err(|_| invalid()))
        .transpose()
}

/// Answers one request and logs one line about it. It never fails.
pub async fn serve<P, C, B>(platform: &P, component: &C, request: http::Request<B>) -> Answer
where
    P: Platform,
    C: Component<P>,
    B: http_body::Body<Data = Bytes> + 'static,
{
    let start = platform.uptime();
    let (parts, body) = request.into_parts();
    let context = Context::new(platform, component.name(), C::TIME);
    let caller = Cell::new(None);

    let work = std::pin::pin!(async {
        caller.set(callers_trace(&context, component, &parts.headers).await);
        respond(&context, component, &parts, body).await
    });
    let end = std::pin::pin!(platform.sleep(C::TIME));
    let answer = match select(work, end).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Problem::new(Kind::Internal).cause("no answer in time")),
    };
    let (mut answer, problem) = match answer {
        Ok(mut answer) => {
            let problem = answer.extensions_mut().remove::<Problem>();
            (answer, problem)
        }
        Err(problem) => (
            problem
                .response(context.correlation_id.as_str())
                .map(Body::Whole),
            Some(problem),
        ),
    };
    finish(&context, &mut answer);

    let mut event = problem.map_or(Event::new(Level::Info, "request", "ok"), |problem| {
        Event::of("request", &problem)
    });
    // Settings that cannot be read are the problem above.
    let routes = component.routes(&context).await.unwrap_or_default();
    event.route = Some(pattern(routes, parts.uri.path()).map_or("unknown", |(path, _)| path));
    event.method = Some(log::method(&parts.method));
    event.status = Some(answer.status().as_u16());
    event.duration = Some(platform.uptime().saturating_sub(start));
    // A component of ours has been recognised since, and its trace is continued.
    let is_continued = |caller: &Span| caller.trace() == context.span().trace();
    let caller = caller.get().filter(|(caller, _)| !is_continued(caller));
    event.caller_trace = caller.map(|(_, hash)| hash);
    context.log(&event);
    answer
}

/// The trace that the caller names, with its hash. It is continued where the settings say so.
async fn callers_trace<P: Platform, C: Component<P>>(
    context: &Context<'_, P>,
    component: &C,
    headers: &HeaderMap,
) -> Option<(Span, CallerTrace)> {
    let caller = Span::of_caller(headers)?;
    let traces = component.caller_traces(context).await?;
    if traces.continued {
        context.continue_trace(&caller);
    }
    Some((caller, traces.hash(&caller)))
}

async fn respond<P, C, B>(
    context: &Context<'_, P>,
    component: &C,
    parts: &http::request::Parts,
    body: B,
) -> Result<Answer, Problem>
where
    P: Platform,
    C: Component<P>,
    B: http_body::Body<Data = Bytes> + 'static,
{
    let all = component.routes(context).await?;
    let (path, places) = pattern(all, parts.uri.path()).ok_or(Kind::RouteUnknown)?;
    let routes = || all.iter().filter(|route| route.path == path);
    let navigated = routes().any(|route| route.navigated);

    let page = match header_once(&parts.headers, "origin")? {
        Some(page) if !navigated => Some(origin::allowed(
            page,
            &component.web_origins(context).await?,
        )?),
        _ => None,
    };
    let methods = || routes().map(|route| &route.method);
    if parts.method == Method::OPTIONS {
        return Ok(origin::preflight(page.as_ref(), methods()).map(Body::Whole));
    }
    let head = parts.method == Method::HEAD;
    let method = if head { &Method::GET } else { &parts.method };
    let route = routes().find(|route| route.method == *method);
    let answer = if let Some(route) = route {
        arrive(context, component, route, places, parts, body).await
    } else {
        let id = context.correlation_id.as_str();
        Ok(origin::method_not_allowed(id, methods()).map(Body::Whole))
    };
    let Some(page) = page else {
        return answer;
    };
    // A page may read a problem too, so the problem becomes an answer here.
    let mut answer = answer.unwrap_or_else(|problem| {
        let mut answer = problem.response(context.correlation_id.as_str());
        answer.extensions_mut().insert(problem);
        answer.map(Body::Whole)
    });
    origin::expose(&mut answer, &page);
    Ok(answer)
}

async fn arrive<P, C, B>(
    context: &Context<'_, P>,
    component: &C,
    route: &Route<C::Handler>,
    places: Places,
    parts: &http::request::Parts,
    body: B,
) -> Result<Answer, Problem>
where
    P: Platform,
    C: Component<P>,
    B: http_body::Body<Data = Bytes> + 'static,
{
    let query = match read_query(parts, route.query) {
        // A person followed a link: the handler has a page for one that says nothing.
        Err(_) if route.navigated => Query::default(),
        query => query?,
    };
    let arrived = Arrived {
        handler: route.handler,
        head: parts.method == Method::HEAD,
        headers: parts.headers.clone(),
        query,
        body: UnreadBody::new(&parts.headers, body),
        places,
    };
    component.answer(context, arrived).await
}

/// The first pattern that `path` is of, and what it says in its places.
fn pattern<H>(routes: &[Route<H>], path: &str) -> Option<(&'static str, Places)> {
    let mut routes = routes.iter();
    routes.find_map(|route| Some((route.path, Places::of(route.path, path)?)))
}

fn read_query(parts: &http::request::Parts, parameters: Parameters) -> Result<Query, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    if query.len() > LONGEST_QUERY {
        return Err(Problem::new(Kind::RequestInvalid).detail("The query is too long"));
    }
    Query::parse(query, parameters)
}

/// The headers of every answer. Without a length the body would go out in chunks, and slowly.
fn finish<P>(context: &Context<'_, P>, answer: &mut Answer) {
    let length = answer.body().length().map(HeaderValue::from);
    let headers = answer.headers_mut();
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(id) = HeaderValue::from_str(context.correlation_id.as_str()) {
        headers.insert(CORRELATION_ID, id);
    }
}
