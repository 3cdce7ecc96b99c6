//! Minting of one new token at Maskinporten.

use super::TokenConfig;
use super::cache::{Source, Token};
use super::keys::KeyChoice;
use super::metadata::{MASKINPORTEN, MetadataCache};
use super::request::TokenRequest;
use super::wire::OAuthError;
use innsyn_core::context::Context;
use innsyn_core::identifier::uuid;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::{Platform, Request};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::maskinporten::{
    self, Class, Client, Grant, GrantError, Key, Metadata, Refusal, Signer,
};
use innsyn_runtime::outbound;
use innsyn_runtime::vault::Vault;

/// Clock skew from which a warning is logged, in seconds: at ten Maskinporten refuses.
const DRIFT: u64 = 5;

/// Client of one Maskinporten.
#[derive(Debug)]
pub(super) struct TokenMinter {
    vault: Option<Vault>,
    metadata: MetadataCache,
    keys: KeyChoice,
}

/// Token request with its consumer and addresses.
struct GrantRequest<'a> {
    client: &'a Client,
    token_request: &'a TokenRequest,
    metadata: &'a Metadata,
}

/// Refusal of a token request that reached Maskinporten.
pub(super) struct MintError {
    /// Error for the caller.
    pub(super) error: OAuthError,
    /// True if an early retry is pointless.
    pub(super) is_persistent: bool,
}

impl MintError {
    fn temporary(problem: Problem) -> Self {
        Self {
            error: problem.into(),
            is_persistent: false,
        }
    }
}

/// Reason why no token was minted.
enum Failure {
    /// Refusal by Maskinporten.
    Refused(Box<Refusal>),
    /// Grant that could not be signed.
    Unsigned(Problem),
    /// Missing response: none was received, or the request could not be sent.
    Silent(Problem),
}

impl Failure {
    /// Returns whether another key of the client may succeed.
    fn blames_key(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.class == Class::Key,
            Self::Unsigned(_) => true,
            Self::Silent(_) => false,
        }
    }
}

