//! Comparison of the components' routes with `docs/api/openapi.yaml`.

use std::collections::BTreeMap;

use http::Method;

use crate::fixtures::reads_config;
use crate::{consent, reads, signature, token};
use innsyn_core::platform::memory::Memory;
use innsyn_runtime::inbound::{Access, Component, Route};

const DESCRIPTION: &str = include_str!("../../../docs/api/openapi.yaml");

/// Security scheme of each route; none for links.
type Routes = BTreeMap<(String, &'static str), Option<&'static str>>;

/// Parses the paths of the description. An operation without `security` has the one of the whole
/// description, which is the login.
fn described() -> Routes {
    let mut routes = Routes::new();
    let (_, paths) = DESCRIPTION.split_once("\npaths:\n").expect("paths");
    let (paths, _) = paths.split_once("\ncomponents:\n").expect("components");
    let (mut path, mut last) = ("", None);
    for line in paths.lines() {
        if let Some(method) = line
            .strip_prefix("    ")
            .and_then(|key| key.strip_suffix(':'))
            && ["get", "post", "delete"].contains(&method)
        {
            let key = (method.to_uppercase(), path);
            routes.insert(key.clone(), Some("login"));
            last = Some(key);
        } else if line.starts_with("  /") {
            path = line.trim().trim_end_matches(':');
        } else if let Some(key) = &last {
            let scheme = line.strip_prefix("        - ");
            let scheme = scheme.and_then(|scheme| scheme.strip_suffix(": []"));
            if line == "      security: []" {
                routes.insert(key.clone(), None);
            } else if scheme.is_some() {
                routes.insert(key.clone(), scheme);
            }
        }
    }
    routes
}

fn scheme<A: Component<Memory>>(route: &Route<A, Memory>) -> Option<&'static str> {
    match route.access {
        Access::Login(_) => Some("login"),
        Access::Service(_) => Some("service"),
        Access::Maintenance(_) => Some("maintenance"),
        Access::Link(_) => None,
    }
}

fn add<A: Component<Memory>>(declared: &mut Routes, routes: &[Route<A, Memory>]) {
    for route in routes {
        let key = (route.method.to_string(), route.path);
        let twice = declared.insert(key, scheme(route));
        assert_eq!(twice, None, "{} {} twice", route.method, route.path);
        // A browser must change nothing by following a link.
        let is_link = matches!(route.access, Access::Link(_));
        assert!(!is_link || route.method == Method::GET, "{}", route.path);
    }
}

#[test]
fn the_routes_and_their_callers_are_those_of_the_description() {
    let mut declared = Routes::new();
    add(
        &mut declared,
        <consent::ConsentApi as Component<Memory>>::ROUTES.unwrap_or_default(),
    );
    add(
        &mut declared,
        <signature::SignatureApi as Component<Memory>>::ROUTES.unwrap_or_default(),
    );
    add(
        &mut declared,
        <token::TokenApi as Component<Memory>>::ROUTES.unwrap_or_default(),
    );
    for component in ["claims", "accounting", "income", "tax-basis", "persons"] {
        let config = reads_config(&[("component", component)]).expect(component);
        let desk = reads::ReadsApi::from(config);
        add(&mut declared, &desk.configured_routes());
    }
    assert!(declared.len() > 25, "{declared:?}");
    assert_eq!(declared, described());
}
