//! The application manifest: the part of Spin's format, version 2, that an HTTP application uses
//! (<https://spinframework.dev/manifest-reference>). What Spin knows and this host does not is refused, not ignored.

mod check;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::{Table, Value};

use self::check::{component, public_route, refuse_unsupported, triggered_component, variable};
pub(crate) use self::check::{component_id, variable_name};
use crate::{
    document::{Document, DocumentError},
    routes::Routes,
};

/// A manifest whose parts fit together.
pub(crate) struct Manifest {
    /// The folder that paths in the manifest start at.
    pub(crate) folder: PathBuf,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) routes: Routes,
    /// The components that have a trigger, public or private.
    pub(crate) components: BTreeMap<String, Component>,
    /// Every component's build, those without a trigger too.
    pub(crate) builds: Vec<(String, Build)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(rename = "spin_manifest_version")]
    _version: Value,
    #[serde(rename = "application")]
    _application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    #[serde(default)]
    component: BTreeMap<String, Component>,
}

/// Read to be checked: what is in it is for people.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default, rename = "version")]
    _version: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
    #[serde(default, rename = "tool")]
    _tool: Table,
}

/// An application variable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    #[serde(default)]
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    #[serde(default, rename = "id")]
    _id: String,
    route: Value,
    component: Value,
    executor: Option<Executor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Executor {
    r#type: String,
}

/// A component and what it may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    source: Value,
    #[serde(default, rename = "description")]
    _description: String,
    /// Templates over application variables.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Templates over application variables.
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) key_value_stores: Vec<String>,
    build: Option<Build>,
    #[serde(default, rename = "tool")]
    _tool: Table,
}

impl Component {
    /// The compiled component, relative to the manifest's folder.
    pub(crate) fn source(&self) -> &str {
        self.source.as_str().unwrap_or_default()
    }
}

/// How a component is built.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    pub(crate) command: Commands,
    /// Relative to the manifest's folder.
    pub(crate) workdir: Option<PathBuf>,
    #[serde(default, rename = "watch")]
    _watch: Vec<String>,
}

/// One command, or several that run one after another.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Commands {
    One(String),
    Several(Vec<String>),
}

impl Commands {
    pub(crate) fn each(&self) -> &[String] {
        match self {
            Self::One(command) => std::slice::from_ref(command),
            Self::Several(commands) => commands,
        }
    }
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
