//! What a caller sees when something fails: RFC 9457, one stable type each.
//!
//! This is the only place that turns a failure into an answer. Each text of a problem has its audience: `detail` is for the
//! customer, who is told nothing of what went wrong behind the app; `advice` is for those who run it, back ends and the log;
//! `cause` is for the log alone.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::platform::Response;

/// Where the types of our problems are described.
const TYPE_BASE: &str = "urn:innsyn:problem:";

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $status:ident $title:literal;)*) => {
        /// The type of a problem, grouped by who is at fault. Types are never renamed.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every type there is, for the documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The last part of `type`, also used as outcome in the log.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// The type with this slug, as another component wrote it.
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    // The caller.
    /// No login token, or one that does not hold.
    LoginRequired "login-required" UNAUTHORIZED "Log in first";
    /// The login token was good once.
    LoginExpired "login-expired" UNAUTHORIZED "The login has expired";
    /// The customer may not act for this party.
    PartyNotAllowed "party-not-allowed" FORBIDDEN "The customer may not act for this party";
    /// The login has not the scope that this read needs.
    CallerNotAllowed "caller-not-allowed" FORBIDDEN "The login does not open this read";
    /// Not a party's number.
    PartyInvalid "party-invalid" BAD_REQUEST "The number is not a party's";
    /// Something else in the request.
    RequestInvalid "request-invalid" BAD_REQUEST "The request is not valid";
    /// The body is over the limit.
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    /// An `Idempotency-Key` that came with another request before.
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "The idempotency key belongs to another request";
    /// A request with the same `Idempotency-Key` has not been answered yet.
    RequestInProgress "request-in-progress" CONFLICT "The same request is still being processed";
    /// The body came too slowly.
    RequestTimeout "request-timeout" REQUEST_TIMEOUT "The request did not arrive in time";
    /// Neither form nor JSON.
    MediaTypeUnsupported "media-type-unsupported" UNSUPPORTED_MEDIA_TYPE "The media type is not supported";
    /// No such route.
    RouteUnknown "route-unknown" NOT_FOUND "There is nothing here";
    /// The route does not take this method.
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The method is not allowed here";
    /// The page's origin is not on the list.
    OriginNotAllowed "origin-not-allowed" FORBIDDEN "Pages of this origin may not call";
    /// The address to return to is not on the list.
    ReturnAddressNotAllowed "return-address-not-allowed" BAD_REQUEST "The return address is not allowed";

    // The consent.
    /// There is none.
    ConsentRequired "consent-required" FORBIDDEN "The party's consent is needed";
    /// Asked for, not answered.
    ConsentPending "consent-pending" FORBIDDEN "The consent has not been answered";
    /// Answered with no.
    ConsentRejected "consent-rejected" FORBIDDEN "The consent was refused";
    /// Given, then taken back.
    ConsentRevoked "consent-revoked" FORBIDDEN "The consent was withdrawn";
    /// Given, and run out.
    ConsentExpired "consent-expired" FORBIDDEN "The consent has expired";
    /// The organisation has approved no system user for the app, or none with the right that it takes.
    SystemUserRequired "system-user-required" FORBIDDEN "The organisation's system user is needed";

    // The signature job.
    /// There is no such job of this customer's.
    SignatureUnknown "signature-unknown" NOT_FOUND "There is no such signature job";
    /// What is asked for is not there yet.
    SignatureNotReady "signature-not-ready" CONFLICT "The signature job has not come that far";
    /// The job is over.
    SignatureTooLate "signature-too-late" CONFLICT "The signature job is over";
    /// A document that Posten would not take.
    DocumentRefused "document-refused" BAD_REQUEST "The document cannot be sent to signing";
    /// A national number where Posten allows none.
    PersonalDataMisplaced "personal-data-misplaced" BAD_REQUEST "A national number stands where none may";

    // The source.
    /// Nothing for this party and period.
    NothingFound "nothing-found" NOT_FOUND "Nothing was found";
    /// The source does not know the party.
    PartyUnknown "party-unknown" NOT_FOUND "The source does not know the party";
    /// The source withholds this party's data.
    Shielded "shielded" FORBIDDEN "The content is shielded";
    /// The source asks us to slow down.
    TooManyCalls "too-many-calls" TOO_MANY_REQUESTS "Too many calls";
    /// A counterparty cannot be reached, or says that it failed.
    SourceDown "source-down" SERVICE_UNAVAILABLE "A counterparty is unavailable";
    /// A counterparty did not answer in time.
    SourceSlow "source-slow" GATEWAY_TIMEOUT "A counterparty did not answer in time";
    /// A counterparty answered with something that cannot be read.
    SourceUnreadable "source-unreadable" BAD_GATEWAY "A counterparty's answer could not be read";
    /// A counterparty refused us, not the customer.
    SourceRefused "source-refused" BAD_GATEWAY "A counterparty refused the app";
    /// Altinn 2's proof of the consent is not Altinn's, or not of this consent.
    ProofRefused "proof-refused" BAD_GATEWAY "The proof of the consent does not hold";
    /// A counterparty does not take our TLS certificate.
    OwnCertificateRefused "own-certificate-refused" BAD_GATEWAY "A counterparty refused the app's certificate";
    /// We do not take a counterparty's TLS certificate.
    CounterpartyNotTrusted "counterparty-not-trusted" BAD_GATEWAY "A counterparty's certificate is not trusted";

    // What Maskinporten holds against the app: who sets it up has to act.
    /// MP-011.
    GrantMalformed "grant-malformed" BAD_GATEWAY "Maskinporten cannot read the grant";
    /// MP-012.
    GrantReused "grant-reused" BAD_GATEWAY "Maskinporten has seen the grant before";
    /// MP-100.
    ClientUnknown "client-unknown" BAD_GATEWAY "Maskinporten does not know the client";
    /// MP-110.
    AudienceRefused "audience-refused" BAD_GATEWAY "The grant is for another issuer";
    /// MP-120.
    CertificateRefused "certificate-refused" BAD_GATEWAY "Maskinporten does not accept the certificate";
    /// MP-121.
    KeyExpired "key-expired" BAD_GATEWAY "The client's key has expired";
    /// MP-122.
    CertificateNotTheClients "certificate-not-the-clients" BAD_GATEWAY "The certificate is of another organisation than the client";
    /// MP-123.
    CertificateChainRefused "certificate-chain-refused" BAD_GATEWAY "Maskinporten cannot read the certificate";
    /// MP-124.
    SignatureRefused "signature-refused" BAD_GATEWAY "The grant is signed with another key";
    /// The `kid` is not on the client.
    KeyUnknown "key-unknown" BAD_GATEWAY "The key is not registered on the client";
    /// A certificate where a registered key is needed.
    KeyRequired "key-required" BAD_GATEWAY "The client must use a registered key";
    /// MP-130, or issued in the future.
    ClockSkewed "clock-skewed" BAD_GATEWAY "The clock of the app is wrong";
    /// MP-200.
    ScopeNotOnClient "scope-not-on-client" BAD_GATEWAY "The client does not have the scope";
    /// MP-201.
    ScopeNotAllowed "scope-not-allowed" BAD_GATEWAY "The scope is not for Maskinporten";
    /// MP-250.
    ScopeNotGranted "scope-not-granted" BAD_GATEWAY "The organisation has not been granted the scope";
    /// MP-251.
    ScopeNotDelegated "scope-not-delegated" BAD_GATEWAY "The consumer has not delegated the scope";
    /// The client's own organisation as consumer.
    ConsumerOrgRefused "consumer-org-refused" BAD_GATEWAY "The scope cannot be used for this consumer";
    /// `invalid_target`.
    ResourceRefused "resource-refused" BAD_GATEWAY "Maskinporten does not accept the resource";
    /// MP-301.
    DetailsTypeUnknown "details-type-unknown" BAD_GATEWAY "Maskinporten does not know the type of the details";
    /// MP-302.
    DetailsFieldUnknown "details-field-unknown" BAD_GATEWAY "The details have a field that Maskinporten does not know";
    /// MP-303, where it is not about a consent: to a back end. A read says what the party has to do.
    SystemUserRefused "system-user-refused" BAD_GATEWAY "There is no such system user";
    /// The vault said no.
    SigningRefused "signing-refused" BAD_GATEWAY "The vault does not sign for the app";

    // What Posten holds against the app: who sets it up has to act.
    /// `NOT_AUTHORIZED`.
    PostenAccessRefused "posten-access-refused" BAD_GATEWAY "The organisation has no access to Posten signering";
    /// `BROKER_NOT_AUTHORIZED`.
    BrokerNotAuthorised "broker-not-authorised" BAD_GATEWAY "The app may not send for this organisation";
    /// `ASICE_VALIDATION_FAILED`.
    PackageRefused "package-refused" BAD_GATEWAY "Posten does not take the package of documents";
    /// `SCHEMA_VALIDATION_ERROR`.
    MessageRefused "message-refused" BAD_GATEWAY "Posten cannot read the order";
    /// `FEATURE_NOT_AVAILABLE`.
    FeatureNotAvailable "feature-not-available" BAD_GATEWAY "The organisation does not have this feature at Posten";

    // Ourselves.
    /// The store of consents or jobs does not answer, or takes nothing more. It passes without the caller's doing.
    StoreDown "store-down" SERVICE_UNAVAILABLE "The app's store is unavailable";
    /// A setting is missing or does not parse.
    ConfigurationMissing "configuration-missing" INTERNAL_SERVER_ERROR "The app is not set up";
    /// Our own fault.
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong here";
}

