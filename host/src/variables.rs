//! Application variables and the templates over them. A value may be secret, so no message and no `Debug` shows one.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use crate::manifest::{Variable, variable_name};

/// Every application variable's value.
pub(crate) struct Variables(BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// What is wrong with the variables. Names, never values.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum VariableError {
    /// Values that whoever starts the application must give.
    #[error("{} without a value: set {}", names(.0), .0.iter().map(|name| format!("SPIN_VARIABLE_{}", name.to_uppercase())).collect::<Vec<_>>().join(", "))]
    Missing(Vec<String>),
    /// A template of the manifest cannot be filled in.
    #[error("{place}: {reason}")]
    Template {
        /// The key of the manifest.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

fn names(names: &[String]) -> String {
    let list = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() == 1 {
        format!("variable {list} is required and")
    } else {
        format!("variables {list} are required and")
    }
}

/// Somewhere that values of variables come from.
pub(crate) enum Provider {
    /// Values written in the runtime configuration.
    Static(HashMap<String, String>),
    /// Environment variables `<prefix>_<NAME>`.
    Environment { prefix: String },
}

impl Provider {
    fn get(&self, name: &str, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        match self {
            Self::Static(values) => values.get(name).cloned(),
            Self::Environment { prefix } => {
                environment(&format!("{prefix}_{}", name.to_ascii_uppercase()))
            }
        }
    }
}

impl Variables {
    /// The providers in their order, then what the caller gave, then the defaults. Values for undeclared names are ignored, as by Spin.
    pub(crate) fn resolve(
        declared: &BTreeMap<String, Variable>,
        providers: &[Provider],
        given: &BTreeMap<String, String>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VariableError> {
        let (known, missing) = Self::known(declared, providers, given, environment);
        if missing.is_empty() {
            Ok(known)
        } else {
            Err(VariableError::Missing(missing))
        }
    }

    /// The same as far as there are values, and the names of those without one.
    pub(crate) fn known(
        declared: &BTreeMap<String, Variable>,
        providers: &[Provider],
        given: &BTreeMap<String, String>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<String>) {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            let value = providers
                .iter()
                .find_map(|provider| provider.get(name, environment))
                .or_else(|| given.get(name).cloned())
                .or_else(|| variable.default.clone().filter(|_| !variable.required));
            match value {
                Some(value) => _ = values.insert(name.clone(), value),
                None => missing.push(name.clone()),
            }
        }
        (Self(values), missing)
    }

    /// Fills in a template: each `{{ name }}` becomes the value of that variable.
    pub(crate) fn fill(&self, place: &str, template: &str) -> Result<String, VariableError> {
        let wrong = |reason: String| VariableError::Template {
            place: place.to_owned(),
            reason,
        };
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .ok_or_else(|| wrong("`{{` without `}}`".to_owned()))?;
            let name = name.trim();
            let value = self
                .0
                .get(name)
                .ok_or_else(|| wrong(format!("`{name}` is not a variable of the application")))?;
            filled.push_str(literal);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The variables that one component sees, by its own names for them.
#[derive(Default)]
pub(crate) struct ComponentVariables(BTreeMap<String, String>);

/// Why a component does not get a value.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    InvalidName(&'static str),
    Undefined,
}

impl ComponentVariables {
    pub(crate) fn fill(
        component: &str,
        templates: &BTreeMap<String, String>,
        variables: &Variables,
    ) -> Result<Self, VariableError> {
        let values = templates.iter().map(|(name, template)| {
            let place = format!("component.{component}.variables.{name}");
            Ok((name.clone(), variables.fill(&place, template)?))
        });
        Ok(Self(values.collect::<Result<_, _>>()?))
    }

    pub(crate) fn get(&self, name: &str) -> Result<String, Refusal> {
        variable_name(name).map_err(Refusal::InvalidName)?;
        self.0.get(name).cloned().ok_or(Refusal::Undefined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Variable> {
        let names = ["first", "second", "third", "fourth"]
            .map(|name| format!("{name} = {{ default = \"default\" }}\n"));
        toml::from_str(&format!(
            "{}key = {{ required = true, secret = true }}",
            names.concat()
        ))
        .unwrap()
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn providers_come_before_what_is_given_and_defaults_last() {
        let providers = [
            Provider::Static([("first".to_owned(), "static".to_owned())].into()),
            Provider::Environment {
                prefix: "DEMO".to_owned(),
            },
        ];
        let environment = |name: &str| {
            matches!(name, "DEMO_FIRST" | "DEMO_SECOND").then(|| "environment".to_owned())
        };
        let given = given(&[
            ("first", "given"),
            ("second", "given"),
            ("third", "given"),
            ("key", "k3y"),
        ]);
        let variables = Variables::resolve(&declared(), &providers, &given, &environment).unwrap();
        let filled = variables
            .fill("x", "{{first}}, {{ second }}, {{ third }}, {{fourth }}.")
            .unwrap();
        assert_eq!(filled, "static, environment, given, default.");
        assert!(!format!("{variables:?}").contains("k3y"));
    }

    #[test]
    fn what_is_missing_is_named_with_how_to_give_it() {
        let error = Variables::resolve(&declared(), &[], &BTreeMap::new(), &|_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "variable `key` is required and without a value: set SPIN_VARIABLE_KEY"
        );
    }

    #[test]
    fn templates_that_cannot_be_filled_are_refused() {
        let variables =
            Variables::resolve(&BTreeMap::new(), &[], &BTreeMap::new(), &|_| None).unwrap();
        for (template, reason) in [
            (
                "{{ other }}",
                "here: `other` is not a variable of the application",
            ),
            ("{{ open", "here: `{{` without `}}`"),
        ] {
            assert_eq!(
                variables.fill("here", template).unwrap_err().to_string(),
                reason
            );
        }
    }

    #[test]
    fn a_component_sees_its_own_variables_only() {
        let variables =
            Variables::resolve(&declared(), &[], &given(&[("key", "k3y")]), &|_| None).unwrap();
        let own =
            ComponentVariables::fill("c", &given(&[("mine", "<{{ key }}>")]), &variables).unwrap();
        assert_eq!(own.get("mine").unwrap(), "<k3y>");
        assert_eq!(own.get("key"), Err(Refusal::Undefined));
        assert!(matches!(own.get("No"), Err(Refusal::InvalidName(_))));
    }
}