impl TokenMinter {
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            vault: config.vault.clone().map(Vault::new),
            metadata: MetadataCache::new(config.maskinporten.clone()),
            keys: KeyChoice::default(),
        }
    }

    /// Returns the cached metadata document.
    pub(super) const fn metadata(&self) -> &MetadataCache {
        &self.metadata
    }

    /// Mints a new token.
    ///
    /// A key that Maskinporten rejects, or does not know yet, is replaced by the client's other
    /// one.
    pub(super) async fn mint<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        token_request: &TokenRequest,
    ) -> Result<Token, MintError> {
        let metadata = self.metadata.get(context).await;
        let grant_request = GrantRequest {
            client,
            token_request,
            metadata: &metadata.map_err(MintError::temporary)?,
        };
        let mut first = None;
        for key in self.keys.in_order(context.platform, client) {
            match self.grant_twice(context, &grant_request, key).await {
                Ok(token) => {
                    self.keys.worked(context.platform, client, key);
                    Source::Issued.tell(context);
                    return Ok(token);
                }
                Err(failure) if failure.blames_key() => {
                    context.log(&passed_over(key, &failure));
                    first.get_or_insert(failure);
                }
                Err(failure) => return Err(failure.into_mint_error(token_request)),
            }
        }
        let none = || Failure::Silent(Problem::new(Kind::Internal).cause("the client has no key"));
        Err(first.unwrap_or_else(none).into_mint_error(token_request))
    }

    /// Sends a grant, and once more with a new signature if it was reused or out of its time.
    async fn grant_twice<P: Platform>(
        &self,
        context: &Context<'_, P>,
        grant_request: &GrantRequest<'_>,
        key: &Key,
    ) -> Result<Token, Failure> {
        let end = self.grant(context, grant_request, key).await;
        let Err(Failure::Refused(refusal)) = &end else {
            return end;
        };
        if refusal.class != Class::Stale {
            return end;
        }
        context.log(&Event::new(Level::Warn, "token", "signed-anew").cause(refusal));
        self.grant(context, grant_request, key).await
    }

    async fn grant<P: Platform>(
        &self,
        context: &Context<'_, P>,
        grant_request: &GrantRequest<'_>,
        key: &Key,
    ) -> Result<Token, Failure> {
        let mut unsigned = None;
        let make = async || {
            let request = self.signed(context, grant_request, key).await;
            request.inspect_err(|problem| unsigned = Some(problem.clone()))
        };
        let end = outbound::send_anew(context, &MASKINPORTEN, make).await;
        let answer = match (end, unsigned) {
            (Ok(answer), _) => answer,
            (Err(_), Some(problem)) => return Err(Failure::Unsigned(problem)),
            (Err(problem), None) => return Err(Failure::Silent(problem)),
        };
        let now = context.now();
        if let Some(drift) = maskinporten::drift(&answer, now)
            && drift.unsigned_abs() > DRIFT
        {
            let cause = format!("this machine's clock minus Maskinporten's: {drift} s");
            context.log(&Event::new(Level::Warn, "clock", "skewed").cause(cause));
        }
        let minted = maskinporten::read(&answer, &grant_request.token_request.scope(), now)
            .map_err(Failure::Refused)?;
        Ok(Token::new(
            minted.access_token,
            minted.scope,
            now,
            minted.lifetime,
            grant_request.token_request.rests_on_permission(),
        ))
    }

    /// Returns a request with a grant of its own, signed now.
    async fn signed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        grant_request: &GrantRequest<'_>,
        key: &Key,
    ) -> Result<Request, Problem> {
        let GrantRequest {
            client,
            token_request,
            metadata,
        } = grant_request;
        let internal = |error: GrantError| Problem::new(Kind::Internal).cause(error);
        let details = token_request.details().map(super::Details::to_json);
        let grant = Grant {
            client_id: &client.client_id,
            key,
            metadata,
            scope: &token_request.scope(),
            consumer_org: token_request.consumer_org_text(),
            pid: token_request.pid_text(),
            resource: token_request.resource_text(),
            authorization_details: details.as_deref(),
            issued_at: context.now(),
            id: uuid(context.platform),
        };
        let input = grant.signing_input().map_err(internal)?;
        let signature = match (&key.signer, &self.vault) {
            (Signer::Here(rsa), _) => rsa
                .sign(key.algorithm, input.as_bytes())
                .ok_or_else(|| internal(GrantError::Signature))?,
            (Signer::Vault(name), Some(vault)) => {
                let message = input.as_bytes();
                vault.sign(context, name, key.algorithm, message).await?
            }
            (Signer::Vault(_), None) => return Err(internal(GrantError::Signature)),
        };
        maskinporten::request(metadata, &input, &signature).map_err(internal)
    }
}

/// Returns the log event of a rejected key, whether or not the other one then succeeds.
fn passed_over(key: &Key, failure: &Failure) -> Event {
    let name = key.identifier.name();
    let event = Event::new(Level::Warn, "token", "key-passed-over");
    match failure {
        Failure::Refused(refusal) => event.cause(format_args!("{name}: {refusal}")),
        Failure::Unsigned(problem) | Failure::Silent(problem) => {
            let cause = problem.cause.as_deref().unwrap_or_default();
            event.cause(format_args!("{name}: {cause}"))
        }
    }
}

impl Failure {
    fn into_mint_error(self, token_request: &TokenRequest) -> MintError {
        let refusal = match self {
            Self::Silent(problem) | Self::Unsigned(problem) => {
                return MintError::temporary(problem);
            }
            Self::Refused(refusal) => refusal,
        };
        let is_persistent = matches!(
            refusal.class,
            Class::Authorization | Class::Client | Class::Key | Class::Programming
        );
        // The consent was withdrawn, has expired, or is not the requested one.
        let kind = match refusal.kind {
            Kind::SystemUserRefused if token_request.rests_on_consent() => Kind::ConsentRequired,
            kind => kind,
        };
        let mut problem = Problem::new(kind).cause(&refusal);
        problem.advice = refusal.advice().map(String::into_boxed_str);
        problem.retry_after = refusal.retry_after;
        problem.source_code = refusal.code;
        problem.source_correlation_id = refusal.trace_id;
        let mut error = OAuthError::from(problem);
        // OAuth's own error and status are passed on, so that a back end sees Maskinporten's
        // response.
        if let Some(code) = refusal.error.filter(|_| refusal.status.is_client_error()) {
            error.error = code.into();
            error.status = refusal.status;
        }
        error.uri = refusal.uri;
        MintError {
            error,
            is_persistent,
        }
    }
}
