//! Token requests, and their encoding between components.

use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::details::{Details, DetailsError};
use super::wire::OAuthError;
use innsyn_core::context::Context;
use innsyn_core::json;
use innsyn_core::party::{OrganisationNumber, Party, PersonNumber};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_runtime::caller::VerifiedCaller;
use innsyn_runtime::inbound::{Query, RoutedRequest};

/// Fields of a request as in RFC 6749, RFC 8707 and RFC 9396, with Maskinporten's own two.
const FIELDS: &[&str] = &[
    "scope",
    "resource",
    "consumer_org",
    "pid",
    "authorization_details",
    "skip_cache",
];

/// Maximum length of `scope` and `resource`, in bytes.
const LONGEST: usize = 1024;

/// Token request. Requests with the same meaning are equal.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct TokenRequest {
    /// Scopes, sorted and without duplicates.
    scopes: Vec<String>,
    /// Resource (RFC 8707).
    resource: Option<String>,
    /// Organisation that has delegated the scopes, nine digits.
    consumer_org: Option<String>,
    /// National identity number to which the token is restricted, eleven digits.
    pid: Option<String>,
    /// Authorization details (RFC 9396). They may name a person.
    authorization_details: Option<Details>,
}

/// Token request, with how it is to be served.
#[derive(Debug)]
pub(super) struct ParsedRequest {
    pub(super) token_request: TokenRequest,
    /// True if the token must be a new one.
    pub(super) skip_cache: bool,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl TokenRequest {
    /// Creates a request for `scope`, a space-separated list (RFC 6749 §3.3).
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::Scope`] if it is not valid.
    pub fn new(scope: &str) -> Result<Self, TokenRequestError> {
        let mut scopes: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let sendable = scopes.iter().all(|scope| is_sendable(scope));
        if scopes.is_empty() || scope.len() > LONGEST || !sendable {
            return Err(TokenRequestError::Scope);
        }
        Ok(Self {
            scopes,
            resource: None,
            consumer_org: None,
            pid: None,
            authorization_details: None,
        })
    }

    /// Restricts the token to one API, by the name that its owner has chosen: usually an address,
    /// never with a fragment (RFC 8707 §2; Digdir, "Audience-begrensede tokens").
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::Resource`] if the name is not valid.
    pub fn resource(mut self, resource: &str) -> Result<Self, TokenRequestError> {
        if resource.is_empty()
            || resource.len() > LONGEST
            || resource.contains('#')
            || !is_sendable(resource)
        {
            return Err(TokenRequestError::Resource);
        }
        self.resource = Some(resource.to_owned());
        Ok(self)
    }

    /// Requests the token as the supplier of `consumer`, who has delegated the scopes in Altinn.
    #[must_use]
    pub fn consumer_org(mut self, consumer: &OrganisationNumber) -> Self {
        self.consumer_org = Some(consumer.as_str().to_owned());
        self
    }

    /// Restricts the token to one person.
    #[must_use]
    pub fn pid(mut self, person: &PersonNumber) -> Self {
        self.pid = Some(person.expose().to_owned());
        self
    }

    /// Adds `details`, an array of one object.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::Details`] if they are not valid.
    pub fn authorization_details(mut self, details: &Value) -> Result<Self, TokenRequestError> {
        self.authorization_details = Some(Details::read(details)?);
        Ok(self)
    }

