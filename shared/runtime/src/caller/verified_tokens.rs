//! Cache of login tokens whose signatures an instance has verified.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use time::OffsetDateTime;

use super::customer::Customer;
use innsyn_core::audit::CallerPseudonyms;
use innsyn_protocols::jose::Claims;

/// Maximum number of cached tokens; at 16 KiB each they take 4 MiB.
const MOST: usize = 256;

/// Verified tokens, keyed by the SHA-256 of the whole token.
///
/// Entries are valid for the key set that verified them, and only until that set is due for
/// renewal, so the cache does not delay the effect of a withdrawn key. The caller checks times and
/// rights again.
#[derive(Debug, Default)]
pub(super) struct VerifiedTokens(RefCell<Entries>);

/// Verified token, with what follows from its claims and the settings alone.
#[derive(Debug)]
pub(super) struct VerifiedToken {
    pub(super) claims: Claims,
    /// Customer with the pseudonyms for the audit line, once a request has needed them.
    pub(super) customer: OnceCell<(Customer, CallerPseudonyms)>,
}

impl From<Claims> for VerifiedToken {
    fn from(claims: Claims) -> Self {
        Self {
            claims,
            customer: OnceCell::new(),
        }
    }
}

#[derive(Debug, Default)]
struct Entries {
    /// Moment at which the key set was fetched.
    fetched: Option<OffsetDateTime>,
    tokens: HashMap<[u8; 32], Rc<VerifiedToken>>,
}

impl VerifiedTokens {
    /// Returns a token that the key set fetched at `fetched` has verified.
    pub(super) fn get(
        &self,
        token: &str,
        fetched: Option<OffsetDateTime>,
    ) -> Option<Rc<VerifiedToken>> {
        let entries = self.0.borrow();
        if fetched.is_none() || entries.fetched != fetched {
            return None;
        }
        entries.tokens.get(&digest(token)).cloned()
    }

    /// Stores a token that the key set fetched at `fetched` has verified. Entries of another key set
    /// are dropped; a full cache is cleared.
    pub(super) fn put(
        &self,
        token: &str,
        verified: &Rc<VerifiedToken>,
        fetched: Option<OffsetDateTime>,
    ) {
        if fetched.is_none() {
            return;
        }
        let mut entries = self.0.borrow_mut();
        if entries.fetched != fetched || entries.tokens.len() >= MOST {
            entries.tokens.clear();
        }
        entries.fetched = fetched;
        entries.tokens.insert(digest(token), verified.clone());
    }
}

fn digest(token: &str) -> [u8; 32] {
    hmac_sha256::Hash::hash(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use time::macros::datetime;

    use super::*;

    const FETCHED: Option<OffsetDateTime> = Some(datetime!(2026-01-01 12:00 UTC));
    const LATER: Option<OffsetDateTime> = Some(datetime!(2026-01-01 12:05 UTC));

    fn verified(subject: &str) -> Rc<VerifiedToken> {
        let hour = jwt_simple::prelude::Duration::from_hours(1);
        let claims = jwt_simple::prelude::Claims::with_custom_claims(Map::new(), hour);
        Rc::new(claims.with_subject(subject).into())
    }

    fn subject(
        tokens: &VerifiedTokens,
        token: &str,
        fetched: Option<OffsetDateTime>,
    ) -> Option<String> {
        tokens.get(token, fetched)?.claims.subject.clone()
    }

    #[test]
    fn a_token_is_found_by_all_of_it_and_for_the_same_key_set_alone() {
        let tokens = VerifiedTokens::default();
        tokens.put("a.b.c", &verified("ragna"), FETCHED);
        assert_eq!(subject(&tokens, "a.b.c", FETCHED).as_deref(), Some("ragna"));
        assert_eq!(subject(&tokens, "a.b.d", FETCHED), None);
        assert_eq!(subject(&tokens, "a.b.c", LATER), None);
        assert_eq!(subject(&tokens, "a.b.c", None), None, "renewal is due");
        tokens.put("d.e.f", &verified("ola"), LATER);
        assert_eq!(
            subject(&tokens, "a.b.c", FETCHED),
            None,
            "the set is gone for good"
        );
        assert_eq!(subject(&tokens, "a.b.c", LATER), None);
    }

    #[test]
    fn tokens_are_bounded() {
        let tokens = VerifiedTokens::default();
        for number in 0..=MOST {
            tokens.put(&number.to_string(), &verified("ragna"), FETCHED);
            assert!(tokens.0.borrow().tokens.len() <= MOST);
        }
        let last = MOST.to_string();
        assert!(subject(&tokens, &last, FETCHED).is_some());
        tokens.put("a.b.c", &verified("ragna"), None);
        assert_eq!(
            subject(&tokens, "a.b.c", FETCHED),
            None,
            "renewal was due when it was verified"
        );
    }
}
