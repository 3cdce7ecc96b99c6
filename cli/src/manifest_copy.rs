//! Copy of the app's manifest with a public route for the token component, which has none by
//! default.

use std::path::Path;

use anyhow::Context;
use toml::{Table, Value};

const COMPONENT: &str = "token";
const ROUTE: &str = "/token/...";

/// Returns a copy of `manifest`, a file in `folder`, that has the route and works in any folder:
/// its sources are absolute.
///
/// # Errors
///
/// If the manifest cannot be read or has no token component.
pub(crate) fn with_token_route(manifest: &str, folder: &Path) -> anyhow::Result<String> {
    let mut manifest: Table = manifest.parse().context("the manifest is not TOML")?;
    let components = manifest.get_mut("component").and_then(Value::as_table_mut);
    for (name, component) in components
        .context("the manifest has no components")?
        .iter_mut()
    {
        let source = component.get_mut("source");
        let source = source.with_context(|| format!("component {name} has no source"))?;
        if let Some(path) = source.as_str() {
            let path = folder.join(path);
            let path = path.to_str().context("the project's path is not UTF-8")?;
            *source = Value::from(path);
        }
    }
    let triggers = manifest
        .get_mut("trigger")
        .and_then(|it| it.get_mut("http"));
    triggers
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_table_mut)
        .find(|trigger| trigger.get("component").and_then(Value::as_str) == Some(COMPONENT))
        .with_context(|| format!("the manifest has no trigger for the component {COMPONENT}"))?
        .insert("route".to_owned(), Value::from(ROUTE));
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_differs_in_the_route_and_the_sources_alone() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the project");
        let text = std::fs::read_to_string(project.join("spin.toml")).expect("a manifest");
        let mut original: Table = text.parse().expect("TOML");

        let copy = with_token_route(&text, project).expect("a copy");

        let mut copy: Table = copy.parse().expect("TOML");
        assert_eq!(route(&mut original).as_str(), None, "private by default");
        assert_eq!(route(&mut copy).as_str(), Some("/token/..."));
        *route(&mut copy) = route(&mut original).clone();
        let components = copy["component"].as_table_mut().expect("components");
        for (name, component) in components {
            let source = original["component"][name]["source"].clone();
            let absolute = project.join(source.as_str().expect("a path"));
            assert_eq!(component["source"].as_str(), absolute.to_str());
            component["source"] = source;
        }
        assert_eq!(copy, original);
    }

    fn route(manifest: &mut Table) -> &mut Value {
        let triggers = manifest["trigger"]["http"]
            .as_array_mut()
            .expect("triggers");
        let mut of_token = triggers
            .iter_mut()
            .filter(|trigger| trigger["component"].as_str() == Some("token"));
        &mut of_token.next().expect("a trigger")["route"]
    }
}
