//! What a token is asked for, and how that is written between components.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::details::{Details, DetailsError};
use crate::context::Context;
use crate::inbound::{Arrived, Query, VerifiedCaller};
use crate::json;
use crate::party::{OrganisationNumber, PersonNumber};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// The fields of a request in the form of RFC 6749, RFC 8707 and RFC 9396, with Maskinporten's own two.
const FIELDS: &[&str] = &[
    "scope",
    "resource",
    "consumer_org",
    "pid",
    "authorization_details",
    "skip_cache",
];

/// The longest `scope` and `resource`, in bytes.
const LONGEST: usize = 1024;

/// What a token shall be good for. Two that mean the same are equal.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Ask {
    /// Sorted, each once.
    scopes: Vec<String>,
    /// RFC 8707.
    resource: Option<String>,
    /// Nine digits: who has delegated the scopes to us.
    consumer_org: Option<String>,
    /// Eleven digits: the person that the token is restricted to.
    pid: Option<String>,
    /// RFC 9396. They may name a person.
    authorization_details: Option<Details>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Ask {
    /// For `scope`, a space-separated list (RFC 6749 §3.3).
    pub fn new(scope: &str) -> Result<Self, AskError> {
        let mut scopes: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let sendable = scopes.iter().all(|scope| is_sendable(scope));
        if scopes.is_empty() || scope.len() > LONGEST || !sendable {
            return Err(AskError::Scope);
        }
        Ok(Self {
            scopes,
            resource: None,
            consumer_org: None,
            pid: None,
            authorization_details: None,
        })
    }

    /// For one API alone, by the name that its owner has chosen: usually an address, never with a fragment
    /// (RFC 8707 §2; Digdir, "Audience-begrensede tokens").
    pub fn resource(mut self, resource: &str) -> Result<Self, AskError> {
        if resource.is_empty()
            || resource.len() > LONGEST
            || resource.contains('#')
            || !is_sendable(resource)
        {
            return Err(AskError::Resource);
        }
        self.resource = Some(resource.to_owned());
        Ok(self)
    }

    /// As the supplier of `consumer`, who has delegated the scopes in Altinn.
    #[must_use]
    pub fn consumer_org(mut self, consumer: &OrganisationNumber) -> Self {
        self.consumer_org = Some(consumer.as_str().to_owned());
        self
    }

    /// Restricted to one person.
    #[must_use]
    pub fn pid(mut self, person: &PersonNumber) -> Self {
        self.pid = Some(person.expose().to_owned());
        self
    }

    /// With `details`, an array of one object.
    pub fn authorization_details(mut self, details: &Value) -> Result<Self, AskError> {
        self.authorization_details = Some(Details::read(details)?);
        Ok(self)
    }

    /// As the system user that `owner` has made for our system, with this `externalRef` if with any.
    pub fn system_user(
        mut self,
        owner: &OrganisationNumber,
        external_ref: Option<String>,
    ) -> Result<Self, AskError> {
        self.authorization_details = Some(Details::system_user(owner, external_ref)?);
        Ok(self)
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The scopes as one text.
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

    /// The persons that it names.
    pub(super) fn persons(&self) -> impl Iterator<Item = &str> {
        let in_details = self.details().and_then(Details::person);
        self.pid_text().into_iter().chain(in_details)
    }

    /// Whether the token rests on a consent.
    pub(super) fn rests_on_consent(&self) -> bool {
        self.details().is_some_and(Details::is_consent)
    }

    /// Whether the token rests on what a party has given and may take back: a consent, or a system user.
    pub(super) const fn rests_on_permission(&self) -> bool {
        self.authorization_details.is_some()
    }

    /// As a form, for the token component.
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

    /// From a form or JSON, with `skip_cache`.
    pub(super) async fn read<P: Platform, H>(
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
        caller: &impl VerifiedCaller,
    ) -> Result<(Self, bool), Problem> {
        let written = if arrived.is_media_type("application/json") {
            arrived.json(context, caller).await?
        } else {
            Written::from_form(&arrived.form(context, caller, FIELDS).await?)?
        };
        written.read().map_err(invalid)
    }
}

/// Printable ASCII without what a scope cannot have (RFC 6749 §3.3).
fn is_sendable(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

fn invalid(error: impl fmt::Display) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(error.to_string())
}

/// A request as it was written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    scope: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    consumer_org: Option<String>,
    #[serde(default)]
    pid: Option<String>,
    /// An array, or a text that holds one, as a form has it.
    #[serde(default)]
    authorization_details: Option<Value>,
    #[serde(default)]
    skip_cache: bool,
}

impl Written {
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
                Some(_) => return Err(invalid("skip_cache is true or false")),
            },
        })
    }

    fn read(self) -> Result<(Ask, bool), AskError> {
        let mut ask = Ask::new(&self.scope)?;
        if let Some(resource) = &self.resource {
            ask = ask.resource(resource)?;
        }
        if let Some(number) = &self.consumer_org {
            let consumer = OrganisationNumber::parse(number).map_err(|_| AskError::ConsumerOrg)?;
            ask = ask.consumer_org(&consumer);
        }
        if let Some(number) = &self.pid {
            let person = PersonNumber::parse(number).map_err(|_| AskError::Pid)?;
            ask = ask.pid(&person);
        }
        if let Some(details) = self.authorization_details {
            let details = match details {
                Value::String(text) => {
                    json::read(text.as_bytes()).map_err(|_| DetailsError::Shape)?
                }
                details => details,
            };
            ask = ask.authorization_details(&details)?;
        }
        Ok((ask, self.skip_cache))
    }
}

/// Why something cannot be asked for.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum AskError {
    /// Empty, too long, or with characters that no scope has.
    #[error("scope must be a space-separated list of scopes")]
    Scope,
    /// Empty, too long, or with a fragment.
    #[error("resource must be the API's name, such as an address, without spaces or a fragment")]
    Resource,
    /// Not an organisation's number.
    #[error("consumer_org must be nine digits, an organisation number")]
    ConsumerOrg,
    /// Not a person's number.
    #[error("pid must be eleven digits, a national identity number or D-number")]
    Pid,
    /// Not what Maskinporten knows.
    #[error(transparent)]
    Details(#[from] DetailsError),
}
