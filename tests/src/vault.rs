//! Secrets of the app in the sandbox's vault, where the host reads them as Spin does.

use std::collections::BTreeMap;
use std::fs;

use toml::{Table, Value};

use crate::TestBed;
use crate::build::project;

impl TestBed {
    /// Changes a variable in the vault, as its operator does.
    pub fn keep_in_vault(&self, name: &str, value: &str) {
        let services = self.services();
        services
            .vault
            .keep_variable(name, value, services.clock.now());
    }

    /// Moves the secrets out of `variables` into the vault. All other variables get a value, so
    /// that the vault is not asked for them.
    pub(crate) fn keep_secrets_in_vault(&self, variables: &mut BTreeMap<String, String>) {
        let text = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
        let manifest: Table = text.parse().expect("TOML");
        for (name, declared) in manifest["variables"].as_table().expect("variables") {
            let default = declared.get("default").and_then(Value::as_str);
            if is_secret(name, declared) {
                if let Some(value) = variables.remove(name) {
                    self.keep_in_vault(name, &value);
                }
            } else if let (false, Some(default)) = (variables.contains_key(name), default) {
                variables.insert(name.clone(), default.to_owned());
            }
        }
    }

    /// Returns the vault's part of the runtime configuration. The environment comes first, with the
    /// values for Spin that are not secret.
    pub(crate) fn vault_provider(&self) -> String {
        let (address, vault) = (&self.sandbox.addresses().vault, &self.services().vault);
        let token = vault.variables_token();
        format!(
            "[[variables_provider]]\ntype = \"env\"\n\n[[variables_provider]]\ntype = \"vault\"\nurl = \"{address}\"\ntoken = \"{token}\"\nmount = \"secret\"\nprefix = \"innsyn\"\n"
        )
    }
}

/// Beside the secrets, the list of those who may ask for tokens lies in the vault: it is changed
/// with them.
fn is_secret(name: &str, declared: &Value) -> bool {
    let secret = declared.get("secret").and_then(Value::as_bool);
    secret == Some(true) || name == "token_services"
}
