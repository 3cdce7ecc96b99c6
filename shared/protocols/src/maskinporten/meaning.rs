//! Classification of Maskinporten's refusals, with a remedy for each (Digdir, "Feilsøking i
//! Maskinporten").
//!
//! The table has one row for each refusal. The code decides if there is one; older answers and a
//! few refusals have no code, and are recognised by part of their text.

use http::StatusCode;

use innsyn_core::problem::Kind;

/// Class of a refusal, by the remedy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Temporary: retry later.
    Transient,
    /// The grant was used before or is outside its validity: retry once with a new grant.
    Stale,
    /// The client's key or certificate: the client's other key may work, and an operator has to
    /// check this one.
    Key,
    /// The client itself: an operator has to check its registration.
    Client,
    /// A permission of the caller, the organisation or the party is missing.
    Authorization,
    /// Invalid request by this app: a bug.
    Programming,
    /// Neither a token nor a refusal.
    Unreadable,
}

/// Meaning of a refusal in this app.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) class: Class,
    /// Remedy, for operators.
    pub(super) remedy: &'static str,
}

/// Code, part of the text, and meaning.
type Row = (
    Option<&'static str>,
    &'static str,
    Kind,
    Class,
    &'static str,
);

const ROWS: &[Row] = &[
    (
        Some("MP-012"),
        "Grant is used before",
        Kind::GrantReused,
        Class::Stale,
        "each attempt is signed anew, so something between the app and Maskinporten sends requests twice: find and stop it",
    ),
    (
        Some("MP-100"),
        "Client not found",
        Kind::ClientUnknown,
        Class::Client,
        "compare client_id in maskinporten_clients with the client at Digdir, and maskinporten_origin with its environment: clients of test and production are not the same",
    ),
    (
        Some("MP-110"),
        "Invalid JWT claim aud",
        Kind::AudienceRefused,
        Class::Client,
        "set maskinporten_origin to the issuer's origin, for production https://maskinporten.no",
    ),
    (
        Some("MP-120"),
        "signed with an invalid certificate",
        Kind::CertificateRefused,
        Class::Key,
        "use an enterprise certificate from Buypass or Commfides that is valid now, not revoked, and of this environment: test certificates for test, real ones for production",
    ),
    (
        Some("MP-121"),
        "Expired key",
        Kind::KeyExpired,
        Class::Key,
        "register the key at Digdir again, or a new one beside it: a registered key holds for a year",
    ),
    (
        Some("MP-122"),
        "Does not match certificate orgno",
        Kind::CertificateNotTheClients,
        Class::Key,
        "use the certificate of the organisation that owns the client",
    ),
    (
        Some("MP-123"),
        "Invalid JWT header x5c",
        Kind::CertificateChainRefused,
        Class::Key,
        "give certificate_chain as PEM or as a list of base64 DER, leaf first",
    ),
    (
        Some("MP-124"),
        "Invalid JWT signature",
        Kind::SignatureRefused,
        Class::Key,
        "the private key is not the one that this kid or certificate stands for: compare their public halves",
    ),
    (
        None,
        "Unknown key identifier (kid)",
        Kind::KeyUnknown,
        Class::Key,
        "register the key on this client at Digdir under this kid; a change takes up to 15 minutes to work",
    ),
    (
        None,
        "requires pre-registered jwk",
        Kind::KeyRequired,
        Class::Key,
        "the client has registered keys, so Maskinporten takes no certificate from it: use one of the keys with its kid, or remove them at Digdir",
    ),
    (
        Some("MP-130"),
        "JWT is expired",
        Kind::ClockSkewed,
        Class::Stale,
        "set this machine's clock: grants are signed for one minute from now",
    ),
    (
        None,
        "Issue time is after now",
        Kind::ClockSkewed,
        Class::Stale,
        "set this machine's clock: it is ahead of Maskinporten's by more than 10 seconds",
    ),
    (
        Some("MP-200"),
        "invalid scopes for client",
        Kind::ScopeNotOnClient,
        Class::Authorization,
        "add the scope to the client at Digdir",
    ),
    (
        Some("MP-201"),
        "not allowed for maskinporten",
        Kind::ScopeNotAllowed,
        Class::Authorization,
        "the scope's owner does not offer it to Maskinporten clients: ask for the right scope",
    ),
    (
        Some("MP-250"),
        "has not been granted access to the scope",
        Kind::ScopeNotGranted,
        Class::Authorization,
        "ask the API's owner to grant the organisation access to the scope",
    ),
    (
        Some("MP-251"),
        "has not delegated access to the scope",
        Kind::ScopeNotDelegated,
        Class::Authorization,
        "let the consumer delegate the scope's API to the client's organisation in Altinn; delegations of test and production are not the same",
    ),
    (
        None,
        "The combination consumer_org in claim",
        Kind::ConsumerOrgRefused,
        Class::Programming,
        "leave consumer_org out: it is the client's own organisation, or the scope is not one for delegation",
    ),
    (
        Some("MP-301"),
        "nknown authorization details type",
        Kind::DetailsTypeUnknown,
        Class::Programming,
        "use one of the types in Maskinporten's metadata",
    ),
    (
        Some("MP-302"),
        "nknown fields in authorization details",
        Kind::DetailsFieldUnknown,
        Class::Programming,
        "leave out what the type does not have; an externalRef has letters, digits, _ and - only",
    ),
    (
        Some("MP-303"),
        "nvalid authorization details values",
        Kind::SystemUserRefused,
        Class::Authorization,
        "check that the system in Altinn's register has this client_id, that systemuser_org owns the system user, and that externalRef is the one it was made with",
    ),
    (
        Some("MP-011"),
        "Invalid parameter value",
        Kind::GrantMalformed,
        Class::Programming,
        "report this to whoever maintains the app, with the trace id",
    ),
];

