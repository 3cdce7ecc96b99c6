//! How another component has tokens: from its instance's memory, else from the token component.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::ask::Ask;
use super::kept::{Kept, Source, Token};
use super::send::bearer;
use super::wire::{TokenBody, read_refusal};
use super::{ADDRESS, COMPONENT, SWEEP_ADDRESS};
use crate::context::{Context, uuid};
use crate::credential::{self, SigningKey};
use crate::flight::Flights;
use crate::outbound::{self, Call, Repeat};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};

/// The token component has its own retries and its own deadline, which is shorter.
const TOKEN: Call = Call {
    counterparty: COMPONENT,
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    repeat: Repeat::Broken(2),
};

/// More refused tokens than this are not remembered.
const MOST_REFUSED: usize = 64;

/// Asks the token component in the name of one component. Lives as long as the instance.
#[derive(Debug)]
pub struct Client {
    component: &'static str,
    key: SigningKey,
    kept: Kept<Identity>,
    /// Those whose last token was refused: the token component must not give the same one again.
    refused: RefCell<Vec<Identity>>,
    flights: Flights<Identity, Result<Token, Problem>>,
}

/// What tells two tokens apart here. The rest of the identity is the token component's business.
type Identity = (OrganisationNumber, Ask);

impl Client {
    /// For the component `component`, whose credentials are signed with `key`.
    pub const fn new(component: &'static str, key: SigningKey) -> Self {
        Self {
            component,
            key,
            kept: Kept::new(),
            refused: RefCell::new(Vec::new()),
            flights: Flights::new(Duration::from_secs(12)),
        }
    }

    /// A token of `consumer` for `ask`.
    ///
    /// [`Kind::ConsentRequired`] means that Maskinporten says that the consent does not hold.
    pub async fn obtain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
    ) -> Result<Token, Problem> {
        let (token, fetched) = self.have(context, consumer, ask).await?;
        // What is fetched is told by the token component.
        if !fetched {
            Source::Memory.tell(context);
        }
        Ok(token)
    }

    /// The same without a line in the log, and whether this request has fetched it.
    pub(super) async fn have<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
    ) -> Result<(Token, bool), Problem> {
        let identity = (consumer.clone(), ask.clone());
        if let Some(token) = self.fresh(context, &identity) {
            return Ok((token, false));
        }
        let fetched = Cell::new(false);
        let fetch = async || {
            if let Some(token) = self.fresh(context, &identity) {
                return Ok(token);
            }
            fetched.set(true);
            self.fetch(context, &identity).await
        };
        let token = self
            .flights
            .join(context.platform, &identity, fetch)
            .await?;
        Ok((token, fetched.get()))
    }

    /// Forgets a token that the source refused. The next one is minted anew.
    pub fn forget(&self, consumer: &OrganisationNumber, ask: &Ask, token: &Token) {
        let identity = (consumer.clone(), ask.clone());
        if self
            .kept
            .get(&identity)
            .is_some_and(|kept| kept.value != token.value)
        {
            return;
        }
        self.kept.drop(&identity, token);
        let mut refused = self.refused.borrow_mut();
        if !refused.contains(&identity) && refused.len() < MOST_REFUSED {
            refused.push(identity);
        }
    }

    /// Asks the token component to sweep its store. Answers how many rows it removed.
    pub async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<usize, Problem> {
        #[derive(Deserialize)]
        struct Swept {
            removed: usize,
        }
        let make = async || self.request(context.platform, consumer, SWEEP_ADDRESS, String::new());
        let answer = outbound::send_anew(context, &TOKEN, make).await?;
        if answer.status() != StatusCode::OK {
            return Err(read_refusal(&answer));
        }
        let swept: Swept = serde_json::from_slice(answer.body())
            .map_err(|_| outbound::unreadable(COMPONENT, "not a count"))?;
        Ok(swept.removed)
    }

    fn fresh<P: Platform>(&self, context: &Context<'_, P>, identity: &Identity) -> Option<Token> {
        self.kept
            .get(identity)
            .filter(|token| token.is_fresh(context.now()))
    }

    async fn fetch<P: Platform>(
        &self,
        context: &Context<'_, P>,
        identity: &Identity,
    ) -> Result<Token, Problem> {
        let (consumer, ask) = identity;
        let skip_cache = self.refused.borrow().contains(identity);
        let form = ask.form(skip_cache);
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
            ask.rests_on_permission(),
        );
        self.kept.put(identity, token.clone(), now);
        self.refused
            .borrow_mut()
            .retain(|refused| refused != identity);
        Ok(token)
    }

    /// A request with a credential of its own.
    fn request(
        &self,
        platform: &impl Platform,
        consumer: &OrganisationNumber,
        address: &'static str,
        form: String,
    ) -> Result<Request, Problem> {
        let credential = credential::sign(
            platform.now(),
            uuid(platform),
            &self.key,
            self.component,
            COMPONENT,
            consumer,
        )
        .map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let bearer = bearer(&credential)?;
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static(address);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(request)
    }
}
