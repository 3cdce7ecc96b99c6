//! Limit on the instances of an application and of each of its components, and the queue of requests that wait for one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Request;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout_at},
};
use wasmtime_wasi_http::{
    WasiBody,
    handler::{InstantiationError, ProxyHandler, Response},
};

use crate::{incoming::after, instance::Starter, lock::locked, options::Limits};

/// Time between two attempts of the request that is first in the queue.
const RETRY: Duration = Duration::from_millis(10);

/// Places for instances.
pub(crate) struct Places {
    all: usize,
    per_component: usize,
    taken: Mutex<BTreeMap<String, usize>>,
}

/// A place for an instance, free again when it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    component: String,
}

/// No further instance may be started now.
#[derive(Debug)]
pub(crate) struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no further instance may be started now")
    }
}

impl std::error::Error for NoPlace {}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            all: limits.instances,
            per_component: limits.instances_per_component,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for an instance of a component.
    ///
    /// # Errors
    ///
    /// [`NoPlace`] if the component has as many instances as it may, or if the application has and the component has one.
    pub(crate) fn take(self: &Arc<Self>, component: &str) -> Result<Place, NoPlace> {
        let mut taken = locked(&self.taken);
        let all = taken
            .values()
            .fold(0_usize, |all, of_one| all.saturating_add(*of_one));
        let own = taken.entry(component.to_owned()).or_default();
        if *own > 0 && (*own >= self.per_component || all >= self.all) {
            return Err(NoPlace);
        }
        *own = own.saturating_add(1);
        Ok(Place {
            places: self.clone(),
            component: component.to_owned(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(own) = locked(&self.places.taken).get_mut(&self.component) {
            *own = own.saturating_sub(1);
        }
    }
}

/// A request's turn at the head of its component's queue, which ends when an instance takes the request.
pub(crate) type Turn = Option<OwnedSemaphorePermit>;

/// First-in, first-out queue of the requests for one component that found no instance.
pub(crate) struct Queue {
    head: Arc<Semaphore>,
    wait: Duration,
}

/// Reason why a request has no response.
pub(crate) enum Unanswered {
    /// No instance took it in time.
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

    /// Has a request handled as soon as an instance takes it. Requests that were refused an instance wait in their order,
    /// and later ones behind them.
    pub(crate) async fn handle(
        &self,
        handler: &ProxyHandler<Starter>,
        mut request: Request<WasiBody>,
    ) -> Result<Response, Unanswered> {
        let mut turn: Turn = None;
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
            let refused = error.downcast::<InstantiationError<Turn>>();
            let refused = refused.map_err(Unanswered::Failed)?;
            if !refused.error.is::<NoPlace>() {
                return Err(Unanswered::Failed(refused.into()));
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
                        return Err(Unanswered::NoInstance);
                    }
                    sleep_until(after(now, RETRY).min(deadline)).await;
                    turn
                }
            };
        }
    }

    async fn turn(&self, deadline: Instant) -> Result<Turn, Unanswered> {
        let turn = timeout_at(deadline, self.head.clone().acquire_owned()).await;
        // The semaphore is never closed.
        turn.map(Result::ok).map_err(|_| Unanswered::NoInstance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_its_share_and_always_one() {
        let places = Places::new(&Limits {
            instances: 4,
            instances_per_component: 3,
            ..Limits::default()
        });
        let take = |component: &str| places.take(component).ok();
        let claims: Vec<_> = (0..4).map(|_| take("claims")).collect();
        let given: Vec<_> = claims.iter().map(Option::is_some).collect();
        assert_eq!(given, [true, true, true, false]);
        let token = take("token");
        assert!(token.is_some() && take("token").is_none());
        // The application has its four, and the first one of a component is beyond them.
        let consent = take("consent");
        assert!(consent.is_some() && take("consent").is_none());
        drop(claims);
        assert!(take("token").is_some());
        drop(token);
        drop(consent);
    }
}
