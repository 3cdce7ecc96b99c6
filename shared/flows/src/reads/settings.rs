//! Settings of a component that reads one API.
//!
//! A single WebAssembly file serves all of them. `component` names the component of an instance,
//! and so its route. Variables that are not common to all begin with that name, so that faults name the
//! variables that the operator sets.

use super::system_user::Reference;
use crate::altinn::{self, Altinn};
use crate::altinn2;
use crate::consent::{
    self, CONSENT_STORE_KEY, CONSENT_STORE_PREVIOUS_KEY, ServiceTemplate, Services,
};
use crate::token::TokenRequest;
use innsyn_core::credential::SigningKey;
use innsyn_core::marks::Marking;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::platform::Platform;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::read_api::Api;
use innsyn_runtime::caller::LookupScopes;
use innsyn_runtime::config::{
    COMMON, ConfigError, Consumers, EGRESS, Login, PAGES, Raw, Resolver, Setting, Settings,
    StoreKeys,
};
use innsyn_runtime::settings;

/// Settings of a component that reads one API.
#[derive(Debug)]
pub struct ReadsConfig {
    /// Name of the component: in the manifest, in the log, at `token`, and as first segment of its
    /// routes.
    pub component: String,
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Origins whose pages may call.
    pub web_origins: Vec<Origin>,
    /// Organisations that receive data.
    pub consumers: Consumers,
    /// Login service that authenticates callers.
    pub login: Login,
    /// Origin of the source.
    pub origin: Origin,
    /// Request for a token of the source, by its scope.
    pub token_request: TokenRequest,
    /// *Rettighetspakke*, a segment of the path; empty if no path has it.
    pub package: String,
    /// API with its datasets.
    pub api: Api,
    /// Permission on which reads rest.
    pub permission: Permission,
    /// Component's own key, for credentials sent to `token`.
    pub signing_key: SigningKey,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

/// Permission on which reads rest, in addition to the consumer's own right to the API.
#[derive(Debug)]
pub enum Permission {
    /// Consent of the party.
    Consent {
        /// Service to which the party consents.
        template: ServiceTemplate,
        /// Altinn, where the consent is given.
        altinn: Altinn,
        /// Keys that seal the store of consents.
        store_keys: StoreKeys,
    },
    /// System user of the party, created with this reference; no consent is requested.
    SystemUser(Reference),
    /// Scopes of the caller's login; the party is not asked.
    Scopes(LookupScopes),
}

/// Settings of the components that require a consent.
pub(crate) const WITH_CONSENT: &[&[Setting]] = &[
    altinn::ADDRESSES,
    altinn::GENERATION,
    altinn2::SHARED,
    altinn2::PROOFS,
    consent::OFFERED,
    consent::STORED,
];

settings! {
    /// Settings of one component, whose names begin with the component's.
    pub(crate) OWN {
        ORIGIN = Setting::of_dataset("origin");
        SCOPE = Setting::of_dataset("scope");
        PACKAGE = Setting::of_dataset("package");
        API = Setting::of_dataset("api");
        pub(crate) SERVICE = Setting::of_dataset("service");
        SYSTEM_USER = Setting::of_dataset("system_user");
        OWN_SCOPE = Setting::of_dataset("own_scope");
        OTHERS_SCOPE = Setting::of_dataset("others_scope");
        SIGNING_KEY = Setting::of_dataset("signing_key").secret();
    }
}

settings! {
    /// Setting that names the component; the manifest has its value.
    pub(crate) NAMED {
        pub(crate) COMPONENT = Setting::required("component");
    }
}

impl Settings for ReadsConfig {
    const SETTINGS: &'static [&'static [Setting]] = &[COMMON, PAGES, EGRESS];

