//! Back ends that log in as themselves at the organisation's login service.

use super::claims::{self, Remarks};
use super::login::{LoginTokens, refused, subject};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::jose::Claims;

/// Scope that lets a back end request tokens.
const TOKEN_SCOPE: &str = "innsyn:token";

/// Authenticated back end of the same organisation.
#[derive(Clone, Debug)]
pub struct BackEnd {
    /// `sub` of its token.
    pub subject: String,
    /// Consumer for which it acts.
    pub consumer: OrganisationNumber,
}

impl LoginTokens {
    /// Verifies `token` and returns its back end, which must have the scope `innsyn:token`.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` if the token is not accepted, lacks the scope or names a person,
    /// `Kind::LoginExpired` if it has expired, and the problems of fetching the login service's
    /// keys.
    pub async fn back_end<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<BackEnd, Problem> {
        let verified = self.verify(context, token).await?;
        let claims = &verified.claims;
        if !self.has_scope(context, claims, TOKEN_SCOPE) {
            return Err(refused("the token does not have the scope innsyn:token"));
        }
        if self.names_person(&claims.custom) {
            return Err(refused(
                "the token names a person, so it is not a back end's",
            ));
        }
        Ok(BackEnd {
            subject: subject(claims)?,
            consumer: self.consumer(&claims.custom)?,
        })
    }

    /// Verifies `token` and returns its back end, which a claim of `login_back_end_claim` must
    /// identify and which must have `scope`. Begins the audit line, also of a caller who is refused.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` if the token is not accepted, `Kind::LoginExpired` if it has expired,
    /// `Kind::CallerNotAllowed` for another login or without the scope, and the problems of
    /// fetching the login service's keys.
    pub async fn back_end_with_scope<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
        scope: &str,
    ) -> Result<BackEnd, Problem> {
        let verified = self.verify(context, token).await?;
        let claims = &verified.claims;
        let back_end = BackEnd {
            subject: subject(claims)?,
            consumer: self.consumer(&claims.custom)?,
        };
        let pseudonyms = &self.pseudonyms;
        let caller = pseudonyms.caller(&back_end.subject, &back_end.consumer);
        context.audit.caller(pseudonyms, caller);
        let refused = |cause| Err(Problem::new(Kind::CallerNotAllowed).cause(cause));
        if !self.is_back_end(&claims.custom) {
            return refused(
                "the token is not a back end's: it has no claim of login_back_end_claim, or names a person".to_owned(),
            );
        }
        if !self.has_scope(context, claims, scope) {
            return refused(format!("the token does not have the scope {scope}"));
        }
        Ok(back_end)
    }

    fn has_scope<P: Platform>(
        &self,
        context: &Context<'_, P>,
        claims: &Claims,
        wanted: &str,
    ) -> bool {
        let mut remarks = Remarks::default();
        let scopes = claims::scopes(&claims.custom, &mut remarks);
        self.remark(context, remarks);
        scopes.iter().any(|scope| scope == wanted)
    }
}