/// Kind of reader for whom an answer is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// A customer of the bank, and their app.
    Customer,
    /// A component of the app or another back end of the organisation, whose people set the app up.
    BackEnd,
}

/// A failure on its way to the caller.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Which failure.
    pub kind: Kind,
    /// For the customer: what is wrong with the request, without personal data. `None` for the title alone.
    pub detail: Option<Box<str>>,
    /// For back ends and the log, never for a customer: what an external service said, and what to do about it.
    pub advice: Option<Box<str>>,
    /// For the log: what really happened, without personal data or secrets.
    pub cause: Option<Box<str>>,
    /// The counterparty's own code, such as `KB-005`, `AM-00011`, `MP-200` or `NOT_AUTHORIZED`.
    pub source_code: Option<String>,
    /// The counterparty's own correlation or trace id.
    pub source_correlation_id: Option<String>,
    /// For `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem with nothing but its type.
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

    /// Adds what a customer may read.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into().into_boxed_str());
        self
    }

    /// Adds what those who run the app may read.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into().into_boxed_str());
        self
    }

    /// Adds what the log shall say.
    #[must_use]
    pub fn cause(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string().into_boxed_str());
        self
    }

    /// The text for `audience`; `None` for the title alone. What the customer cannot mend is not explained to them, and our own
    /// faults to nobody outside.
    pub fn text_for(&self, audience: Audience) -> Option<&str> {
        let status = self.kind.status();
        match audience {
            _ if status == StatusCode::INTERNAL_SERVER_ERROR => None,
            Audience::Customer => self.detail.as_deref().filter(|_| !status.is_server_error()),
            Audience::BackEnd => self.advice.as_deref().or(self.detail.as_deref()),
        }
    }

    /// The answer to a customer. `correlation_id` is also in the log line of the request.
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
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
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
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_type_and_no_other() {
        let api = include_str!("../../docs/api/openapi.yaml");
        let documented: Vec<&str> = api
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- urn:innsyn:problem:"))
            .collect();
        let ours: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(documented, ours);
    }

    #[test]
    fn each_text_reaches_its_audience_only() {
        for kind in Kind::ALL {
            let problem = Problem::new(*kind)
                .detail("for the customer")
                .advice("for those who run the app")
                .cause("for the log");
            let body = problem.response("c").into_body();
            let text = String::from_utf8_lossy(&body);
            let is_ours = kind.status().is_server_error();
            assert_eq!(text.contains("for the customer"), !is_ours, "{kind:?}");
            assert!(!text.contains("for those") && !text.contains("for the log"));
            let told = problem.text_for(Audience::BackEnd);
            let internal = kind.status() == StatusCode::INTERNAL_SERVER_ERROR;
            assert_eq!(told, (!internal).then_some("for those who run the app"));
        }
        let problem = Problem::new(Kind::RequestInvalid).detail("for the customer");
        assert_eq!(
            problem.text_for(Audience::BackEnd),
            Some("for the customer")
        );
    }
}
