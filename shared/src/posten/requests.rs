//! The requests that Posten takes, ready to be sent.

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use thiserror::Error;
use time::OffsetDateTime;
use url::form_urlencoded::byte_serialize;

use super::{Address, Flow, Job, Posten, Seal, message, multipart};
use crate::party::OrganisationNumber;
use crate::platform::Request;

const XML: HeaderValue = HeaderValue::from_static("application/xml");
/// For a line of text, whose type is not documented.
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");
/// For the signed document; a refusal is XML all the same.
const DOCUMENT: HeaderValue = HeaderValue::from_static("application/octet-stream, application/xml");

impl Posten {
    /// Orders a job, sealed at `now`, which is asked when all but the signature is done: the service takes a seal of the
    /// last seconds only. A job is not known by its reference at Posten, so that a second such request makes a second job.
    ///
    /// `boundary` parts the body: 16 to 70 letters and digits, random, so that no document can hold it.
    pub fn create(
        &self,
        job: &Job,
        seal: &Seal,
        now: impl FnOnce() -> OffsetDateTime,
        boundary: &str,
    ) -> Result<Request, RequestError> {
        let body = multipart::body(job, seal, now, boundary)?;
        let media_type = format!("multipart/mixed; boundary={boundary}");
        let media_type = HeaderValue::try_from(media_type).map_err(|_| RequestError::Boundary)?;
        let mut request = self.request(Method::POST, &collection(job.flow(), &job.sender), body)?;
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
        Ok(request)
    }

    /// Asks whom Posten takes us for: its answer is a line of text.
    pub fn who_am_i(&self, sender: &OrganisationNumber) -> Result<Request, RequestError> {
        let mut request = self.request(Method::GET, &format!("/api/{sender}"), Bytes::new())?;
        request.headers_mut().insert(header::ACCEPT, ANYTHING);
        Ok(request)
    }

    /// Asks for the next change in a queue; `None` is the default one. See [`super::poll`].
    pub fn poll(
        &self,
        flow: Flow,
        sender: &OrganisationNumber,
        queue: Option<&str>,
    ) -> Result<Request, RequestError> {
        let mut path = collection(flow, sender);
        if let Some(queue) = queue {
            path = format!("{path}?polling_queue={}", encoded(queue));
        }
        self.request(Method::GET, &path, Bytes::new())
    }

    /// Asks what became of a direct job, with the `status_query_token` that a signer's browser brought home.
    pub fn status(&self, status: &Address, token: &str) -> Result<Request, RequestError> {
        let parted = if status.as_str().contains('?') {
            '&'
        } else {
            '?'
        };
        let token = encoded(token);
        let path = format!("{}{parted}status_query_token={token}", status.as_str());
        self.request(Method::GET, &path, Bytes::new())
    }

    /// Says that a change has been stored: it does not come again.
    pub fn confirm(&self, confirmation: &Address) -> Result<Request, RequestError> {
        self.request(Method::POST, confirmation.as_str(), Bytes::new())
    }

    /// Withdraws a portal job. 409 means that it is too late.
    pub fn cancel(&self, cancellation: &Address) -> Result<Request, RequestError> {
        self.request(Method::POST, cancellation.as_str(), Bytes::new())
    }

    /// Has Posten remove the documents of a job that is over.
    pub fn delete_documents(&self, documents: &Address) -> Result<Request, RequestError> {
        self.request(Method::DELETE, documents.as_str(), Bytes::new())
    }

    /// Asks for a new page for a signer of a direct job: each works once. See [`super::answer::signer`].
    pub fn new_redirect(&self, signer: &Address) -> Result<Request, RequestError> {
        let body = Bytes::from(message::new_redirect());
        let mut request = self.request(Method::POST, signer.as_str(), body)?;
        request.headers_mut().insert(header::CONTENT_TYPE, XML);
        Ok(request)
    }

    /// Downloads a signer's signature.
    pub fn xades(&self, signature: &Address) -> Result<Request, RequestError> {
        self.request(Method::GET, signature.as_str(), Bytes::new())
    }

    /// Downloads the signed document.
    pub fn pades(&self, document: &Address) -> Result<Request, RequestError> {
        let mut request = self.request(Method::GET, document.as_str(), Bytes::new())?;
        request.headers_mut().insert(header::ACCEPT, DOCUMENT);
        Ok(request)
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request, RequestError> {
        http::Request::builder()
            .method(method)
            .uri(self.called(path))
            .header(header::ACCEPT, XML)
            .body(body)
            .map_err(|_| RequestError::Address)
    }
}

fn collection(flow: Flow, sender: &OrganisationNumber) -> String {
    format!("/api/{sender}/{}/signature-jobs", flow.as_str())
}

/// A value in a query, with blanks as every server reads them.
fn encoded(value: &str) -> String {
    byte_serialize(value.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// Why a request could not be made: our own fault, each of them.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum RequestError {
    /// Not something to part a body with.
    #[error("the boundary of the body is not 16 to 70 letters and digits")]
    Boundary,
    /// A time that cannot be written.
    #[error("the time of sealing cannot be written")]
    Time,
    /// The key does not sign.
    #[error("the sealing key does not sign")]
    Signature,
    /// The package could not be written.
    #[error("the package of documents cannot be written")]
    Package,
    /// What is called is not an address.
    #[error("the address of Posten is not one that can be called")]
    Address,
}
