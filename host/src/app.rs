//! Loading of an application from its manifest, up to serving.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use futures::future::try_join_all;
use tokio::net::TcpListener;
use wasmtime::Engine;
use wasmtime::component::{Component as Compiled, Linker};
use wasmtime_wasi_http::handler::{ProxyHandler, ProxyPre};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::Entries;
use crate::application::{Application, ServedComponent};
use crate::component_http::{Access, LocalCalls};
use crate::document::DocumentError;
use crate::engine;
use crate::instance::{InstanceSettings, Starter, State};
use crate::instances::Slots;
use crate::key_value::{Backend, StoreDefinition, StoreError, Stores};
use crate::linker::linker;
use crate::log::Log;
use crate::manifest::{Component, Manifest};
use crate::options::Options;
use crate::outbound::{
    Budgets, Client, ClientTls, Counterparties, Identities, Pin, TlsError, authorities,
};
use crate::queue::Queue;
use crate::repeated::Repeated;
use crate::runtime_config::RuntimeConfig;
use crate::server::Server;
use crate::timer::{ScheduledRequest, TimerError};
use crate::variables::{ComponentVariables, VariableError, Variables};

/// File of the default store, named as by Spin.
const DEFAULT_STORE: &str = "sqlite_key_value.db";

/// Application that is loaded and checked, ready to be served.
pub struct App {
    application: Arc<Application>,
    scheduled: Vec<ScheduledRequest>,
}

