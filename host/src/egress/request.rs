//! Headers of requests and responses that the proxy passes on.

use std::collections::BTreeMap;

use credential::EGRESS_HEADER;
use http::header::{self, CONTENT_LENGTH, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body::Body;
use http_body_util::{BodyExt as _, Limited};
use wasmtime_wasi_http::{Error, WasiBody};

use super::answer::Fault;
use crate::allowed_hosts::Origin;

/// Largest request body, in bytes.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// Hop-by-hop headers (RFC 9110 §7.6.1), and those for the proxy itself.
const BETWEEN_NEIGHBOURS: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];
const OTHERS: [&str; 3] = ["keep-alive", "proxy-connection", EGRESS_HEADER];

/// Request on its way to a pin's origin.
pub(super) struct ForwardedRequest<'t> {
    pub(super) pin: &'t str,
    pub(super) origin: &'t Origin,
    pub(super) request: Request<WasiBody>,
}

/// Rewrites a request for `/<pin>/<path>` to the pin's origin. No other part of the request
/// determines its destination.
pub(super) fn passed<B>(
    request: Request<B>,
    targets: &BTreeMap<String, Origin>,
) -> Result<ForwardedRequest<'_>, Fault>
where
    B: Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::CONNECT
        || parts.uri.scheme().is_some()
        || parts.uri.authority().is_some()
    {
        return Err(Fault::NotAPath);
    }
    let path = parts.uri.path_and_query().ok_or(Fault::NotAPath)?;
    let rest = path.as_str().strip_prefix('/').ok_or(Fault::NotAPath)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let (pin, origin) = targets.get_key_value(name).ok_or(Fault::PinUnknown)?;
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let uri = format!("{origin}{slash}{rest}");
    parts.uri = uri.parse::<Uri>().map_err(|_| Fault::NotAPath)?;
    if declared(&parts.headers).is_some_and(|length| length > MOST_BODY as u64) {
        return Err(Fault::BodyTooLarge);
    }
    strip(&mut parts.headers);
    let host = parts.uri.authority().map(Authority::as_str);
    let host = HeaderValue::from_str(host.unwrap_or_default());
    parts
        .headers
        .insert(HOST, host.map_err(|_| Fault::NotAPath)?);
    let body = Limited::new(body, MOST_BODY)
        .map_err(|_| Error::HttpRequestBodySize(None))
        .boxed_unsync();
    Ok(ForwardedRequest {
        pin,
        origin,
        request: Request::from_parts(parts, body),
    })
}

/// Returns the unchanged answer, including redirects, without the hop-by-hop headers.
pub(super) fn answered(mut response: Response<WasiBody>) -> Response<WasiBody> {
    strip(response.headers_mut());
    response
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| *name != CONTENT_LENGTH)
        .collect();
    for name in named.into_iter().chain(BETWEEN_NEIGHBOURS) {
        headers.remove(name);
    }
    for name in OTHERS {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;

    use super::*;

    fn pass(request: http::request::Builder) -> Result<Request<WasiBody>, Fault> {
        let origin = Origin::of_entry("https://api.example:8443").unwrap();
        let targets = BTreeMap::from([("bud".to_owned(), origin)]);
        let request = request.body(Full::new(Bytes::new())).unwrap();
        passed(request, &targets).map(|passed| passed.request)
    }

    #[test]
    fn the_path_says_where_it_goes_and_nothing_else_does() {
        for (path, target) in [
            ("/bud/api/1?x=2", "https://api.example:8443/api/1?x=2"),
            ("/bud/", "https://api.example:8443/"),
            ("/bud", "https://api.example:8443/"),
            ("/bud?x", "https://api.example:8443/?x"),
            (
                "/bud//elsewhere.example/",
                "https://api.example:8443//elsewhere.example/",
            ),
            (
                "/bud/@elsewhere.example/",
                "https://api.example:8443/@elsewhere.example/",
            ),
            ("/bud/../other", "https://api.example:8443/../other"),
        ] {
            let request = Request::get(path).header("host", "elsewhere.example");
            let request = pass(request).unwrap();
            assert_eq!(request.uri(), target);
            assert_eq!(request.headers()["host"], "api.example:8443");
        }
        for (request, refused) in [
            (Request::get("/"), Fault::PinUnknown),
            (Request::get("/Bud/"), Fault::PinUnknown),
            (Request::get("/bu%64/"), Fault::PinUnknown),
            (Request::get("//bud/"), Fault::PinUnknown),
            (Request::get("http://api.example/bud/"), Fault::NotAPath),
            (Request::connect("api.example:8443"), Fault::NotAPath),
            (Request::options("*"), Fault::NotAPath),
            (
                Request::post("/bud/").header("content-length", "67108865"),
                Fault::BodyTooLarge,
            ),
        ] {
            let case = format!("{request:?}");
            assert_eq!(pass(request).err(), Some(refused), "{case}");
        }
    }

    #[test]
    fn what_is_for_the_proxy_stays_here() {
        let request = Request::get("/bud/")
            .header("proxy-authorization", "Bearer key")
            .header("innsyn-proxy-authorization", "Bearer credential")
            .header("connection", "close, X-Own")
            .header("x-own", "1")
            .header("keep-alive", "5")
            .header("te", "trailers")
            .header("expect", "100-continue")
            .header("authorization", "Bearer theirs")
            .header("accept", "*/*");
        let request = pass(request).unwrap();
        let mut names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "authorization", "host"]);
    }
}
