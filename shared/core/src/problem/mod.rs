//! Problem details for callers (RFC 9457), with a stable type for each kind of failure.
//!
//! Only this module turns a failure into an answer. Each text of a problem has its audience:
//! `detail` is for the customer and reveals nothing about failures behind the app; `advice` is for
//! operators, back ends and the log; `cause` is for the log alone.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::platform::Response;

/// Prefix of the problem types.
const TYPE_BASE: &str = "urn:innsyn:problem:";

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $status:ident $title:literal;)*) => {
        /// Type of a problem, grouped by the party at fault. Types are never renamed.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// List of all types, for the documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the last part of `type`, also used as outcome in the log.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// Parses the slug of a type, as another component wrote it.
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
            }

            /// Returns the HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// Returns the title, the same for every problem of the kind.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    // Faults of the caller.
    /// Missing or invalid login token.
    LoginRequired "login-required" UNAUTHORIZED "A login token is required";
    /// Expired login token.
    LoginExpired "login-expired" UNAUTHORIZED "The login has expired";
    /// The customer may not act for this party.
    PartyNotAllowed "party-not-allowed" FORBIDDEN "The customer may not act for this party";
    /// The login lacks the scope for this data.
    CallerNotAllowed "caller-not-allowed" FORBIDDEN "This login has no access to this data";
    /// Invalid number of a party.
    PartyInvalid "party-invalid" BAD_REQUEST "Not a valid organisation number or national identity number";
    /// Other fault in the request.
    RequestInvalid "request-invalid" BAD_REQUEST "The request is not valid";
    /// The body exceeds the limit.
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    /// `Idempotency-Key` that was used for a different request.
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "The idempotency key was used for a different request";
    /// `Idempotency-Key` of a request that is still being processed.
    RequestInProgress "request-in-progress" CONFLICT "A request with this idempotency key is still being processed";
    /// The request did not arrive in time.
    RequestTimeout "request-timeout" REQUEST_TIMEOUT "The request did not arrive in time";
    /// Body that is neither a form nor JSON.
    MediaTypeUnsupported "media-type-unsupported" UNSUPPORTED_MEDIA_TYPE "The media type is not supported";
    /// Unknown route.
    RouteUnknown "route-unknown" NOT_FOUND "No such route";
    /// The route does not support this method.
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "This route does not support this method";
    /// The page's origin is not allowed.
    OriginNotAllowed "origin-not-allowed" FORBIDDEN "This web origin is not allowed";
    /// The return address is not allowed.
    ReturnAddressNotAllowed "return-address-not-allowed" BAD_REQUEST "The return address is not allowed";

    // State of the consent.
    /// Missing consent.
    ConsentRequired "consent-required" FORBIDDEN "The party's consent is required";
    /// Consent that is requested and not yet answered.
    ConsentPending "consent-pending" FORBIDDEN "The party has not answered the consent request";
    /// Consent request that the party rejected.
    ConsentRejected "consent-rejected" FORBIDDEN "The party rejected the consent request";
    /// Consent that the party gave and later withdrew.
    ConsentRevoked "consent-revoked" FORBIDDEN "The consent was withdrawn";
    /// Consent that was given and has expired.
    ConsentExpired "consent-expired" FORBIDDEN "The consent has expired";
    /// The organisation has approved no system user for the app, or none with the necessary right.
    SystemUserRequired "system-user-required" FORBIDDEN "A system user with access to this data is required";

    // State of the signature job.
    /// Unknown job of this customer.
    SignatureUnknown "signature-unknown" NOT_FOUND "No such signature job";
    /// The result is not available yet.
    SignatureNotReady "signature-not-ready" CONFLICT "The signature job has not reached this stage";
    /// The job has ended.
    SignatureTooLate "signature-too-late" CONFLICT "The signature job has ended";
    /// Document that Posten would not accept.
    DocumentRefused "document-refused" BAD_REQUEST "The document cannot be sent for signing";
    /// National identity number where Posten allows none.
    PersonalDataMisplaced "personal-data-misplaced" BAD_REQUEST "A national identity number is not allowed in this field";
    /// Order that the bank leaves to its back end.
    OrderNotAllowed "order-not-allowed" FORBIDDEN "Customers may not place this order";
    /// Template that does not exist, has expired, or is for another customer.
    TemplateUnknown "template-unknown" NOT_FOUND "No such template";
    /// Document that is not the template's.
    TemplateMismatch "template-mismatch" BAD_REQUEST "The document is not the one in the template";
    /// Version of a template that exists with other content.
    TemplateConflict "template-conflict" CONFLICT "This version of the template has other content";
    /// Action of a customer on a job of which the bank has no copy yet.
    CustodyPending "custody-pending" CONFLICT "The bank does not have its copy of the documents yet";

    // Answers of the source.
    /// Absence of data for this party and period.
    NothingFound "nothing-found" NOT_FOUND "No data for this request";
    /// The source does not know the party.
    PartyUnknown "party-unknown" NOT_FOUND "The external service does not know this party";
    /// The source withholds this party's data.
    Shielded "shielded" FORBIDDEN "This party's data is shielded";
    /// Rate limit of the source.
    TooManyCalls "too-many-calls" TOO_MANY_REQUESTS "Too many requests";
    /// External service that cannot be reached, or reports a failure.
    SourceDown "source-down" SERVICE_UNAVAILABLE "An external service is unavailable";
    /// External service that did not answer in time.
    SourceSlow "source-slow" GATEWAY_TIMEOUT "An external service did not answer in time";
    /// External service with a malformed answer.
    SourceUnreadable "source-unreadable" BAD_GATEWAY "An external service's answer could not be read";
    /// External service that refused the app, not the customer.
    SourceRefused "source-refused" BAD_GATEWAY "An external service refused the app's request";
    /// Altinn 2's consent token is not from Altinn, or not for this consent.
    ProofRefused "proof-refused" BAD_GATEWAY "Altinn 2's consent token is not valid";
    /// External service that does not accept the app's TLS certificate.
    OwnCertificateRefused "own-certificate-refused" BAD_GATEWAY "An external service refused the app's TLS certificate";
    /// External service whose TLS certificate is not trusted.
    CounterpartyNotTrusted "counterparty-not-trusted" BAD_GATEWAY "An external service's TLS certificate is not trusted";

    // Maskinporten's refusals of the app: the operator has to act.
    /// MP-011: malformed grant.
    GrantMalformed "grant-malformed" BAD_GATEWAY "Maskinporten could not read the grant";
    /// MP-012: grant that was used before.
    GrantReused "grant-reused" BAD_GATEWAY "Maskinporten has already received this grant";
    /// MP-100: unknown client.
    ClientUnknown "client-unknown" BAD_GATEWAY "Maskinporten does not know the client";
    /// MP-110: wrong audience.
    AudienceRefused "audience-refused" BAD_GATEWAY "The grant's audience is another issuer";
    /// MP-120: certificate that Maskinporten does not accept.
    CertificateRefused "certificate-refused" BAD_GATEWAY "Maskinporten does not accept the certificate";
    /// MP-121: expired key.
    KeyExpired "key-expired" BAD_GATEWAY "The client's key has expired";
    /// MP-122: certificate of another organisation.
    CertificateNotTheClients "certificate-not-the-clients" BAD_GATEWAY "The certificate belongs to another organisation than the client";
    /// MP-123: unreadable or incomplete certificate chain.
    CertificateChainRefused "certificate-chain-refused" BAD_GATEWAY "Maskinporten could not read the certificate";
    /// MP-124: invalid signature.
    SignatureRefused "signature-refused" BAD_GATEWAY "The grant was signed with another key";
    /// The `kid` is not registered on the client.
    KeyUnknown "key-unknown" BAD_GATEWAY "The key is not registered on the client";
    /// Certificate instead of a registered key.
    KeyRequired "key-required" BAD_GATEWAY "The client must use a registered key";
    /// MP-130: expired grant; or a grant issued in the future.
    ClockSkewed "clock-skewed" BAD_GATEWAY "The app's clock is wrong";
    /// MP-200: scope that the client does not have.
    ScopeNotOnClient "scope-not-on-client" BAD_GATEWAY "The client does not have the scope";
    /// MP-201: scope that is not for Maskinporten.
    ScopeNotAllowed "scope-not-allowed" BAD_GATEWAY "The scope cannot be used with Maskinporten";
    /// MP-250: scope that the organisation is not granted.
    ScopeNotGranted "scope-not-granted" BAD_GATEWAY "The organisation has not been granted the scope";
    /// MP-251: scope that the consumer has not delegated.
    ScopeNotDelegated "scope-not-delegated" BAD_GATEWAY "The consumer has not delegated the scope";
    /// The client's own organisation as consumer.
    ConsumerOrgRefused "consumer-org-refused" BAD_GATEWAY "The scope cannot be used for this consumer";
    /// `invalid_target`: resource that Maskinporten does not accept.
    ResourceRefused "resource-refused" BAD_GATEWAY "Maskinporten does not accept the resource";
    /// MP-301: unknown type of `authorization_details`.
    DetailsTypeUnknown "details-type-unknown" BAD_GATEWAY "Maskinporten does not know this type of authorization_details";
    /// MP-302: unknown field in `authorization_details`.
    DetailsFieldUnknown "details-field-unknown" BAD_GATEWAY "authorization_details has a field that Maskinporten does not know";
    /// MP-303, if it is not about a consent: for a back end. A read tells what the party has to do.
    SystemUserRefused "system-user-refused" BAD_GATEWAY "No such system user";
    /// Refusal by the vault.
    SigningRefused "signing-refused" BAD_GATEWAY "The vault refused to sign";

    // Posten's refusals of the app: the operator has to act.
    /// `NOT_AUTHORIZED`: organisation without access at Posten.
    PostenAccessRefused "posten-access-refused" BAD_GATEWAY "The organisation has no access to Posten signering";
    /// `BROKER_NOT_AUTHORIZED`: certificate whose holder may not act for the organisation.
    BrokerNotAuthorised "broker-not-authorised" BAD_GATEWAY "The app is not authorised to send for this organisation";
    /// `ASICE_VALIDATION_FAILED`: invalid document package.
    PackageRefused "package-refused" BAD_GATEWAY "Posten refused the document package";
    /// `SCHEMA_VALIDATION_ERROR`: order that violates the schema.
    MessageRefused "message-refused" BAD_GATEWAY "Posten could not read the order";
    /// `FEATURE_NOT_AVAILABLE`: feature that the organisation does not have.
    FeatureNotAvailable "feature-not-available" BAD_GATEWAY "The organisation does not have this feature at Posten";

    // Faults of the app itself.
    /// The store of consents or jobs does not answer, or is full. The failure is temporary and not
    /// the caller's.
    StoreDown "store-down" SERVICE_UNAVAILABLE "The app's data store is unavailable";
    /// Setting that is missing or malformed.
    ConfigurationMissing "configuration-missing" INTERNAL_SERVER_ERROR "The app's configuration is incomplete or invalid";
    /// Internal error.
    Internal "internal" INTERNAL_SERVER_ERROR "Internal error";
}

