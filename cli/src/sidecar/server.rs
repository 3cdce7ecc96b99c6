//! HTTP server of the sidecar: its connections, and the route of each request.
//!
//! Three routes need no router with its layers: a token from the cache costs
//! little more than reading the request and writing the answer.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answer::Refused;
use super::introspect::IntrospectRequest;
use super::token_request::TokenRequest;
use super::{EXCHANGE, INTROSPECT, Sidecar, TOKEN, exchange, guard, provider};
use crate::stop;

/// Timeout for receiving a request body.
const PATIENCE: Duration = Duration::from_secs(5);

/// Grace period for requests in flight at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// Pause after a failed accept: file descriptors may be exhausted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until the process is asked to stop, then waits for the requests in flight.
///
/// # Errors
///
/// If the signals cannot be received.
pub(super) async fn serve(listener: TcpListener, sidecar: Sidecar) -> anyhow::Result<()> {
    let sidecar = Arc::new(sidecar);
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut asked = pin!(stop::asked());
    loop {
        tokio::select! {
            asked = &mut asked => {
                asked?;
                break;
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, sidecar.clone(), stopping.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    stop.send_replace(());
    let ended = async { while connections.join_next().await.is_some() {} };
    // Requests that are still in flight then are dropped.
    _ = tokio::time::timeout(GRACE, ended).await;
    Ok(())
}

/// Answers the requests of a connection until it ends, or until the one in progress is answered at
/// shutdown.
async fn converse(stream: TcpStream, sidecar: Arc<Sidecar>, mut stopping: watch::Receiver<()>) {
    // Otherwise a small write may wait for the one before; a connection that is gone ends by
    // itself.
    _ = stream.set_nodelay(true);
    let answer = service_fn(|request: hyper::Request<_>| {
        let sidecar = sidecar.clone();
        async move { Ok::<_, Infallible>(sidecar.answer(request.map(Body::new)).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that disconnects is ignored.
        _ = connection.as_mut() => {}
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            _ = connection.await;
        }
    }
}

impl Sidecar {
    /// Answers a request.
    async fn answer(&self, request: Request) -> Response {
        let mut response = match guard::expect_this_machine(request.headers()) {
            Ok(()) => self.routed(request).await,
            Err(refused) => refused.into_response(),
        };
        let no_store = HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, no_store);
        response
    }

    async fn routed(&self, request: Request) -> Response {
        let path = request.uri().path();
        if ![TOKEN, EXCHANGE, INTROSPECT].contains(&path) {
            return unknown_route().into_response();
        }
        if request.method() != Method::POST {
            let mut response = not_posted(request.method()).into_response();
            let post = HeaderValue::from_static("POST");
            response.headers_mut().insert(header::ALLOW, post);
            return response;
        }
        match path {
            TOKEN => self.token(request).await.into_response(),
            EXCHANGE => in_time(async { Ok(exchange::refuse(request).await) })
                .await
                .into_response(),
            _ => self.introspect(request).await.into_response(),
        }
    }

    async fn token(&self, request: Request) -> Result<Response, Refused> {
        let token_request = in_time(TokenRequest::read(request)).await?;
        let (token, expires_in) = self.tokens.token(token_request).await?;
        let json = HeaderValue::from_static("application/json");
        let mut response = Response::new(Body::from(token.answer(expires_in)));
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(response)
    }

    async fn introspect(&self, request: Request) -> Result<Response, Refused> {
        let request: IntrospectRequest = in_time(provider::read(request)).await?;
        let answer = request.answer(self.maskinporten.as_ref()).await;
        Ok(answer.into_response())
    }
}

/// Reads a body, which must arrive in time.
async fn in_time<T>(reading: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_| Refused::invalid("the request did not arrive in time"))?
}

fn not_posted(method: &Method) -> Refused {
    Refused::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        format!("{method} is not allowed here: send POST"),
    )
}

fn unknown_route() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "invalid_request",
        format!(
            "this sidecar serves POST to {TOKEN}, {EXCHANGE} and {INTROSPECT}, and nothing else"
        ),
    )
}
