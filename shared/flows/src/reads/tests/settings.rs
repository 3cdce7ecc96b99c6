//! Tests of the settings, with the manifest's own texts: one variable names the component.

use super::*;
use crate::fixtures::reads_config as load;
use innsyn_runtime::inbound::Component;

#[test]
fn one_variable_says_which_component_it_is() {
    for component in ["claims", "accounting", "income", "tax-basis", "persons"] {
        let config = load(&[("component", component)]).expect(component);
        let api = ReadsApi::from(config);
        assert_eq!(Component::<Memory>::name(&api), component);
        let routes = Component::<Memory>::configured_routes(&api);
        let first = format!("/{component}/");
        assert!(routes.iter().all(|route| route.path.starts_with(&first)));
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
        // A read by year does not determine the months for which it needs a consent.
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
