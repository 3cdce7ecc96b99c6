//! Platform of the components: Spin, through its SDK and WASI 0.3.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use futures::stream;
use http::{HeaderValue, Method, header};
use http_body::{Frame, SizeHint};
use spin_sdk::http::{FromResponse as _, IntoRequest as _};
use spin_sdk::key_value::{self, Store};
use spin_sdk::variables;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{self, ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::wasip3::random::random::get_random_bytes;
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::{FutureReader, StreamReader, StreamResult};
use time::OffsetDateTime;

use super::{
    Body, Keys, Limits, Platform, Refusal, Request, Response, SendError, StoreError, Stream,
    VariableError,
};

/// Maximum number of keys in one page of a listing.
const PAGE: usize = 1000;

type Page = Result<Vec<String>, StoreError>;

/// Key listing of a store: its keys, followed by the result of the listing.
type KeyListing = (
    StreamReader<String>,
    FutureReader<Result<(), key_value::Error>>,
);

/// Spin platform. It lives as long as the instance, to keep its stores open.
#[derive(Default)]
pub struct Spin {
    stores: RefCell<BTreeMap<String, Rc<Store>>>,
}

impl Spin {
    async fn open(&self, store: &str) -> Result<Rc<Store>, StoreError> {
        let opened = self.stores.borrow().get(store).cloned();
        if let Some(opened) = opened {
            return Ok(opened);
        }
        let opened = Rc::new(Store::open(store).await.map_err(failed(store))?);
        self.stores
            .borrow_mut()
            .insert(store.to_owned(), Rc::clone(&opened));
        Ok(opened)
    }

    async fn within<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, SendError>>,
    ) -> Result<T, SendError> {
        let end = std::pin::pin!(self.sleep(timeout));
        match select(std::pin::pin!(work), end).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(SendError::TimedOut(timeout)),
        }
    }
}

