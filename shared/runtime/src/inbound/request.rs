//! Routed requests.

use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Uri, header};
use serde::de::DeserializeOwned;

use super::body::{self, BodyLimits, UnreadBody};
use super::path::PathParameters;
use super::query::{Parameters, Query};
use crate::caller::VerifiedCaller;
use crate::header::header_once;
use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

/// Routed request. The body is still unread: the methods that read it require a verified caller.
pub struct RoutedRequest {
    /// Path pattern of the route.
    pub route: &'static str,
    /// True for `HEAD`: the handler must change nothing. The server omits the response body.
    pub head: bool,
    /// Method as received.
    pub method: Method,
    /// Headers as received.
    pub headers: HeaderMap,
    /// Query, validated against the route's parameters.
    pub query: Query,
    /// Unread body of the request.
    pub body: UnreadBody,
    /// Values of the path parameters.
    path_parameters: PathParameters,
    uri: Uri,
}

impl fmt::Debug for RoutedRequest {
    /// Omits headers, query and body: they may hold credentials and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoutedRequest(…)")
    }
}

impl RoutedRequest {
    /// Creates a request to the route with this path pattern.
    pub(crate) fn new<B>(
        route: &'static str,
        path_parameters: PathParameters,
        query: Query,
        parts: &Parts,
        body: B,
    ) -> Self
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        Self {
            route,
            head: parts.method == Method::HEAD,
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            query,
            body: UnreadBody::new(&parts.headers, body),
            path_parameters,
            uri: parts.uri.clone(),
        }
    }

    /// Returns the path as received, with the query if there is one.
    pub fn target(&self) -> &str {
        self.uri.path_and_query().map_or("/", PathAndQuery::as_str)
    }

    /// Returns the path parameter `name`; empty if the route has none of that name.
    pub fn path(&self, name: &str) -> &str {
        self.path_parameters.get(name).unwrap_or_default()
    }

    /// Returns a header that must not be repeated.
    ///
    /// # Errors
    /// `Kind::RequestInvalid` if the header is repeated, or is not text.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        header_once(&self.headers, name)
    }

    /// Parses a JSON body of at most 64 KiB and rejects duplicate members.
    ///
    /// # Errors
    /// `Kind::MediaTypeUnsupported`, `Kind::RequestInvalid`, and those of [`UnreadBody::read`].
    pub async fn json<P: Platform, T: DeserializeOwned>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
    ) -> Result<T, Problem> {
        self.expect_media_type("application/json")?;
        innsyn_core::json::request(&self.small_body(context, caller).await?)
    }

    /// Parses a form body of at most 64 KiB, which may have these fields only.
    ///
    /// # Errors
    /// `Kind::MediaTypeUnsupported`, `Kind::RequestInvalid`, and those of [`UnreadBody::read`].
    pub async fn form<P: Platform>(
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

    /// Reads a body of at most 64 KiB.
    ///
    /// # Errors
    /// Errors of [`UnreadBody::read`].
    pub async fn small_body<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
    ) -> Result<Bytes, Problem> {
        let limits = BodyLimits {
            largest: body::LARGEST,
            reservation: None,
            watch: None,
        };
        self.body.read(context, caller, limits).await
    }

    /// Returns whether the `Content-Type` names this media type.
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
        Err(Problem::new(Kind::MediaTypeUnsupported)
            .detail(format!("The media type must be {media_type}")))
    }
}
