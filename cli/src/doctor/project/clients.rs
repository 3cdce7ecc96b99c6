//! The variables: clients at Maskinporten, who may ask for tokens, and the seal.

use host::Configuration;
use serde_json::Value;
use shared::maskinporten::Client;
use shared::party::OrganisationNumber;
use shared::posten::Seal;

use super::super::catalogue::cryptography::C07;
use super::super::catalogue::identity::O08;
use super::super::catalogue::setting::A01;
use super::super::finding::Purpose;
use super::super::material::{Contents, Material};
use super::{Around, Subject, chain};

const CLIENTS: &str = "maskinporten_clients";
const SERVICES: &str = "token_services";
const SEAL: [&str; 2] = ["seal_certificate_chain", "seal_key"];

/// Each key of each client.
pub(super) fn subjects(configuration: &Configuration) -> Vec<Subject> {
    let Some(text) = configuration.variable(CLIENTS) else {
        return Vec::new();
    };
    let clients = match serde_json::from_str(text) {
        Ok(Value::Array(clients)) => clients,
        Ok(_) => return vec![refused(CLIENTS, "it is no list")],
        Err(error) => return vec![refused(CLIENTS, &place(&error))],
    };
    let clients = clients.iter().enumerate();
    clients
        .flat_map(|(index, client)| of_client(index.saturating_add(1), client))
        .collect()
}

fn of_client(number: usize, client: &Value) -> Vec<Subject> {
    let organisation = client.get("organisation").and_then(Value::as_str);
    let own = organisation.and_then(|text| OrganisationNumber::parse(text).ok());
    let whose = own.as_ref().map_or("?", OrganisationNumber::as_str);
    let name = format!("{CLIENTS}, client {number} ({whose})");
    let keys = client.get("keys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().enumerate();
    let mut subjects: Vec<Subject> = keys
        .map(|(index, key)| Subject {
            organisation: own.clone(),
            ..of_key(format!("{name}, key {}", index.saturating_add(1)), key)
        })
        .collect();
    if let Err(error) = Client::of_json(client)
        && !subjects.iter().any(Subject::is_refused)
    {
        subjects.push(refused(&name, &error.to_string()));
    }
    subjects
}

fn of_key(setting: String, written: &Value) -> Subject {
    let member = |name: &str| written.get(name).filter(|value| !value.is_null());
    let key = member("key");
    let mut findings = Vec::new();
    if member("kid").is_some() && member("certificate_chain").is_some() {
        findings.push(C07.found([]));
    }
    let (material, purpose) = if let Some(certificates) = member("certificate_chain") {
        let material = chain::material(certificates, key, Purpose::Token);
        (material, Purpose::Token)
    } else {
        let contents = key.map_or_else(Contents::in_a_vault, chain::contents_of_key);
        (Material::of(contents, Purpose::Key), Purpose::Key)
    };
    Subject {
        material: Some(material),
        ..Subject::bare(setting, purpose, findings)
    }
}

/// What documents are sealed with: at Posten that is the certificate for authentication, which TLS shows too
/// (signering-docs, "Sikkerhet").
pub(super) fn seal(configuration: &Configuration, around: &Around) -> Option<Subject> {
    let [certificates, key] = SEAL.map(|name| configuration.variable(name));
    if certificates.is_none() && key.is_none() {
        return None;
    }
    let refused = match (certificates, key) {
        (Some(certificates), Some(key)) => Seal::of(certificates, key).err(),
        _ => None,
    };
    let written = Value::from(certificates.unwrap_or_default());
    // Unlike a client's key, this one is never in a vault.
    let key = Value::from(key.unwrap_or_default());
    let material = chain::seal(&written, &key);
    Some(Subject {
        organisation: around.organisation(&material),
        material: Some(material),
        refused: refused.map(|error| error.to_string()),
        ..Subject::bare(SEAL.join(", "), Purpose::Tls, Vec::new())
    })
}

/// Those who may ask for tokens, where they may ask in our own name as in a customer's.
pub(super) fn services(configuration: &Configuration, around: &Around) -> Vec<Subject> {
    let Some(text) = configuration.variable(SERVICES) else {
        return Vec::new();
    };
    let services = match serde_json::from_str(text) {
        Ok(Value::Array(services)) => services,
        Ok(_) => return vec![refused(SERVICES, "it is no list")],
        Err(error) => return vec![refused(SERVICES, &place(&error))],
    };
    let of_service = |service: &Value| {
        let asked = service.get("consumer_orgs")?.as_array()?;
        let own = around.consumers.iter().find(|own| {
            let mut asked = asked.iter().filter_map(Value::as_str);
            asked.any(|number| number == own.as_str())
        })?;
        let subject = service.get("subject").and_then(Value::as_str);
        let setting = format!("{SERVICES}, {}", subject.unwrap_or("?"));
        let findings = vec![O08.found([own.as_str().into()])];
        Some(Subject::bare(setting, Purpose::Token, findings))
    };
    services.iter().filter_map(of_service).collect()
}

fn refused(setting: &str, reason: &str) -> Subject {
    let findings = vec![A01.found([reason.into()])];
    Subject::bare(setting.to_owned(), Purpose::Token, findings)
}

/// The parser's own words could quote a secret.
fn place(error: &serde_json::Error) -> String {
    format!(
        "it is no JSON, at line {}, column {}",
        error.line(),
        error.column()
    )
}
