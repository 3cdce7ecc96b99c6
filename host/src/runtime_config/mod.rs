//! Runtime configuration: the part of Spin's format that this host supports
//! (<https://spinframework.dev/dynamic-configuration>). Keys that Spin supports and this host does
//! not are refused, not ignored.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::document::{Document, DocumentError, joined};
use crate::key_value::{RedisServer, StoreDefinition};
use crate::outbound::{BlockedNetworks, ClientTls, HttpLimits};
use crate::variables::{Definition, VaultServer, environment};

/// Contents of the file, or the defaults without one.
#[derive(Default)]
pub(crate) struct RuntimeConfig {
    pub(crate) key_value_stores: BTreeMap<String, StoreDefinition>,
    pub(crate) providers: Vec<Definition>,
    pub(crate) client_tls: Vec<ClientTls>,
    pub(crate) blocked_networks: BlockedNetworks,
    pub(crate) http: HttpLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    key_value_store: BTreeMap<String, Store>,
    #[serde(default)]
    variables_provider: Vec<VariablesProvider>,
    #[serde(default)]
    client_tls: Vec<ClientTls>,
    #[serde(default)]
    outbound_networking: OutboundNetworking,
    outbound_http: Option<OutboundHttp>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Store {
    Spin { path: Option<PathBuf> },
    Redis { url: String },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum VariablesProvider {
    Static {
        values: Value,
    },
    Env {
        prefix: Option<String>,
    },
    Vault {
        url: String,
        token: String,
        mount: String,
        prefix: Option<String>,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboundNetworking {
    #[serde(default)]
    block_networks: Vec<String>,
    max_total_connections: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboundHttp {
    /// Reuse of connections. If the table exists, the default is off, as in Spin.
    #[serde(default)]
    connection_pooling: bool,
    max_connections: Option<usize>,
}

impl RuntimeConfig {
    pub(crate) fn read(path: &Path) -> Result<Self, DocumentError> {
        Self::check(&Document::read(path)?)
    }

    fn check(document: &Document) -> Result<Self, DocumentError> {
        refuse_unsupported(document)?;
        let content: Content = document.typed()?;
        let folder = document.folder();
        let mut client_tls = content.client_tls;
        for entry in &mut client_tls {
            entry
                .check(folder)
                .map_err(|reason| document.refused(format!("client_tls: {reason}")))?;
        }
        let blocked_networks = BlockedNetworks::parse(&content.outbound_networking.block_networks)
            .map_err(|entry| document.refused(format!("outbound_networking.block_networks: `{entry}` is neither a network nor `private`")))?;
        let (pooling, own_limit) = content.outbound_http.map_or((true, None), |http| {
            (http.connection_pooling, http.max_connections)
        });
        let connections = [own_limit, content.outbound_networking.max_total_connections];
        Ok(Self {
            key_value_stores: content
                .key_value_store
                .into_iter()
                .map(|(name, store)| {
                    let definition = store.definition(folder).map_err(|reason| {
                        let place = joined("key_value_store", &name);
                        document.refused(format!("{place}: {reason}"))
                    })?;
                    Ok((name, definition))
                })
                .collect::<Result<_, _>>()?,
            providers: content
                .variables_provider
                .into_iter()
                .map(|provider| provider.checked(document))
                .collect::<Result<_, _>>()?,
            client_tls,
            blocked_networks,
            http: HttpLimits {
                pooling,
                connections: connections.into_iter().flatten().min(),
            },
        })
    }
}

impl Store {
    fn definition(self, folder: &Path) -> Result<StoreDefinition, &'static str> {
        Ok(match self {
            Self::Spin { path: Some(path) } => StoreDefinition::Sqlite(folder.join(path)),
            Self::Spin { path: None } => StoreDefinition::Memory,
            Self::Redis { url } => StoreDefinition::Redis(RedisServer::parse(&url)?),
        })
    }
}

impl VariablesProvider {
    fn checked(self, document: &Document) -> Result<Definition, DocumentError> {
        match self {
            Self::Env { prefix } => Ok(environment(prefix)),
            Self::Vault {
                url,
                token,
                mount,
                prefix,
            } => VaultServer::new(&url, &token, &mount, prefix.as_deref())
                .map(Definition::Vault)
                .map_err(|reason| document.refused(format!("variables_provider: {reason}"))),
            Self::Static { values } => {
                // No general deserialiser: its error message would repeat a value that may be
                // secret.
                let pairs = values
                    .as_table()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
                match pairs.collect::<Option<HashMap<_, _>>>() {
                    Some(pairs) if values.is_table() => Ok(Definition::Static(pairs)),
                    _ => {
                        Err(document
                            .refused("variables_provider.values must be a table of strings"))
                    }
                }
            }
        }
    }
}

/// Refuses keys that Spin supports and this host does not.
fn refuse_unsupported(document: &Document) -> Result<(), DocumentError> {
    let root = &document.table;
    document.refuse(
        "",
        root,
        &[
            "config_provider",
            "llm_compute",
            "log_dir",
            "max_instance_memory",
            "otel",
            "outbound_mqtt",
            "outbound_mysql",
            "outbound_pg",
            "outbound_redis",
            "sqlite_database",
            "state_dir",
        ],
    )?;
    for (name, store) in root
        .get("key_value_store")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        let kind = store.get("type").and_then(Value::as_str);
        if let Some(kind @ ("azure_cosmos" | "aws_dynamo")) = kind {
            let place = format!("{}.type = \"{kind}\"", joined("key_value_store", name));
            return Err(document.unsupported(
                &place,
                Some("use `redis`, or `spin` with a path for a file or without for memory"),
            ));
        }
        if !matches!(kind, None | Some("spin" | "redis")) {
            return Err(document.refused(format!(
                "{}.type is unknown: `spin` and `redis` are supported",
                joined("key_value_store", name)
            )));
        }
    }
    for provider in tables(root, "variables_provider") {
        if provider.get("type").and_then(Value::as_str) == Some("azure_key_vault") {
            return Err(document.unsupported(
                "variables_provider.type = \"azure_key_vault\"",
                Some("use `vault`, `env` or `static`"),
            ));
        }
        document.refuse("variables_provider", provider, &["dotenv_path"])?;
    }
    for entry in tables(root, "client_tls") {
        if entry.get("ca_use_platform_roots") == Some(&Value::Boolean(true)) {
            return Err(document.unsupported(
                "client_tls.ca_use_platform_roots = true",
                Some("name a ca_roots_file or set ca_use_webpki_roots"),
            ));
        }
    }
    if let Some(networking) = root.get("outbound_networking").and_then(Value::as_table) {
        document.refuse(
            "outbound_networking",
            networking,
            &["max_socket_connections"],
        )?;
    }
    if let Some(http) = root.get("outbound_http").and_then(Value::as_table) {
        document.refuse("outbound_http", http, &["max_concurrent_requests"])?;
    }
    Ok(())
}

fn tables<'t>(root: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    root.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
}

#[cfg(test)]
mod tests;
