//! The settings of the claims component.

use crate::altinn::Altinn;
use crate::config::{ConfigError, Consumers, Login, Origin, Raw, Resolver, Settings, StoreKeys};
use crate::consent::{Service, Services};
use crate::credential::SigningKey;
use crate::party::Environment;
use crate::token::Ask;

/// The settings of the claims component.
#[derive(Clone, Debug)]
pub struct ClaimsConfig {
    /// Where the app runs.
    pub environment: Environment,
    /// The pages that may call.
    pub web_origins: Vec<Origin>,
    /// Who receives data.
    pub consumers: Consumers,
    /// Who vouches for customers.
    pub login: Login,
    /// Where consents are given.
    pub altinn: Altinn,
    /// Where the data are.
    pub skatteetaten: Origin,
    /// What the consent is to.
    pub service: Service,
    /// The scope of the source's tokens.
    pub scope: String,
    /// *Rettighetspakke*, a part of the path.
    pub package: String,
    /// The component's own key, shown to `token`.
    pub signing_key: SigningKey,
    /// Seals the store of consents.
    pub store_keys: StoreKeys,
}

impl Settings for ClaimsConfig {
    const VARIABLES: &'static [&'static str] = &[
        "environment",
        "web_origins",
        "consumer_organisation",
        "consumer_organisations",
        "consumer_claim",
        "login_origin",
        "login_jwks_path",
        "login_issuer",
        "login_audience",
        "login_party_claim",
        "login_organisations_claim",
        "altinn_generation",
        "altinn_api_keys",
        "altinn_origin",
        "altinn_page_origin",
        "skatteetaten_origin",
        "services",
        "claims_service",
        "claims_scope",
        "claims_package",
        "claims_signing_key",
        "consent_store_key",
        "consent_store_previous_key",
    ];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let web_origins = resolver.web_origins();
        let consumers = resolver.consumers();
        let login = resolver.login();
        let altinn = Altinn::resolve(&mut resolver);
        let skatteetaten = resolver.origin("skatteetaten_origin");
        let service = service(&mut resolver, altinn.as_ref());
        let remedy = "set it to the scope of the API, such as skatteetaten:kravogbetalinger";
        let scope = resolver.parsed("claims_scope", "is not a scope", remedy, |text| {
            Ask::new(text).is_ok().then(|| text.to_owned())
        });
        let remedy = "set it to the package that Skatteetaten has granted, such as finans";
        let package = resolver.parsed("claims_package", "is not a package", remedy, |text| {
            let plain = text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            plain.then(|| text.to_owned())
        });
        let signing_key = resolver.signing_key("claims_signing_key");
        let store_keys = resolver.store_keys("consent_store_key", "consent_store_previous_key");
        let settings = || {
            Some(Self {
                environment: environment?,
                web_origins: web_origins?,
                consumers: consumers?,
                login: login?,
                altinn: altinn?,
                skatteetaten: skatteetaten?,
                service: service?,
                scope: scope?,
                package: package?,
                signing_key: signing_key?,
                store_keys: store_keys?,
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}

fn service(resolver: &mut Resolver<'_>, altinn: Option<&Altinn>) -> Option<Service> {
    let services = Services::resolve(resolver, altinn)?;
    let remedy = "set it to the name of one of the services";
    resolver.parsed(
        "claims_service",
        "is not one of the services",
        remedy,
        |name| services.find(Some(name)).ok().cloned(),
    )
}
