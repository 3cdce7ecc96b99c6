//! Yardstick for the components: a greeting, and a read reduced to its input and output.
//!
//! | Path ends with | Answer |
//! |---|---|
//! | `hello` | `hello` |
//! | `read` | the answer of `floor-url`, called with this request's `Authorization` after the row
//! `floor-key` is read |

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{
    FromResponse as _, FullBody, HeaderMap, HeaderValue, Request, Response, StatusCode, Uri,
};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;
use spin_sdk::wasip3::http::{client, types};
use spin_sdk::wasip3::wit_future;

/// Store of the rows that reads look up.
const STORE: &str = "consents";

thread_local! {
    /// Handle of the store, opened once as in the components.
    static OPENED: RefCell<Option<Rc<Store>>> = const { RefCell::new(None) };
}

#[http_service]
async fn floor(request: Request) -> (StatusCode, HeaderMap, FullBody<Bytes>) {
    let path = request.uri().path();
    let answer = match path.rsplit('/').next() {
        Some("hello") => Ok(Bytes::from_static(b"hello")),
        Some("read") => read(request.headers()).await,
        _ => Err("no such path".to_owned()),
    };
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(reason) => (StatusCode::BAD_GATEWAY, Bytes::from(reason)),
    };
    let mut headers = HeaderMap::new();
    headers.insert("content-length", body.len().into());
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    (status, headers, FullBody::new(body))
}

async fn store() -> Result<Rc<Store>, String> {
    if let Some(store) = OPENED.with_borrow(Clone::clone) {
        return Ok(store);
    }
    let store = Rc::new(Store::open(STORE).await.map_err(failed)?);
    OPENED.set(Some(Rc::clone(&store)));
    Ok(store)
}

async fn read(given: &HeaderMap) -> Result<Bytes, String> {
    let header = |name: &str| {
        let value = given.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| format!("no {name}"))
    };
    let row = store().await?.get(header("floor-key")?).await;
    row.map_err(failed)?.ok_or("no such row")?;
    let answer = client::send(outgoing(header("floor-url")?, given)?).await;
    let answer = Response::from_response(answer.map_err(failed)?).map_err(failed)?;
    if answer.status() != StatusCode::OK {
        return Err(answer.status().to_string());
    }
    answer.into_body().bytes().await.map_err(failed)
}

/// Builds a request without a body, with the headers that a read sends.
fn outgoing(url: &str, given: &HeaderMap) -> Result<types::Request, String> {
    let url: Uri = url.parse().map_err(failed)?;
    let mut headers = HeaderMap::new();
    for name in ["accept", "authorization", "korrelasjonsid"] {
        if let Some(value) = given.get(name) {
            headers.insert(name, value.clone());
        }
    }
    let headers = headers.try_into().map_err(failed)?;
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _sent) = types::Request::new(headers, None, trailers, None);
    request
        .set_scheme(url.scheme().map(Into::into).as_ref())
        .map_err(failed)?;
    let authority = url.authority().map(Authority::as_str);
    request.set_authority(authority).map_err(failed)?;
    let path = url.path_and_query().map(PathAndQuery::as_str);
    request.set_path_with_query(path).map_err(failed)?;
    Ok(request)
}

fn failed(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
