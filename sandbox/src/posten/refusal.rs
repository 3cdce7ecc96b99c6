//! Error documents of Posten, and their codes.
//!
//! The vendor publishes no list of codes. Those of [`Code`] are known from its documentation, its
//! clients and recorded answers. Assumptions: the status 403 of the two about access, and 400 for
//! features that the organisation may not use; `error-type` is always `CLIENT`. A message never
//! repeats a value from the request, unlike the real one: it may be a person's number.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::answer::{Element, Style};
use crate::kit::journal::JournalNote;

/// Error answer of the API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: Code,
    message: String,
}

/// Error code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Code {
    /// The certificate's organisation has no access.
    NotAuthorized,
    /// The caller may not act for the organisation in the path.
    BrokerNotAuthorized,
    /// The organisation may not use the requested feature.
    FeatureNotAvailable,

    /// The request's XML breaks the schema.
    SchemaValidation,
    /// The document package is invalid.
    AsiceValidation,

    /// The status was requested before the signer was done.
    CeremonyNotCompleted,
    /// The token is not the latest one of the job.
    InvalidStatusQueryToken,

    /// Unknown job. The code is an assumption.
    NotFound,
    /// Action that is no longer possible. The code is an assumption.
    TooLate,
    /// Documents that cannot be deleted. The code is an assumption.
    NotDeletable,
    /// Poll before the permitted time. The code is an assumption.
    TooEarly,
}

impl Refusal {
    /// Makes a refusal with the status of the code.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            status: code.status(),
            code,
            message: message.into(),
        }
    }

    /// Serialises the document, in the style that the previous one did not have.
    fn document(&self) -> String {
        static COUNT: AtomicI64 = AtomicI64::new(0);
        let style = Style::alternating(COUNT.fetch_add(1, Ordering::Relaxed));
        let children = [
            Element::text("error-code", self.code.name()),
            Element::text("error-message", self.message.as_str()),
            Element::text("error-type", "CLIENT"),
        ];
        Element::new("error").with(children).document(style)
    }
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::NotAuthorized => "NOT_AUTHORIZED",
            Self::BrokerNotAuthorized => "BROKER_NOT_AUTHORIZED",
            Self::FeatureNotAvailable => "FEATURE_NOT_AVAILABLE",
            Self::SchemaValidation => "SCHEMA_VALIDATION_ERROR",
            Self::AsiceValidation => "ASICE_VALIDATION_FAILED",
            Self::CeremonyNotCompleted => "SIGNING_CEREMONY_NOT_COMPLETED",
            Self::InvalidStatusQueryToken => "INVALID_STATUS_QUERY_TOKEN",
            Self::NotFound => "NOT_FOUND",
            Self::TooLate => "JOB_ALREADY_COMPLETED",
            Self::NotDeletable => "DOCUMENTS_NOT_DELETABLE",
            Self::TooEarly => "POLLED_TOO_EARLY",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotAuthorized | Self::BrokerNotAuthorized | Self::InvalidStatusQueryToken => {
                StatusCode::FORBIDDEN
            }
            Self::FeatureNotAvailable | Self::SchemaValidation | Self::AsiceValidation => {
                StatusCode::BAD_REQUEST
            }
            Self::CeremonyNotCompleted | Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLate | Self::NotDeletable => StatusCode::CONFLICT,
            Self::TooEarly => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let note = Extension(JournalNote(format!(
            "{}: {}",
            self.code.name(),
            self.message
        )));
        let headers = [(header::CONTENT_TYPE, "application/xml")];
        (self.status, note, headers, self.document()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_one_style_and_the_other() {
        let refusal = Refusal::new(Code::AsiceValidation, "a < b & \"c\"");
        let documents: Vec<_> = (0..50).map(|_| refusal.document()).collect();
        for root in [
            r#"<error xmlns="http://signering.posten.no/schema/v1">"#,
            r#"<ns4:error xmlns="http://uri.etsi.org/01903/v1.3.2#""#,
        ] {
            let is_so = |document: &&String| document.contains(root);
            assert!(documents.iter().any(|document| is_so(&document)), "{root}");
        }
        for document in documents {
            let tree = uppsala::parse(&document).unwrap();
            let root = tree.document_element().unwrap();
            let texts = tree.children(root).into_iter();
            let texts: Vec<_> = texts.map(|id| tree.text_content_deep(id)).collect();
            let told = ["ASICE_VALIDATION_FAILED", "a < b & \"c\"", "CLIENT"];
            assert_eq!(texts, told);
        }
    }
}
