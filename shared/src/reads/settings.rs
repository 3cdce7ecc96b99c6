//! The settings of a component that reads one API.
//!
//! One WebAssembly file serves all of them. `component` says which one an instance is, and so its route; every other
//! variable that is not common to all begins with that name, so that what is told to be wrong is what the operator sets.

use super::system_user::Reference;
use crate::altinn::Altinn;
use crate::caller::LookupScopes;
use crate::config::{ConfigError, Consumers, Login, Origin, Raw, Resolver, Settings, StoreKeys};
use crate::consent::{Offer, Services};
use crate::credential::SigningKey;
use crate::outbound::Marking;
use crate::party::Environment;
use crate::platform::Platform;
use crate::skatteetaten::Api;
use crate::token::Ask;
use crate::trace::CallerTraces;

/// The settings of a component that reads one API.
#[derive(Debug)]
pub struct ReadsConfig {
    /// What it is called: in the manifest, in the log, at `token`, and first in its routes.
    pub component: String,
    /// Where the app runs.
    pub environment: Environment,
    /// The pages that may call.
    pub web_origins: Vec<Origin>,
    /// Who receives data.
    pub consumers: Consumers,
    /// Who vouches for callers.
    pub login: Login,
    /// Where the data are.
    pub origin: Origin,
    /// The scope of the source's tokens.
    pub scope: String,
    /// *Rettighetspakke*, a part of the path; empty where no path has it.
    pub package: String,
    /// What can be read, and how.
    pub api: Api,
    /// What opens the data.
    pub permission: Permission,
    /// The component's own key, shown to `token`.
    pub signing_key: SigningKey,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

/// What opens the data, beside the consumer's own right to the API.
#[derive(Debug)]
pub enum Permission {
    /// The party's consent.
    Consent {
        /// To what.
        offer: Offer,
        /// Where it is given.
        altinn: Altinn,
        /// Seals the store of consents.
        store_keys: StoreKeys,
    },
    /// The party's system user, made with this reference; no consent is asked for.
    SystemUser(Reference),
    /// A scope of the caller's login; the party is not asked.
    Scopes(LookupScopes),
}

/// The variables that every such component has.
const COMMON: &[&str] = &[
    "environment",
    "web_origins",
    "budgeted_origins",
    "consumer_organisation",
    "consumer_organisations",
    "consumer_claim",
    "login_origin",
    "login_jwks_path",
    "login_issuer",
    "login_audience",
    "login_party_claim",
    "login_organisations_claim",
    "key_set_store_key",
    "altinn_generation",
    "altinn_api_keys",
    "altinn_start",
    "altinn_token_scope",
    "altinn_proof_header",
    "altinn_origin",
    "altinn_page_origin",
    "services",
    "consent_store_key",
    "consent_store_previous_key",
    "trace_from_callers",
];

/// The ends of those that begin with the component's name.
const OWN: &[&str] = &[
    "origin",
    "scope",
    "package",
    "api",
    "service",
    "system_user",
    "own_scope",
    "others_scope",
    "signing_key",
];

impl Settings for ReadsConfig {
    const VARIABLES: &'static [&'static str] = COMMON;

