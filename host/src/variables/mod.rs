//! Application variables and the templates over them, read at each use as in Spin (its crates
//! `expressions` and `factor-variables`). Only a vault's answers are cached, for seconds. A value
//! may be secret, so no message and no `Debug` shows one.

mod cache;
mod provider;
#[cfg(test)]
mod tests;
mod vault;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::log::Log;
use crate::manifest::{Variable, variable_name};
use crate::options::Options;
use crate::outbound::TlsError;
use crate::template::Template;

pub(crate) use provider::{Definition, environment};
pub(crate) use vault::VaultServer;

use provider::Provider;

/// Declared variables of the manifest, and the providers of their values.
pub(crate) struct Variables {
    declared: BTreeMap<String, Variable>,
    providers: Vec<Provider>,
}

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.declared.keys()).finish()
    }
}

/// Error of the variables. It contains names, never values.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum VariableError {
    /// Missing required values, which the operator must supply.
    #[error("{} without a value: set {}", names(.0), .0.iter().map(|name| format!("SPIN_VARIABLE_{}", name.to_uppercase())).collect::<Vec<_>>().join(", "))]
    Missing(Vec<String>),
    /// A template of the manifest cannot be filled in.
    #[error("{place}: {reason}")]
    Template {
        /// The key of the manifest.
        place: String,
        /// Description of the fault.
        reason: String,
    },
    /// A required provider does not answer.
    #[error("{0}")]
    Provider(String),
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

/// Reason why a value is not available.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Invalid name of a variable.
    #[error("{0}")]
    InvalidName(&'static str),
    /// The component has no variable of this name.
    #[error("`{0}` is not a variable of the component")]
    Undefined(String),
    /// A provider fails, or none has a value and there is no default.
    #[error("{0}")]
    Provider(String),
}

impl Variables {
    /// Creates the variables. The caller's values come first, then the providers of the runtime
    /// configuration, then the environment: the order of `spin up`.
    pub(crate) fn new(
        declared: BTreeMap<String, Variable>,
        definitions: Vec<Definition>,
        options: &Options,
    ) -> Result<Self, TlsError> {
        let given = Definition::Static(options.variables.clone().into_iter().collect());
        let definitions = std::iter::once(given)
            .chain(definitions)
            .chain([environment(None)]);
        let providers = definitions
            .map(|definition| Provider::new(definition, options))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            declared,
            providers,
        })
    }

    /// Checks that each required variable may have a value. Vaults are not asked, as in Spin.
    pub(crate) fn expect_required(&self) -> Result<(), VariableError> {
        let required = self.declared.iter().filter(|(_, it)| it.default.is_none());
        let missing = required.filter(|(name, _)| {
            let mut providers = self.providers.iter();
            !providers.any(|provider| provider.may_have(name))
        });
        let missing: Vec<_> = missing.map(|(name, _)| name.clone()).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(VariableError::Missing(missing))
        }
    }

    /// Returns the current value of a variable: from the first provider that has it, else its
    /// default. A provider's failure ends the search. `None` means a required variable without a
    /// value.
    pub(crate) async fn value(&self, name: &str) -> Result<Option<String>, Refusal> {
        for provider in &self.providers {
            if let Some(value) = provider.get(name).await.map_err(Refusal::Provider)? {
                return Ok(Some(value));
            }
        }
        let declared = self.declared.get(name);
        Ok(declared.and_then(|variable| variable.default.clone()))
    }

    /// Returns the current values of all variables.
    pub(crate) async fn all(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let mut values = BTreeMap::new();
        for name in self.declared.keys() {
            values.insert(name.clone(), self.required(name).await?);
        }
        Ok(values)
    }

    /// Returns the defaults of the variables that have one.
    pub(crate) fn defaults(&self) -> BTreeMap<String, String> {
        let declared = self.declared.iter();
        let defaults = declared.filter_map(|(name, it)| Some((name.clone(), it.default.clone()?)));
        defaults.collect()
    }

    /// Returns the names of all variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }

    /// Parses a template, which may name declared variables only.
    pub(crate) fn template(&self, place: &str, text: &str) -> Result<Template, VariableError> {
        let wrong = |reason| VariableError::Template {
            place: place.to_owned(),
            reason,
        };
        let template = Template::parse(text).map_err(wrong)?;
        let unknown = template
            .names()
            .find(|name| !self.declared.contains_key(*name));
        if let Some(name) = unknown {
            return Err(wrong(format!(
                "`{name}` is not a variable of the application"
            )));
        }
        Ok(template)
    }

    async fn required(&self, name: &str) -> Result<String, Refusal> {
        self.value(name).await?.ok_or_else(|| {
            Refusal::Provider(format!("no provider has the required variable `{name}`"))
        })
    }

    async fn fill(&self, template: &Template) -> Result<String, Refusal> {
        let mut values = BTreeMap::new();
        for name in template.names() {
            values.insert(name.to_owned(), self.required(name).await?);
        }
        Ok(template.fill(&values).unwrap_or_default())
    }
}

/// Variables of one component, by its own names for them.
pub(crate) struct ComponentVariables {
    component: String,
    templates: BTreeMap<String, Template>,
    variables: Arc<Variables>,
    log: Log,
}

impl ComponentVariables {
    pub(crate) fn new(
        component: &str,
        templates: &BTreeMap<String, String>,
        variables: &Arc<Variables>,
        log: &Log,
    ) -> Result<Self, VariableError> {
        let templates = templates.iter().map(|(name, text)| {
            let place = format!("component.{component}.variables.{name}");
            Ok((name.clone(), variables.template(&place, text)?))
        });
        Ok(Self {
            component: component.to_owned(),
            templates: templates.collect::<Result<_, _>>()?,
            variables: variables.clone(),
            log: log.clone(),
        })
    }

    /// Returns the current value of a component's variable. Failures of a provider are logged,
    /// since the component sees little of them.
    pub(crate) async fn get(&self, name: &str) -> Result<String, Refusal> {
        variable_name(name).map_err(Refusal::InvalidName)?;
        let template = self.templates.get(name);
        let template = template.ok_or_else(|| Refusal::Undefined(name.to_owned()))?;
        let filled = self.variables.fill(template).await;
        if let Err(Refusal::Provider(reason)) = &filled {
            self.log.failure(&self.component, "variables", reason);
        }
        filled
    }
}
