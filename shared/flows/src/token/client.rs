//! Token client of the other components: cache in the instance's memory, then the token component.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use time::OffsetDateTime;

use super::cache::{Source, Token, TokenCache};
use super::request::TokenRequest;
use super::wire::{SweepBody, TokenBody, read_refusal};
use super::{ADDRESS, COMPONENT, SWEEP_ADDRESS};
use innsyn_core::context::Context;
use innsyn_core::credential::{self, BoundRequest, Signer, SigningKey};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::{Platform, Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::single_flight::SingleFlight;
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy of the token component, which has its own retries and a shorter deadline.
const TOKEN: Endpoint = Endpoint {
    counterparty: COMPONENT,
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnDisconnect(2),
};

/// Maximum number of refused tokens that are remembered; beyond it, the one that ends first is not.
const MOST_REFUSED: usize = 64;

/// Client of the token component on behalf of one component. Lives as long as the instance.
#[derive(Debug)]
pub struct Client {
    signer: Signer,
    cache: TokenCache<Identity>,
    /// Requests whose last token was refused, with the end of that token: until then, the token
    /// component must not return the same one again.
    refused: RefCell<Vec<RefusedToken>>,
    /// Number of refused tokens so far.
    refusals: Cell<u64>,
    in_flight: SingleFlight<Identity, Result<Token, Problem>>,
}

/// Cache key of a token in this client. The rest of its identity is internal to the token
/// component.
type Identity = (OrganisationNumber, TokenRequest);

/// Token that a source refused.
#[derive(Debug)]
struct RefusedToken {
    identity: Identity,
    /// Time from which no cache has the token any more.
    end: OffsetDateTime,
}

/// Token, and where this request has got it.
struct ObtainedToken {
    token: Token,
    /// True if this request has fetched it from the token component.
    is_fetched: bool,
}

impl Client {
    /// Creates a client for the component `component`, whose credentials are signed with `key`.
    pub fn new(component: &'static str, key: SigningKey) -> Self {
        Self {
            signer: Signer::new(component, key),
            cache: TokenCache::new(),
            refused: RefCell::new(Vec::new()),
            refusals: Cell::new(0),
            in_flight: SingleFlight::new(Duration::from_secs(12)),
        }
    }

    /// Returns a token of `consumer` for `ask`, from the cache or from the token component.
    ///
    /// # Errors
    ///
    /// [`Kind::ConsentRequired`] if Maskinporten reports the consent as not valid,
    /// `Kind::TooManyCalls`, and the problems of the call to the token component.
    pub async fn obtain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
    ) -> Result<Token, Problem> {
        let obtained = self.have(context, consumer, token_request).await?;
        // Fetched tokens are logged by the token component.
        if !obtained.is_fetched {
            Source::Memory.tell(context);
        }
        Ok(obtained.token)
    }

    /// Returns a token as [`Self::obtain`] does, but without a log line.
    async fn have<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
    ) -> Result<ObtainedToken, Problem> {
        if let Some(token) = self.fresh(context, consumer, token_request) {
            return Ok(ObtainedToken {
                token,
                is_fetched: false,
            });
        }
        let identity = (consumer.clone(), token_request.clone());
        let fetched = Cell::new(false);
        let fetch = async || {
            if let Some(token) = self.fresh(context, consumer, token_request) {
                return Ok(token);
            }
            fetched.set(true);
            self.fetch(context, &identity).await
        };
        let token = self
            .in_flight
            .join(context.platform, &identity, fetch)
            .await?;
        Ok(ObtainedToken {
            token,
            is_fetched: fetched.get(),
        })
    }

    /// Removes a token that the source refused from the cache. The next one is minted anew.
    pub fn forget(
        &self,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
        token: &Token,
    ) {
        let identity = (consumer.clone(), token_request.clone());
        if self
            .cache
            .get(&identity)
            .is_some_and(|cache| cache.value != token.value)
        {
            return;
        }
        self.cache.drop(&identity, token);
        self.refusals.set(self.refusals.get().wrapping_add(1));
        let mut refused = self.refused.borrow_mut();
        refused.retain(|refused| refused.identity != identity);
        if refused.len() >= MOST_REFUSED {
            let ends = refused.iter().enumerate();
            let first = ends.min_by_key(|(_, refused)| refused.end);
            if let Some(index) = first.map(|(index, _)| index) {
                refused.swap_remove(index);
            }
        }
        refused.push(RefusedToken {
            identity,
            end: token.expires,
        });
    }

    /// Sends `request` with a token of `consumer` for `ask`, in the one `Authorization` header.
    ///
    /// A token that is refused with 401 is removed from the cache, another one is minted, and the
    /// call is repeated once. The second response is final.
    ///
    /// # Errors
    ///
    /// The problems of [`Self::obtain`] and of the call.
    pub async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
        call: &Endpoint,
        request: Request,
    ) -> Result<Response, Problem> {
        let prepare = async || Ok((request, ()));
        self.send_prepared(context, consumer, token_request, call, prepare)
            .await
    }

    /// Obtains a token, and sends the request that `prepare` returns with it, as [`Self::send`]
    /// does. The other value of `prepare`, such as a permit, is held until the response.
    ///
    /// # Errors
    ///
    /// The problems of [`Self::obtain`], of `prepare` and of the call.
    pub async fn send_prepared<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
        call: &Endpoint,
        prepare: impl AsyncFnOnce() -> Result<(Request, T), Problem>,
    ) -> Result<Response, Problem> {
        let mut token = self.obtain(context, consumer, token_request).await?;
        let refusals = self.refusals.get();
        let (mut request, _held) = prepare().await?;
        // The preparation may have taken long.
        if self.refusals.get() != refusals || !token.is_fresh(context.now()) {
            token = self.have(context, consumer, token_request).await?.token;
        }
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer(token.value())?);
        let response = outbound::send(context, call, &request).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.forget(consumer, token_request, &token);
        let token = self.have(context, consumer, token_request).await?.token;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer(token.value())?);
        outbound::send(context, call, &request).await
    }

    /// Triggers the sweep of the token component's store. Returns the number of rows removed, and the
    /// certificates that end soon.
    ///
    /// # Errors
    ///
    /// The problems of the call to the token component.
    pub async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<SweepBody, Problem> {
        let make = async || self.request(context.platform, consumer, SWEEP_ADDRESS, String::new());
        let answer = outbound::send_anew(context, &TOKEN, make).await?;
        if answer.status() != StatusCode::OK {
            return Err(read_refusal(&answer));
        }
        let swept = serde_json::from_slice(answer.body())
            .map_err(|_| outbound::unreadable(COMPONENT, "not a count"))?;
        Ok(swept)
    }

    fn fresh<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
    ) -> Option<Token> {
        self.cache
            .find(|(owner, cache)| owner == consumer && cache == token_request)
            .filter(|token| token.is_fresh(context.now()))
    }

    async fn fetch<P: Platform>(
        &self,
        context: &Context<'_, P>,
        identity: &Identity,
    ) -> Result<Token, Problem> {
        let (consumer, token_request) = identity;
        let skip_cache = {
            let mut refused = self.refused.borrow_mut();
            refused.retain(|refused| refused.end > context.now());
            refused.iter().any(|refused| refused.identity == *identity)
        };
        let form = token_request.form(skip_cache);
        let make = async || self.request(context.platform, consumer, ADDRESS, form.clone());
        let answer = outbound::send_anew(context, &TOKEN, make).await?;
        if answer.status() != StatusCode::OK {
            return Err(read_refusal(&answer));
        }
        let body: TokenBody<'_> = serde_json::from_slice(answer.body())
            .map_err(|_| outbound::unreadable(COMPONENT, "not a token"))?;
        let now = context.now();
        let lifetime = Duration::from_secs(body.expires_in);
        let token = Token::new(
            body.secret(),
            body.scope.into_owned(),
            now,
            lifetime,
            token_request.rests_on_permission(),
        );
        self.cache.put(identity, token.clone(), now);
        self.refused
            .borrow_mut()
            .retain(|refused| refused.identity != *identity);
        Ok(token)
    }

    /// Builds a request with its credential.
    fn request(
        &self,
        platform: &impl Platform,
        consumer: &OrganisationNumber,
        address: &'static str,
        form: String,
    ) -> Result<Request, Problem> {
        let address = http::Uri::from_static(address);
        let bound = BoundRequest::new(
            COMPONENT,
            Method::POST.as_str(),
            address.path(),
            form.as_bytes(),
        );
        let credential = credential::sign(
            platform,
            &self.signer,
            &bound.for_consumer(consumer.as_str()),
        )
        .map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let bearer = bearer(&credential)?;
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = address;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(request)
    }
}

/// Returns the value of `Authorization` (RFC 6750 §2.1).
fn bearer(token: &Secret<String>) -> Result<HeaderValue, Problem> {
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    // The error's own message may hold the token.
    let mut value = value.map_err(|_| {
        Problem::new(Kind::Internal).cause("a token has characters that no header has")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
