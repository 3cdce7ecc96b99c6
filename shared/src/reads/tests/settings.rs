//! The settings, with the manifest's own texts: each component is told by one variable which it is.

use super::*;
use crate::config::{self, ConfigError};

const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

fn load(changes: &[(&str, &str)]) -> Result<ReadsConfig, ConfigError> {
    let platform = Memory::new();
    for (name, value) in [
        ("environment", "test"),
        ("consumer_organisation", "310000205"),
        ("login_origin", "https://login.example"),
        ("login_jwks_path", "/jwks"),
        ("login_issuer", "https://login.example"),
        ("login_audience", "innsyn"),
        ("login_party_claim", "pid"),
        ("login_organisations_claim", "organisations"),
        ("key_set_store_key", KEY),
        ("altinn_generation", "3"),
        ("altinn_origin", "https://platform.example"),
        ("altinn_page_origin", "https://am.ui.example"),
        ("services", examples::json("services")),
        ("consent_store_key", KEY),
        ("claims_service", "krav-og-betalinger"),
        ("claims_api", examples::json("claims_api")),
        ("income_service", "inntekt"),
        ("income_api", examples::json("income_api")),
        ("tax_basis_service", "summert-skattegrunnlag"),
        ("tax_basis_api", examples::json("tax_basis_api")),
        ("persons_api", examples::json("persons_api")),
        ("accounting_system_user", "{party}"),
        ("accounting_api", examples::json("claims_api")),
    ] {
        platform.set_variable(name, value);
    }
    for component in ["claims", "accounting", "income", "tax_basis", "persons"] {
        platform.set_variable(&format!("{component}_origin"), "https://source.example");
        platform.set_variable(&format!("{component}_scope"), "folkeregister:deling/finans");
        platform.set_variable(&format!("{component}_package"), "finans");
        platform.set_variable(&format!("{component}_signing_key"), KEY);
    }
    for (name, value) in changes {
        platform.set_variable(name, value);
    }
    platform.run(config::load(&platform))
}

#[test]
fn one_variable_says_which_component_it_is() {
    for (component, routes) in [
        (
            "claims",
            &[
                "/claims/aapnekrav",
                "/claims/innbetalinger",
                "/claims/krav",
                "/claims/utbetalinger",
            ][..],
        ),
        (
            "accounting",
            &[
                "/accounting/aapnekrav",
                "/accounting/innbetalinger",
                "/accounting/krav",
                "/accounting/utbetalinger",
            ],
        ),
        ("income", &["/income/inntekter"]),
        ("tax-basis", &["/tax-basis/oppgjoer"]),
        ("persons", &["/persons/oppslag"]),
    ] {
        let config = load(&[("component", component)]).expect(component);
        let desk = Desk::new(config);
        assert_eq!(desk.component(), component);
        let paths: Vec<&str> = desk.routes().iter().map(|route| route.path).collect();
        assert_eq!(paths, routes);
    }
}

#[test]
fn without_a_service_the_logins_scopes_decide_and_none_is_the_default() {
    let config = load(&[("component", "persons")]).expect("settings");
    let Permission::Scopes(scopes) = config.permission else {
        panic!("no consent")
    };
    assert_eq!((scopes.own, scopes.others), (None, None));
    let config = load(&[("component", "income")]).expect("settings");
    assert!(matches!(config.permission, Permission::Consent { .. }));
}

#[test]
fn a_system_user_is_asked_for_only_where_it_is_configured() {
    let config = load(&[("component", "accounting")]).expect("settings");
    assert!(matches!(config.permission, Permission::SystemUser(_)));
    let closed = [("component", "accounting"), ("accounting_system_user", "")];
    let Permission::Scopes(scopes) = load(&closed).expect("settings").permission else {
        panic!("nothing opens it")
    };
    assert_eq!((scopes.own, scopes.others), (None, None));
}

#[test]
fn faults_are_named_by_what_the_operator_sets() {
    for (changes, told) in [
        (&[][..], "component is not set"),
        (
            &[("component", "Claims")],
            "component is not a component's name",
        ),
        (
            &[("component", "tax-basis"), ("tax_basis_scope", "")],
            "tax_basis_scope is not set",
        ),
        (
            &[("component", "income"), ("income_package", "a/b")],
            "income_package is not a package",
        ),
        (
            &[("component", "income"), ("income_api", "{")],
            "income_api is not what is expected at line 1, column 1",
        ),
        (
            &[("component", "income"), ("income_service", "lån")],
            "income_service is not one of the services",
        ),
        // A read by year cannot say which months it needs a consent to.
        (
            &[("component", "tax-basis"), ("tax_basis_service", "inntekt")],
            "tax_basis_service needs metadata that a read has no parameter for",
        ),
        (
            &[
                ("component", "accounting"),
                ("accounting_system_user", "a b"),
            ],
            "accounting_system_user is not an externalRef",
        ),
        (
            &[
                ("component", "accounting"),
                ("accounting_service", "inntekt"),
            ],
            "accounting_system_user is set beside accounting_service",
        ),
        (
            &[("component", "persons"), ("persons_signing_key", "")],
            "persons_signing_key is not set",
        ),
    ] {
        let error = load(changes).expect_err(told).to_string();
        assert!(error.starts_with(told), "{error}");
    }
}
