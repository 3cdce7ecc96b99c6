//! Tokens for the sidecar's callers: from the cache, else by single-flight from the app, and
//! renewed ahead of their expiry.

mod cache;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::watch;

use self::cache::Cache;
pub(super) use self::token::{Token, TokenResponse};
use super::answer::Refused;
use super::token_request::{Key, TokenRequest};

/// Back-off after a failed renewal, while the cached token is valid.
const PAUSE: time::Duration = time::Duration::seconds(5);

/// Issuer of tokens, as the app is.
pub(super) trait Issuer: Send + Sync + 'static {
    /// Requests one token.
    fn issue(
        &self,
        token_request: &TokenRequest,
    ) -> impl Future<Output = Result<TokenResponse, Refused>> + Send;
}

/// Reads the time of day.
pub(super) type Clock = Box<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// Cache of an issuer's tokens.
pub(super) struct TokenSource<I> {
    issuer: I,
    clock: Clock,
    /// Jitter of this process among those that renew the same token.
    jitter: u8,
    state: Mutex<State>,
}

/// Identity of a request to the issuer.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
struct FlightKey {
    token: Key,
    skips_cache: bool,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// Requests to the issuer in flight. A request with `skip_cache` never joins one without.
    in_flight: HashMap<FlightKey, Waiter>,
}

type Outcome = Result<Arc<Token>, Refused>;
type Waiter = watch::Receiver<Option<Outcome>>;

impl<I: Issuer> TokenSource<I> {
    pub(super) fn new(issuer: I, clock: Clock, jitter: u8) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            clock,
            jitter,
            state: Mutex::default(),
        })
    }

    /// Returns a token and its remaining seconds.
    ///
    /// # Errors
    /// Fails with the issuer's [`Refused`]. All waiters of one request share it, and it is not
    /// cached.
    pub(super) async fn token(
        self: &Arc<Self>,
        token_request: TokenRequest,
    ) -> Result<(Arc<Token>, u64), Refused> {
        let key = token_request.key()?;
        let mut waiter = match self.kept_or_requested(key, token_request) {
            Ok(token) => return Ok(self.timed(token)),
            Err(waiter) => waiter,
        };
        let outcome = waiter.wait_for(Option::is_some).await;
        // Without an outcome, the task has panicked.
        let outcome = outcome.ok().and_then(|outcome| outcome.clone());
        let failed = || Refused::failed("the request for the token ended without an outcome");
        outcome.ok_or_else(failed)?.map(|token| self.timed(token))
    }

    /// Returns the cached token, or the request to wait for. Renews the cached token if that is
    /// due.
    fn kept_or_requested(
        self: &Arc<Self>,
        key: Key,
        token_request: TokenRequest,
    ) -> Result<Arc<Token>, Waiter> {
        let now = (self.clock)();
        let mut state = self.state();
        if token_request.skips_cache() {
            return Err(self.join(&mut state, key, token_request));
        }
        let Some(token) = state.cache.get(&key).cloned() else {
            return Err(self.join(&mut state, key, token_request));
        };
        if token.is_fresh(now) {
            let pause = now.saturating_add(PAUSE);
            if state.cache.take_renewal(&key, now, pause) {
                self.join(&mut state, key, token_request);
            }
            return Ok(token);
        }
        let is_requested = state.in_flight.contains_key(&FlightKey {
            token: key,
            skips_cache: false,
        });
        if token.is_alive(now) && !is_requested && state.cache.is_paused(&key, now) {
            return Ok(token);
        }
        Err(self.join(&mut state, key, token_request))
    }

    /// Joins the request in flight, or starts one in a task of its own, so that a caller that
    /// leaves does not cancel it for the others.
    fn join(self: &Arc<Self>, state: &mut State, key: Key, token_request: TokenRequest) -> Waiter {
        let flight = FlightKey {
            token: key,
            skips_cache: token_request.skips_cache(),
        };
        if let Some(waiter) = state.in_flight.get(&flight)
            && waiter.has_changed().is_ok()
        {
            return waiter.clone();
        }
        let (sender, waiter) = watch::channel(None);
        state.in_flight.insert(flight, waiter.clone());
        let source = self.clone();
        tokio::spawn(async move {
            let outcome = source.request(key, &token_request).await;
            source.state().in_flight.remove(&flight);
            sender.send_replace(Some(outcome));
        });
        waiter
    }

    /// Requests a token and caches it. If the issuer fails temporarily, returns the cached one if
    /// it is still valid; if it refuses, removes that one.
    async fn request(&self, key: Key, token_request: &TokenRequest) -> Outcome {
        let kept = self.state().cache.get(&key).cloned();
        let outcome = self.newer(token_request, kept.as_deref()).await;
        let now = (self.clock)();
        let mut state = self.state();
        let pause = now.saturating_add(PAUSE);
        match outcome {
            Ok(token) => {
                // The answer to an earlier request may come later, with an older token.
                let is_newer = |kept: &Arc<Token>| !kept.is_fresh(now) || token.outlives(kept);
                if token_request.skips_cache() || state.cache.get(&key).is_none_or(is_newer) {
                    state.cache.put(key, token.clone(), now);
                }
                if !token.is_fresh(now) {
                    state.cache.put_off_renewal(&key, pause);
                }
                Ok(token)
            }
            Err(refused) if refused.may_pass() => {
                state.cache.put_off_renewal(&key, pause);
                drop(state);
                let kept = kept.filter(|kept| !token_request.skips_cache() && kept.is_alive(now));
                kept.inspect(|_| {
                    let error = &refused.error;
                    eprintln!(
                        "token-sidecar: a token was not renewed and is used until its end: {error}"
                    );
                })
                .ok_or(refused)
            }
            Err(refused) => {
                state.cache.remove(&key);
                Err(refused)
            }
        }
    }

    /// Requests a token that is fresh, and newer than the cached one. The app caches tokens too: if
    /// it answers with the token cached here, or one with too little time left, it is asked for
    /// another.
    async fn newer(&self, token_request: &TokenRequest, kept: Option<&Token>) -> Outcome {
        let token = self.received(self.issuer.issue(token_request).await?);
        let is_newer = kept.is_none_or(|kept| token.outlives(kept));
        if token_request.skips_cache() || is_newer && token.is_fresh((self.clock)()) {
            return Ok(token);
        }
        match self.issuer.issue(&token_request.renewed()).await {
            Ok(response) => Ok(self.received(response)),
            Err(refused) if refused.may_pass() && token.is_alive((self.clock)()) => Ok(token),
            Err(refused) => Err(refused),
        }
    }

    fn received(&self, response: TokenResponse) -> Arc<Token> {
        Arc::new(Token::new(response, (self.clock)(), self.jitter))
    }

    fn timed(&self, token: Arc<Token>) -> (Arc<Token>, u64) {
        let left = token.expires_in((self.clock)());
        (token, left)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change leaves the state consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