/// Refusals that are recognised only by the OAuth `error`.
const WORDS: &[(&str, Kind, Class, &str)] = &[
    (
        "invalid_target",
        Kind::ResourceRefused,
        Class::Programming,
        "use the resource exactly as the API's owner writes it, without a fragment",
    ),
    (
        "invalid_grant",
        Kind::SourceRefused,
        Class::Client,
        "look at the client and its key at Digdir",
    ),
    (
        "invalid_client",
        Kind::SourceRefused,
        Class::Client,
        "look at the client and its key at Digdir",
    ),
    (
        "invalid_scope",
        Kind::SourceRefused,
        Class::Authorization,
        "look at the client's scopes at Digdir",
    ),
    (
        "forbidden",
        Kind::SourceRefused,
        Class::Authorization,
        "look at what the organisation has been granted",
    ),
    (
        "access_denied",
        Kind::SourceRefused,
        Class::Authorization,
        "look at what the organisation has been granted",
    ),
    (
        "temporarily_unavailable",
        Kind::SourceDown,
        Class::Transient,
        "try again",
    ),
    (
        "server_error",
        Kind::SourceDown,
        Class::Transient,
        "try again",
    ),
];

/// Returns the meaning of a refusal with this status, code, `error` and text.
pub(super) fn meaning(status: StatusCode, code: Option<&str>, error: &str, text: &str) -> Meaning {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return mean(Kind::TooManyCalls, Class::Transient, "ask less often");
    }
    if status.is_server_error() {
        return mean(Kind::SourceDown, Class::Transient, "try again");
    }
    let by_code = || ROWS.iter().find(|row| row.0.is_some() && row.0 == code);
    let by_text = || ROWS.iter().find(|row| text.contains(row.1));
    let row = if code.is_some() { by_code() } else { by_text() };
    if let Some((_, _, kind, class, remedy)) = row {
        return mean(*kind, *class, remedy);
    }
    let word = WORDS.iter().find(|word| word.0 == error);
    word.map_or(
        mean(
            Kind::SourceRefused,
            Class::Programming,
            "look the code up at Digdir, \"Feilsøking i Maskinporten\"",
        ),
        |(_, kind, class, remedy)| mean(*kind, *class, remedy),
    )
}

const fn mean(kind: Kind, class: Class, remedy: &'static str) -> Meaning {
    Meaning {
        kind,
        class,
        remedy,
    }
}
