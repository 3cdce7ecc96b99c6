//! An answer with its whole body, and what journeys ask of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// What came back.
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

    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("printable"))
    }

    /// The body as JSON, after the status is checked.
    #[track_caller]
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:#?}");
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// Checks that this is a problem of the type `slug`, with what every problem has and nothing it must not have.
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