    /// Requests a token that includes the consent `id`, which `party` has given (Altinn 3).
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::Details`] if the id is not a UUID.
    pub fn consent(mut self, id: &str, party: &Party) -> Result<Self, TokenRequestError> {
        self.authorization_details = Some(Details::consent(id, party)?);
        Ok(self)
    }

    /// Requests the token as the system user that `owner` has created for the app's system, with
    /// this `externalRef` if there is one.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::Details`] if the reference is not valid.
    pub fn system_user(
        mut self,
        owner: &OrganisationNumber,
        external_ref: Option<String>,
    ) -> Result<Self, TokenRequestError> {
        self.authorization_details = Some(Details::system_user(owner, external_ref)?);
        Ok(self)
    }

    /// Returns the scopes, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Returns the scopes as a space-separated list.
    pub fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    pub(super) fn resource_text(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    pub(super) fn consumer_org_text(&self) -> Option<&str> {
        self.consumer_org.as_deref()
    }

    pub(super) fn pid_text(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    pub(super) const fn details(&self) -> Option<&Details> {
        self.authorization_details.as_ref()
    }

    /// Returns the national identity numbers in the request.
    pub(super) fn persons(&self) -> impl Iterator<Item = &str> {
        let in_details = self.details().and_then(Details::person);
        self.pid_text().into_iter().chain(in_details)
    }

    /// Returns whether the token rests on a consent.
    pub(super) fn rests_on_consent(&self) -> bool {
        self.details().is_some_and(Details::is_consent)
    }

    /// Returns whether the token rests on a permission that a party may withdraw: a consent, or a
    /// system user.
    pub(super) const fn rests_on_permission(&self) -> bool {
        self.authorization_details.is_some()
    }

    /// Encodes the request as a form, for the token component.
    pub(super) fn form(&self, skip_cache: bool) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("scope", &self.scope());
        for (name, value) in [
            ("resource", &self.resource),
            ("consumer_org", &self.consumer_org),
            ("pid", &self.pid),
        ] {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        if let Some(details) = &self.authorization_details {
            form.append_pair("authorization_details", &details.to_json());
        }
        if skip_cache {
            form.append_pair("skip_cache", "true");
        }
        form.finish()
    }

    /// Parses a request in form encoding or JSON.
    pub(super) async fn read<P: Platform>(
        context: &Context<'_, P>,
        request: &RoutedRequest,
        caller: &impl VerifiedCaller,
    ) -> Result<ParsedRequest, OAuthError> {
        let written = if request.is_media_type("application/json") {
            request.json(context, caller).await?
        } else {
            RawTokenRequest::from_form(&request.form(context, caller, FIELDS).await?)?
        };
        Ok(written.read()?)
    }
}

/// Returns whether `text` is printable ASCII without the characters that RFC 6749 §3.3 excludes
/// from scopes.
fn is_sendable(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

fn invalid(error: impl fmt::Display) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(error.to_string())
}

/// Token request as received.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTokenRequest {
    scope: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    consumer_org: Option<String>,
    #[serde(default)]
    pid: Option<String>,
    /// Array, or text that holds an array, as in a form.
    #[serde(default)]
    authorization_details: Option<Value>,
    #[serde(default)]
    skip_cache: bool,
}

impl RawTokenRequest {
    fn from_form(form: &Query) -> Result<Self, Problem> {
        let text = |name| form.get(name).map(str::to_owned);
        Ok(Self {
            scope: text("scope").unwrap_or_default(),
            resource: text("resource"),
            consumer_org: text("consumer_org"),
            pid: text("pid"),
            authorization_details: text("authorization_details").map(Value::String),
            skip_cache: match form.get("skip_cache") {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(invalid("skip_cache must be true or false")),
            },
        })
    }

    fn read(self) -> Result<ParsedRequest, TokenRequestError> {
        let mut token_request = TokenRequest::new(&self.scope)?;
        if let Some(resource) = &self.resource {
            token_request = token_request.resource(resource)?;
        }
        if let Some(number) = &self.consumer_org {
            let consumer =
                OrganisationNumber::parse(number).map_err(|_| TokenRequestError::ConsumerOrg)?;
            token_request = token_request.consumer_org(&consumer);
        }
        if let Some(number) = &self.pid {
            let person = PersonNumber::parse(number).map_err(|_| TokenRequestError::Pid)?;
            token_request = token_request.pid(&person);
        }
        if let Some(details) = self.authorization_details {
            let details = match details {
                Value::String(text) => {
                    json::read(text.as_bytes()).map_err(|_| DetailsError::Shape)?
                }
                details => details,
            };
            token_request = token_request.authorization_details(&details)?;
        }
        Ok(ParsedRequest {
            token_request,
            skip_cache: self.skip_cache,
        })
    }
}

/// Reason why a token request is not valid.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TokenRequestError {
    /// Scope that is empty, too long, or has invalid characters.
    #[error("scope must be a space-separated list of scopes")]
    Scope,
    /// Resource that is empty, too long, or has a fragment.
    #[error("resource must be the API's name, such as an address, without spaces or a fragment")]
    Resource,
    /// Value that is not an organisation number.
    #[error("consumer_org must be nine digits, an organisation number")]
    ConsumerOrg,
    /// Value that is not a national identity number.
    #[error("pid must be eleven digits, a national identity number or D-number")]
    Pid,
    /// Details that Maskinporten does not accept.
    #[error(transparent)]
    Details(#[from] DetailsError),
}

impl From<TokenRequestError> for OAuthError {
    fn from(error: TokenRequestError) -> Self {
        let word = match error {
            TokenRequestError::Scope | TokenRequestError::ConsumerOrg | TokenRequestError::Pid => {
                "invalid_request"
            }
            // RFC 8707 §2.
            TokenRequestError::Resource => "invalid_target",
            // RFC 9396 §5.
            TokenRequestError::Details(_) => "invalid_authorization_details",
        };
        Self::new(word, StatusCode::BAD_REQUEST, invalid(error))
    }
}