    /// Reads `component`, and then its settings.
    async fn read<P: Platform>(platform: &P) -> Result<Raw, ConfigError> {
        let load = async |names: &[&str]| {
            let raw = Raw::load(platform, names).await;
            raw.map_err(ConfigError::unreadable)
        };
        let which = load(&["component"]).await?;
        let mut resolver = Resolver::new(&which);
        let component = component(&mut resolver);
        let component = resolver.finish(component)?;
        let own: Vec<String> = OWN.iter().map(|end| variable(&component, end)).collect();
        let own = own.iter().map(String::as_str);
        let names: Vec<&str> = COMMON.iter().copied().chain(own).collect();
        Ok(load(&names).await?.with(which))
    }

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut named = Resolver::new(raw);
        let component = component(&mut named);
        let component = &*named.finish(component)?;
        let name = |end| variable(component, end);
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let web_origins = resolver.web_origins();
        let consumers = resolver.consumers();
        let login = resolver.login();
        let origin = resolver.origin(&name("origin"));
        let remedy = "set it to the scope of the API, such as skatteetaten:kravogbetalinger";
        let scope = resolver.parsed(&name("scope"), "is not a scope", remedy, |text| {
            Ask::new(text).is_ok().then(|| text.to_owned())
        });
        let api = api(&mut resolver, &name("api"));
        let package = match &api {
            Some(api) if !api.needs_package() => Some(String::new()),
            _ => package(&mut resolver, &name("package")),
        };
        let permission = permission(&mut resolver, component, api.as_ref());
        let signing_key = resolver.signing_key(&name("signing_key"));
        let caller_traces = resolver.caller_traces();
        // Whoever shares the store of consents has the same pseudonyms for a customer.
        let marking = match &permission {
            Some(Permission::Consent { .. }) => resolver.marking("consent_store_key"),
            _ => resolver.marking(&name("signing_key")),
        };
        let settings = || {
            Some(Self {
                component: component.to_owned(),
                environment: environment?,
                web_origins: web_origins?,
                consumers: consumers?,
                login: login?,
                origin: origin?,
                scope: scope?,
                package: package?,
                api: api?,
                permission: permission?,
                signing_key: signing_key?,
                caller_traces: caller_traces?,
                marking: marking?,
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}

/// Components have hyphens where variables have underscores.
fn variable(component: &str, end: &str) -> String {
    format!("{}_{end}", component.replace('-', "_"))
}

fn component(resolver: &mut Resolver<'_>) -> Option<String> {
    let remedy =
        "set it to the component's name in the manifest, which is also the first part of its route";
    resolver.parsed("component", "is not a component's name", remedy, |text| {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        plain.then(|| text.to_owned())
    })
}

fn api(resolver: &mut Resolver<'_>, name: &str) -> Option<Api> {
    const REMEDY: &str = "set it to JSON as docs/configuration.md describes it";
    let api = Api::parse(resolver.required(name, REMEDY)?);
    if let Err(reason) = &api {
        resolver.invalid(name, reason, REMEDY);
    }
    api.ok()
}

fn package(resolver: &mut Resolver<'_>, name: &str) -> Option<String> {
    let remedy = "set it to the package that Skatteetaten has granted, such as finans";
    resolver.parsed(name, "is not a package", remedy, |text| {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain.then(|| text.to_owned())
    })
}

fn permission(
    resolver: &mut Resolver<'_>,
    component: &str,
    api: Option<&Api>,
) -> Option<Permission> {
    let name = |end| variable(component, end);
    let given = |end| resolver.optional(&name(end)).is_some();
    match (given("service"), given("system_user")) {
        (true, true) => {
            let remedy = "leave one of them empty: a consent is asked for, or a system user";
            let reason = format!("is set beside {}", name("service"));
            resolver.invalid(&name("system_user"), &reason, remedy);
            None
        }
        (true, false) => consent(resolver, &name("service"), api),
        (false, true) => system_user(resolver, &name("system_user")),
        (false, false) => Some(Permission::Scopes(LookupScopes {
            own: resolver.optional(&name("own_scope")).map(str::to_owned),
            others: resolver.optional(&name("others_scope")).map(str::to_owned),
        })),
    }
}

fn system_user(resolver: &mut Resolver<'_>, name: &str) -> Option<Permission> {
    let remedy = "set it to the externalRef with which system users are made, or to {party} where they are made without";
    let reference = resolver.parsed(name, "is not an externalRef", remedy, Reference::parse)?;
    Some(Permission::SystemUser(reference))
}

fn consent(resolver: &mut Resolver<'_>, name: &str, api: Option<&Api>) -> Option<Permission> {
    let altinn = Altinn::resolve(resolver);
    let store_keys = resolver.store_keys("consent_store_key", "consent_store_previous_key");
    let services = Services::resolve(resolver, altinn.as_ref())?;
    let remedy = "set it to the name of one of the services";
    let offer = resolver.parsed(name, "is not one of the services", remedy, |name| {
        services.find(Some(name)).ok().cloned()
    })?;
    let mut datasets = api.iter().flat_map(|api| &api.datasets);
    if !datasets.all(|dataset| offer.is_said_by(dataset.units())) {
        let reason = "needs metadata that a read has no parameter for";
        resolver.invalid(
            name,
            reason,
            "give each read a parameter of that name and unit",
        );
    }
    Some(Permission::Consent {
        offer,
        altinn: altinn?,
        store_keys: store_keys?,
    })
}
