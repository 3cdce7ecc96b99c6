//! Requests to Posten.

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use time::OffsetDateTime;
use url::form_urlencoded::byte_serialize;

use super::multipart::{self, SealedBody};
use super::{Address, Flow, Job, Posten, RequestError, Seal, message};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Request;

const XML: HeaderValue = HeaderValue::from_static("application/xml");
/// `Accept` for a line of text, whose media type is not documented.
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");
/// `Accept` for the signed document; a refusal is still XML.
const DOCUMENT: HeaderValue = HeaderValue::from_static("application/octet-stream, application/xml");

/// Request that creates a job, with its package.
#[derive(Debug)]
pub struct SealedOrder {
    /// Request to Posten.
    pub request: Request,
    /// Sealed package (ASiC-E), which shares the memory of the request's body.
    pub package: Bytes,
}

impl Posten {
    /// Builds the request that creates a job. The seal has the time `now`, which is called last
    /// before signing: the service accepts a seal of the last few seconds only. The request is not
    /// idempotent: Posten does not deduplicate by reference, so a repeated request creates a second
    /// job.
    ///
    /// `boundary` separates the parts of the body: 16 to 70 letters and digits, random, so that no
    /// document contains it.
    ///
    /// # Errors
    /// [`RequestError`], each variant.
    pub fn create(
        &self,
        job: &Job,
        seal: &Seal,
        now: impl FnOnce() -> OffsetDateTime,
        boundary: &str,
    ) -> Result<SealedOrder, RequestError> {
        let SealedBody { body, package } = multipart::body(job, seal, now, boundary)?;
        let media_type = format!("multipart/mixed; boundary={boundary}");
        let media_type = HeaderValue::try_from(media_type).map_err(|_| RequestError::Boundary)?;
        let mut request = self.request(Method::POST, &collection(job.flow(), &job.sender), body)?;
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
        Ok(SealedOrder { request, package })
    }

    /// Builds the request for the identity under which Posten knows the caller. The answer is a
    /// line of text.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn who_am_i(&self, sender: &OrganisationNumber) -> Result<Request, RequestError> {
        let mut request = self.request(Method::GET, &format!("/api/{sender}"), Bytes::new())?;
        request.headers_mut().insert(header::ACCEPT, ANYTHING);
        Ok(request)
    }

    /// Builds the request for the next change in a queue; `None` is the default queue. See
    /// [`super::poll`].
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
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

    /// Builds the request for the status of a direct job, with the `status_query_token` from the
    /// signer's browser.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
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

    /// Builds the request that confirms a stored change, so that Posten does not return it again.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn confirm(&self, confirmation: &Address) -> Result<Request, RequestError> {
        self.request(Method::POST, confirmation.as_str(), Bytes::new())
    }

    /// Builds the request that cancels a portal job. Status 409 means that it is too late.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn cancel(&self, cancellation: &Address) -> Result<Request, RequestError> {
        self.request(Method::POST, cancellation.as_str(), Bytes::new())
    }

    /// Builds the request that deletes the documents of an ended job at Posten.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn delete_documents(&self, documents: &Address) -> Result<Request, RequestError> {
        self.request(Method::DELETE, documents.as_str(), Bytes::new())
    }

    /// Builds the request for a new signing page of a direct job's signer. Each page works once.
    /// See [`super::answer::signer`].
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn new_redirect(&self, signer: &Address) -> Result<Request, RequestError> {
        let body = Bytes::from(message::new_redirect());
        let mut request = self.request(Method::POST, signer.as_str(), body)?;
        request.headers_mut().insert(header::CONTENT_TYPE, XML);
        Ok(request)
    }

    /// Builds the request that downloads a signer's XAdES signature.
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
    pub fn xades(&self, signature: &Address) -> Result<Request, RequestError> {
        self.request(Method::GET, signature.as_str(), Bytes::new())
    }

    /// Builds the request that downloads the signed document (PAdES).
    ///
    /// # Errors
    /// [`RequestError::Address`] if the address is invalid.
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

/// Encodes a value for a query, with blanks as `%20`, which every server accepts.
fn encoded(value: &str) -> String {
    byte_serialize(value.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