/// Error of loading an application.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The manifest, the runtime configuration or the file of pins is wrong.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The manifest has no trigger.
    #[error("the manifest has no trigger")]
    NoTrigger,
    /// A variable cannot have a value, a template names one that does not exist, or a provider does
    /// not answer.
    #[error(transparent)]
    Variables(#[from] VariableError),
    /// An entry of `allowed_outbound_hosts` is not one origin. The error shows the template, not
    /// the filled-in text.
    #[error("component.{component}.allowed_outbound_hosts: `{entry}`: {reason}")]
    AllowedHost {
        /// Name of the component.
        component: String,
        /// Entry as written in the manifest.
        entry: String,
        /// Description of the fault.
        reason: String,
    },
    /// The trust anchors for vaults cannot be used.
    #[error("vault_roots: {0}")]
    VaultRoots(#[source] TlsError),
    /// The trust anchors for Redis servers cannot be used.
    #[error("redis_roots: {0}")]
    RedisRoots(#[source] TlsError),
    /// A certificate or a key cannot be used.
    #[error("client_tls: {0}")]
    Tls(#[from] TlsError),
    /// A certificate or a key of a pin cannot be used.
    #[error("pin `{pin}`: {source}")]
    Pin {
        /// Name of the pin.
        pin: String,
        /// Description of the fault.
        source: TlsError,
    },
    /// Undefined store that a component names.
    #[error(
        "component.{component}.key_value_stores: `{store}` is not defined: the runtime configuration needs [key_value_store.{store}]"
    )]
    UndefinedStore {
        /// Name of the component.
        component: String,
        /// Name of the store.
        store: String,
    },
    /// A store cannot be opened.
    #[error("key-value store `{store}`: {source}")]
    Store {
        /// Name of the store.
        store: String,
        /// Cause.
        source: StoreError,
    },
    /// A compiled component is not where the manifest says.
    #[error("component `{component}` is not built: {} is not there", path.display())]
    NotBuilt {
        /// Name of the component.
        component: String,
        /// Expected path.
        path: PathBuf,
    },
    /// A file is not a component, or imports an interface that this host does not offer.
    #[error("component `{component}` cannot run: {reason}")]
    Unusable {
        /// Name of the component.
        component: String,
        /// Message of the engine.
        reason: String,
    },
    /// A timer cannot be called.
    #[error(transparent)]
    Timer(#[from] TimerError),
    /// The engine cannot be set up on this machine.
    #[error("the WebAssembly engine: {0}")]
    Engine(String),
}

impl App {
    /// Reads the manifest and the runtime configuration, compiles the components, and checks that
    /// all their imports and settings are available.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names the first fault of the files, or a component that cannot be compiled.
    pub async fn load(options: Options) -> Result<Self, LoadError> {
        let manifest = triggered(&options.manifest)?;
        let config = options
            .runtime_config
            .as_deref()
            .map(RuntimeConfig::read)
            .transpose()?
            .unwrap_or_default();
        let variables = Variables::new(manifest.variables, config.providers, &options)
            .map_err(LoadError::VaultRoots)?;
        variables.expect_required()?;
        let variables = Arc::new(variables);
        let scheduled = options.timers.iter().map(ScheduledRequest::new);
        let scheduled = scheduled.collect::<Result<_, _>>()?;
        let stores = open_stores(&manifest.components, &config.key_value_stores, &options)?;
        let counterparties = Counterparties::read(options.pins.as_deref())?;
        let client = Client::new(
            identities(&config.client_tls, counterparties.pins, &options.log)?,
            config.blocked_networks,
            &config.http,
            options.log.clone(),
        );
        let client = Arc::new(client.with_budgets(Budgets::new(counterparties.budgets)));
        let engine = engine::start(options.cache_dir.as_deref(), options.count_fuel)
            .map_err(|error| LoadError::Engine(format!("{error:#}")))?;
        let linker =
            Arc::new(linker(&engine).map_err(|error| LoadError::Engine(format!("{error:#}")))?);

        let ids: BTreeSet<&str> = manifest.components.keys().map(String::as_str).collect();
        let prepared = try_join_all(manifest.components.iter().map(|(id, component)| {
            let granted = Granted::new(id, component, &variables, &ids, &stores, &options.log);
            let path = manifest.folder.join(component.source());
            let (engine, linker) = (engine.clone(), linker.clone());
            async move {
                Ok::<_, LoadError>((
                    id.clone(),
                    granted?,
                    compile(engine, linker, id.clone(), path).await?,
                ))
            }
        }))
        .await?;

        let places = Slots::new(&options.limits);
        let application = Arc::new_cyclic(|application: &Weak<Application>| {
            let local_calls: Weak<dyn LocalCalls> = application.clone();
            let serve = |(id, granted, component): (String, Granted, ProxyPre<State>)| {
                let started = Arc::new(AtomicU64::new(0));
                let fuel = options.count_fuel.then(Arc::default);
                let setup = InstanceSettings {
                    environment: granted.environment,
                    variables: Arc::new(granted.variables),
                    stores: Arc::new(Stores {
                        component: id.clone(),
                        backends: granted.stores,
                        log: options.log.clone(),
                    }),
                    access: Arc::new(Access {
                        component: id.clone(),
                        entries: granted.entries,
                        variables: variables.clone(),
                        client: client.clone(),
                        application: local_calls.clone(),
                    }),
                    limits: options.limits.clone(),
                    places: places.clone(),
                    clock_offset: options.clock_offset.clone(),
                    log: options.log.clone(),
                    started: started.clone(),
                    fuel: fuel.clone(),
                    component: id.clone(),
                };
                let handler = ProxyHandler::new(Starter {
                    engine: engine.clone(),
                    component,
                    setup: Arc::new(setup),
                });
                (
                    id,
                    ServedComponent {
                        handler,
                        queue: Queue::new(&options.limits),
                        started,
                        fuel,
                        requests: AtomicU64::new(0),
                    },
                )
            };
            Application {
                routes: manifest.routes,
                components: prepared.into_iter().map(serve).collect(),
                request_timeout: options.limits.request_timeout,
                connections: options.connections.clone(),
                faults: Repeated::new(options.log.clone()),
                log: options.log.clone(),
            }
        });
        Ok(Self {
            application,
            scheduled,
        })
    }

    /// Serves the application on a listener until [`Server::shutdown`]. Must be called within a
    /// Tokio runtime.
    pub fn serve(self, listener: TcpListener) -> Server {
        Server::start(self.application, self.scheduled, listener)
    }
}

/// Reads the manifest, which must have a trigger.
fn triggered(path: &Path) -> Result<Manifest, LoadError> {
    let manifest = Manifest::read(path)?;
    if manifest.components.is_empty() {
        Err(LoadError::NoTrigger)
    } else {
        Ok(manifest)
    }
}

/// Builds the TLS identities of the components: trust anchors and client certificates.
fn identities(entries: &[ClientTls], pins: Vec<Pin>, log: &Log) -> Result<Identities, LoadError> {
    let mut identities = Identities::load(entries)?;
    for pin in pins {
        let name = pin.name().to_owned();
        identities
            .pin(pin, log)
            .map_err(|source| LoadError::Pin { pin: name, source })?;
    }
    Ok(identities)
}

/// Permissions and settings of one component.
struct Granted {
    environment: Vec<(String, String)>,
    variables: ComponentVariables,
    entries: Entries,
    stores: BTreeMap<String, Backend>,
}

impl Granted {
    fn new(
        id: &str,
        component: &Component,
        variables: &Arc<Variables>,
        ids: &BTreeSet<&str>,
        stores: &BTreeMap<String, Backend>,
        log: &Log,
    ) -> Result<Self, LoadError> {
        let place = format!("component.{id}.allowed_outbound_hosts");
        let templates = component.allowed_outbound_hosts.iter().map(|entry| {
            let template = variables.template(&place, entry)?;
            Ok::<_, VariableError>((entry.clone(), template))
        });
        let entries = Entries::new(templates.collect::<Result<_, _>>()?, ids);
        // Checks that need no request: literals, and templates filled with defaults.
        entries
            .fill(&variables.defaults())
            .map_err(|bad| LoadError::AllowedHost {
                component: id.to_owned(),
                entry: bad.entry,
                reason: bad.reason.to_string(),
            })?;
        let own = component
            .key_value_stores
            .iter()
            .filter_map(|name| Some((name.clone(), stores.get(name)?.clone())));
        Ok(Self {
            environment: component.environment.clone().into_iter().collect(),
            variables: ComponentVariables::new(id, &component.variables, variables, log)?,
            entries,
            stores: own.collect(),
        })
    }
}

/// Opens each store that a component names, once.
fn open_stores(
    components: &BTreeMap<String, Component>,
    defined: &BTreeMap<String, StoreDefinition>,
    options: &Options,
) -> Result<BTreeMap<String, Backend>, LoadError> {
    let is_tls = |definition: &StoreDefinition| matches!(definition, StoreDefinition::Redis(server) if server.uses_tls());
    let redis_roots = match options.redis_roots.as_deref() {
        Some(path) if defined.values().any(is_tls) => {
            Some(authorities(path).map_err(LoadError::RedisRoots)?)
        }
        _ => None,
    };
    let mut stores = BTreeMap::new();
    for (id, component) in components {
        for name in &component.key_value_stores {
            if stores.contains_key(name) {
                continue;
            }
            let definition = match defined.get(name) {
                Some(definition) => definition.clone(),
                None if name == "default" => {
                    StoreDefinition::Sqlite(options.state_dir.join(DEFAULT_STORE))
                }
                None => {
                    return Err(LoadError::UndefinedStore {
                        component: id.clone(),
                        store: name.clone(),
                    });
                }
            };
            let backend =
                Backend::open(name, &definition, redis_roots.as_deref()).map_err(|source| {
                    LoadError::Store {
                        store: name.clone(),
                        source,
                    }
                })?;
            stores.insert(name.clone(), backend);
        }
    }
    Ok(stores)
}

/// Compiles a component on a blocking thread, since that keeps a processor busy for seconds.
async fn compile(
    engine: Engine,
    linker: Arc<Linker<State>>,
    id: String,
    path: PathBuf,
) -> Result<ProxyPre<State>, LoadError> {
    if !path.is_file() {
        return Err(LoadError::NotBuilt {
            component: id,
            path,
        });
    }
    let work = move || {
        let component = Compiled::from_file(&engine, &path)?;
        ServicePre::new(linker.instantiate_pre(&component)?)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(service)) => Ok(ProxyPre::P3(service)),
        Ok(Err(error)) => Err(LoadError::Unusable {
            component: id,
            reason: format!("{error:#}"),
        }),
        Err(error) => Err(LoadError::Unusable {
            component: id,
            reason: error.to_string(),
        }),
    }
}