    /// Reads `component`, and then its settings.
    async fn read<P: Platform>(platform: &P) -> Result<Raw, ConfigError> {
        let load = async |names: &[&str]| {
            let raw = Raw::load(platform, names).await;
            raw.map_err(ConfigError::unreadable)
        };
        let which = load(&[COMPONENT.name]).await?;
        let mut resolver = Resolver::new(&which);
        let component = component(&mut resolver);
        let component = resolver.finish(component)?;
        let own: Vec<String> = OWN.iter().map(|end| variable(&component, *end)).collect();
        let consent = WITH_CONSENT.iter().copied().flatten();
        let mut names: Vec<&str> = Self::names().collect();
        names.extend(consent.map(|setting| setting.name));
        names.extend(own.iter().map(String::as_str));
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
        let origin = resolver.origin(&name(ORIGIN));
        let remedy = "set it to the scope of the API, such as skatteetaten:kravogbetalinger";
        let token_request = resolver.parsed(&name(SCOPE), "is not a scope", remedy, |text| {
            TokenRequest::new(text).ok()
        });
        let api = api(&mut resolver, &name(API));
        let package = match &api {
            Some(api) if !api.needs_package() => Some(String::new()),
            _ => package(&mut resolver, &name(PACKAGE)),
        };
        let permission = permission(&mut resolver, component, api.as_ref());
        let signing_key = resolver.signing_key(&name(SIGNING_KEY));
        let caller_traces = resolver.caller_traces();
        // Components that share the store of consents use the same pseudonyms for a customer.
        let marking = match &permission {
            Some(Permission::Consent { .. }) => resolver.marking(CONSENT_STORE_KEY.name),
            _ => resolver.marking(&name(SIGNING_KEY)),
        };
        let egress = resolver.egress(component, |_| signing_key.clone());
        let settings = || {
            Some(Self {
                component: component.to_owned(),
                environment: environment?,
                web_origins: web_origins?,
                consumers: consumers?,
                login: login?,
                origin: origin?,
                token_request: token_request?,
                package: package?,
                api: api?,
                permission: permission?,
                signing_key: signing_key?,
                caller_traces: caller_traces?,
                marking: marking?.through(egress?),
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}

/// Returns the name of a variable: hyphens of the component become underscores.
pub(crate) fn variable(component: &str, end: Setting) -> String {
    format!("{}_{}", component.replace('-', "_"), end.name)
}

fn component(resolver: &mut Resolver<'_>) -> Option<String> {
    let remedy =
        "set it to the component's name in the manifest, which is also the first part of its route";
    resolver.parsed(
        COMPONENT.name,
        "is not a component's name",
        remedy,
        |text| {
            let plain = text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            plain.then(|| text.to_owned())
        },
    )
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
    match (given(SERVICE), given(SYSTEM_USER)) {
        (true, true) => {
            let remedy = "leave one of them empty: a consent is asked for, or a system user";
            let reason = format!("is set beside {}", name(SERVICE));
            resolver.invalid(&name(SYSTEM_USER), &reason, remedy);
            None
        }
        (true, false) => consent(resolver, &name(SERVICE), api),
        (false, true) => system_user(resolver, &name(SYSTEM_USER)),
        (false, false) => Some(Permission::Scopes(LookupScopes {
            own: resolver.optional(&name(OWN_SCOPE)).map(str::to_owned),
            others: resolver.optional(&name(OTHERS_SCOPE)).map(str::to_owned),
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
    let store_keys = resolver.store_keys(CONSENT_STORE_KEY.name, CONSENT_STORE_PREVIOUS_KEY.name);
    let services = Services::resolve(resolver, altinn.as_ref())?;
    let remedy = "set it to the name of one of the services";
    let template = resolver.parsed(name, "is not one of the services", remedy, |name| {
        services.find(Some(name)).ok().cloned()
    })?;
    let mut datasets = api.iter().flat_map(|api| &api.datasets);
    if !datasets.all(|dataset| template.is_said_by(dataset.units())) {
        let reason = "needs metadata that a read has no parameter for";
        resolver.invalid(
            name,
            reason,
            "give each read a parameter of that name and unit",
        );
    }
    Some(Permission::Consent {
        template,
        altinn: altinn?,
        store_keys: store_keys?,
    })
}
