//! Budgets of calls to a service, shared by the components and the callers of the proxy.
//!
//! A call over its budget waits, within its component's limit, and is then answered here with 429,
//! `Retry-After` and [`REFUSED`]: it was never sent. Marks of calls are removed with or without a
//! budget.

mod limiter;
mod marks;
mod queue;
mod settings;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use wasmtime_wasi_http::WasiBody;

use self::limiter::Limiter;
use crate::allowed_hosts::Origin;
use crate::lock::locked;

pub(crate) use marks::Marks;
pub(crate) use settings::Budget;

/// Answer header with the name of the budget that a call was over. It is removed from the answers
/// of services.
pub(crate) const REFUSED: HeaderName = HeaderName::from_static("innsyn-call-refused");
/// Longest wait of a call without a mark for it.
const WAIT: Duration = Duration::from_secs(10);
/// Longest wait of any call.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Limit of the limiters, one for each tenant and API. Beyond it, calls share one more.
const MOST_LIMITERS: usize = 1024;

/// Budgets with their counts.
#[derive(Default)]
pub(crate) struct Budgets {
    budgets: Vec<Budget>,
    limiters: Mutex<HashMap<Scope, Arc<SharedLimiter>>>,
}

/// Calls that are counted together.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Scope {
    /// Index of the budget.
    budget: usize,
    tenant: String,
    service: String,
}

/// Limiter shared by its calls, with the timer for its next release.
struct SharedLimiter(Mutex<Timed>);

struct Timed {
    limiter: Limiter<oneshot::Sender<Permit>>,
    timer: Option<Instant>,
}

/// Admission of one call. Dropping it ends the call, or withdraws one that was never made.
pub(crate) struct Permit {
    shared: Arc<SharedLimiter>,
    id: u64,
    made: bool,
}

/// Guard that removes a waiting call when it is dropped.
struct QueueGuard<'a> {
    shared: &'a Arc<SharedLimiter>,
    id: u64,
}

/// Error: a call over its budget.
#[derive(Debug, PartialEq)]
pub(crate) struct OverBudget {
    /// Name of the budget.
    pub(crate) budget: String,
    /// Class of the call.
    pub(crate) class: String,
    /// Time before a new attempt, in seconds.
    pub(crate) retry_after: u64,
}

impl Budgets {
    pub(crate) fn new(budgets: Vec<Budget>) -> Self {
        Self {
            budgets,
            limiters: Mutex::default(),
        }
    }

    /// Waits until a call to the origin may be made, at most `longest`. Cancel-safe. Returns
    /// `Ok(None)` without a budget.
    ///
    /// # Errors
    ///
    /// [`OverBudget`] if the time is up or the queue is full.
    pub(crate) async fn admit(
        &self,
        origin: &Origin,
        marks: &Marks,
        longest: Duration,
    ) -> Result<Option<Permit>, OverBudget> {
        let mut budgets = self.budgets.iter().enumerate();
        let Some((place, budget)) = budgets.find(|(_, budget)| budget.is_for(origin)) else {
            return Ok(None);
        };
        let shared = self.limiter(place, budget, marks);
        let class = budget.limits.class(marks.class.as_deref());
        let over = |retry_after| OverBudget {
            budget: budget.name.clone(),
            class: budget.limits.name(class).to_owned(),
            retry_after,
        };
        let (waker, admitted) = oneshot::channel();
        let submitted = {
            let mut timed = locked(&shared.0);
            let limiter = &mut timed.limiter;
            let submitted = limiter.submit(class, marks.customer.clone(), waker);
            submitted.map_err(|_| limiter.retry_after())
        };
        let id = submitted.map_err(over)?;
        let queued = QueueGuard {
            shared: &shared,
            id,
        };
        shared.admit();
        let wait = marks.wait.unwrap_or(WAIT).min(LONGEST_WAIT).min(longest);
        if let Ok(Ok(permit)) = timeout(wait, admitted).await {
            return Ok(Some(permit));
        }
        drop(queued);
        Err(over(locked(&shared.0).limiter.retry_after()))
    }

