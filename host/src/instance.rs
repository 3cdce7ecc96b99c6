//! One instance of a component: what it sees, and how long it lives.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::time::Sleep;
use wasmtime::{
    Engine, Store, StoreContextMut, StoreLimits, StoreLimitsBuilder,
    component::{Accessor, GuestTaskId, HasData, ResourceTable},
};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    handler::{
        HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
    },
};

use crate::{
    bindings::spin::variables::variables,
    engine::EPOCHS_PER_YIELD,
    instances::{Place, Places, Turn},
    key_value::{KeyValueView, Stores},
    log::{GuestOutput, Log},
    options::Limits,
    outbound::{Access, Outbound},
    variables::{ComponentVariables, Refusal},
};

/// Added to the time limit where an instance is dropped, so that its requests are answered first.
const AFTER_THE_ANSWER: Duration = Duration::from_millis(100);

/// What every instance of a component has in common.
pub(crate) struct Setup {
    pub(crate) component: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) variables: Arc<ComponentVariables>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) access: Arc<Access>,
    pub(crate) limits: Limits,
    /// The application's places for instances.
    pub(crate) places: Arc<Places>,
    pub(crate) clock_offset: Arc<AtomicI64>,
    pub(crate) log: Log,
    /// How many instances were ever started.
    pub(crate) started: Arc<AtomicU64>,
}

/// The state of one instance.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    stores: Arc<Stores>,
    variables: Arc<ComponentVariables>,
    limits: StoreLimits,
}

impl State {
    fn new(setup: &Setup) -> Self {
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
            outbound: Outbound::of_instance(&setup.access),
            stores: setup.stores.clone(),
            variables: setup.variables.clone(),
            limits: StoreLimitsBuilder::new()
                .memory_size(setup.limits.max_memory)
                .build(),
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

/// The system's clock, moved.
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

/// Starts instances of one component.
pub(crate) struct Starter {
    pub(crate) engine: Engine,
    pub(crate) component: ProxyPre<State>,
    pub(crate) setup: Arc<Setup>,
}

impl HandlerState for Starter {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let place = self.setup.places.take(&self.setup.component)?;
        self.setup.started.fetch_add(1, Ordering::Relaxed);
        let mut store = Store::new(&self.engine, State::new(&self.setup));
        store.limiter(|state| &mut state.limits);
        // A guest that computes gives way at every deadline, so that its time limit can be seen to.
        store.set_epoch_deadline(EPOCHS_PER_YIELD);
        store.epoch_deadline_async_yield_and_update(EPOCHS_PER_YIELD);
        let proxy = self.component.instantiate_async(&mut store).await?;
        let limits = &self.setup.limits;
        Ok(Instance {
            store,
            proxy,
            view: WasiHttpView::http,
            expiration: Expiration {
                idle: limits.idle_instance_timeout,
                busy: limits.request_timeout.saturating_add(AFTER_THE_ANSWER),
                sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
            },
            state: Worker {
                setup: self.setup.clone(),
                _place: place,
            },
        })
    }
}

/// When an instance is dropped, whatever it does.
pub(crate) struct Expiration {
    idle: Duration,
    busy: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        let limit = match status {
            WorkerStatus::Idle => self.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.busy,
        };
        let Some(deadline) = since.checked_add(limit).map(tokio::time::Instant::from_std) else {
            return Poll::Pending;
        };
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(context)
    }
}

/// How much an instance takes on.
pub(crate) struct Worker {
    setup: Arc<Setup>,
    /// Free again when the instance is gone.
    _place: Place,
}

impl WorkerState for Worker {
    type StoreData = State;
    /// Ends when an instance takes the request, so that the next one in the queue is tried.
    type RequestData = Turn;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        let limits = &self.setup.limits;
        if total >= limits.requests_per_instance {
            ShouldAccept::Never
        } else if concurrent >= limits.concurrent_requests_per_instance {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        turn: Turn,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        drop(turn);
        Box::pin(tokio::time::sleep(self.setup.limits.request_timeout))
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        // First the store, so that the guest's last words come before ours.
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
