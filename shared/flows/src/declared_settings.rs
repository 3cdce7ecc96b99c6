//! Comparison of the declared settings with `spin.toml` and `docs/configuration.md`.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::consent::ConsentConfig;
use crate::reads::{self, ReadsConfig};
use crate::signature::SignatureConfig;
use crate::token::TokenConfig;
use innsyn_runtime::config::{DefaultValue, Setting, Settings};

const MANIFEST: &str = include_str!("../../../spin.toml");
const PAGE: &str = include_str!("../../../docs/configuration.md");

/// Settings of datasets that the manifest sets to a variable of another name.
const SHARED: [(&str, &str); 3] = [
    ("claims_origin", "skatteetaten_origin"),
    ("accounting_origin", "skatteetaten_origin"),
    ("accounting_api", "claims_api"),
];

/// Variables that no component reads: they are in `allowed_outbound_hosts`.
const HOSTS: [Setting; 2] = [
    Setting::with_default("events_origin", "https://events.invalid"),
    Setting::with_default("evidence_origin", "https://evidence.invalid"),
];

fn manifest() -> Table {
    MANIFEST.parse().expect("TOML")
}

fn flat(groups: &[&[Setting]]) -> BTreeMap<String, Setting> {
    let settings = groups.iter().copied().flatten();
    settings.map(|one| (one.name.to_owned(), *one)).collect()
}

/// Returns the settings that a component declares. One that reads an API declares its own under
/// names that begin with its name, of which the manifest may leave out those for another access.
fn declared(component: &str, variables: &Table) -> BTreeMap<String, Setting> {
    match component {
        "token" => return flat(TokenConfig::SETTINGS),
        "consent" => return flat(ConsentConfig::SETTINGS),
        "signature" => return flat(SignatureConfig::SETTINGS),
        _ => {}
    }
    let mut settings = flat(ReadsConfig::SETTINGS);
    settings.extend(flat(&[reads::NAMED]));
    let name = |end: &Setting| reads::variable(component, *end);
    if variables.contains_key(&name(&reads::SERVICE)) {
        settings.extend(flat(reads::WITH_CONSENT));
    }
    let own = reads::OWN.iter().map(|end| (name(end), *end));
    settings.extend(own.filter(|(name, end)| {
        let is_optional = !["origin", "scope", "api", "signing_key"].contains(&end.name);
        !is_optional || variables.contains_key(name)
    }));
    settings
}

/// Returns the declaration of each variable of the application.
fn variables() -> BTreeMap<String, Setting> {
    let mut found = flat(&[&HOSTS]);
    let manifest = manifest();
    for (component, table) in manifest["component"].as_table().expect("components") {
        let given = table["variables"].as_table().expect("variables");
        let declared = declared(component, given);
        let names: BTreeSet<&String> = declared.keys().collect();
        assert_eq!(given.keys().collect::<BTreeSet<_>>(), names, "{component}");
        for (name, setting) in declared {
            if setting == reads::COMPONENT {
                assert_eq!(given[&name].as_str(), Some(&**component));
                continue;
            }
            let of_another = SHARED.iter().find(|(known, _)| *known == name);
            let variable = of_another.map_or(&*name, |(_, variable)| *variable);
            assert_eq!(
                given[&name].as_str(),
                Some(&*format!("{{{{ {variable} }}}}"))
            );
            let same = found.insert(variable.to_owned(), setting);
            assert!(same.is_none_or(|same| same == setting), "{variable}");
        }
    }
    found
}

#[test]
fn the_manifest_has_the_declared_settings_and_no_others() {
    let manifest = manifest();
    let application = manifest["variables"].as_table().expect("variables");
    let declared = variables();
    let names: BTreeSet<&String> = declared.keys().collect();
    assert_eq!(application.keys().collect::<BTreeSet<_>>(), names);
    for (name, setting) in declared {
        let entry = &application[&name];
        let is = |key: &str| entry.get(key).and_then(Value::as_bool).unwrap_or(false);
        let default = entry.get("default").and_then(Value::as_str);
        assert_eq!(is("secret"), setting.secret, "{name}");
        assert_ne!(is("required"), default.is_some(), "{name}");
        match setting.default {
            DefaultValue::Required => assert_eq!(default, None, "{name}"),
            DefaultValue::Empty => assert_eq!(default, Some(""), "{name}"),
            DefaultValue::Text(text) => assert_eq!(default, Some(text), "{name}"),
            DefaultValue::Json => assert!(default.is_some_and(|json| json.starts_with('{'))),
            DefaultValue::OfDataset => {}
        }
    }
}

/// Returns each documented variable with the cell that has its default. The table of the datasets
/// has a column for each component, and names without the component's.
fn documented() -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut columns: Vec<&str> = Vec::new();
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if line.starts_with("| Variable |") {
            columns = cells;
        } else if !line.starts_with('|') {
            columns.clear();
        } else if line.starts_with("| `") && !columns.is_empty() {
            let names = cells[1].split(", ").map(|name| name.trim_matches('`'));
            for name in names {
                let Some(end) = name.strip_prefix('…') else {
                    found.push((name.to_owned(), cells[2]));
                    continue;
                };
                for (column, cell) in columns.iter().zip(&cells) {
                    if let Some(component) = column.strip_prefix('`') {
                        let component = component.trim_end_matches('`');
                        found.push((format!("{component}{end}"), *cell));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn the_page_has_every_variable_with_its_default() {
    let manifest = manifest();
    let application = manifest["variables"].as_table().expect("variables");
    let mut left: BTreeSet<&str> = application.keys().map(String::as_str).collect();
    for (name, cell) in documented() {
        // A dataset without this variable, or an API, which is described below the table.
        if cell.is_empty() {
            left.remove(&*name);
            continue;
        }
        let entry = application.get(&name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is no variable"));
        left.remove(&*name);
        let secret = entry.get("secret").is_some();
        let expected = match entry.get("default").and_then(Value::as_str) {
            None if secret => "*required, secret*".to_owned(),
            None => "*required*".to_owned(),
            Some("") if secret => "none, *secret*".to_owned(),
            Some("") => "none".to_owned(),
            Some(json) if json.starts_with("{\n") => continue,
            Some(text) => format!("`{text}`"),
        };
        assert_eq!(cell, expected, "{name}");
    }
    assert_eq!(left, BTreeSet::new(), "not in docs/configuration.md");
}
