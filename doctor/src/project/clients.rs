//! Variables of the app: clients at Maskinporten, services that may request tokens, and the seal.

use host::Configuration;
use innsyn_core::party::OrganisationNumber;
use innsyn_flows::signature::{SEAL_CERTIFICATE_CHAIN, SEAL_KEY};
use innsyn_flows::token::{MASKINPORTEN_CLIENTS, TOKEN_SERVICES};
use innsyn_protocols::maskinporten::Client;
use innsyn_protocols::posten::Seal;
use serde_json::Value;

use super::context::ProjectContext;
use super::credential;
use super::setting::Setting;
use crate::catalogue::configuration::A01;
use crate::catalogue::cryptography::C07;
use crate::catalogue::identity::O08;
use crate::finding::Purpose;
use crate::material::{FileContents, Material};

const CLIENTS: &str = MASKINPORTEN_CLIENTS.name;
const SERVICES: &str = TOKEN_SERVICES.name;
const SEAL: [&str; 2] = [SEAL_CERTIFICATE_CHAIN.name, SEAL_KEY.name];

/// Returns a setting for each key of each client.
pub(super) fn client_settings(configuration: &Configuration) -> Vec<Setting> {
    let Some(text) = configuration.variable(CLIENTS) else {
        return Vec::new();
    };
    let clients = match serde_json::from_str(text) {
        Ok(Value::Array(clients)) => clients,
        Ok(_) => return vec![refused(CLIENTS, "it is no list")],
        Err(error) => return vec![refused(CLIENTS, &position(&error))],
    };
    let clients = clients.iter().enumerate();
    clients
        .flat_map(|(index, client)| settings_of_client(index.saturating_add(1), client))
        .collect()
}

fn settings_of_client(number: usize, client: &Value) -> Vec<Setting> {
    let organisation = client.get("organisation").and_then(Value::as_str);
    let own = organisation.and_then(|text| OrganisationNumber::parse(text).ok());
    let owner = own.as_ref().map_or("?", OrganisationNumber::as_str);
    let name = format!("{CLIENTS}, client {number} ({owner})");
    let keys = client.get("keys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().enumerate();
    let mut settings: Vec<Setting> = keys
        .map(|(index, key)| Setting {
            organisation: own.clone(),
            ..key_setting(format!("{name}, key {}", index.saturating_add(1)), key)
        })
        .collect();
    if let Err(error) = Client::of_json(client)
        && !settings.iter().any(Setting::has_errors)
    {
        settings.push(refused(&name, &error.to_string()));
    }
    settings
}

fn key_setting(name: String, written: &Value) -> Setting {
    let member = |name: &str| written.get(name).filter(|value| !value.is_null());
    let key = member("key");
    let mut findings = Vec::new();
    if member("kid").is_some() && member("certificate_chain").is_some() {
        findings.push(C07.finding([]));
    }
    let (material, purpose) = if let Some(certificates) = member("certificate_chain") {
        let material = credential::client_material(certificates, key, Purpose::Token);
        (material, Purpose::Token)
    } else {
        let contents = key.map_or_else(FileContents::in_a_vault, credential::key_contents);
        (Material::from_setting(contents, Purpose::Key), Purpose::Key)
    };
    Setting {
        material: Some(material),
        ..Setting::new(name, purpose, findings)
    }
}

/// Returns the setting of the seal. Posten's seal is by the certificate for authentication, which TLS presents, too
/// (signering-docs, "Sikkerhet").
pub(super) fn seal_setting(
    configuration: &Configuration,
    project: &ProjectContext,
) -> Option<Setting> {
    let [certificates, key] = SEAL.map(|name| configuration.variable(name));
    if certificates.is_none() && key.is_none() {
        return None;
    }
    let refused = match (certificates, key) {
        (Some(certificates), Some(key)) => Seal::from_pem(certificates, key).err(),
        _ => None,
    };
    let written = Value::from(certificates.unwrap_or_default());
    // Unlike a client's key, the key of the seal is never in a vault.
    let key = Value::from(key.unwrap_or_default());
    let material = credential::seal_material(&written, &key);
    Some(Setting {
        organisation: project.organisation(&material),
        material: Some(material),
        refused: refused.map(|error| error.to_string()),
        ..Setting::new(SEAL.join(", "), Purpose::Tls, Vec::new())
    })
}

/// Returns a setting for each service that may request tokens for the bank itself as well as for customers. A consumer that
/// has delegated to the owner of a client is a customer.
pub(super) fn service_settings(
    configuration: &Configuration,
    project: &ProjectContext,
) -> Vec<Setting> {
    let Some(text) = configuration.variable(SERVICES) else {
        return Vec::new();
    };
    let services = match serde_json::from_str(text) {
        Ok(Value::Array(services)) => services,
        Ok(_) => return vec![refused(SERVICES, "it is no list")],
        Err(error) => return vec![refused(SERVICES, &position(&error))],
    };
    let delegated = delegated(configuration);
    let own = || {
        let consumers = project.consumers.iter();
        consumers.filter(|own| !delegated.iter().any(|number| number == own.as_str()))
    };
    let of_service = |service: &Value| {
        let numbers = service.get("consumer_orgs")?.as_array()?;
        let own = own().find(|own| {
            let mut numbers = numbers.iter().filter_map(Value::as_str);
            numbers.any(|number| number == own.as_str())
        })?;
        let subject = service.get("subject").and_then(Value::as_str);
        let name = format!("{SERVICES}, {}", subject.unwrap_or("?"));
        let findings = vec![O08.finding([own.as_str().into()])];
        Some(Setting::new(name, Purpose::Token, findings))
    };
    services.iter().filter_map(of_service).collect()
}

/// Returns the numbers in `consumers` of all clients.
fn delegated(configuration: &Configuration) -> Vec<String> {
    let clients = configuration.variable(CLIENTS).unwrap_or_default();
    let clients: Vec<Value> = serde_json::from_str(clients).unwrap_or_default();
    let lists = clients
        .iter()
        .filter_map(|client| client.get("consumers")?.as_array());
    let numbers = lists.flatten().filter_map(Value::as_str);
    numbers.map(str::to_owned).collect()
}

/// Creates a setting that cannot be read.
fn refused(name: &str, reason: &str) -> Setting {
    let findings = vec![A01.finding([reason.into()])];
    Setting::new(name.to_owned(), Purpose::Token, findings)
}

/// Describes an error by its position: the parser's message could quote a secret.
fn position(error: &serde_json::Error) -> String {
    format!(
        "it is no JSON, at line {}, column {}",
        error.line(),
        error.column()
    )
}
