//! Instance of a component: its state and its lifetime.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::component::{Accessor, GuestTaskId, HasData, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{HandlerState, Instance, ProxyPre, ShouldAccept, WorkerState};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::spin::variables::variables;
use crate::component_http::{Access, Outbound};
use crate::engine::EPOCHS_PER_YIELD;
use crate::expiration::Expiration;
use crate::instances::{QueuePermit, Slot, Slots};
use crate::key_value::{KeyValueView, Stores};
use crate::log::{GuestOutput, Log};
use crate::options::Limits;
use crate::variables::{ComponentVariables, Refusal};

/// Settings that the instances of a component share.
pub(crate) struct InstanceSettings {
    pub(crate) component: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) variables: Arc<ComponentVariables>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) access: Arc<Access>,
    pub(crate) limits: Limits,
    /// Places for instances of the application.
    pub(crate) places: Arc<Slots>,
    pub(crate) clock_offset: Arc<AtomicI64>,
    pub(crate) log: Log,
    /// Number of instances ever started.
    pub(crate) started: Arc<AtomicU64>,
    /// Fuel that instances have used, where it is counted.
    pub(crate) fuel: Option<Arc<AtomicU64>>,
}

/// State of one instance.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    stores: Arc<Stores>,
    variables: Arc<ComponentVariables>,
    memory: Memory,
}

/// Limit on the linear memories of an instance.
struct Memory {
    limits: StoreLimits,
    /// Size of the largest memory, in bytes.
    largest: Arc<AtomicUsize>,
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grows = self.limits.memory_growing(current, desired, maximum)?;
        if grows {
            self.largest.fetch_max(desired, Ordering::Relaxed);
        }
        Ok(grows)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }
}

impl State {
    fn new(setup: &InstanceSettings) -> Self {
        let wasi = WasiCtxBuilder::new()
            .envs(&setup.environment)
            .stdout(GuestOutput::new(setup.log.clone(), &setup.component))
            .stderr(GuestOutput::new(setup.log.clone(), &setup.component))
            .wall_clock(OffsetClock(setup.clock_offset.clone()))
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self {
            wasi,
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            outbound: Outbound::new(&setup.access),
            stores: setup.stores.clone(),
            variables: setup.variables.clone(),
            memory: Memory {
                limits: StoreLimitsBuilder::new()
                    .memory_size(setup.limits.max_memory)
                    .build(),
                largest: Arc::default(),
            },
        }
    }

    pub(crate) fn key_value(&mut self) -> KeyValueView<'_> {
        KeyValueView {
            table: &mut self.table,
            stores: &self.stores,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}

/// Access to `spin:variables` within an instance.
pub(crate) struct VariablesData;

impl HasData for VariablesData {
    type Data<'a> = &'a mut State;
}

impl variables::Host for &mut State {}

impl variables::HostWithStore<State> for VariablesData {
    async fn get(
        accessor: &Accessor<State, Self>,
        name: String,
    ) -> Result<String, variables::Error> {
        let variables = accessor.with(|mut access| access.get().variables.clone());
        variables.get(&name).await.map_err(|refusal| match refusal {
            Refusal::InvalidName(reason) => variables::Error::InvalidName(reason.to_owned()),
            Refusal::Undefined(name) => variables::Error::Undefined(name),
            Refusal::Provider(reason) => variables::Error::Provider(reason),
        })
    }
}

/// System clock with an offset.
struct OffsetClock(Arc<AtomicI64>);

impl HostWallClock for OffsetClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let offset = self.0.load(Ordering::Relaxed);
        let moved = Duration::from_secs(offset.unsigned_abs());
        if offset < 0 {
            now.saturating_sub(moved)
        } else {
            now.saturating_add(moved)
        }
    }
}

/// Starter of a component's instances.
pub(crate) struct Starter {
    pub(crate) engine: Engine,
    pub(crate) component: ProxyPre<State>,
    pub(crate) setup: Arc<InstanceSettings>,
}

impl HandlerState for Starter {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let place = self.setup.places.take(&self.setup.component)?;
        self.setup.started.fetch_add(1, Ordering::Relaxed);
        let mut store = Store::new(&self.engine, State::new(&self.setup));
        store.limiter(|state| &mut state.memory);
        let memory = store.data().memory.largest.clone();
        if self.setup.fuel.is_some() {
            store.set_fuel(u64::MAX)?;
        }
        // A computing guest yields at every epoch, so that its time limit is enforced.
        store.set_epoch_deadline(EPOCHS_PER_YIELD);
        store.epoch_deadline_async_yield_and_update(EPOCHS_PER_YIELD);
        let proxy = self.component.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: WasiHttpView::http,
            expiration: Expiration::new(&self.setup.limits, self.setup.places.clone()),
            state: Worker {
                setup: self.setup.clone(),
                started: Instant::now(),
                memory,
                retires: AtomicBool::new(false),
                fuel_left: AtomicU64::new(u64::MAX),
                _place: place,
            },
        })
    }
}

/// Limits on the requests of an instance.
pub(crate) struct Worker {
    setup: Arc<InstanceSettings>,
    started: Instant,
    /// Size of the largest memory, in bytes.
    memory: Arc<AtomicUsize>,
    /// Set when the present request is the last one.
    retires: AtomicBool,
    /// Fuel left when the latest request began.
    fuel_left: AtomicU64,
    /// Place of the instance, released when the instance is gone.
    _place: Slot,
}

impl WorkerState for Worker {
    type StoreData = State;
    /// Turn in the queue, which ends when an instance takes the request, so that the next one is
    /// tried.
    type RequestData = QueuePermit;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        let limits = &self.setup.limits;
        if total >= limits.requests_per_instance || self.retires.load(Ordering::Relaxed) {
            ShouldAccept::Never
        } else if concurrent >= limits.concurrent_requests_per_instance {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        store: StoreContextMut<'_, State>,
        turn: QueuePermit,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        drop(turn);
        // Decided here alone: between two requests, a retiring instance may have been woken for
        // one that it then leaves to nobody.
        let limits = &self.setup.limits;
        if self.memory.load(Ordering::Relaxed) > limits.memory_for_reuse
            || self.started.elapsed() >= limits.instance_lifetime
        {
            self.retires.store(true, Ordering::Relaxed);
        }
        if let Some(fuel) = &self.setup.fuel
            && let Ok(left) = store.get_fuel()
        {
            let before = self.fuel_left.swap(left, Ordering::Relaxed);
            fuel.fetch_add(before.saturating_sub(left), Ordering::Relaxed);
        }
        Box::pin(tokio::time::sleep(limits.request_timeout))
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        // The store is dropped first, so that the guest's last lines come before ours.
        drop(store);
        if let Err(error) = result {
            self.setup.log.failure(
                &self.setup.component,
                "instance",
                &error.root_cause().to_string(),
            );
        }
    }
}
