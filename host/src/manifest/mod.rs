//! Application manifest: the part of Spin's format, version 2, that an HTTP application uses
//! (<https://spinframework.dev/manifest-reference>). Keys that Spin supports and this host does not
//! are refused, not ignored.

mod check;
mod content;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::check::{component, public_route, refuse_unsupported, triggered_component, variable};
pub(crate) use self::check::{component_id, variable_name};
use self::content::Content;
pub(crate) use self::content::{Build, Component, Variable};
use crate::document::{Document, DocumentError};
use crate::routes::Routes;

/// Manifest with consistent parts.
pub(crate) struct Manifest {
    /// Folder that paths in the manifest start at.
    pub(crate) folder: PathBuf,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) routes: Routes,
    /// Components with a trigger, public or private.
    pub(crate) components: BTreeMap<String, Component>,
    /// Builds of all components, with or without a trigger.
    pub(crate) builds: Vec<(String, Build)>,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, DocumentError> {
        Self::check(&Document::read(path)?)
    }

    fn check(document: &Document) -> Result<Self, DocumentError> {
        refuse_unsupported(document)?;
        let content: Content = document.typed()?;
        for (name, declared) in &content.variables {
            variable(document, name, declared)?;
        }
        for (id, described) in &content.component {
            component(document, id, described)?;
        }
        let mut routes = Routes::default();
        let mut components = BTreeMap::new();
        for trigger in &content.trigger.http {
            let (id, triggered) = triggered_component(document, trigger, &content.component)?;
            if let Some(pattern) = public_route(document, trigger, id)? {
                routes
                    .add(pattern, id)
                    .map_err(|error| document.refused(error.to_string()))?;
            }
            components.insert(id.to_owned(), triggered.clone());
        }
        let builds = content
            .component
            .into_iter()
            .filter_map(|(id, component)| Some((id, component.build?)));
        Ok(Self {
            folder: document.folder().to_owned(),
            variables: content.variables,
            routes,
            components,
            builds: builds.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "demo"
        version = "0.1.0"
        description = "All that is supported"
        authors = ["Someone"]
        [variables]
        origin = { default = "https://example.com" }
        key = { required = true, secret = true, description = "A key" }
        [[trigger.http]]
        id = "front"
        route = "/front/..."
        component = "front"
        executor = { type = "http" }
        [[trigger.http]]
        route = { private = true }
        component = "back"
        [component.front]
        source = "front.wasm"
        description = "The front"
        allowed_outbound_hosts = ["{{ origin }}", "http://back.spin.internal"]
        key_value_stores = ["default"]
        environment = { MODE = "x" }
        [component.front.variables]
        origin = "{{ origin }}"
        [component.front.build]
        command = "cargo build"
        workdir = "front"
        watch = ["src/**/*.rs"]
        [component.back]
        source = "back.wasm"
        [component.back.build]
        command = ["one", "two"]
    "#;

    fn check(text: &str) -> Result<Manifest, DocumentError> {
        Manifest::check(&Document::parse(Path::new("spin.toml"), text)?)
    }

    #[test]
    fn all_that_is_supported_is_read() {
        let manifest = check(WHOLE).unwrap();
        assert_eq!(manifest.routes.find("/front/x").unwrap().component, "front");
        assert_eq!(manifest.routes.find("/back"), None);
        assert_eq!(manifest.components["back"].source(), "back.wasm");
        let commands: Vec<_> = manifest
            .builds
            .iter()
            .flat_map(|(_, build)| build.command.each())
            .collect();
        assert_eq!(commands, ["one", "two", "cargo build"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (find, replace, message) in [
            (
                "version = 2",
                "version = 1",
                "`spin_manifest_version` is part of Spin's format, but this host does not support it: only version 2 is",
            ),
            (
                "spin_manifest_version = 2",
                "",
                "spin_manifest_version = 2 is missing",
            ),
            ("[application]", "[application", "line 3: "),
            ("name = \"demo\"", "nome = \"demo\"", "unknown field `nome`"),
            (
                "authors = [\"Someone\"]",
                "targets = [\"spin-up:4.1\"]",
                "`application.targets` is part of Spin's format, but",
            ),
            (
                "default = \"https://example.com\"",
                "",
                "variables.origin needs either `required = true` or a default",
            ),
            (
                "{ required = true,",
                "{ required = true, default = \"x\",",
                "variables.key is required and has a default",
            ),
            (
                "origin = { default",
                "Origin = { default",
                "variables.Origin: a variable's name starts with a lower-case letter",
            ),
            (
                "id = \"front\"",
                "ident = \"front\"",
                "unknown field `ident`",
            ),
            (
                "component = \"back\"",
                "component = \"bak\"",
                "a trigger names the component `bak`, which is not in the manifest",
            ),
            (
                "component = \"back\"",
                "component = { source = \"x.wasm\" }",
                "`trigger.http.component as a table` is part of Spin's format",
            ),
            (
                "{ private = true }",
                "{ private = false }",
                "the route of the component `back` must be a path or { private = true }",
            ),
            (
                "{ private = true }",
                "\"/front/...\"",
                "route `/front/...` is given twice",
            ),
            (
                "type = \"http\"",
                "type = \"wagi\"",
                "`trigger.http.executor of type `wagi`` is part of Spin's format",
            ),
            (
                "[[trigger.http]]\n        route",
                "[[trigger.redis]]\n        channel = \"c\"\n        route",
                "`trigger.redis` is part of Spin's format",
            ),
            (
                "source = \"back.wasm\"",
                "source = { url = \"https://x\" }",
                "`component.back.source as a table` is part of Spin's format",
            ),
            ("source = \"back.wasm\"", "", "missing field `source`"),
            (
                "source = \"back.wasm\"",
                "source = \"b\"\nfiles = [\"x\"]",
                "`component.back.files` is part of Spin's format, but this host does not support it",
            ),
            (
                "source = \"back.wasm\"",
                "source = \"b\"\nfile = [\"x\"]",
                "unknown field `file`",
            ),
            (
                "[component.back]",
                "[component.Back_1]\nsource = \"x\"\n[component.back]",
                "component.Back_1: a component's id has words of letters and digits",
            ),
        ] {
            let text = WHOLE.replacen(find, replace, 1);
            assert_ne!(text, WHOLE, "{find}");
            let error = check(&text)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(error.contains(message), "{find} -> {replace}: {error}");
        }
    }
}
