//! Refusals of grants: all codes and texts, in one place (Digdir, "Feilsøking i Maskinporten").
//!
//! Assumptions: the `error` of MP-012, MP-122 to MP-130, MP-301, MP-302 and of a consent's MP-303,
//! every status but those of MP-110, MP-121, MP-200, MP-250, MP-251 and a system user's MP-303, all
//! that is said about a request that is no grant at all, which follows RFC 6749, and that
//! Maskinporten says 503 and `temporarily_unavailable`, without a code, when Altinn behind it does
//! not answer.

use http::StatusCode;
use thiserror::Error;

use crate::interfaces::Delegation;

/// Reason for refusing a grant. Its text is the core of `error_description`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// A parameter is missing, empty or given twice.
    #[error("Missing or repeated parameter {0}")]
    Parameter(&'static str),
    /// The grant type is not supported.
    #[error("Unsupported grant type")]
    GrantType,
    /// The text is no assertion, or has a value or a claim that is not allowed.
    #[error("Invalid assertion. Invalid parameter value ({0})")]
    Malformed(&'static str),
    /// The assertion or its `jti` was used before.
    #[error("Invalid assertion. Grant is used before")]
    Replayed,
    /// The client identifier is unknown.
    #[error("Invalid assertion. Client authentication failed. Client not found")]
    UnknownClient,
    /// `aud` is not exactly the issuer.
    #[error("Invalid assertion. Client authentication failed. Invalid JWT claim aud")]
    Audience,
    /// The certificate is of another authority, expired, or no enterprise certificate.
    #[error(
        "Invalid assertion. Client authentication failed. \
         The JWT is signed with an invalid certificate."
    )]
    Certificate,
    /// The registered key is too old.
    #[error("Invalid assertion. Client authentication failed. Expired key.")]
    ExpiredKey,
    /// The certificate belongs to another organisation.
    #[error(
        "Invalid assertion. Client authentication failed. Invalid JWT. \
         Invalid organization number for client. Does not match certificate orgno"
    )]
    CertificateOrganisation,
    /// `x5c` is absent, or no array of certificates.
    #[error("Invalid assertion. Client authentication failed. Invalid JWT header x5c")]
    X5c,
    /// The signature is invalid.
    #[error("Invalid assertion. Client authentication failed. Invalid JWT signature")]
    Signature,
    /// `exp` has passed.
    #[error("Invalid assertion. JWT is expired")]
    Expired,
    /// `iat` is in the future.
    #[error("Invalid assertion. Issue time is after now")]
    IssuedInFuture,
    /// The client has no key with this `kid`.
    #[error(
        "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client."
    )]
    UnknownKey,
    /// The grant of a client with registered keys has no `kid`.
    #[error(
        "Invalid assertion. Client authentication failed. \
         The client requires pre-registered jwk and no key identifier (kid) provided"
    )]
    KeyIdentifierRequired,
    /// The client lacks these scopes.
    #[error("Token request contains invalid scopes for client, {0}")]
    ClientScopes(String),
    /// Clients of Maskinporten cannot have the scope.
    #[error("Token request contains scopes not allowed for maskinporten")]
    IntegrationType,
    /// The API owner has not granted the scope to the consumer.
    #[error("Consumer has not been granted access to the scope {0}.")]
    Access(String),
    /// The consumer has not delegated the scope to the client's organisation.
    #[error(
        "Consumer {} has not delegated access to the scope {} to supplier {}.",
        .0.consumer_org, .0.scope, .0.supplier_org
    )]
    Delegation(Delegation),
    /// `consumer_org` is the client's own organisation. Assumption: the same error applies to a
    /// client that was made in another's name, which cannot use delegated scopes.
    #[error(
        "Validation of JWT claim failed: \
         The combination consumer_org in claim and delegation scope on client is invalid"
    )]
    Combination,
    /// Authorization details of a type that the metadata does not name.
    #[error("Unknown authorization details type")]
    DetailType,
    /// Authorization details with a member that their type does not have.
    #[error("Unknown fields in authorization details: {0}")]
    DetailField(String),
    /// The consent is not usable, for Altinn's reasons. Assumption: the text for each reason, which
    /// is unpublished.
    #[error("Invalid authorization details values. {0}")]
    DetailValue(String),
    /// A system user that Altinn does not have, or that cannot be. The text is an assumption.
    #[error("Invalid authorization details values. {0}")]
    SystemUser(&'static str),
    /// Altinn does not answer.
    #[error("Altinn is not available")]
    AltinnDown,
    /// `resource` is not one address without a fragment.
    #[error("Invalid resource")]
    Target,
    /// Internal error: the answer could not be made.
    #[error("Internal error")]
    Internal,
}

impl Refusal {
    /// Returns the answer's status, its `error`, and the code, if any.
    pub(super) fn class(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        let (status, error) = match self {
            Self::Parameter(_) | Self::Malformed(_) | Self::Combination => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::ClientScopes(_) | Self::IntegrationType => {
                (StatusCode::BAD_REQUEST, "invalid_scope")
            }
            Self::Access(_) | Self::Delegation(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::DetailType | Self::DetailField(_) | Self::DetailValue(_) => {
                (StatusCode::BAD_REQUEST, "invalid_authorization_details")
            }
            Self::SystemUser(_) => (
                StatusCode::BAD_REQUEST,
                "invalid_altinn_customer_configuration",
            ),
            Self::Target => (StatusCode::BAD_REQUEST, "invalid_target"),
            Self::AltinnDown => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
            Self::Replayed
            | Self::UnknownClient
            | Self::Audience
            | Self::Certificate
            | Self::ExpiredKey
            | Self::CertificateOrganisation
            | Self::X5c
            | Self::Signature
            | Self::Expired
            | Self::IssuedInFuture
            | Self::UnknownKey
            | Self::KeyIdentifierRequired => (StatusCode::BAD_REQUEST, "invalid_grant"),
        };
        (status, error, self.code())
    }

    /// Returns `MP-nnn`, if any.
    pub(super) const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(_) => Some("MP-011"),
            Self::Replayed => Some("MP-012"),
            Self::UnknownClient => Some("MP-100"),
            Self::Audience => Some("MP-110"),
            Self::Certificate => Some("MP-120"),
            Self::ExpiredKey => Some("MP-121"),
            Self::CertificateOrganisation => Some("MP-122"),
            Self::X5c => Some("MP-123"),
            Self::Signature => Some("MP-124"),
            Self::Expired => Some("MP-130"),
            Self::ClientScopes(_) => Some("MP-200"),
            Self::IntegrationType => Some("MP-201"),
            Self::Access(_) => Some("MP-250"),
            Self::Delegation(_) => Some("MP-251"),
            Self::DetailType => Some("MP-301"),
            Self::DetailField(_) => Some("MP-302"),
            Self::DetailValue(_) | Self::SystemUser(_) => Some("MP-303"),
            Self::Parameter(_)
            | Self::GrantType
            | Self::IssuedInFuture
            | Self::UnknownKey
            | Self::KeyIdentifierRequired
            | Self::Combination
            | Self::Target
            | Self::AltinnDown
            | Self::Internal => None,
        }
    }
}
