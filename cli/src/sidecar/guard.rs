//! Who may ask: programs on this machine, which know the sidecar by a name of this machine. A page in a browser may
//! not, whether it says so itself (`Origin`) or reaches the loopback under a name of its own (DNS rebinding).

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refused;

pub(super) async fn this_machine_alone(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut response = if !host(headers).is_some_and(|host| is_this_machine(&host)) {
        refused("the Host of a request must be localhost or a loopback address")
    } else if headers.contains_key(header::ORIGIN) {
        refused("a page in a browser may not ask for tokens")
    } else {
        next.run(request).await
    };
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

fn refused(description: &str) -> Response {
    Refused::new(StatusCode::FORBIDDEN, "invalid_request", description).into_response()
}

/// The one `Host`, without a port.
fn host(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let authority: Authority = hosts.next()?.to_str().ok()?.parse().ok()?;
    hosts.next().is_none().then(|| authority.host().to_owned())
}

/// Whether `host`, as an address has it, is a name or an address of the loopback.
pub(super) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_few() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "localhost.example",
            "127.0.0.1.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::]",
            "2130706433",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn there_is_one_host() {
        let mut headers = HeaderMap::new();
        assert_eq!(host(&headers), None);
        headers.append(header::HOST, HeaderValue::from_static("localhost:7164"));
        assert_eq!(host(&headers).as_deref(), Some("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("elsewhere.example"));
        assert_eq!(host(&headers), None);
    }
}
