//! Headers with which the host describes a request to its component, as Spin does.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use wasmtime_wasi_http::WasiBody;

use crate::routes::Match;

/// Sets the headers that Spin sets (<https://spinframework.dev/http-trigger>), and removes the
/// caller's headers of such names.
pub(crate) fn set(
    request: &mut Request<WasiBody>,
    found: &Match<'_>,
    host: &str,
    client: Option<SocketAddr>,
) {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let described = [
        ("spin-path-info", found.rest.clone()),
        ("spin-full-url", format!("http://{host}{path}")),
        ("spin-matched-route", found.pattern.to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", found.pattern.to_owned()),
        ("spin-component-route", found.prefix.to_owned()),
        (
            "spin-client-addr",
            client.map_or_else(|| "0.0.0.0:0".to_owned(), |client| client.to_string()),
        ),
    ];
    let headers = request.headers_mut();
    remove_set_by_caller(headers);
    for (name, value) in described {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn remove_set_by_caller(headers: &mut HeaderMap) {
    let described: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in described {
        headers.remove(name);
    }
}
