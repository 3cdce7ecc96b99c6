//! Response with its whole body, and the checks of journeys on it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Response to a request.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// Reads the whole of `response`.
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.text().await.expect("a whole body");
        Self {
            status,
            headers,
            body,
        }
    }

    /// Returns a header's text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("printable"))
    }

    /// Parses the body as JSON, after a check of the status.
    #[track_caller]
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:#?}");
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// Checks that this is a problem of the type `slug`, with the common members and no forbidden
    /// ones.
    #[track_caller]
    pub fn problem(&self, status: u16, slug: &str) -> Value {
        let problem = self.json(status);
        assert_eq!(
            problem["type"],
            format!("urn:innsyn:problem:{slug}"),
            "{self:#?}"
        );
        assert_eq!(problem["status"], status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert!(!self.header("content-length").is_empty());
        assert_eq!(problem["correlation_id"], self.header("correlation-id"));
        for trace in ["panicked", "wasm", ".rs:", "backtrace"] {
            assert!(!self.body.contains(trace), "{self:#?}");
        }
        problem
    }
}
