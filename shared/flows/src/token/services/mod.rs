//! `token_services`: services that may request tokens, with their rights.

#[cfg(test)]
mod tests;

use serde::Deserialize;

use innsyn_core::credential::VerifyingKey;
use innsyn_core::party::OrganisationNumber;
use innsyn_protocols::maskinporten::Client;
use innsyn_runtime::config::{Consumers, Resolver, Setting};
use innsyn_runtime::settings;

settings! {
    /// Setting of the services.
    pub(super) SERVED {
        /// Services that may request tokens.
        pub TOKEN_SERVICES = Setting::required("token_services");
    }
}

const NAME: &str = TOKEN_SERVICES.name;
const SERVICES: &str = "set it to a JSON array of {subject, public_key or none for a back end with a login token, scopes, authorization_details, consumers, consumer_orgs, resources, systemuser_orgs, external_refs, pid, sweep}";
const CONSUMERS: &str = "give each service `consumers`: organisations of this deployment for which it may ask, or [\"*\"] for all of them";
const DELEGATED: &str =
    "add the consumer to `consumer_orgs` of the service, or take it out of its `consumers`";

/// Service that may request tokens.
#[derive(Clone, Debug)]
pub struct TokenService {
    /// `sub` of its credential.
    pub subject: String,
    /// Keys with which it may sign credentials: one, and a second during a rotation. `None` for a
    /// back end with a token of the login service.
    pub public_keys: Option<Vec<VerifyingKey>>,
    /// Scopes that it may request.
    pub scopes: Vec<String>,
    /// Types of `authorization_details` that it may request.
    pub authorization_details: Vec<String>,
    /// Consumers of the deployment for which it may request tokens: at least one.
    pub consumers: Vec<OrganisationNumber>,
    /// Organisations for which it may request tokens as their supplier.
    pub consumer_orgs: ConsumerOrgs,
    /// Limits of the values in its requests.
    pub limits: RequestLimits,
    /// Right to request tokens that are restricted to a person.
    pub pid: bool,
    /// Right to trigger the sweep of the store.
    pub sweep: bool,
}

/// Limits of the values in a service's requests. `None` is no limit; in a list, an empty text
/// permits a request without a value.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestLimits {
    /// Values of `resource` (RFC 8707).
    pub resources: Option<Vec<String>>,
    /// Organisations of system users, nine digits each.
    pub systemuser_orgs: Option<Vec<String>>,
    /// Values of a system user's `externalRef`.
    pub external_refs: Option<Vec<String>>,
}

/// Organisations that have delegated scopes and for which a service may request tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConsumerOrgs {
    /// Any: Maskinporten knows which organisations have delegated.
    Any,
    /// Listed values; none by default.
    Only(Vec<OrganisationNumber>),
}

impl ConsumerOrgs {
    /// Returns true if a service may ask for `organisation`.
    pub fn allow(&self, organisation: &OrganisationNumber) -> bool {
        match self {
            Self::Any => true,
            Self::Only(organisations) => organisations.contains(organisation),
        }
    }

    /// Parses organisation numbers, or an asterisk alone.
    fn read(texts: &[String]) -> Option<Self> {
        if is_any(texts) {
            return Some(Self::Any);
        }
        let numbers = texts
            .iter()
            .map(|text| OrganisationNumber::parse(text).ok());
        numbers.collect::<Option<_>>().map(Self::Only)
    }
}

fn is_any(texts: &[String]) -> bool {
    matches!(texts, [only] if only == "*")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    subject: String,
    #[serde(default)]
    public_key: Option<PublicKeys>,
    scopes: Vec<String>,
    #[serde(default)]
    authorization_details: Vec<String>,
    #[serde(default)]
    consumers: Option<Vec<String>>,
    #[serde(default)]
    consumer_orgs: Vec<String>,
    #[serde(default)]
    resources: Option<Vec<String>>,
    #[serde(default)]
    systemuser_orgs: Option<Vec<String>>,
    #[serde(default)]
    external_refs: Option<Vec<String>>,
    #[serde(default)]
    pid: bool,
    #[serde(default)]
    sweep: bool,
}

/// Key, or a list of keys.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum PublicKeys {
    One(String),
    Several(Vec<String>),
}

impl PublicKeys {
    /// Parses the keys, of which there is at least one.
    pub(crate) fn parse(&self) -> Option<Vec<VerifyingKey>> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        let keys: Option<Vec<_>> = texts.iter().map(|text| VerifyingKey::parse(text)).collect();
        keys.filter(|keys| !keys.is_empty())
    }
}

/// Fault of a service, with its remedy.
type Fault = (String, &'static str);

/// Deployment to which the services belong.
pub(super) struct Deployment<'a> {
    pub(super) consumers: &'a Consumers,
    pub(super) clients: &'a [Client],
}