impl Platform for Spin {
    fn now(&self) -> OffsetDateTime {
        let now = system_clock::now();
        OffsetDateTime::from_unix_timestamp(now.seconds)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .saturating_add(time::Duration::nanoseconds(now.nanoseconds.into()))
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let some = get_random_bytes(rest.len() as u64);
            let count = some.len().min(rest.len());
            let (filled, empty) = rest.split_at_mut(count);
            filled.copy_from_slice(some.get(..count).unwrap_or_default());
            rest = empty;
        }
    }

    fn log(&self, line: &str) {
        // One write, so that lines of several requests do not mix. A closed log is ignored.
        let _closed = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }

    async fn sleep(&self, duration: Duration) {
        monotonic_clock::wait_for(nanoseconds(duration)).await;
    }

    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError> {
        match variables::get(name).await {
            Ok(value) => Ok(Some(value)),
            Err(variables::Error::Undefined(_)) => Ok(None),
            Err(error) => Err(VariableError {
                name: name.to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError> {
        self.within(limits.timeout, exchange(request, limits)).await
    }

    /// Sets a single timer for head and body: each timer costs a call of the host, and another to
    /// cancel it.
    async fn send(&self, request: Request, limits: Limits) -> Result<Response, SendError> {
        let work = async {
            let (parts, body) = exchange(request, limits).await?.into_parts();
            let body = Body::Stream(body).collect(limits.max_body).await?;
            Ok(Response::from_parts(parts, body))
        };
        self.within(limits.timeout, work).await
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.open(store)
            .await?
            .get(key)
            .await
            .map_err(failed(store))
    }

    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.open(store)
            .await?
            .set(key, value)
            .await
            .map_err(failed(store))
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        self.open(store)
            .await?
            .delete(key)
            .await
            .map_err(failed(store))
    }

    async fn keys(&self, store: &str) -> Result<Keys, StoreError> {
        let listed = self.open(store).await?.get_keys().await.into_inner();
        let store = store.to_owned();
        Ok(Box::pin(stream::unfold(Some(listed), move |listed| {
            page(store.clone(), listed)
        })))
    }
}

/// Returns the keys that have arrived, at most a page, and the state for the next page.
async fn page(store: String, listed: Option<KeyListing>) -> Option<(Page, Option<KeyListing>)> {
    let (mut keys, outcome) = listed?;
    loop {
        let (status, page) = keys.read(Vec::with_capacity(PAGE)).await;
        if !page.is_empty() {
            return Some((Ok(page), Some((keys, outcome))));
        }
        if !matches!(status, StreamResult::Complete(_)) {
            let failure = outcome.await.err()?;
            return Some((Err(failed(&store)(failure)), None));
        }
    }
}

async fn exchange(request: Request, limits: Limits) -> Result<http::Response<Stream>, SendError> {
    let error = |code: ErrorCode| send_error(&code, limits);
    let sent = client::send(outgoing(request, limits).map_err(error)?)
        .await
        .map_err(error)?;
    let incoming = spin_sdk::http::Response::from_response(sent).map_err(error)?;
    let length = incoming.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(incoming.map(|body| -> Stream {
        Box::pin(Incoming {
            body,
            limits,
            left: limits.max_body,
            length,
        })
    }))
}

/// Incoming body of an answer.
struct Incoming<B> {
    body: B,
    limits: Limits,
    /// Number of bytes still permitted.
    left: usize,
    /// Announced length, as long as nothing has been read.
    length: Option<u64>,
}

impl<B> http_body::Body for Incoming<B>
where
    B: http_body::Body<Data = Bytes, Error = ErrorCode> + Unpin,
{
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.length = None;
        let Some(frame) = frame else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(|code| send_error(&code, self.limits));
        if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
            let Some(left) = self.left.checked_sub(data.len()) else {
                return Poll::Ready(Some(Err(SendError::TooLarge(self.limits.max_body))));
            };
            self.left = left;
        }
        Poll::Ready(Some(frame))
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Converts a request to WASI's. A known length is always announced: without one, hosts send the
/// body, and even an absent one, in chunks (RFC 9112 §6.1), which some servers refuse with 411.
/// Methods that give a body no meaning announce none (RFC 9110 §8.6).
fn outgoing(mut request: Request, limits: Limits) -> Result<types::Request, ErrorCode> {
    let options = options(limits.timeout);
    let length = request.body().len();
    if length > 0 || !matches!(*request.method(), Method::GET | Method::HEAD) {
        request
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if length > 0 {
        request
            .extensions_mut()
            .insert(RequestOptionsExtension(options));
        return request.map(Body::Whole).into_request();
    }
    let invalid = |()| ErrorCode::HttpRequestUriInvalid;
    let (parts, _) = request.into_parts();
    let headers = parts
        .headers
        .try_into()
        .map_err(|_| ErrorCode::HttpProtocolError)?;
    // No trailers: the reader gets this value when the writer is dropped.
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (outgoing, _sent) = types::Request::new(headers, None, trailers, Some(options));
    outgoing
        .set_method(&(&parts.method).into())
        .map_err(invalid)?;
    outgoing
        .set_scheme(parts.uri.scheme().map(Into::into).as_ref())
        .map_err(invalid)?;
    outgoing
        .set_authority(parts.uri.authority().map(http::uri::Authority::as_str))
        .map_err(invalid)?;
    let path = parts
        .uri
        .path_and_query()
        .map(http::uri::PathAndQuery::as_str);
    outgoing.set_path_with_query(path).map_err(invalid)?;
    Ok(outgoing)
}

/// Returns the platform's own timeouts, which end a call earlier than the app's if the server is
/// silent.
fn options(timeout: Duration) -> RequestOptions {
    let options = RequestOptions::new();
    let timeout = Some(nanoseconds(timeout));
    // Not every platform supports each of them; the app's timeout holds in any case.
    let _unsupported = options.set_connect_timeout(timeout);
    let _unsupported = options.set_first_byte_timeout(timeout);
    let _unsupported = options.set_between_bytes_timeout(timeout);
    options
}

fn send_error(code: &ErrorCode, limits: Limits) -> SendError {
    let reason = format!("{code:?}");
    match code {
        ErrorCode::HttpRequestDenied
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::ConfigurationError => SendError::NotAllowed(reason),
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached => SendError::NoConnection(reason),
        ErrorCode::TlsCertificateError => SendError::NotTrusted(reason),
        ErrorCode::TlsAlertReceived(alert) => alert
            .alert_id
            .and_then(Refusal::of_alert)
            .map_or(SendError::Tls(reason), SendError::CertificateRefused),
        ErrorCode::TlsProtocolError => SendError::Tls(reason),
        ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => SendError::TimedOut(limits.timeout),
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_) => SendError::TooLarge(limits.max_body),
        _ => SendError::Broken(reason),
    }
}

fn failed(store: &str) -> impl FnOnce(key_value::Error) -> StoreError {
    move |error| StoreError {
        store: store.to_owned(),
        reason: error.to_string(),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