    /// Returns the limiter that counts calls with these marks.
    fn limiter(&self, place: usize, budget: &Budget, marks: &Marks) -> Arc<SharedLimiter> {
        let mark = |counted: bool, value: &String| counted.then(|| value.clone());
        let scope = Scope {
            budget: place,
            tenant: mark(budget.by_tenant, &marks.tenant).unwrap_or_default(),
            service: mark(budget.by_service, &marks.service).unwrap_or_default(),
        };
        let mut limiters = locked(&self.limiters);
        if let Some(shared) = limiters.get(&scope) {
            return shared.clone();
        }
        if limiters.len() >= MOST_LIMITERS {
            let now = Instant::now();
            limiters.retain(|_, shared| !SharedLimiter::is_idle(shared, now));
        }
        let scope = if limiters.len() >= MOST_LIMITERS {
            Scope {
                budget: place,
                ..Scope::default()
            }
        } else {
            scope
        };
        let shared = || Arc::new(SharedLimiter::new(budget.limits.clone()));
        limiters.entry(scope).or_insert_with(shared).clone()
    }
}

impl SharedLimiter {
    fn new(limits: Arc<settings::Limits>) -> Self {
        Self(Mutex::new(Timed {
            limiter: Limiter::new(limits),
            timer: None,
        }))
    }

    /// Wakes the admitted calls, and schedules the next release.
    fn admit(self: &Arc<Self>) {
        let now = Instant::now();
        let admitted = {
            let mut timed = locked(&self.0);
            let admitted = timed.limiter.admit(now);
            self.set_timer(&mut timed, now);
            admitted
        };
        for (id, waker) in admitted {
            let permit = Permit {
                shared: self.clone(),
                id,
                made: false,
            };
            // A cancelled waiter's permit is dropped, which admits another call. No lock is held
            // here.
            drop(waker.send(permit));
        }
    }

    /// Starts a timer for the next release, unless one ends by then.
    fn set_timer(self: &Arc<Self>, timed: &mut Timed, now: Instant) {
        let Some(next) = timed.limiter.next_release(now) else {
            return;
        };
        if timed.timer.is_some_and(|set| set <= next) {
            return;
        }
        // At the end of the process the runtime may be gone, and no waiter is left to wake.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        timed.timer = Some(next);
        let shared = Arc::downgrade(self);
        runtime.spawn(async move {
            sleep_until(next).await;
            if let Some(shared) = shared.upgrade() {
                {
                    let mut timed = locked(&shared.0);
                    timed.timer = timed.timer.filter(|set| *set != next);
                }
                shared.admit();
            }
        });
    }

    /// Returns whether no call refers to the limiter and no limit counts any.
    fn is_idle(shared: &Arc<Self>, now: Instant) -> bool {
        Arc::strong_count(shared) == 1 && locked(&shared.0).limiter.is_idle(now)
    }
}

impl Permit {
    /// Records that the call is made now.
    pub(crate) fn made(&mut self) {
        self.made = true;
    }

    /// Records that the head of the answer has arrived.
    pub(crate) fn answered(&self) {
        locked(&self.shared.0)
            .limiter
            .answered(self.id, Instant::now());
        // The end of its time is known better now.
        self.shared.admit();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let limiter = &mut locked(&self.shared.0).limiter;
            if self.made {
                limiter.finished(self.id, Instant::now());
            } else {
                limiter.withdraw(self.id);
            }
        }
        self.shared.admit();
    }
}

impl Drop for QueueGuard<'_> {
    fn drop(&mut self) {
        locked(&self.shared.0).limiter.leave(self.id);
    }
}

impl OverBudget {
    /// Returns the answer in place of the service's.
    pub(crate) fn response(&self) -> Response<WasiBody> {
        const BODY: &[u8] =
            br#"{"problem":"too-many-calls","title":"The call is over its budget and was not made"}"#;
        let body = Full::new(Bytes::from_static(BODY)).map_err(|never| match never {});
        let mut response = Response::new(body.boxed_unsync());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::RETRY_AFTER, self.retry_after.into());
        // A budget's name is of letters, digits, - and _.
        if let Ok(name) = HeaderValue::from_str(&self.budget) {
            headers.insert(REFUSED, name);
        }
        response
    }
}

#[cfg(test)]
mod tests;
