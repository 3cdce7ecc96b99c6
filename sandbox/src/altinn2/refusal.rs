//! Altinn 2's refusals: a reason phrase without a body, or a body with a list of errors.
//!
//! Sources: Altinn, "Feilsøking" for REST; "Be om samtykke"; release notes 21.8. The list of codes
//! was never published. Assumption: every code but 40332, and every text that is not quoted there.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hyper::ext::ReasonPhrase;
use serde_json::{Value, json};

use super::switches::{ErrorMembers, ErrorsIn, Switches};
use crate::kit::journal::JournalNote;

/// Reason for refusing a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// Error as the reason phrase of the status line.
    Phrase(StatusCode, &'static str),
    /// List of errors in the body.
    Faults(Vec<Fault>),
}

/// Fault in a consent request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// A required member is absent or empty.
    Missing(&'static str),
    /// A member has an invalid value.
    Invalid(&'static str),
    /// `CoveredBy` is not the caller.
    OtherConsumer,
    /// `HandledBy` is not the caller.
    OtherHandler,
    /// `OfferedBy` is unknown to the registers.
    UnknownParty,
    /// The name differs from the register's.
    NameMismatch(&'static str),
    /// `ValidTo` has passed.
    Passed,
    /// The service owner does not let the consumer send people there.
    Redirect,
    /// The service does not exist.
    UnknownService(String),
    /// The services do not have one template in common.
    MixedTemplates,
    /// The service owner has not registered the consumer.
    NotRegistered(String),
    /// A parameter of the service's text is absent or empty.
    Metadata(String),
    /// The template does not allow a message, since it has its own text.
    MessageNotAllowed,
}

/// Refuses a call without an `ApiKey`.
pub(super) const NO_API_KEY: Refusal = Refusal::Phrase(
    StatusCode::BAD_REQUEST,
    "Required header 'ApiKey' is missing.",
);
/// Refuses a call with neither the required certificate nor a token.
pub(super) const NO_ORGANISATION: Refusal = Refusal::Phrase(
    StatusCode::UNAUTHORIZED,
    "Authorization failed: There is no authenticated organization number set on this request.",
);
/// The key is another's, or not for this.
pub(super) const KEY: Refusal = Refusal::Phrase(
    StatusCode::FORBIDDEN,
    "The API key is not authorized for this operation",
);
/// Single answer of the token endpoint to all faults.
pub(super) const CODE: Refusal = Refusal::Phrase(
    StatusCode::FORBIDDEN,
    "The API key is not authorized for this operation, or the supplied authorization code is either \
     expired or invalid.",
);
/// The token has not the scope. Assumption: the text.
pub(super) const SCOPE: Refusal = Refusal::Phrase(
    StatusCode::FORBIDDEN,
    "Authorization failed: The token does not have the scope of this operation.",
);
/// Refuses a request that is not the caller's, or does not exist: both get the same answer.
/// Assumption: the text.
pub(super) const NOT_YOURS: Refusal = Refusal::Phrase(
    StatusCode::FORBIDDEN,
    "Authorization failed: The consent request is not available.",
);
/// The request is answered. Assumption: status and text.
pub(super) const ANSWERED: Refusal = Refusal::Phrase(
    StatusCode::BAD_REQUEST,
    "The consent request is already answered.",
);
/// Refuses an invalid body. The text is an assumption.
pub(super) const UNREADABLE: Refusal = Refusal::Phrase(
    StatusCode::BAD_REQUEST,
    "The request body could not be read.",
);
/// Refuses a media type that is neither JSON nor HAL.
pub(super) const MEDIA_TYPE: Refusal =
    Refusal::Phrase(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type");
/// Refuses a wrong name or password. The text is an assumption.
pub(super) const LOGIN: Refusal = Refusal::Phrase(
    StatusCode::UNAUTHORIZED,
    "Authentication failed: Invalid username or password.",
);
/// Refuses all calls, as since June 2026. Status and text are assumptions.
pub(super) const CLOSED: Refusal =
    Refusal::Phrase(StatusCode::GONE, "Altinn 2 was closed on 19 June 2026.");
/// Reports a fault of the sandbox itself.
pub(super) const BROKEN: Refusal =
    Refusal::Phrase(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");

impl Fault {
    fn facts(&self) -> (&'static str, String) {
        match self {
            Self::Missing(name) => ("40300", format!("{name} is required")),
            Self::Invalid(name) => ("40301", format!("{name} is not valid")),
            Self::OtherConsumer => (
                "40310",
                "CoveredBy is not the authenticated organization".into(),
            ),
            Self::OtherHandler => (
                "40311",
                "HandledBy is not the authenticated organization".into(),
            ),
            Self::UnknownParty => ("40330", "OfferedBy was not found".into()),
            Self::NameMismatch(name) => (
                "40332",
                format!("The name does not match the identifier given for {name}"),
            ),
            Self::Passed => ("40340", "ValidTo has passed".into()),
            Self::Redirect => ("40350", "RedirectUrl is not allowed".into()),
            Self::UnknownService(name) => ("40360", format!("There is no service {name}")),
            Self::MixedTemplates => ("40361", "The services have different templates".into()),
            Self::NotRegistered(name) => (
                "40362",
                format!("CoveredBy is not registered for the service {name}"),
            ),
            Self::Metadata(name) => ("40370", format!("Metadata {name} is missing or empty")),
            Self::MessageNotAllowed => (
                "40380",
                "RequestMessage is not allowed for the template".into(),
            ),
        }
    }

    fn document(&self, members: ErrorMembers) -> Value {
        let (code, text) = self.facts();
        match members {
            ErrorMembers::General => json!({ "ErrorCode": code, "ErrorMessage": text }),
            ErrorMembers::Described => json!({ "errorCode": code, "errorDescription": text }),
        }
    }
}

impl Refusal {
    /// Builds the answer, with the reason in the journal.
    pub(super) fn response(&self, switches: &Switches) -> Response {
        match self {
            Self::Phrase(status, text) => phrased(*status, text),
            Self::Faults(faults) if switches.errors_in == ErrorsIn::Body => {
                let documents = faults
                    .iter()
                    .map(|fault| fault.document(switches.error_members));
                let body = Json(documents.collect::<Value>());
                let codes: Vec<_> = faults.iter().map(|fault| fault.facts().0).collect();
                let mut response = (StatusCode::BAD_REQUEST, body).into_response();
                response
                    .extensions_mut()
                    .insert(JournalNote(codes.join(", ")));
                response
            }
            Self::Faults(faults) => {
                let texts: Vec<_> = faults.iter().map(|fault| fault.facts().1).collect();
                phrased(StatusCode::BAD_REQUEST, &texts.join("; "))
            }
        }
    }
}

fn phrased(status: StatusCode, text: &str) -> Response {
    let mut response = status.into_response();
    let extensions = response.extensions_mut();
    extensions.insert(JournalNote(text.to_owned()));
    // Characters that a status line cannot hold are left out, as by a gateway.
    if let Ok(phrase) = ReasonPhrase::try_from(text.to_owned()) {
        extensions.insert(phrase);
    }
    response
}
