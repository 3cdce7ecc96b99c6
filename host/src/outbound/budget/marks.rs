//! Request headers with which a component marks an outgoing call for the budgets. They never leave
//! this process.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use wasmtime_wasi_http::RequestOptions;

/// Prefix of the headers to remove, including those of newer components.
const PREFIX: &str = "innsyn-call-";
/// Class of the call, a name from a `[[budget.class]]`.
const CLASS: &str = "innsyn-call-class";
/// Organisation for which the call is made.
const TENANT: &str = "innsyn-call-tenant";
/// API that is called.
const SERVICE: &str = "innsyn-call-service";
/// Pseudonym of the customer for whom the call is made.
const CUSTOMER: &str = "innsyn-call-customer";
/// Longest time, in milliseconds, that the call may wait for the budget.
const WAIT: &str = "innsyn-call-wait";
/// Longest time, in milliseconds, from making the call until its answer begins.
const TIMEOUT: &str = "innsyn-call-timeout";
/// Longest value that is used; a longer one counts as absent.
const LONGEST: usize = 64;

/// Marks of one call; all absent if the component sends none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Marks {
    pub(super) class: Option<String>,
    pub(super) tenant: String,
    pub(super) service: String,
    pub(super) customer: Option<Arc<str>>,
    pub(super) wait: Option<Duration>,
    pub(super) timeout: Option<Duration>,
}

impl Marks {
    /// Removes all marks from the headers and returns the known ones.
    pub(crate) fn take(headers: &mut HeaderMap) -> Self {
        let marked = headers
            .keys()
            .filter(|name| name.as_str().starts_with(PREFIX));
        let marked: Vec<HeaderName> = marked.cloned().collect();
        let mut marks = Self::default();
        for name in marked {
            let Some(value) = headers.remove(&name) else {
                continue;
            };
            let Some(value) = value.to_str().ok().filter(|value| value.len() <= LONGEST) else {
                continue;
            };
            let milliseconds = || value.parse().ok().map(Duration::from_millis);
            match name.as_str() {
                CLASS => marks.class = Some(value.to_owned()),
                TENANT => value.clone_into(&mut marks.tenant),
                SERVICE => value.clone_into(&mut marks.service),
                CUSTOMER => marks.customer = Some(value.into()),
                WAIT => marks.wait = milliseconds(),
                TIMEOUT => marks.timeout = milliseconds(),
                _ => {}
            }
        }
        marks
    }

    /// Shortens the limits of an exchange, from the start of the call, to the component's.
    pub(crate) fn limit(&self, options: &mut RequestOptions) {
        if let Some(timeout) = self.timeout {
            let shorter =
                |limit: Option<Duration>| Some(limit.map_or(timeout, |limit| limit.min(timeout)));
            options.connect_timeout = shorter(options.connect_timeout);
            options.first_byte_timeout = shorter(options.first_byte_timeout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_none_is_left() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("innsyn-call-class", "orders"),
            ("innsyn-call-tenant", "310000205"),
            ("innsyn-call-service", "signering"),
            ("innsyn-call-customer", "3f"),
            ("innsyn-call-wait", "1500"),
            ("innsyn-call-timeout", "4000"),
            ("innsyn-call-of-a-newer-release", "1"),
            ("accept", "*/*"),
        ] {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let marks = Marks::take(&mut headers);
        let expected = Marks {
            class: Some("orders".to_owned()),
            tenant: "310000205".to_owned(),
            service: "signering".to_owned(),
            customer: Some("3f".into()),
            wait: Some(Duration::from_millis(1500)),
            timeout: Some(Duration::from_secs(4)),
        };
        assert_eq!(marks, expected);
        let mut options = RequestOptions {
            connect_timeout: Some(Duration::from_secs(9)),
            ..RequestOptions::default()
        };
        marks.limit(&mut options);
        assert_eq!(options.connect_timeout, marks.timeout);
        assert_eq!(options.first_byte_timeout, marks.timeout);
        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
    }

    #[test]
    fn a_mark_that_cannot_be_used_is_removed_all_the_same() {
        let mut headers = HeaderMap::new();
        headers.append("innsyn-call-wait", "soon".parse().unwrap());
        headers.append("innsyn-call-customer", "a".repeat(65).parse().unwrap());
        headers.append("innsyn-call-class", "orders".parse().unwrap());
        headers.append("innsyn-call-class", "drain".parse().unwrap());
        let marks = Marks::take(&mut headers);
        assert_eq!(marks.class.as_deref(), Some("orders"));
        assert_eq!((marks.customer, marks.wait), (None, None));
        assert!(headers.is_empty());
    }
}
