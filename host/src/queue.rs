//! Queue of the requests for one component that wait for an instance.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{InstantiationError, ProxyHandler, Response};

use crate::deadline::after;
use crate::instance::Starter;
use crate::instances::{NoSlot, QueuePermit};
use crate::options::Limits;

/// Time between two attempts of the request that is first in the queue.
const RETRY: Duration = Duration::from_millis(10);

/// First-in, first-out queue of one component's requests without an instance.
pub(crate) struct Queue {
    head: Arc<Semaphore>,
    wait: Duration,
}

/// Reason why a request has no response.
pub(crate) enum NoResponse {
    /// Timeout: no instance took the request.
    NoInstance,
    /// The instance failed.
    Failed(wasmtime::Error),
}

impl Queue {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            head: Arc::new(Semaphore::new(1)),
            wait: limits.instance_wait,
        }
    }

    /// Passes a request to an instance as soon as one takes it. Refused requests wait in order, and
    /// later ones behind them.
    pub(crate) async fn handle(
        &self,
        handler: &ProxyHandler<Starter>,
        mut request: Request<WasiBody>,
    ) -> Result<Response, NoResponse> {
        let mut turn: QueuePermit = None;
        let mut deadline = None;
        if self.head.available_permits() == 0 {
            turn = self
                .turn(*deadline.insert(after(Instant::now(), self.wait)))
                .await?;
        }
        loop {
            let error = match handler.handle(turn, request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let refused = error.downcast::<InstantiationError<QueuePermit>>();
            let refused = refused.map_err(NoResponse::Failed)?;
            if !refused.error.is::<NoSlot>() {
                return Err(NoResponse::Failed(refused.into()));
            }
            request = refused
                .request
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let deadline = *deadline.get_or_insert_with(|| after(Instant::now(), self.wait));
            turn = match refused.request_data {
                None => self.turn(deadline).await?,
                turn => {
                    let now = Instant::now();
                    if now >= deadline {
                        return Err(NoResponse::NoInstance);
                    }
                    sleep_until(after(now, RETRY).min(deadline)).await;
                    turn
                }
            };
        }
    }

    async fn turn(&self, deadline: Instant) -> Result<QueuePermit, NoResponse> {
        let turn = timeout_at(deadline, self.head.clone().acquire_owned()).await;
        // The semaphore is never closed.
        turn.map(Result::ok).map_err(|_| NoResponse::NoInstance)
    }
}
