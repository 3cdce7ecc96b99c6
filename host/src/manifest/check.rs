//! Checks of a manifest: its parts are supported and consistent.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::content::{Component, HttpTrigger, Variable};
use crate::document::{Document, DocumentError, joined};

/// Refuses the keys of `spin.toml` that Spin supports and this host does not, by table.
pub(super) fn refuse_unsupported(document: &Document) -> Result<(), DocumentError> {
    let root = &document.table;
    match root.get("spin_manifest_version") {
        Some(Value::Integer(2)) => {}
        Some(_) => {
            return Err(document.unsupported("spin_manifest_version", Some("only version 2 is")));
        }
        None => return Err(document.refused("spin_manifest_version = 2 is missing")),
    }
    if let Some(application) = table(root, "application") {
        document.refuse("application", application, &["targets", "trigger"])?;
    }
    if let Some(triggers) = table(root, "trigger") {
        if let Some(other) = triggers.keys().find(|kind| *kind != "http") {
            return Err(document.unsupported(&joined("trigger", other), None));
        }
        for trigger in triggers
            .get("http")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(trigger) = trigger.as_table() {
                document.refuse(
                    "trigger.http",
                    trigger,
                    &["components", "dependencies", "static_response"],
                )?;
            }
        }
    }
    for (id, component) in table(root, "component").into_iter().flatten() {
        if let Some(component) = component.as_table() {
            document.refuse(
                &joined("component", id),
                component,
                &[
                    "ai_models",
                    "allowed_http_hosts",
                    "dependencies",
                    "dependencies_inherit_configuration",
                    "exclude_files",
                    "files",
                    "profile",
                    "sqlite_databases",
                    "targets",
                ],
            )?;
        }
    }
    Ok(())
}

fn table<'t>(root: &'t Table, key: &str) -> Option<&'t Table> {
    root.get(key).and_then(Value::as_table)
}

pub(super) fn variable(
    document: &Document,
    name: &str,
    variable: &Variable,
) -> Result<(), DocumentError> {
    declared_name(name)
        .map_err(|reason| document.refused(format!("variables.{name}: {reason}")))?;
    match (variable.required, &variable.default) {
        (true, Some(_)) => Err(document.refused(format!(
            "variables.{name} is required and has a default: only one of the two can hold"
        ))),
        (false, None) => Err(document.refused(format!(
            "variables.{name} needs either `required = true` or a default"
        ))),
        _ => Ok(()),
    }
}

/// Checks Spin's rule for names of variables in a manifest, which is stricter than for those of a
/// component.
fn declared_name(name: &str) -> Result<(), &'static str> {
    variable_name(name)?;
    let begins = |word: &str| word.starts_with(|first: char| first.is_ascii_lowercase());
    if name.split('_').all(begins) {
        Ok(())
    } else {
        Err("each word of a variable's name starts with a letter")
    }
}

/// Checks Spin's rule for names of variables.
pub(crate) fn variable_name(name: &str) -> Result<(), &'static str> {
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("a variable's name starts with a lower-case letter");
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    {
        return Err("a variable's name has only lower-case letters, digits and underscores");
    }
    if name.ends_with('_') || name.contains("__") {
        return Err("a variable's name has single underscores, and none at its end");
    }
    Ok(())
}

pub(super) fn component(
    document: &Document,
    id: &str,
    component: &Component,
) -> Result<(), DocumentError> {
    component_id(id).map_err(|reason| document.refused(format!("component.{id}: {reason}")))?;
    match &component.source {
        Value::String(_) => {}
        Value::Table(_) => {
            return Err(document.unsupported(
                &format!("component.{id}.source as a table"),
                Some("name a local file"),
            ));
        }
        _ => {
            return Err(
                document.refused(format!("component.{id}.source must be the path of a file"))
            );
        }
    }
    for name in component.variables.keys() {
        declared_name(name).map_err(|reason| {
            document.refused(format!("component.{id}.variables.{name}: {reason}"))
        })?;
    }
    Ok(())
}

/// Checks Spin's rule for ids of components.
pub(crate) fn component_id(id: &str) -> Result<(), &'static str> {
    let is_word = |word: &str| {
        let has_case = |is_of_case: fn(&u8) -> bool| {
            word.bytes()
                .all(|byte| byte.is_ascii_digit() || is_of_case(&byte))
        };
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && (has_case(u8::is_ascii_lowercase) || has_case(u8::is_ascii_uppercase))
    };
    if id.split('-').all(is_word) {
        Ok(())
    } else {
        Err(
            "a component's id has words of letters and digits, each starting with a letter and in one case, with single dashes between them",
        )
    }
}

pub(super) fn triggered_component<'c>(
    document: &Document,
    trigger: &HttpTrigger,
    components: &'c BTreeMap<String, Component>,
) -> Result<(&'c str, &'c Component), DocumentError> {
    if let Some(executor) = &trigger.executor
        && executor.r#type != "http"
    {
        return Err(document.unsupported(
            &format!("trigger.http.executor of type `{}`", executor.r#type),
            None,
        ));
    }
    match &trigger.component {
        Value::String(id) => components
            .get_key_value(id)
            .map(|(id, component)| (id.as_str(), component))
            .ok_or_else(|| {
                document.refused(format!(
                    "a trigger names the component `{id}`, which is not in the manifest"
                ))
            }),
        Value::Table(_) => Err(document.unsupported(
            "trigger.http.component as a table",
            Some("name a component"),
        )),
        _ => Err(document.refused("trigger.http.component must be a component's id")),
    }
}

/// Returns the route, or `None` for a private one.
pub(super) fn public_route<'t>(
    document: &Document,
    trigger: &'t HttpTrigger,
    id: &str,
) -> Result<Option<&'t str>, DocumentError> {
    match &trigger.route {
        Value::String(pattern) => Ok(Some(pattern)),
        Value::Table(route)
            if route.len() == 1 && route.get("private") == Some(&Value::Boolean(true)) =>
        {
            Ok(None)
        }
        _ => Err(document.refused(format!(
            "the route of the component `{id}` must be a path or {{ private = true }}"
        ))),
    }
}