/// Reads `token_services`.
pub(super) fn services(
    resolver: &mut Resolver<'_>,
    deployment: Option<&Deployment<'_>>,
) -> Option<Vec<TokenService>> {
    let raw: Vec<RawService> = resolver.json(NAME, SERVICES)?;
    let mut services: Vec<TokenService> = Vec::new();
    for (index, service) in raw.into_iter().enumerate() {
        let number = index.saturating_add(1);
        let is_known = |other: &TokenService| other.subject == service.subject;
        if services.iter().any(is_known) {
            let reason = format!("number {number} has the subject of another");
            resolver.invalid(NAME, &reason, SERVICES);
        }
        let mut faults = Vec::new();
        services.extend(read(service, deployment, &mut faults));
        for (reason, remedy) in faults {
            resolver.invalid(NAME, &format!("number {number} {reason}"), remedy);
        }
    }
    Some(services)
}

/// Reads one service. Returns `None` where it adds a fault.
fn read(
    service: RawService,
    deployment: Option<&Deployment<'_>>,
    faults: &mut Vec<Fault>,
) -> Option<TokenService> {
    let mut wrong = |reason: &str| faults.push((reason.to_owned(), SERVICES));
    let public_keys = service.public_key.as_ref().map(PublicKeys::parse);
    if matches!(public_keys, Some(None)) {
        wrong("has a public_key that is not base64url of 32 bytes");
    }
    let consumer_orgs = ConsumerOrgs::read(&service.consumer_orgs);
    if consumer_orgs.is_none() {
        wrong("has consumer_orgs that are neither organisation numbers nor \"*\" alone");
    }
    let limits = RequestLimits {
        resources: service.resources,
        systemuser_orgs: service.systemuser_orgs,
        external_refs: service.external_refs,
    };
    if let Err(reason) = limits.check() {
        wrong(reason);
    }
    let consumer_orgs = consumer_orgs?;
    // Without a deployment its own settings are invalid, and the services are not used.
    let consumers = deployment?.consumers_of(service.consumers.as_deref(), &consumer_orgs);
    let consumers = consumers.map_err(|fault| faults.push(fault)).ok()?;
    Some(TokenService {
        subject: service.subject,
        public_keys: public_keys.flatten(),
        scopes: service.scopes,
        authorization_details: service.authorization_details,
        consumers,
        consumer_orgs,
        limits,
        pid: service.pid,
        sweep: service.sweep,
    })
}

impl Deployment<'_> {
    /// Returns the consumers for which a service may request tokens. A deployment with one
    /// consumer defaults to it; one with several requires a list.
    fn consumers_of(
        &self,
        texts: Option<&[String]>,
        consumer_orgs: &ConsumerOrgs,
    ) -> Result<Vec<OrganisationNumber>, Fault> {
        let all = self.consumers;
        let consumers: Vec<_> = match texts {
            None if all.others.is_empty() => vec![all.default.clone()],
            None => {
                let reason = "has no consumers, and this deployment has several";
                return Err((reason.to_owned(), CONSUMERS));
            }
            Some(texts) if is_any(texts) => all.all().cloned().collect(),
            Some(texts) => {
                let numbers = texts.iter().map(|text| all.find(text).cloned());
                let numbers = numbers.collect::<Option<Vec<_>>>();
                numbers.filter(|numbers| !numbers.is_empty()).ok_or_else(|| {
                    let reason =
                        "has consumers that are neither organisations of this deployment nor \"*\" alone";
                    (reason.to_owned(), CONSUMERS)
                })?
            }
        };
        let mut delegated = consumers.iter().filter(|number| self.is_delegated(number));
        match delegated.find(|number| !consumer_orgs.allow(number)) {
            Some(number) => {
                let reason = format!(
                    "asks for {number}, which has delegated to a client's owner, and has it not in consumer_orgs"
                );
                Err((reason, DELEGATED))
            }
            None => Ok(consumers),
        }
    }

    /// Returns whether a supplier acts for the consumer, so that its grants name it as
    /// `consumer_org`.
    fn is_delegated(&self, consumer: &OrganisationNumber) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|client| client.consumers.contains(consumer))
    }
}

impl RequestLimits {
    /// Returns whether `value`, or a request without one, is within a limit.
    pub(crate) fn allow(limit: Option<&Vec<String>>, value: Option<&str>) -> bool {
        let value = value.unwrap_or_default();
        limit.is_none_or(|values| values.iter().any(|allowed| allowed == value))
    }

    fn check(&self) -> Result<(), &'static str> {
        let hold = |limit: Option<&Vec<String>>, is_value: fn(&str) -> bool| {
            let mut values = limit.into_iter().flatten();
            values.all(|value| is_value(value))
        };
        let is_one_word = |text: &str| !text.contains(char::is_whitespace);
        let is_number = |text: &str| OrganisationNumber::parse(text).is_ok();
        if !hold(self.resources.as_ref(), is_one_word) {
            return Err("has resources with a space in them");
        }
        if !hold(self.systemuser_orgs.as_ref(), is_number) {
            return Err("has systemuser_orgs that are not organisation numbers");
        }
        if !hold(self.external_refs.as_ref(), is_one_word) {
            return Err("has external_refs with a space in them");
        }
        Ok(())
    }
}