/// Audience of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// Customer of the bank, and their app.
    Customer,
    /// Component of the app or another back end of the organisation, whose staff operate the app.
    BackEnd,
}

/// Failure that becomes an answer to the caller.
///
/// # Examples
///
/// ```
/// use innsyn_core::problem::{Audience, Kind, Problem};
///
/// let problem = Problem::new(Kind::KeyExpired).advice("register a new key");
/// assert_eq!(problem.response("id").status(), 502);
/// assert_eq!(problem.text_for(Audience::Customer), None);
/// assert_eq!(problem.text_for(Audience::BackEnd), Some("register a new key"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Type of the problem.
    pub kind: Kind,
    /// Text for the customer: the fault in the request, without personal data. `None` for the title
    /// alone.
    pub detail: Option<Box<str>>,
    /// Text for back ends and the log, never for a customer: the external service's message and the
    /// remedy.
    pub advice: Option<Box<str>>,
    /// Text for the log: the internal cause, without personal data or secrets.
    pub cause: Option<Box<str>>,
    /// Error code of the external service, such as `KB-005`, `AM-00011`, `MP-200` or
    /// `NOT_AUTHORIZED`.
    pub source_code: Option<String>,
    /// Correlation or trace id of the external service.
    pub source_correlation_id: Option<String>,
    /// Value of `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// Creates a problem with only its type.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            advice: None,
            cause: None,
            source_code: None,
            source_correlation_id: None,
            retry_after: None,
        }
    }

    /// Adds the text for the customer.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into().into_boxed_str());
        self
    }

    /// Adds the text for operators and back ends.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into().into_boxed_str());
        self
    }

    /// Adds the text for the log.
    #[must_use]
    pub fn cause(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string().into_boxed_str());
        self
    }

    /// Returns the text for `audience`; `None` for the title alone. A customer gets no explanation
    /// of a failure that they cannot remedy, and nobody outside gets one of an internal error.
    pub fn text_for(&self, audience: Audience) -> Option<&str> {
        let status = self.kind.status();
        match audience {
            _ if status == StatusCode::INTERNAL_SERVER_ERROR => None,
            Audience::Customer => self.detail.as_deref().filter(|_| !status.is_server_error()),
            Audience::BackEnd => self.advice.as_deref().or(self.detail.as_deref()),
        }
    }

    /// Returns the answer to a customer. `correlation_id` is also in the log line of the request.
    pub fn response(&self, correlation_id: &str) -> Response {
        let status = self.kind.status();
        let body = Body {
            r#type: format!("{TYPE_BASE}{}", self.kind.slug()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: self.text_for(Audience::Customer),
            correlation_id,
            kode: self.source_code.as_deref(),
            korrelasjonsid: self.source_correlation_id.as_deref(),
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Bytes::from(bytes));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    korrelasjonsid: Option<&'a str>,
}

#[cfg(test)]
mod tests;
