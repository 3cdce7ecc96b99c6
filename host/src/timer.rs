//! Routes that the host calls at intervals, since components have no background work of their own.

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Empty};
use tokio::time::sleep;

use crate::application::Application;
use crate::options::Timer;

/// Error of a timer's definition.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum TimerError {
    /// The method is not an HTTP method.
    #[error("timer: `{0}` is not a method")]
    Method(String),
    /// The path is not the path of a request.
    #[error("timer: `{0}` is not a path")]
    Path(String),
    /// The authorization is not a valid header value. It is not repeated: it is a secret.
    #[error("timer for `{0}`: the authorization is not a header's value")]
    Authorization(String),
    /// The interval between two calls is zero.
    #[error("timer for `{0}`: the interval is zero")]
    Interval(String),
}

/// Valid timer.
#[derive(Debug)]
pub(crate) struct ScheduledRequest {
    every: Duration,
    method: Method,
    path: PathAndQuery,
    authorization: Option<HeaderValue>,
}

impl ScheduledRequest {
    pub(crate) fn new(timer: &Timer) -> Result<Self, TimerError> {
        let path = || timer.path.clone();
        if timer.every.is_zero() {
            return Err(TimerError::Interval(path()));
        }
        let authorization = timer.authorization.as_deref().map(|value| {
            let mut value =
                HeaderValue::from_str(value).map_err(|_| TimerError::Authorization(path()))?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            every: timer.every,
            method: timer
                .method
                .parse()
                .map_err(|_| TimerError::Method(timer.method.clone()))?,
            path: timer
                .path
                .parse()
                .ok()
                .filter(|_| timer.path.starts_with('/'))
                .ok_or_else(|| TimerError::Path(path()))?,
            authorization: authorization.transpose()?,
        })
    }

    /// Calls the route periodically. The access log has the outcome.
    pub(crate) async fn run(self, application: Arc<Application>, authority: http::uri::Authority) {
        loop {
            sleep(self.every).await;
            let Ok(uri) = Uri::builder()
                .scheme("http")
                .authority(authority.clone())
                .path_and_query(self.path.clone())
                .build()
            else {
                return;
            };
            let mut request =
                Request::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
            *request.method_mut() = self.method.clone();
            *request.uri_mut() = uri;
            if let Some(authorization) = &self.authorization {
                request
                    .headers_mut()
                    .insert(AUTHORIZATION, authorization.clone());
            }
            // The guest may still be writing: its instance is done when the body is.
            _ = application
                .answer(request, None)
                .await
                .into_body()
                .collect()
                .await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_cannot_be_called_are_refused() {
        let timer = Timer {
            every: Duration::from_secs(1),
            method: "POST".to_owned(),
            path: "/sweep".to_owned(),
            authorization: Some("Bearer x".to_owned()),
        };
        assert!(ScheduledRequest::new(&timer).is_ok());
        for (wrong, error) in [
            (
                Timer {
                    every: Duration::ZERO,
                    ..timer.clone()
                },
                TimerError::Interval("/sweep".to_owned()),
            ),
            (
                Timer {
                    method: "P OST".to_owned(),
                    ..timer.clone()
                },
                TimerError::Method("P OST".to_owned()),
            ),
            (
                Timer {
                    path: "sweep".to_owned(),
                    ..timer.clone()
                },
                TimerError::Path("sweep".to_owned()),
            ),
            (
                Timer {
                    authorization: Some("a\nb".to_owned()),
                    ..timer.clone()
                },
                TimerError::Authorization("/sweep".to_owned()),
            ),
        ] {
            assert_eq!(ScheduledRequest::new(&wrong).unwrap_err(), error);
        }
    }
}
